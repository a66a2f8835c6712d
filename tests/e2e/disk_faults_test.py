#!/usr/bin/env python3
"""Runs a job on a disk that refuses: files are in the place of its folders,
syncs fail, and each call that changes a file fails in its turn.

    tests/e2e/disk_faults_test.py --binary build/release/millrace \
        --faults build/release/libmillrace_disk_faults.so

After each fault the job has come to its end all the same, or has stopped with
an error that has a code and says where, why and what to do; and the same
command without the fault ends with every row in the output once. disk_faults.cc
makes calls fail; each is tried alone (`once`) and with all that follow (`on`).
"""
import argparse
import concurrent.futures
import pathlib
import sys
import tempfile

from disk_case import LONG_TEXT, TEXT, Case, unclear

DONE, FAILED, REFUSED = 0, 1, 2
ABORTED = -6
# What stands in the way of which place, and how that ends.
IN_THE_WAY = {"data": REFUSED, "checkpoints": REFUSED, "output": FAILED}
CASES = {"memory": ("memory", TEXT), "rocksdb": ("rocksdb", TEXT),
         "rocksdb-tables": ("rocksdb", LONG_TEXT)}
AT_ONCE = 4  # Runs wait for syncs and back-offs more than for a core.


def check_file_in_the_way(binary, folder, place, expected):
    case = Case(binary, folder)
    case.places[place].write_text("a file")
    status, said = case.run()
    if status != expected:
        return f"exit {status} and not {expected}: {said[-500:]}"
    if missing := unclear(said, str(case.places[place]), "ile", "move it away"):
        return missing
    case.places[place].unlink()
    status, said = case.run()
    return case.wrong() if status == DONE else f"then exit {status}: {said[-500:]}"


class Faults:
    """Runs of a job whose calls fail, all that change files or `sync` alone."""

    def __init__(self, options, calls, settings, text):
        self.options, self.calls = options, calls
        self.settings, self.text = settings, text

    def case(self, folder):
        return Case(self.options.binary, folder, self.settings, text=self.text)

    def environment(self, folder, at, lasts):
        return {"LD_PRELOAD": str(self.options.faults),
                "ASAN_OPTIONS": "verify_asan_link_order=0",
                "DISK_FAULTS_UNDER": f"{folder}/",
                "DISK_FAULTS_AT": str(at), "DISK_FAULTS_LASTS": lasts,
                "DISK_FAULTS_CALLS": self.calls,
                "DISK_FAULTS_COUNT": f"{folder}/count"}

    def count(self):
        """How many calls a run without a fault makes."""
        with tempfile.TemporaryDirectory(prefix="disk-") as name:
            folder = pathlib.Path(name)
            case = self.case(folder)
            status, said = case.run(self.environment(folder, 0, "once"))
            if status != DONE or case.wrong():
                sys.exit(f"without a fault: exit {status}, {case.wrong()}: {said}")
            return int((folder / "count").read_text())

    def check(self, at, lasts):
        """(exit status, what is wrong)"""
        with tempfile.TemporaryDirectory(prefix="disk-") as name:
            folder = pathlib.Path(name)
            case = self.case(folder)
            # A disk that stays bad is waited for for ever, unless told not to.
            stops = ({"restart-strategy.type": "none",
                      "execution.checkpointing.timeout": "6 s"}
                     if lasts == "on" else {})
            status, said = case.run(self.environment(folder, at, lasts), stops)
            if status == DONE:
                return status, case.wrong()
            # A RocksDB that was built with its assertions aborts where a file is
            # used after an error: as good as a kill.
            asserted = status == ABORTED and "rocksdb::" in said
            if not asserted and status not in (FAILED, REFUSED):
                return status, said[-500:]
            # RocksDB names the file for some calls and for others not.
            where = "RocksDB, " if "RocksDB, " in said else str(folder)
            if not asserted and (missing := unclear(said, where)):
                return status, missing
            again, said = case.run()
            if again != DONE:
                return status, f"then exit {again}: {said[-500:]}"
            return status, case.wrong()


def check_each(faults, modes, what):
    count = faults.count()
    bad, ends = 0, {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {pool.submit(faults.check, at, lasts): (at, lasts)
                for at in range(1, count + 1) for lasts in modes}
        for run in concurrent.futures.as_completed(runs):
            at, lasts = runs[run]
            status, wrong = run.result()
            ends[lasts, status] = ends.get((lasts, status), 0) + 1
            if wrong:
                bad += 1
                print(f"{what}, call {at} {lasts}, exit {status}: {wrong}", flush=True)
    shown = ", ".join(f"{lasts}: {times} exit {status}"
                      for (lasts, status), times in sorted(ends.items()))
    print(f"{what}: {count} calls, {shown}; {bad} wrong", flush=True)
    return bad + (count == 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--faults", required=True, type=pathlib.Path)
    parser.add_argument("--cases", default=",".join(CASES))
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    options.faults = options.faults.resolve()
    bad = 0
    for place, expected in IN_THE_WAY.items():
        with tempfile.TemporaryDirectory(prefix="disk-") as folder:
            wrong = check_file_in_the_way(options.binary, pathlib.Path(folder),
                                          place, expected)
        print(f"a file in the place of {place}: {wrong or 'ok'}", flush=True)
        bad += bool(wrong)
    for case in options.cases.split(","):
        backend, text = CASES[case]
        settings = {"state.backend.type": backend}
        for calls, modes in (("all", ("once", "on")), ("sync", ("on",))):
            bad += check_each(Faults(options, calls, settings, text), modes,
                              f"{case}, {calls} calls")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
