#!/usr/bin/env python3
"""Writes what the formats of this version look like: see README.md.

    tests/formats/write.py --binary build/release/millrace v1
"""
import argparse
import json
import pathlib
import re
import shutil
import sys
import tempfile

import kept

ROWS = 90
BAD_EVERY = 17
EVERY = ["-D", "execution.checkpointing.interval=10 ms",
         "-D", "execution.checkpointing.interval-rows=30"]
KILLED = -9


def input_lines():
    for row in range(ROWS):
        value = '"none"' if row % BAD_EVERY == 5 else f"{row * 37 % 1000}.{row % 90 + 10}"
        at = f"2024-01-01 00:00:{row // 2:02d}.{row % 10}00"
        yield (f'{{"id": {row}, "k": {json.dumps("abc"[row % 3])}, "v": {value}, '
               f'"at": "{at}"}}')


def begin(folder):
    folder.mkdir(parents=True)
    shutil.copy(kept.HERE / "job.sql", folder)
    (folder / "in.json").write_text("\n".join(input_lines()) + "\n")


def expect(status, wanted, said):
    if status != wanted:
        sys.exit(f"exit {status} and not {wanted}: {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("version")
    options = parser.parse_args()
    binary, place = options.binary.resolve(), kept.HERE / options.version
    if place.exists():
        sys.exit(f"{place} is there, and a kept version is never written again")
    with tempfile.TemporaryDirectory() as name:
        made = pathlib.Path(name) / options.version
        straight = pathlib.Path(name) / "straight"
        begin(straight)
        status, said = kept.run(binary, straight, "run", "job.sql")
        expect(status, 0, said)
        for backend in ("memory", "rocksdb"):
            begin(made / backend)
            status, said = kept.run(
                binary, made / backend, "run", "job.sql", *EVERY,
                "-D", f"state.backend.type={backend}",
                failpoints="jm.complete.before_notify=kill@2")
            expect(status, KILLED, said)
            # Emptied at each start.
            for local in (made / backend / kept.DATA).glob("*/local"):
                shutil.rmtree(local)
        shutil.copytree(made / "memory", made / "savepoint")
        status, said = kept.run(binary, made / "savepoint", "savepoint", "formats",
                                "--to", "savepoint")
        expect(status, 0, said)
        # Its dead letters are those of the run that wrote them.
        for part in ("ha", "checkpoints", "local", "lock"):
            for found in (made / "savepoint" / kept.DATA).glob(f"*/{part}"):
                shutil.rmtree(found) if found.is_dir() else found.unlink()
        path = re.search("Path: (.*)", said)[1]
        pathlib.Path(path).rename(made / "savepoint" / "savepoint" / "kept")
        status, said = kept.run(binary, straight, "compile", "job.sql", "-o",
                                str(made / "plan.json"))
        expect(status, 0, said)
        (made / "rows").write_text(kept.rows(straight))
        shutil.copytree(made, place)
    print(f"{place} written")


if __name__ == "__main__":
    main()
