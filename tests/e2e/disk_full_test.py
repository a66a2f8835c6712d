#!/usr/bin/env python3
"""Runs a job on a small file system that fills up, and on one that may not be
written.

    tests/e2e/disk_full_test.py --binary build/release/millrace

Each is a tmpfs, made and mounted for the test, so it wants to be root; without
that it says so and exits with 77, which ctest takes for skipped. A job waits for
room and goes on by itself, or, told not to, stops with an error; and the same
command ends with every row in the output once.
"""
import argparse
import contextlib
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

from disk_case import LIMIT_S, LONG_TEXT, TEXT, Case, unclear
from failpoints import stands_still

DONE, FAILED, REFUSED = 0, 1, 2
ABORTED = -6
SKIPPED = 77
ROOMY = "256m"
FULL = ("No space left on device", "Free space there")
READ_ONLY = ("Read-only file system", "Mount the file system for writing")
NO_RESTARTS = {"restart-strategy.type": "none"}
PLACES = ("data", "checkpoints", "output")
STATES = {"memory": ("memory", TEXT), "rocksdb": ("rocksdb", TEXT),
          "rocksdb-tables": ("rocksdb", LONG_TEXT)}
# Stands still as soon as its first checkpoint is the latest.
STOP = {"MILLRACE_FAILPOINTS": "jm.complete.before_notify=stop"}


class NotMounted(Exception):
    """Why there is no file system to test with."""


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise NotMounted(done.stderr.strip())


@contextlib.contextmanager
def small_disk(place, size):
    place.mkdir()
    mount("-t", "tmpfs", "-o", f"size={size}", "millrace-test", place)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def remount(place, options):
    mount("-o", f"remount,{options}", place)


def fill(place):
    """Leaves no room at all."""
    with contextlib.suppress(OSError), (place / "ballast").open("wb", 0) as file:
        while True:
            file.write(bytes(4096))


def wait_until_stopped(process):
    """It has sent itself SIGSTOP."""
    for _ in range(LIMIT_S * 10):
        os.waitid(os.P_PID, process.pid,
                  os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if stands_still(process.pid):
            return True
        if process.poll() is not None:
            return False
        time.sleep(0.1)
    return False


def read_until(process, pattern):
    """What it says up to the pattern, or all of it."""
    said, end = "", time.monotonic() + LIMIT_S
    while not re.search(pattern, said) and time.monotonic() < end:
        if not select.select([process.stdout], [], [], 1)[0]:
            continue
        more = os.read(process.stdout.fileno(), 65536).decode(errors="replace")
        if not more:
            break
        said += more
    return said


def finish(process):
    try:
        return process.communicate(timeout=LIMIT_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return f"no end within {LIMIT_S} s: {process.communicate()[0]}"


def goes_on(case, said=""):
    """The same command, with room again, ends with all of the output."""
    status, more = case.run()
    if status != DONE:
        return f"then exit {status}: {more[-500:]} after {said[-500:]}"
    return case.wrong()


def check_too_small(case, place):
    """Too small from the beginning, for a job that is not to restart."""
    with small_disk(place, "256k"):
        status, said = case.run(settings=NO_RESTARTS)
        if status not in (FAILED, REFUSED):
            return f"exit {status}: {said[-500:]}"
        if missing := unclear(said, str(place), *FULL):
            return missing
        remount(place, f"size={ROOMY}")
        return goes_on(case, said)


def check_waits(case, place):
    """Full after the first checkpoint; room comes while the job waits."""
    with small_disk(place, ROOMY):
        process = case.start(STOP)
        if not wait_until_stopped(process):
            return f"did not stop: {finish(process)[-500:]}"
        fill(place)
        process.send_signal(signal.SIGCONT)
        # Lines may be skipped, the number says how many.
        said = read_until(process, r"is started again \((?!1 )\d+ so far\)")
        (place / "ballast").unlink()
        said += finish(process)
        # A RocksDB that was built with its assertions, as in disk_faults_test.py.
        if process.returncode == ABORTED and "rocksdb::" in said:
            return goes_on(case, said)
        if process.returncode != DONE:
            return f"exit {process.returncode}: {said[-500:]}"
        missing = [text for text in (str(place), *FULL) if text not in said]
        return f"{missing} not in {said!r}" if missing else case.wrong()


def check_stops(case, place, spoil, mend, needed):
    """Spoilt after the first checkpoint, for a job that is not to restart."""
    with small_disk(place, ROOMY):
        process = case.start(STOP, NO_RESTARTS)
        if not wait_until_stopped(process):
            return f"did not stop: {finish(process)[-500:]}"
        spoil(place)
        process.send_signal(signal.SIGCONT)
        said = finish(process)
        if process.returncode != FAILED:
            return f"exit {process.returncode}: {said[-500:]}"
        if missing := unclear(said, str(place), *needed):
            return missing
        mend(place)
        if wrong := goes_on(case, said):
            return wrong
        return ""


def check_full_and_stops(case, place):
    return check_stops(case, place, fill, lambda at: (at / "ballast").unlink(), FULL)


def check_read_only_and_stops(case, place):
    return check_stops(case, place, lambda at: remount(at, "ro"),
                       lambda at: remount(at, "rw"), READ_ONLY)


def check_read_only(case, place):
    with small_disk(place, ROOMY):
        remount(place, "ro")
        status, said = case.run()
        # Only its sinks touch the output, when the job runs.
        expected = FAILED if place.name == "output" else REFUSED
        if status != expected:
            return f"exit {status} and not {expected}: {said[-500:]}"
        if missing := unclear(said, str(place), *READ_ONLY):
            return missing
        remount(place, "rw")
        return goes_on(case, said)


# The small records of a job fit whatever else does not, and files that its
# master holds open keep a file system from being made read-only.
CASES = (
    (check_too_small, ("checkpoints", "output")),
    (check_waits, PLACES),
    (check_full_and_stops, PLACES),
    (check_read_only, PLACES),
    (check_read_only_and_stops, ("checkpoints",)),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    options = parser.parse_args()
    bad = 0
    for name, (backend, text) in STATES.items():
        for check, places in CASES:
            for place in places:
                with tempfile.TemporaryDirectory(prefix="disk-") as path:
                    folder = pathlib.Path(path)
                    case = Case(options.binary.resolve(), folder,
                                {"state.backend.type": backend}, text=text)
                    try:
                        wrong = check(case, folder / place)
                    except NotMounted as why:
                        print(f"skipped: mounting a tmpfs needs root (CAP_SYS_ADMIN): {why}")
                        return 1 if bad else SKIPPED
                print(f"{name}, {check.__name__[6:]}, {place}: {wrong or 'ok'}",
                      flush=True)
                bad += bool(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
