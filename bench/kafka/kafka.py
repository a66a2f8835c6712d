#!/usr/bin/env python3
"""Millrace and Apache Flink from Kafka to Kafka, exactly once: see README.md.

    bench/kafka/kafka.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe --flink DIR_WITH_flink.sh
"""
import argparse
import itertools
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests/e2e"), str(ROOT / "bench/throughput")]

from engines import HERE as COST, MINI_BATCH, Flink  # noqa: E402
from kafka_broker import Broker  # noqa: E402
from run import SQL, WRITE_EVENTS  # noqa: E402

LEAST_RATIO = {"q1": 2, "q5a": 5}
TOPIC = """'connector' = 'kafka', 'topic' = '{topic}', 'format' = 'json',
  'properties.bootstrap.servers' = '{brokers}'"""
SOURCE = """, 'scan.startup.mode' = 'earliest-offset',
  'scan.bounded.mode' = 'latest-offset', 'properties.group.id' = '{group}',
  'json.timestamp-format.standard' = 'SQL'"""
# Flink's own time-out of a transaction, an hour, is longer than brokers allow.
SINK = """, 'sink.delivery-guarantee' = 'exactly-once',
  'sink.transactional-id-prefix' = '{group}',
  'properties.transaction.timeout.ms' = '600000'"""
# What somebody who wants speed sets for Java's clients.
TUNED_SOURCE = """, 'properties.max.poll.records' = '5000',
  'properties.max.partition.fetch.bytes' = '4194304'"""
TUNED_SINK = """, 'properties.batch.size' = '524288',
  'properties.linger.ms' = '20', 'properties.buffer.memory' = '67108864'"""
PLAIN, TUNED = "as it comes", "tuned clients"
TUNED_MINI_BATCH = TUNED + ", mini-batch"
MODES = {"q1": [PLAIN, TUNED], "q5a": [PLAIN, TUNED, TUNED_MINI_BATCH]}


class Topics:
    def __init__(self, probe, broker):
        self.probe, self.broker = probe, broker

    def ask(self, *words):
        return subprocess.run([self.probe, self.broker.address, *words], check=True,
                              capture_output=True, text=True).stdout

    def digest(self, topic):
        """How many records there are, and a sum of the hashes of all: equal
        where the same records came, in whatever order."""
        return self.ask("digest", topic).split()


class Bench:
    """What both engines are given: one text for a query and a pair of topics."""

    def __init__(self, args, topics):
        self.args, self.topics = args, topics
        self.brokers = topics.broker.address
        self.names = (f"run-{i}" for i in itertools.count())

    def fill(self, events):
        """Nexmark's events as Millrace's own source makes them."""
        self.topics.ask("create", "events", "1")
        self.topics.ask("create", "nothing", "1")
        made, _, insert = WRITE_EVENTS.format(events=events, folder="").strip() \
            .split(";\n")
        # A row of a CREATE TABLE ... LIKE has its columns.
        into = "CREATE TABLE file WITH (" + TOPIC.format(
            topic="events", brokers=self.brokers) + \
            ", 'sink.delivery-guarantee' = 'at-least-once') LIKE made (EXCLUDING ALL)"
        path = self.args.work / "fill.sql"
        path.write_text(";\n".join([made, into, insert]))
        subprocess.run([self.args.binary, "run", path, "--fresh", "-D",
                        f"millrace.data-dir={self.args.work}/fill-data"], check=True,
                       stdout=subprocess.DEVNULL)

    def script(self, query, source, tuned=False):
        """The file, and the new topic that it writes to."""
        name = next(self.names)
        self.topics.ask("create", name, "1")
        common = dict(brokers=self.brokers, group=name)
        read = (TOPIC.format(topic=source, **common) + SOURCE.format(**common)
                + TUNED_SOURCE * tuned)
        write = (TOPIC.format(topic=name, **common) + SINK.format(**common)
                 + TUNED_SINK * tuned)
        ddl = re.sub(r"WITH \(\s*'connector' = 'filesystem'[^)]*\)",
                     lambda _: f"WITH ({read})", (SQL / "ddl_source.sql").read_text())
        text = ddl + (SQL / f"{query}.sql").read_text().replace("__SINK__", write)
        path = self.args.work / f"{name}.sql"
        path.write_text(text)
        return path, name


