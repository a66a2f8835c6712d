#!/usr/bin/env python3
"""Kills one process again and again: `millrace run` from a Kafka topic to
files, started by the same command each time, until its output is whole.

    tests/e2e/kill_one.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [--kills 300] [--seed 1]

The job copies every record into files and counts them in windows into others,
with a checkpoint every 500 ms. Records arrive all the while. 60 % of the kills
are SIGKILLs at a random moment while a checkpoint's epoch is open; the others
happen at a named failpoint, each of those a real run reaches in turn. At the
end everything that is visible must be what a run without faults made of the
same topic: nothing lost, nothing double. Counts are printed.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from failpoints import FAILPOINTS
from kafka_broker import Broker, Unavailable, die_with_parent
from kafka_case import NULL, table

HERE = pathlib.Path(__file__).resolve().parent
PARTITIONS = 4
KEYS = 50
RECORDS_A_SECOND = 2000
INTERVAL_S = 0.5
START_S = 0.6      # What a start takes at most before it reads.
END_S = 120
OPEN_SHARE = 0.6
# Event time of record 0, and how far one is from the next.
EPOCH_MS, STEP_MS = 1_700_000_000_000, 1
COLUMNS = "id BIGINT, k BIGINT, v BIGINT, ts TIMESTAMP(3)"
# Of files.
COPY = "id BIGINT, k BIGINT, v BIGINT"
COUNTS = "s TIMESTAMP(3), k BIGINT, n BIGINT, total BIGINT"


def stamp(ms):
    whole = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(ms // 1000))
    return f"{whole}.{ms % 1000:03d}"


def record(number, partition=None, ms=None):
    value = {"id": number, "k": number * 7919 % KEYS, "v": number % 1000,
             "ts": stamp(EPOCH_MS + number * STEP_MS if ms is None else ms)}
    where = number % PARTITIONS if partition is None else partition
    return f"{where}\t-\t{NULL}\t{json.dumps(value)}\n".encode()


class Feed(threading.Thread):
    """Produces records at a pace until told to stop."""

    def __init__(self, ask):
        super().__init__(daemon=True)
        self.ask = ask
        self.count = 0
        self.stopping = threading.Event()

    def run(self):
        begin = time.monotonic()
        while not self.stopping.wait(0.2):
            due = int((time.monotonic() - begin) * RECORDS_A_SECOND)
            self.ask("produce", data=b"".join(record(n) for n in range(self.count, due)))
            self.count = due

    def finish(self):
        """Ends the feed; a last record in each partition lies so far ahead that
        every window before it closes."""
        self.stopping.set()
        self.join()
        ahead = EPOCH_MS + self.count * STEP_MS + 3_600_000
        self.ask("produce", data=b"".join(
            record(self.count + p, p, ahead) for p in range(PARTITIONS)))
        self.count += PARTITIONS


class KillOne:
    def __init__(self, args, broker, folder):
        self.args, self.broker, self.folder = args, broker, folder
        self.random = random.Random(args.seed)
        self.at_failpoint = collections.Counter()
        self.missed = collections.Counter()
        self.open_kills = 0

    def ask(self, verb, *words, data=None):
        subprocess.run([self.args.probe, self.broker.address, verb, "in",
                        *map(str, words)], input=data, check=True, timeout=60)

    def script(self, name, bounded):
        """The file of a job whose output lies below `name`."""
        options = {"connector": "kafka", "topic": "in", "format": "json",
                   "properties.bootstrap.servers": self.broker.address,
                   "scan.startup.mode": "earliest-offset",
                   "scan.max-future-skew": "0 ms"}
        if bounded:
            options["scan.bounded.mode"] = "latest-offset"
        files = lambda table_name, columns: table(table_name, columns, {
            "connector": "filesystem", "format": "csv",
            # Parts that span checkpoints.
            "sink.rolling-policy.rollover-interval": "1200 ms",
            "sink.rolling-policy.check-interval": "200 ms",
            "path": str(self.folder / name / table_name)})
        text = ";\n".join([
            f"SET 'execution.checkpointing.interval' = '{int(INTERVAL_S * 1000)} ms'",
            f"SET 'pipeline.name' = '{name}'",
            table("src", f"{COLUMNS}, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND", options),
            files("copied", COPY), files("counted", COUNTS),
            "EXECUTE STATEMENT SET BEGIN "
            "INSERT INTO copied SELECT id, k, v FROM src; "
            "INSERT INTO counted SELECT window_start, k, COUNT(*), SUM(v) FROM "
            "TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '1' SECOND)) "
            "GROUP BY window_start, window_end, k; END"]) + ";\n"
        path = self.folder / f"{name}.sql"
        path.write_text(text)
        return path

    def start(self, script, failpoint=None):
        environment = dict(os.environ)
        environment["MILLRACE_FAILPOINT_COUNTS"] = str(self.folder / "counts")
        environment.pop("MILLRACE_FAILPOINTS", None)
        if failpoint:
            environment["MILLRACE_FAILPOINTS"] = failpoint
        output = open(self.folder / "log", "ab")
        return subprocess.Popen(
            [self.args.binary, "run", str(script), "-p", "2"], cwd=self.folder,
            env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, preexec_fn=die_with_parent)

    def rows(self, name):
        """{table: lines of all visible files, sorted}."""
        found = {}
        for part in ("copied", "counted"):
            found[part] = sorted(
                line for file in (self.folder / name / part).rglob("*")
                if file.is_file() and not file.name.startswith((".", "_"))
                for line in file.read_text().splitlines())
        return found

    def die(self, process, what):
        tail = (self.folder / "log").read_text(errors="replace")[-3000:]
        process.kill()
        sys.exit(f"kill_one: {what} (status {process.poll()}); the log ends with\n{tail}")

    def kill_at_random(self, script):
        """While an epoch is open: a checkpoint has completed since the start,
        or the first one is under way."""
        process = self.start(script)
        wait = START_S + self.random.random() * 3 * INTERVAL_S
        try:
            process.wait(wait)
            self.die(process, "ended by itself")
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.open_kills += 1

    def kill_at_failpoint(self, script, name):
        # Points of a restore are reached once a life, others with each
        # checkpoint or more often.
        at = 1 if ".restore." in name else self.random.randint(1, 3)
        process = self.start(script, f"{name}=kill@{at}")
        try:
            status = process.wait(START_S + 12 * INTERVAL_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.missed[name] += 1
            return
        if status != -signal.SIGKILL:
            self.die(process, f"did not die at {name}")
        self.at_failpoint[name] += 1

    def kill_all(self, script):
        kills = self.args.kills
        todo = [FAILPOINTS[i % len(FAILPOINTS)]
                for i in range(kills - int(kills * OPEN_SHARE))]
        moments = todo + [None] * (kills - len(todo))
        self.random.shuffle(moments)
        for i, name in enumerate(moments):
            if name is None:
                self.kill_at_random(script)
            else:
                self.kill_at_failpoint(script, name)
            if (i + 1) % 20 == 0:
                print(f"{i + 1} of {kills} kills", flush=True)

    def finish(self, script, expected):
        """Runs the job on until its output is whole, or no longer changes."""
        process = self.start(script)
        deadline = time.monotonic() + END_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self.die(process, "the last run ended by itself")
            got = self.rows("killed")
            if all(len(got[part]) >= len(expected[part]) for part in expected):
                break
            time.sleep(INTERVAL_S)
        time.sleep(3 * INTERVAL_S)  # What is too much shows, too.
        process.send_signal(signal.SIGINT)
        process.wait(30)
        return self.rows("killed")

    def run(self):
        self.ask("create", PARTITIONS)
        feed = Feed(self.ask)
        feed.start()
        script = self.script("killed", bounded=False)
        self.kill_all(script)
        feed.finish()
        straight = self.start(self.script("straight", bounded=True))
        if straight.wait(END_S) != 0:
            self.die(straight, "the fault-free run failed")
        expected = self.rows("straight")
        # The bounded run also closes the windows of the last records.
        last = stamp(EPOCH_MS + feed.count * STEP_MS + 3_000_000)
        expected["counted"] = [line for line in expected["counted"]
                               if line.split(",")[0].strip('"') < last]
        assert len(expected["copied"]) == feed.count, (
            len(expected["copied"]), feed.count)
        return self.report(feed.count, expected, self.finish(script, expected))

    def report(self, records, expected, got):
        reached = collections.Counter()
        for line in (self.folder / "counts").read_text().splitlines():
            name, count = line.split()
            reached[name] += int(count)
        print(f"{records} records, {self.open_kills} kills in an open epoch, "
              f"{sum(self.at_failpoint.values())} at failpoints; "
              f"{reached['jm.complete.after_cas']} checkpoints, "
              f"{reached['tm.restore.after_open']} operators restored")
        for name in sorted(reached | self.missed):
            print(f"  {name}: {self.at_failpoint[name]} kills, reached {reached[name]} times"
                  + (f", {self.missed[name]} times not when asked" if self.missed[name] else ""))
        wrong = 0
        for part in expected:
            wanted, have = collections.Counter(expected[part]), collections.Counter(got[part])
            lost, double = wanted - have, have - wanted
            wrong += sum(lost.values()) + sum(double.values())
            print(f"{part}: {len(expected[part])} rows expected, {len(got[part])} there, "
                  f"{sum(lost.values())} lost, {sum(double.values())} double"
                  + "".join(f"\n  lost {line}" for line in list(lost)[:3])
                  + "".join(f"\n  double {line}" for line in list(double)[:3]))
        need = 2 if self.args.kills >= 5 * len(FAILPOINTS) else 0
        for name in FAILPOINTS:
            if self.at_failpoint[name] < need:
                print(f"{name} was hit only {self.at_failpoint[name]} times")
                wrong += 1
        return wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.binary = str(pathlib.Path(args.binary).resolve())
    args.probe = str(pathlib.Path(args.probe).resolve())
    with tempfile.TemporaryDirectory(prefix="kill-one-") as folder:
        try:
            with Broker() as broker:
                wrong = KillOne(args, broker, pathlib.Path(folder)).run()
        except Unavailable as missing:
            sys.exit(f"cannot test against a real broker: {missing}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
