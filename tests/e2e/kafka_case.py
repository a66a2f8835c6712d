"""The language of kafka_test.py: a broker for all cases, a folder for each,
and short words for tables, jobs and records."""
import argparse
import collections
import itertools
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from kafka_broker import Broker, Unavailable, die_with_parent

JOB_S = 60
NULL = r"\N"


class KafkaCase(unittest.TestCase):
    """Owns the broker of its class; each test has self.topic, not yet made."""
    binary = None
    probe = None
    broker = None

    @classmethod
    def setUpClass(cls):
        try:
            cls.broker = Broker()
            cls.broker.start()
        except Unavailable as missing:
            if cls.broker is not None:
                cls.broker.close()
            sys.exit(f"cannot test against a real broker: {missing}")

    @classmethod
    def tearDownClass(cls):
        cls.broker.close()

    def setUp(self):
        self.topic = re.sub(r"[^A-Za-z]", "-", self.id().rsplit(".", 1)[1])
        folder = tempfile.TemporaryDirectory(prefix="kafka-e2e-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    # Topics, through the probe.

    def ask(self, *words, data=None):
        done = subprocess.run(
            [self.probe, self.broker.address, *map(str, words)], input=data,
            capture_output=True, timeout=JOB_S)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def create(self, partitions=1, topic=None, **config):
        self.ask("create", topic or self.topic, partitions,
                 *(f"{key.replace('_', '.')}={value}" for key, value in config.items()))

    def produce(self, *records, topic=None):
        """A record is a value, or (partition, time, key, value)."""
        lines = []
        for record in records:
            if not isinstance(record, tuple):
                record = ("-", "-", NULL, record)
            lines.append(b"\t".join(
                field if isinstance(field, bytes) else str(field).encode()
                for field in record))
        self.ask("produce", topic or self.topic, data=b"\n".join(lines) + b"\n")

    def consume(self, topic=None):
        """[(partition, offset, time, key, value)] of all that is there."""
        return records(self.ask("consume", topic or self.topic).decode())

    # Tables.

    def kafka(self, columns, topic=None, name="t", **options):
        """CREATE TABLE of a topic, bounded unless told otherwise; `_` in the
        name of an option stands for `.`, `__` for `-`."""
        given = {"connector": "kafka", "topic": topic or self.topic,
                 "properties.bootstrap.servers": self.broker.address,
                 "format": "json", "scan.startup.mode": "earliest-offset",
                 "scan.bounded.mode": "latest-offset",
                 "sink.delivery-guarantee": "at-least-once"}
        for key, value in options.items():
            key = key.replace("__", "-").replace("_", ".")
            if value is None:
                given.pop(key, None)
            else:
                given[key] = value
        return table(name, columns, given)

    def out(self, columns, name="o"):
        return table(name, columns, {"connector": "changelog-out",
                                     "path": str(self.folder / name)})

    # Jobs.

    def run_job(self, *statements, parallelism=1):
        """(exit status, standard output, standard error)."""
        job = self.job(*statements, parallelism=parallelism)
        try:
            output, errors = job.communicate(timeout=JOB_S)
        except subprocess.TimeoutExpired:
            job.kill()
            self.fail(f"it does not end within {JOB_S} s; it said: "
                      f"{job.communicate()[1][-2000:]}")
        return job.returncode, output, errors

    def run_ok(self, *statements, parallelism=1):
        status, output, errors = self.run_job(*statements, parallelism=parallelism)
        self.assertEqual(status, 0, errors)
        return output

    def refusal(self, *statements):
        """What is said about a job that fails."""
        status, _, errors = self.run_job(*statements)
        self.assertNotEqual(status, 0)
        self.assertLess(status, 128, errors)
        return errors

    def job(self, *statements, parallelism=1):
        """The running process."""
        file = self.folder / "job.sql"
        file.write_text(";\n".join(statements) + ";\n")
        process = subprocess.Popen(
            [self.binary, "run", str(file), "-p", str(parallelism)],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=die_with_parent)
        self.addCleanup(self.dispose, process)
        return process

    @staticmethod
    def dispose(process):
        """Nothing is left of it, also where it stands still."""
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

    def line_with(self, text, job):
        """The next line with that text of what it says to standard error."""
        found = []

        def read():
            found.extend(itertools.islice(
                (line for line in iter(job.stderr.readline, "") if text in line),
                1))
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(JOB_S)
        self.assertTrue(found, f"it does not say {text} within {JOB_S} s"
                        if reader.is_alive() else "the job ended")
        return found[0]

    def cancel(self, job):
        job.send_signal(signal.SIGINT)
        output, errors = job.communicate(timeout=JOB_S)
        self.assertEqual(job.returncode, 130, errors)
        return output

    # What came out.

    def rows(self, name="o"):
        """The rows that remain of a changelog, sorted."""
        left = collections.Counter()
        for part in sorted((self.folder / name).glob("part-*")):
            for line in part.read_text().splitlines():
                kind, row = line.split(" ", 1)
                left[row] += 1 if kind in ("+I", "+U") else -1
        return sorted(row for row, count in left.items() for _ in range(count))

    def wait_for_rows(self, count, job, name="o"):
        self.wait_until(lambda: len(self.rows(name)) >= count or
                        job.poll() is not None,
                        lambda: f"{len(self.rows(name))} of {count} rows")
        self.assertIsNone(job.poll(), "the job ended")

    def wait_until(self, condition, describe=lambda: "nothing happened",
                   seconds=JOB_S):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline:
                self.fail(describe())
            time.sleep(0.1)

    def dead_letters(self):
        folder = self.folder / "millrace-data"
        return [line for file in sorted(folder.glob("*/dead-letters/*/part-*"))
                for line in file.read_text().splitlines()]


def records(said):
    """[(partition, offset, time, key, value)], as the probe's `consume` says it."""
    return [tuple(line.split("\t", 4)) for line in said.splitlines()]


def rows(said):
    """[(partition, row)] of records whose values are JSON."""
    return [(int(partition), json.loads(value))
            for partition, _, _, _, value in records(said)]


def table(name, columns, options):
    options = ",\n  ".join(f"'{key}' = '{value}'" for key, value in options.items())
    return f"CREATE TABLE {name} ({columns}) WITH (\n  {options})"


class ProcessUse:
    """Memory and processor time of a running process, from /proc."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")

    def resident_mib(self):
        text = (self.folder / "status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024

    def cpu_seconds(self):
        fields = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(**more):
    """Runs the tests of the program that is run. More arguments by name, and the
    class whose attribute of that name each sets."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--probe", required=True)
    for name, owner in more.items():
        default = getattr(owner, name)
        parser.add_argument(f"--{name}", type=type(default), default=default)
    options, rest = parser.parse_known_args()
    KafkaCase.binary = os.path.abspath(options.binary)
    KafkaCase.probe = os.path.abspath(options.probe)
    for name, owner in more.items():
        setattr(owner, name, getattr(options, name))
    unittest.main(module="__main__", argv=[sys.argv[0], "-v", *rest])
