#!/usr/bin/env python3
"""Runs the cases of this folder: see README.md.

check.py --binary build/release/millrace [--rewrite] [FILE.test ...]
"""
import argparse
import collections
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SECTION = re.compile(
    r"^-- (file \S+|setup|sql|command|rows|lines \S+|output|message|exit|args)\s*$")
LIMIT_S = 60


def read_case(path):
    """[(section name, text)] in order; the text before the first is 'head'."""
    sections, name, lines = [], "head", []
    for line in path.read_text(encoding="utf-8").split("\n"):
        match = SECTION.match(line)
        if match:
            sections.append((name, "\n".join(lines)))
            name, lines = match.group(1), []
        else:
            lines.append(line)
    sections.append((name, "\n".join(lines).rstrip("\n")))
    return sections


def remaining_rows(folder):
    rows = collections.Counter()
    for part in sorted(folder.glob("part-*")):
        for line in part.read_text(encoding="utf-8").splitlines():
            kind, row = line.split(" ", 1)
            rows[row] += 1 if kind in ("+I", "+U") else -1
    negative = [row for row, count in rows.items() if count < 0]
    if negative:
        return f"retracted more often than added: {negative[0]}"
    return "\n".join(sorted(row for row, count in rows.items() for _ in range(count)))


def lines_of(folder, pattern):
    """The lines of all files that match, sorted."""
    lines = [line for file in sorted(folder.glob(pattern)) if file.is_file()
             for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    return "\n".join(sorted(lines))


def run_once(binary, sections, parallelism):
    """{section name: what came out} of one run."""
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        here = pathlib.Path(folder)
        values = dict(sections)
        for name, text in sections:
            if name.startswith("file "):
                target = here / name[5:]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        script = here / "job.sql"
        script.write_text(values.get("sql", "").replace("{dir}", folder), encoding="utf-8")
        args = shlex.split(values.get("args", "").replace("{dir}", folder))
        environment = dict(os.environ, MILLRACE=str(pathlib.Path(binary).resolve()),
                           P=str(parallelism))
        if "setup" in values:
            subprocess.run(["bash", "-e", "-c", values["setup"]], cwd=folder,
                           env=environment, check=True, timeout=LIMIT_S)
        command = [environment["MILLRACE"], "run", str(script), "-p", str(parallelism), *args]
        if "command" in values:
            command = ["bash", "-c", values["command"].replace("{dir}", folder)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", cwd=folder,
                env=environment, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            return {"exit": f"none within {LIMIT_S} s"}
        clean = lambda text: text.replace(folder, "{dir}").rstrip("\n")
        got = {"rows": remaining_rows(here / "out"), "output": clean(done.stdout),
               "message": clean(done.stderr), "exit": str(done.returncode)}
        for name in values:
            if name.startswith("lines "):
                got[name] = clean(lines_of(here, name[6:]))
        return got


def matches(wanted, got):
    """`...` is any lines where it is one, and any text inside a line."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..."
        else ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
        for line in wanted.split("\n"))
    return re.fullmatch(pattern, got + "\n") is not None


def check(binary, path, rewrite):
    """The differences of one case, as lines."""
    sections = read_case(path)
    asked = [name for name, _ in sections
             if name in ("rows", "output", "message", "exit") or name.startswith("lines ")]
    if not asked:
        return ["asserts nothing: add rows, lines, output, message or exit"]
    wrong = []
    of_rows = any(name == "rows" or name.startswith("lines ") for name in asked)
    for parallelism in (1, 2, 3) if of_rows else (1,):
        got = run_once(binary, sections, parallelism)
        wanted = dict({"exit": "0"} if "exit" not in asked else {}, **dict(sections))
        for name in sorted(set(asked) | {"exit"}):
            if name not in got or not matches(wanted[name].rstrip("\n"), got[name]):
                seen = got.get(name, got["exit"])
                wrong.append(f"-p {parallelism}, {name}: expected\n{wanted[name]}\n"
                             f"got\n{seen}\n{got.get('message', '') if name == 'exit' else ''}")
        if rewrite and wrong and parallelism == 1:
            path.write_text("\n".join(
                text if name == "head" else f"-- {name}\n{got.get(name, text)}"
                for name, text in sections) + "\n", encoding="utf-8")
    return wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    args = parser.parse_args()
    args.binary = str(pathlib.Path(args.binary).resolve())
    bad = 0
    files = args.files or sorted(HERE.rglob("*.test"))
    for path in files:
        wrong = check(args.binary, path, args.rewrite)
        if wrong:
            bad += 1
            print(f"{path.relative_to(HERE) if HERE in path.parents else path}:")
            print("\n".join(wrong))
    print(f"{len(files)} cases, {bad} differ")
    sys.exit(bad > 0 or not files)


if __name__ == "__main__":
    main()
