#!/usr/bin/env python3
"""Runs Nexmark queries and compares the rows that remain with real Flink's.

check.py --binary build/release/millrace [--data DIR] [--set small]
         [--queries q0,q5a] [--parallelism 1,2,3]

DIR (this folder by default) holds sql/, data/SET.ndjson.gz and
expected/SET/qN.jsonl.gz (or digests.json for those too large to keep). A line
a query and parallelism; exit status 1 if any differs.
"""
import argparse
import collections
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
QUERIES = "q0 q1 q2 q5a q7a q8a q10 q14 q15 q16 q17 q21 q22".split()


def remaining_rows(folder):
    """Folds a changelog of all subtasks into the multiset that remains."""
    rows = collections.Counter()
    for part in sorted(folder.glob("part-*")):
        for line in part.read_text(encoding="utf-8").splitlines():
            kind, row = line.split(" ", 1)
            rows[row] += 1 if kind in ("+I", "+U") else -1
    return rows


def expected_rows(data, dataset, query):
    """(rows or None, sha256 or None) as kept for this query."""
    whole = data / "expected" / dataset / f"{query}.jsonl.gz"
    if whole.exists():
        lines = gzip.open(whole, "rt", encoding="utf-8").read().splitlines()
        return collections.Counter(lines), None
    digests = json.loads((data / "expected" / dataset / "digests.json").read_text())
    return None, digests[query]["sha256"]


def compare(rows, wanted, digest):
    """Empty when equal, else the first difference in words."""
    negative = [row for row, count in rows.items() if count < 0]
    if negative:
        return f"retracted more often than added: {negative[0][:120]}"
    if wanted is None:
        lines = sorted(row.encode() for row, n in rows.items() for _ in range(n))
        same = hashlib.sha256(b"".join(l + b"\n" for l in lines)).hexdigest() == digest
        return "" if same else f"{len(lines)} rows with another digest"
    missing, extra = wanted - rows, rows - wanted
    if not missing and not extra:
        return ""
    first = lambda some: next(iter(some), "-")[:120]
    return (f"{sum(missing.values())} rows missing ({first(missing)}), "
            f"{sum(extra.values())} too many ({first(extra)})")


def check(args, events, query, parallelism, work):
    out = work / f"{query}-{parallelism}"
    sink = f"'connector'='changelog-out','path'='{out}','mode'='retract'"
    script = work / f"{query}-{parallelism}.sql"
    script.write_text("".join(
        (args.data / "sql" / f"{name}.sql").read_text()
        .replace("__INPUT__", str(events)).replace("__SINK__", sink)
        for name in ("ddl_source", query)))
    done = subprocess.run(
        [args.binary, "run", str(script), "-p", parallelism],
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        return f"exit status {done.returncode}: {(done.stderr or done.stdout)[-600:]}"
    return compare(remaining_rows(out), *expected_rows(args.data, args.set, query))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--data", type=pathlib.Path, default=HERE)
    parser.add_argument("--set", default="small")
    parser.add_argument("--queries", default=",".join(QUERIES))
    parser.add_argument("--parallelism", default="1,2,3")
    args = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="nexmark-") as folder:
        work = pathlib.Path(folder)
        events = work / "events.ndjson"
        events.write_bytes(gzip.open(args.data / "data" / f"{args.set}.ndjson.gz").read())
        for query in args.queries.split(","):
            for parallelism in args.parallelism.split(","):
                wrong = check(args, events, query, parallelism, work)
                print(f"{query} -p {parallelism}: {wrong or 'same'}", flush=True)
                bad += bool(wrong)
    print(f"{bad} differ")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
