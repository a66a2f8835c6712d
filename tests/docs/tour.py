#!/usr/bin/env python3
"""Runs the tour of the root README as it is written.

tour.py --binary build/release/millrace [--rewrite]

In the blocks ```console of "## Five minutes", lines that begin with "$ " are
commands and the lines below each are what it prints. They run in a copy of
examples/, in order. --rewrite puts in what came out.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```console\n(.*?)```", re.S)


def run_block(block, folder):
    """The block with what its commands print."""
    lines = []
    for command in re.findall(r"^\$ (.*)$", block, re.M):
        done = subprocess.run(["bash", "-c", command], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=60)
        lines.append(f"$ {command}\n{done.stdout}")
        if done.returncode != 0:
            lines.append(f"(exit status {done.returncode})\n")
    return "".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true")
    args = parser.parse_args()
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    start = page.index("## Five minutes")
    end = page.index("\n## ", start)
    tour, wrong, count = page[start:end], [], 0
    with tempfile.TemporaryDirectory(prefix="tour-") as folder:
        shutil.copytree(ROOT / "examples", pathlib.Path(folder) / "examples")
        program = pathlib.Path(folder) / "build/release/millrace"
        program.parent.mkdir(parents=True)
        program.symlink_to(args.binary.resolve())

        def replay(match):
            nonlocal count
            count += 1
            got = run_block(match.group(1), folder)
            if got != match.group(1):
                wrong.append(f"written:\n{match.group(1)}\nfound:\n{got}")
            return f"```console\n{got}```"

        played = BLOCK.sub(replay, tour)
    if args.rewrite:
        (ROOT / "README.md").write_text(page[:start] + played + page[end:], encoding="utf-8")
    print("\n".join(wrong) or f"{count} blocks, all as written")
    sys.exit(bool(wrong) or count == 0)


if __name__ == "__main__":
    main()
