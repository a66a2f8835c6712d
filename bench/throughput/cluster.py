#!/usr/bin/env python3
"""Millrace on a cluster beside Millrace in one process, over the same events:
see README.md."""
import argparse
import pathlib
import resource
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests/e2e"))

from cluster_processes import Cluster  # noqa: E402
from engines import Millrace  # noqa: E402
from kafka_case import ProcessUse  # noqa: E402
from run import QUERIES, folded, script, write_events  # noqa: E402

LEAST_SHARE = 0.7
COMPARED_EVENTS = 200_000
BLACKHOLE = "'connector'='blackhole'"
# Until what follows a job's end is over.
SETTLE_S = 0.3


class OnCluster:
    """Runs jobs on a cluster and adds up what all of its processes, and the
    command that submits and follows, have used."""

    def __init__(self, cluster, parallelism):
        self.cluster, self.parallelism = cluster, parallelism

    def used(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime + sum(
            ProcessUse(process.pid).cpu_seconds()
            for process in self.cluster.processes.values())

    def run(self, path):
        before = self.used()
        done = self.cluster.run(path, self.parallelism)
        if done.returncode:
            sys.exit(f"{path} on the cluster: {done.stderr[-800:]}")
        time.sleep(SETTLE_S)
        return self.used() - before

    def measure(self, path, empty):
        start = self.run(empty)
        return max(self.run(path) - start, 0.001)


def same_answers(millrace, on_cluster, work, query, events):
    few = work / "few.ndjson"
    with open(events, "rb") as source, open(few, "wb") as target:
        for _ in range(COMPARED_EVENTS):
            target.write(source.readline())
    rows = []
    for engine in (millrace, on_cluster):
        with tempfile.TemporaryDirectory(dir=work) as out:
            sink = f"'connector'='changelog-out','path'='{out}','mode'='retract'"
            engine.run(script(work, query, few, sink, "answers.sql"))
            rows.append(folded(pathlib.Path(out)))
    return rows[0] == rows[1]


def measure(args, millrace, on_cluster, query, events):
    """(events per CPU-second in one process, on the cluster), medians."""
    nothing = args.work / "empty.ndjson"
    full = script(args.work, query, events, BLACKHOLE, "full.sql")
    empty = script(args.work, query, nothing, BLACKHOLE, "empty.sql")
    alone, together = [], []
    for _ in range(args.pairs):
        # A virtual machine gives free memory back to its host within seconds,
        # and what it costs to get it again is charged to who touches it first.
        # So each way finds what itself has just freed.
        millrace.run(full)
        alone.append(millrace.measure(full, empty)["cpu_s"])
        on_cluster.run(full)
        together.append(on_cluster.measure(full, empty))
    return [args.events / statistics.median(times)
            for times in (alone, together)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="build/release/millrace",
                        type=pathlib.Path)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--queries", default=",".join(QUERIES))
    parser.add_argument("--task-managers", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path,
                        default=pathlib.Path("/tmp/millrace-bench"))
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    binary = args.binary.resolve()
    millrace = Millrace(binary, 1)
    events = write_events(millrace, args.work, args.events)
    (args.work / "empty.ndjson").write_text("")
    wrong = []
    print("M = million events per CPU-second of all processes\n"
          f"| query | one process M | {args.task_managers} TaskManagers M |"
          " share |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="bench-cluster-") as folder:
        with Cluster(binary, pathlib.Path(folder),
                     task_managers=args.task_managers) as cluster:
            on_cluster = OnCluster(cluster, args.task_managers)
            for query in args.queries.split(","):
                if not same_answers(millrace, on_cluster, args.work, query,
                                    events):
                    wrong.append(f"{query}: the answers differ")
                    continue
                alone, together = measure(args, millrace, on_cluster, query,
                                          events)
                print(f"| {query} | {alone / 1e6:.2f} | {together / 1e6:.2f} |"
                      f" {together / alone:.2f} |", flush=True)
                if together < LEAST_SHARE * alone:
                    wrong.append(f"{query}: {together / alone:.2f} of one "
                                 f"process, less than {LEAST_SHARE}")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
