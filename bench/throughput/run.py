#!/usr/bin/env python3
"""Millrace and Apache Flink over the same events: see README.md."""
import argparse
import collections
import itertools
import pathlib
import shutil
import statistics
import subprocess
import sys

from engines import Flink, Millrace

HERE = pathlib.Path(__file__).resolve().parent
SQL = HERE.parent.parent / "tests" / "nexmark" / "sql"
QUERIES = "q0 q1 q2 q5a q7a q8a q14 q15 q16 q17 q21 q22".split()
GROUPED = {"q15", "q16", "q17"}
COMPARED_EVENTS = 200_000

WRITE_EVENTS = """
CREATE TABLE made (
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING,
             city STRING, state STRING, `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT,
              reserve BIGINT, `dateTime` TIMESTAMP(3), expires TIMESTAMP(3),
              seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING,
          url STRING, `dateTime` TIMESTAMP(3), extra STRING>
) WITH ('connector' = 'nexmark', 'events.num' = '{events}',
        'next-event.rate' = '10000');
CREATE TABLE file WITH ('connector' = 'filesystem', 'path' = '{folder}',
  'format' = 'json', 'sink.rolling-policy.file-size' = '1 tb',
  'sink.rolling-policy.rollover-interval' = '1 d') LIKE made (EXCLUDING ALL);
INSERT INTO file SELECT * FROM made;
"""


def write_events(millrace, work, events):
    """The events as one file, kept for the next run of the same size."""
    target = work / f"events-{events}.ndjson"
    if target.exists():
        return target
    folder = work / "made"
    shutil.rmtree(folder, ignore_errors=True)
    script = work / "write.sql"
    script.write_text(WRITE_EVENTS.format(events=events, folder=folder))
    Millrace(millrace.binary, 1).run(script)
    parts = [part for part in folder.iterdir() if part.is_file()]
    if len(parts) != 1:
        sys.exit(f"expected one part file in {folder}, found {len(parts)}")
    parts[0].rename(target)
    return target


def script(work, query, events, sink, name):
    text = "".join((SQL / f"{part}.sql").read_text()
                   .replace("__INPUT__", str(events)).replace("__SINK__", sink)
                   for part in ("ddl_source", query))
    path = work / name
    path.write_text(text)
    return path


def folded(folder):
    rows = collections.Counter()
    for part in folder.glob("part-*"):
        for line in part.read_text().splitlines():
            kind, row = line.split(" ", 1)
            rows[row] += 1 if kind in ("+I", "+U") else -1
    return +rows


def same_answers(millrace, flink, work, query, events, options=()):
    """Over the first events; `options` are Flink's."""
    few = work / "few.ndjson"
    with open(events) as source:
        few.write_text("".join(itertools.islice(source, COMPARED_EVENTS)))
    rows = []
    for engine in ("millrace", "flink"):
        out = work / f"answers-{engine}"
        shutil.rmtree(out, ignore_errors=True)
        sink = f"'connector'='changelog-out','path'='{out}','mode'='retract'"
        path = script(work, query, few, sink, "answers.sql")
        if engine == "millrace":
            millrace.run(path)
        else:
            flink.once(path, path, options)
        rows.append(folded(out))
    return rows[0] == rows[1]


def report(query, events, ours, theirs):
    per_second = lambda runs: events / statistics.median(r["cpu_s"] for r in runs)
    peak = lambda runs: max(r["peak_mib"] for r in runs)
    line = f"| {query} | {per_second(ours) / 1e6:.2f} | {peak(ours):.0f} |"
    if theirs:
        jit = statistics.median(r["jit_s"] for r in theirs)
        line += (f" {per_second(theirs) / 1e6:.3f} | {jit:.1f} | {peak(theirs):.0f} |"
                 f" {per_second(ours) / per_second(theirs):.1f} |")
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="build/release/millrace")
    parser.add_argument("--flink", help="folder of flink.sh and measure.py")
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--queries", default=",".join(QUERIES))
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("/tmp/millrace-bench"))
    parser.add_argument("--millrace-only", action="store_true")
    args = parser.parse_args()
    if not args.millrace_only and not args.flink:
        parser.error("name the folder of flink.sh with --flink, or say --millrace-only")
    args.work.mkdir(parents=True, exist_ok=True)
    millrace = Millrace(args.binary, args.parallelism)
    events = write_events(millrace, args.work, args.events)
    nothing = args.work / "empty.ndjson"
    nothing.write_text("")
    flink = None if args.millrace_only else Flink(args.flink)
    print("M = million events per CPU-second, MiB = peak memory")
    print("| query | Millrace M | MiB |" + ("" if args.millrace_only else
                                            " Flink M | JIT s | MiB | ratio |"))
    try:
        if flink:
            flink.start()
        for query in args.queries.split(","):
            if flink and not same_answers(millrace, flink, args.work, query, events):
                print(f"| {query} | the answers differ |")
                continue
            full = script(args.work, query, events, "'connector'='blackhole'", "full.sql")
            empty = script(args.work, query, nothing, "'connector'='blackhole'", "empty.sql")
            ours, theirs = [], []
            for _ in range(args.pairs):
                ours.append(millrace.measure(full, empty))
                if flink:
                    theirs.append(flink.measure(full, empty, query in GROUPED))
            report(query, args.events, ours, theirs)
    finally:
        if flink:
            flink.stop()


if __name__ == "__main__":
    main()
