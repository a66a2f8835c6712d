#!/usr/bin/env python3
"""Does what examples/kafka_tour/README.md says, command by command, and
compares what it prints, but for the order of lines.

    tests/e2e/kafka_tour_test.py --binary build/release/millrace
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_S = 120


def steps(text):
    """[(command, [line that it prints])] of the console blocks."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def start(command, folder, output):
    return subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, stdout=output,
                            stderr=subprocess.STDOUT, start_new_session=True)


def wait_for(lines, file):
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if set(lines) <= set(file.read_text().splitlines()):
            return
        time.sleep(0.1)
    sys.exit(f"after {READY_S} s there is no {lines}, but:\n{file.read_text()}")


def tour(folder):
    """Whether all was as written; stops what it started in the background."""
    background, same = [], True
    try:
        for number, (command, expected) in enumerate(steps(
                (ROOT / "examples/kafka_tour/README.md").read_text())):
            file = folder / f"output-{number}"
            print(f"$ {command}", flush=True)
            with file.open("w") as output:
                if command.endswith("&"):
                    background.append(start(command[:-1], folder, output))
                    wait_for(expected, file)
                    continue
                start(command, folder, output).wait()
            printed = file.read_text().splitlines()
            if sorted(printed) != sorted(expected):
                print("\n".join(printed), "\nis not what the tour shows:\n",
                      "\n".join(expected), sep="")
                same = False
    finally:
        for process in background:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    return same


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    binary = pathlib.Path(parser.parse_args().binary).resolve()
    with tempfile.TemporaryDirectory(prefix="kafka-tour-") as name:
        folder = pathlib.Path(name)
        for shared in ("examples", "tests"):
            (folder / shared).symlink_to(ROOT / shared)
        (folder / "build/release").mkdir(parents=True)
        (folder / "build/release/millrace").symlink_to(binary)
        if not tour(folder):
            sys.exit(1)
    print("The tour is as written.")


if __name__ == "__main__":
    main()
