#!/usr/bin/env python3
"""Kills `millrace run` from a file to files at each failpoint of its sinks, and
checks that every row is in the output once.

    tests/e2e/kill_files.py --binary build/release/millrace

The job copies a file into a partitioned table with success files and into a
changelog; one record in 250 cannot be decoded and is kept aside. For each
failpoint it is killed three times, at parallelism 1, 3 and 2, started again by
the same command, and then runs to its end. No broker is needed.
"""
import argparse
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROWS = 200_000
BAD_EVERY = 250
PARTITIONS = 10
KILLED_AT = (3, 2, 4)  # Which time the failpoint is reached, start by start.
PARALLELISMS = (1, 3, 2)
LIMIT_S = 120
FAILPOINTS = """sink.before_seal sink.after_seal sink.before_ack
  sink.before_commit sink.after_commit src.before_offset_capture
  src.after_offset_capture tm.snapshot.before_ack jm.complete.before_cas
  jm.complete.after_cas jm.complete.before_notify""".split()
SCRIPT = """
SET 'execution.checkpointing.interval' = '10 ms';
SET 'execution.checkpointing.interval-rows' = '5000';
CREATE TABLE t (id BIGINT, p BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'in.json', 'format' = 'json');
CREATE TABLE f (id BIGINT, p BIGINT) PARTITIONED BY (p)
WITH ('connector' = 'filesystem', 'path' = 'files', 'format' = 'json',
      'sink.partition-commit.policy.kind' = 'success-file');
CREATE TABLE c (id BIGINT) WITH ('connector' = 'changelog-out', 'path' = 'log');
EXECUTE STATEMENT SET BEGIN
INSERT INTO f SELECT id, p FROM t;
INSERT INTO c SELECT id FROM t;
END;
"""


def is_bad(row):
    return row % BAD_EVERY == 7


def start(binary, folder, parallelism, failpoints=""):
    return subprocess.run(
        [binary, "run", "job.sql", "-p", str(parallelism)], cwd=folder,
        env=dict(os.environ, MILLRACE_FAILPOINTS=failpoints),
        capture_output=True, text=True, timeout=LIMIT_S, check=False)


def lines(folder, pattern):
    return [line for file in folder.glob(pattern)
            for line in file.read_text().splitlines()]


def difference(found, expected):
    found, expected = collections.Counter(found), collections.Counter(expected)
    lost = sum((expected - found).values())
    double = sum((found - expected).values())
    return f"{lost} lost, {double} too many" if lost or double else ""


def faults(folder):
    good = [row for row in range(ROWS) if not is_bad(row)]
    # Each INSERT reads the file.
    bad = 2 * [row for row in range(ROWS) if is_bad(row)]
    wrong = {
        "files": difference(
            (json.loads(line)["id"] for line in lines(folder, "files/*/part-*")),
            good),
        "changes": difference(lines(folder, "log/part-*"),
                              (f"+I [{row}]" for row in good)),
        "bad records": difference(
            (json.loads(json.loads(line)["raw_text"].replace("bad", "0"))["id"]
             for line in lines(folder, "millrace-data/*/dead-letters/t/part-*")),
            bad)}
    marks = len(list(folder.glob("files/*/_SUCCESS")))
    if marks != PARTITIONS:
        wrong["success files"] = f"{marks} of {PARTITIONS}"
    # Not the marks of a kill between their writing and their renaming.
    staged = [file for file in folder.rglob(".staging-*/*")
              if not (file.name.startswith("mark.") and file.suffix == ".new")]
    if staged:
        wrong["left behind"] = str(staged[0])
    return [f"{what}: {why}" for what, why in wrong.items() if why]


def check(binary, folder, failpoint):
    (folder / "job.sql").write_text(SCRIPT)
    with (folder / "in.json").open("w") as file:
        for row in range(ROWS):
            value = "bad" if is_bad(row) else row % PARTITIONS
            file.write(f'{{"id":{row},"p":{value}}}\n')
    for nth, parallelism in zip(KILLED_AT, PARALLELISMS):
        run = start(binary, folder, parallelism, f"{failpoint}=kill@{nth}")
        if run.returncode != -signal.SIGKILL:
            return [f"not killed but exit {run.returncode}: {run.stderr}"]
    run = start(binary, folder, 2)
    if run.returncode != 0:
        return [f"exit {run.returncode}: {run.stderr}"]
    return faults(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("failpoints", nargs="*", default=FAILPOINTS)
    options = parser.parse_args()
    failed = 0
    for failpoint in options.failpoints:
        with tempfile.TemporaryDirectory() as folder:
            found = check(options.binary.resolve(), pathlib.Path(folder),
                          failpoint)
        print(failpoint, "; ".join(found) or "ok", flush=True)
        failed += bool(found)
    print(f"{len(options.failpoints)} failpoints, "
          f"{len(options.failpoints) * len(KILLED_AT)} kills, "
          f"{failed} with differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
