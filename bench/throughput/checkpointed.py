#!/usr/bin/env python3
"""Millrace and Apache Flink, both with state on RocksDB and checkpoints, over
the same events: see README.md."""
import argparse
import os
import pathlib
import shutil
import statistics
import sys

from engines import MINI_BATCH, ROCKSDB, CheckpointedMillrace, Flink
from run import GROUPED, same_answers, script, write_events

QUERIES = "q5a,q16,q17"
LEAST_RATIO = 10
BLACKHOLE = "'connector'='blackhole'"


class Millrace(CheckpointedMillrace):
    def net(self, script, empty, interval, memory):
        start = self.cost(empty, interval, memory)["cpu_s"]
        run = self.cost(script, interval, memory)
        return {**run, "cpu_s": max(run["cpu_s"] - start, 0.001)}


class Repeated:
    """The file several times over, as links in a folder: it takes no disk and
    leaves keyed state no larger than the file once does."""

    def __init__(self, events, times, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for i in range(times):
            os.link(events, folder / f"events-{i:03}.ndjson")
        self.folder, self.times = folder, times


def flink_runs(flink, query, full, empty, pairs, beside):
    """One run a pair, in the better mode of the first pair; `beside` runs what
    is to be measured in the same pair and is told of Flink's run."""
    modes = [ROCKSDB] + ([ROCKSDB + MINI_BATCH] if query in GROUPED else [])
    runs = []
    for pair in range(pairs):
        tried = [(flink.once(full, empty, mode), mode) for mode in modes]
        run, mode = min(tried, key=lambda one: one[0]["cpu_s"])
        modes = [mode]
        runs.append(run)
        beside(run)
    return runs, "on" if modes[0] is not ROCKSDB else "off"


def measure(args, millrace, flink, query, events, repeated):
    nothing = args.work / "empty.ndjson"
    empty, once, often = (
        script(args.work, query, source, BLACKHOLE, f"checkpointed-{name}.sql")
        for source, name in ((nothing, "empty"), (events, "once"),
                             (repeated.folder, "often")))
    budgets = args.memory.split(",")
    alone = {memory: millrace.cost(once, "10 s", memory)["wall_s"]
             for memory in budgets}
    ours = {memory: ([], []) for memory in budgets}

    def beside(flinks):
        for memory, (long, dense) in ours.items():
            # As often over the same events as Flink in its time.
            interval = int(alone[memory] * 1000 / (flinks["checkpoints"] + 1))
            long.append(millrace.net(often, empty, "10 s", memory))
            dense.append(millrace.net(once, empty, f"{max(1, interval)} ms", memory))

    return ours, *flink_runs(flink, query, once, empty, args.pairs, beside)


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def report(args, name, repeated, long, dense, theirs, mini_batch):
    """A line of the table, and the lower of the two ratios."""
    flink_rate = args.events / median(theirs, "cpu_s")
    long_rate = args.events * repeated.times / median(long, "cpu_s")
    dense_rate = args.events / median(dense, "cpu_s")
    counts = lambda runs: "/".join(str(run["checkpoints"]) for run in runs)
    peak = lambda runs: max(run["peak_mib"] for run in runs)
    print(f"| {name} | {flink_rate / 1e6:.3f} | {median(theirs, 'jit_s'):.1f} |"
          f" {mini_batch} | {counts(theirs)} | {peak(theirs):.0f} |"
          f" {long_rate / 1e6:.2f} | {counts(long)} | {peak(long):.0f} |"
          f" {long_rate / flink_rate:.1f} |"
          f" {dense_rate / 1e6:.2f} | {counts(dense)} | {peak(dense):.0f} |"
          f" {dense_rate / flink_rate:.1f} |", flush=True)
    return min(long_rate, dense_rate) / flink_rate


def check(name, ratio, long, theirs):
    wrong = []
    if min(run["checkpoints"] for run in long + theirs) == 0:
        wrong.append(f"{name}: a run ended before its first checkpoint")
    if ratio < LEAST_RATIO:
        wrong.append(f"{name}: {ratio:.1f} times Flink, less than {LEAST_RATIO}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="build/release/millrace")
    parser.add_argument("--flink", required=True,
                        help="folder of flink.sh and measure.py")
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--repeat", type=int, default=25)
    parser.add_argument("--memory", default="1g",
                        help="budgets of Millrace, each measured: 1g,8g")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--queries", default=QUERIES)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/millrace-bench"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    millrace = Millrace(args.binary, 1, args.work / "checkpointed-data")
    events = write_events(millrace, args.work, args.events)
    repeated = Repeated(events, args.repeat, args.work / "repeated")
    (args.work / "empty.ndjson").write_text("")
    flink = Flink(args.flink)
    wrong = []
    print("M = million events per CPU-second, n = checkpoints while there was"
          f" input, MiB = peak memory\n| query | Flink M | JIT s | mini-batch |"
          f" n | MiB | Millrace M, file {args.repeat} times | n | MiB | ratio |"
          " Millrace M, as often as Flink | n | MiB | ratio |")
    try:
        flink.start()
        for query in args.queries.split(","):
            if not same_answers(millrace, flink, args.work, query, events, ROCKSDB):
                wrong.append(f"{query}: the answers differ")
                continue
            ours, theirs, mini_batch = measure(
                args, millrace, flink, query, events, repeated)
            for memory, (long, dense) in ours.items():
                name = f"{query}, {memory}"
                ratio = report(args, name, repeated, long, dense, theirs, mini_batch)
                wrong += check(name, ratio, long, theirs)
    finally:
        flink.stop()
        shutil.rmtree(millrace.data, ignore_errors=True)
        shutil.rmtree(repeated.folder, ignore_errors=True)
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