class Ours:
    def __init__(self, bench, args):
        self.bench, self.args, self.data = bench, args, args.work / "data"

    def cost(self, path):
        shutil.rmtree(self.data, ignore_errors=True)
        start = time.monotonic()
        # A process of its own starts it: see process_cost.py.
        process = subprocess.Popen(
            [sys.executable, COST / "process_cost.py", self.args.binary, "run",
             str(path), "-p", "1", "--fresh",
             "-D", f"execution.checkpointing.interval={self.args.interval}",
             "-D", f"millrace.data-dir={self.data}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        seen = set()
        while process.poll() is None:
            seen.update(path.name for path in
                        self.data.glob("*/checkpoints/*/chk-*"))
            time.sleep(0.1)
        wall = time.monotonic() - start
        output, errors = process.communicate()
        if process.returncode:
            sys.exit(f"{path}: {errors[-800:]}")
        return {**json.loads(output.splitlines()[-1]), "wall_s": wall,
                "checkpoints": len(seen)}

    def run(self, query):
        path, topic = self.bench.script(query, "events")
        return self.cost(path), topic

    def start_up(self, query):
        return self.cost(self.bench.script(query, "nothing")[0])["cpu_s"]


class Theirs:
    def __init__(self, bench, args):
        self.bench, self.args = bench, args
        self.flink = Flink(args.flink)

    def cost(self, path, mode):
        options = ["--set", f"execution.checkpointing.interval={self.args.interval}"]
        if mode == TUNED_MINI_BATCH:
            options += MINI_BATCH
        done = subprocess.run(
            [sys.executable, self.flink.tools / "measure.py", path, *options],
            capture_output=True, text=True)
        if done.returncode or '"FINISHED"' not in done.stdout:
            sys.exit(f"Flink, {path}: {done.stdout[-800:]} {done.stderr[-800:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def run(self, query, mode):
        path, topic = self.bench.script(query, "events", tuned=mode != PLAIN)
        return self.cost(path, mode), topic

    def start_up(self, query):
        path, _ = self.bench.script(query, "nothing")
        return self.cost(path, PLAIN)["cpu_s"]


class Comparison:
    """Of one query: pairs of runs, and whether what they wrote is the same."""

    def __init__(self, bench, ours, theirs, query):
        self.bench, self.ours, self.theirs, self.query = bench, ours, theirs, query
        self.our_runs, self.their_runs, self.digests = [], [], []
        self.mode = None

    def take(self, run, topic, base, who):
        self.digests.append(tuple(self.bench.topics.digest(topic)))
        self.bench.topics.ask("delete", topic)
        run["net_s"] = max(run["cpu_s"] - base, 0.001)
        print(f"  {self.query} {who}: {run['net_s']:.2f} CPU-s over start-up of "
              f"{base:.2f}, {run['wall_s']:.1f} s, {run['checkpoints']} checkpoints, "
              f"{self.digests[-1][0]} records", file=sys.stderr, flush=True)
        return run

    def measure(self, pairs):
        our_base = self.ours.start_up(self.query)
        their_base = self.theirs.start_up(self.query) if self.theirs else 0
        modes = MODES[self.query]
        for _ in range(pairs):
            run, topic = self.ours.run(self.query)
            self.our_runs.append(self.take(run, topic, our_base, "Millrace"))
            if not self.theirs:
                continue
            tried = []
            for mode in modes:
                run, topic = self.theirs.run(self.query, mode)
                tried.append(
                    (self.take(run, topic, their_base, f"Flink, {mode}"), mode))
            best, self.mode = min(tried, key=lambda one: one[0]["net_s"])
            modes = [self.mode]
            self.their_runs.append(best)

    def wrong(self):
        if len(set(self.digests)) > 1:
            return [f"{self.query}: the records differ: {self.digests}"]
        ratio = self.ratio() if self.theirs else LEAST_RATIO[self.query]
        if ratio >= LEAST_RATIO[self.query]:
            return []
        return [f"{self.query}: {ratio:.2f} times Flink, less than "
                f"{LEAST_RATIO[self.query]}"]

    def ratio(self):
        return median(self.their_runs, "net_s") / median(self.our_runs, "net_s")

    def line(self, events):
        rate = lambda runs: events / median(runs, "net_s") / 1e6
        counts = lambda runs: "/".join(str(run["checkpoints"]) for run in runs)
        line = (f"| {self.query} | {self.digests[0][0]} | {rate(self.our_runs):.3f} |"
                f" {counts(self.our_runs)} |")
        if self.theirs:
            line += (f" {rate(self.their_runs):.3f} | {self.mode} |"
                     f" {median(self.their_runs, 'jit_s'):.1f} |"
                     f" {counts(self.their_runs)} | {self.ratio():.2f} |")
        return line


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def measure(args, bench):
    begin = time.monotonic()
    bench.fill(args.events)
    print(f"  {args.events} events, {time.monotonic() - begin:.0f} s",
          file=sys.stderr)
    ours = Ours(bench, args)
    theirs = None if args.millrace_only else Theirs(bench, args)
    lines, wrong = [], []
    try:
        if theirs:
            theirs.flink.start()
        for query in args.queries.split(","):
            comparison = Comparison(bench, ours, theirs, query)
            comparison.measure(args.pairs)
            lines.append(comparison.line(args.events))
            wrong += comparison.wrong()
    finally:
        if theirs:
            theirs.flink.stop()
    print("M = million events read per CPU-second of the engine, start-up taken "
          "off\n| query | records written | Millrace M | checkpoints |"
          + ("" if args.millrace_only else
             " Flink M | its mode | JIT s | checkpoints | ratio |"))
    print("\n".join(lines), flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="build/release/millrace")
    parser.add_argument("--probe", default="build/release/millrace_kafka_probe")
    parser.add_argument("--flink", help="folder of flink.sh and measure.py")
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--interval", default="1 s", help="of checkpoints")
    parser.add_argument("--queries", default="q1,q5a")
    parser.add_argument("--work", type=pathlib.Path,
                        default=pathlib.Path("/tmp/millrace-bench/kafka"))
    parser.add_argument("--millrace-only", action="store_true")
    args = parser.parse_args()
    if not args.millrace_only and not args.flink:
        parser.error("name the folder of flink.sh with --flink, or say --millrace-only")
    args.binary, args.probe = map(os.path.abspath, (args.binary, args.probe))
    shutil.rmtree(args.work, ignore_errors=True)
    args.work.mkdir(parents=True)
    with Broker() as broker:
        wrong = measure(args, Bench(args, Topics(args.probe, broker)))
    shutil.rmtree(args.work, ignore_errors=True)
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
