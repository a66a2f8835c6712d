#!/usr/bin/env python3
"""More state than memory: twenty million keys within a budget. See README.md.

    bench/memory/memory.py --binary build/release/millrace [--budget-mib 512]
"""
import argparse
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

STRIDE = 7919  # Prime: keys come in an order that has nothing to do with theirs.
OVER = 1.1  # How far resident memory may pass the budget.
TICK = os.sysconf("SC_CLK_TCK")

# Every key comes `rounds` times. What is asked of its groups is few rows, and
# wrong unless each of them is right: how many there are, how many have all their
# rows, the sum of all values, and one that weighs each value by its key.
JOB = """
CREATE TABLE made (id BIGINT) WITH ('connector' = 'datagen',
  'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '0',
  'fields.id.end' = '{last}');
CREATE TABLE answer (groups BIGINT, complete BIGINT, total BIGINT,
                     weighed BIGINT)
  WITH ('connector' = 'changelog-out', 'path' = '{out}');
INSERT INTO answer
SELECT COUNT(*), COUNT(*) FILTER (WHERE n = {rounds}), SUM(total),
       SUM(total * MOD(k, 97))
FROM (SELECT k, COUNT(*) AS n, SUM(id) AS total
      FROM (SELECT MOD(id * {stride}, {keys}) AS k, id FROM made) AS keyed
      GROUP BY k) AS groups;
"""


def expected(keys, rounds):
    rows = keys * rounds
    # id, id + keys, id + 2 keys ... all have the key of id.
    weighed = sum((rounds * id + keys * rounds * (rounds - 1) // 2)
                  * (id * STRIDE % keys % 97) for id in range(keys))
    return [keys, keys, rows * (rows - 1) // 2, weighed]


def answer(folder):
    """The row that remains of the changelog."""
    last = None
    for part in sorted(folder.glob("part-*")):
        for line in part.read_text().splitlines():
            kind, row = line.split(" ", 1)
            if kind in ("+I", "+U"):
                last = json.loads(row)
    return last


class Process:
    """What a running process has used, as it was last seen."""

    def __init__(self, pid):
        self.folder = pathlib.Path(f"/proc/{pid}")
        self.sizes = {"VmHWM": 0, "RssAnon": 0, "RssFile": 0}
        self.cpu_s = 0.0

    def look(self):
        try:
            status = (self.folder / "status").read_text()
            stat = (self.folder / "stat").read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            return
        for name in self.sizes:
            found = re.search(rf"{name}:\s+(\d+) kB", status)
            if found:
                self.sizes[name] = max(self.sizes[name], int(found.group(1)))
        self.cpu_s = (int(stat[11]) + int(stat[12])) / TICK

    def mib(self, name):
        return self.sizes[name] / 1024


def run(args, folder):
    out = folder / "out"
    rows = args.keys * args.rounds
    script = folder / "memory.sql"
    script.write_text(JOB.format(rows=rows, last=rows - 1, rounds=args.rounds,
                                 keys=args.keys, stride=STRIDE, out=out))
    start = time.monotonic()
    job = subprocess.Popen(
        [args.binary, "run", str(script), "-p", str(args.parallelism),
         "-D", "state.backend.type=rocksdb",
         "-D", f"taskmanager.memory.process.size={args.budget_mib}m",
         "-D", f"execution.checkpointing.interval={args.interval}",
         "-D", f"millrace.data-dir={folder / 'data'}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    use = Process(job.pid)
    checkpoints = set()
    said = start
    while job.poll() is None:
        use.look()
        checkpoints.update(path.name for path in
                           (folder / "data").glob("*/checkpoints/*/chk-*"))
        if args.trace and time.monotonic() - said > 5:
            said = time.monotonic()
            print(f"{said - start:5.0f} s {use.cpu_s:6.1f} CPU-s "
                  f"{use.mib('VmHWM'):6.0f} MiB peak, anonymous "
                  f"{use.mib('RssAnon'):.0f}, checkpoints {len(checkpoints)}",
                  file=sys.stderr, flush=True)
        time.sleep(0.1)
    errors = job.stderr.read()
    if job.returncode:
        sys.exit(f"the job failed: {errors[-2000:]}")
    return use, len(checkpoints), time.monotonic() - start, answer(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="build/release/millrace")
    parser.add_argument("--keys", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=2,
                        help="how often each key comes")
    parser.add_argument("--budget-mib", type=int, default=512)
    parser.add_argument("--parallelism", type=int, default=1)
    parser.add_argument("--interval", default="10 s")
    parser.add_argument("--folder", help="where state lies; a temporary one")
    parser.add_argument("--trace", action="store_true",
                        help="a line every five seconds")
    args = parser.parse_args()
    if math.gcd(STRIDE, args.keys) != 1:
        parser.error(f"--keys must not be a multiple of {STRIDE}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-memory-",
                                           dir=args.folder))
    try:
        use, checkpoints, wall, rows = run(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    peak = use.mib("VmHWM")
    print(f"budget_mib={args.budget_mib} peak_mib={peak:.0f} "
          f"peak_anonymous_mib={use.mib('RssAnon'):.0f} keys={args.keys} "
          f"events={args.keys * args.rounds} cpu_s={use.cpu_s:.1f} "
          f"wall_s={wall:.1f} checkpoints={checkpoints} events_per_cpu_s="
          f"{args.keys * args.rounds / use.cpu_s:.0f}")
    wanted = expected(args.keys, args.rounds)
    if rows != wanted:
        sys.exit(f"the answer is {rows} and should be {wanted}")
    if peak > OVER * args.budget_mib:
        sys.exit(f"resident memory came to {peak:.0f} MiB, past the budget of "
                 f"{args.budget_mib} MiB and a tenth")


if __name__ == "__main__":
    main()
