#!/usr/bin/env python3
"""Restores what earlier versions wrote, and compares: see README.md.

    tests/formats/check.py --binary build/release/millrace
"""
import argparse
import difflib
import pathlib
import shutil
import sys
import tempfile

import kept

PARALLELISMS = (1, 2)
BACKENDS = ("memory", "rocksdb")
SAVEPOINT = ("--from-savepoint", "savepoint/kept", "--restore", "claim")


def compare(expected, found):
    return "\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(),
                                          "expected", "found", lineterm=""))


def check(binary, version, case, backend, parallelism):
    """What is wrong; empty: nothing."""
    with tempfile.TemporaryDirectory(prefix="formats-") as name:
        folder = pathlib.Path(name) / "job"
        words = ["-p", str(parallelism), "-D", f"state.backend.type={backend}"]
        if case == "plan":
            # The input is any run's; the rest is made anew.
            folder.mkdir()
            shutil.copy(version / "memory" / "in.json", folder)
            words = ["run", str(version / "plan.json"), *words[2:]]
        else:
            shutil.copytree(version / case, folder)
            words = ["run", "job.sql", *words, *(SAVEPOINT if case == "savepoint" else ())]
        status, said = kept.run(binary, folder, *words)
        if status != 0:
            return f"exit {status}: {said[-800:]}"
        if case != "plan" and "goes on from checkpoint 2" not in said:
            return f"did not go on from what was kept: {said[-800:]}"
        return compare((version / "rows").read_text(), kept.rows(folder))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    binary = options.binary.resolve()
    ran = bad = 0
    for version in sorted(kept.HERE.glob("v*")):
        for case in ("plan", "memory", "rocksdb", "savepoint"):
            for backend in BACKENDS:
                for parallelism in PARALLELISMS if case != "plan" else (1,):
                    wrong = check(binary, version, case, backend, parallelism)
                    ran += 1
                    bad += bool(wrong)
                    if wrong:
                        print(f"{version.name}, {case} on {backend} at parallelism "
                              f"{parallelism}: {wrong}", flush=True)
    print(f"{ran} restored, {bad} wrong")
    return 1 if bad or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
