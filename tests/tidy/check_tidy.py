#!/usr/bin/env python3
"""Holds the source to the rules of the house that a program can see.

check_tidy.py [ROOT]

Layers (layers.txt), homes of third-party headers (homes.txt), lengths of
files, functions and lines, banned words, a README in every folder. Prints a line a
finding, "rule path:line what"; exceptions.txt lists those that stand. Exit
status 1 if anything is found, or if an exception is no longer needed.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
MOST_LINES = {".h": 200, ".cc": 500}
MOST_FUNCTION_LINES = 70
MOST_COLUMNS = 80
BANNED = {
    r"\bFIXME\b": "a FIXME",
    r"\bXXX\b": "an XXX",
    r"\busing namespace\b": "using namespace",
    r"\bsleep_for\b|\busleep\(|\bsleep\(": "a sleep",
    r"\bstd::string_view\b": "std::string_view (absl::string_view is used)",
}
BAD_NAMES = re.compile(r"(utils?|helpers?|common|manager|impl|_ng|_v2)$")
GOOD_NAMES = {"local_task_manager", "task_manager"}
BLOCK_WORDS = re.compile(
    r"^\s*(inline\s+)?(namespace|class|struct|enum|union|extern)\b"
    r"|^\s*template\s*<.*>\s*(class|struct|union)\b", re.S)


def read_table(path):
    table = {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip() if not line.startswith("<") else line
        if line:
            key, _, values = line.rpartition(":") if line.count(":") == 1 else line.partition(":")
            table[key.strip()] = values.split()
    return table


def blank_out(text):
    """The text with comments, strings and characters turned into spaces."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def functions(text):
    """Yields (first line, last line, name) of every function body."""
    plain = re.sub(r"^[ \t]*#.*(?:\\\n.*)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                   blank_out(text), flags=re.M)
    stack, header_start = [], 0
    for match in re.finditer(r"[{};]", plain):
        at = match.start()
        if match.group() == "{":
            header = plain[header_start:at]
            scope = bool(BLOCK_WORDS.search(header)) and "(" not in header.split("<")[0]
            outside = all(kind == "scope" for kind, *_ in stack)
            if outside and not scope and ")" in header:
                name = re.search(r"([~\w:]+)\s*\(", header)
                lead = len(header) - len(header.lstrip())
                first = plain.count("\n", 0, header_start + lead) + 1
                stack.append(("function", first, name.group(1) if name else "?"))
            else:
                stack.append(("scope" if scope else "block", 0, ""))
            header_start = at + 1
        elif match.group() == "}":
            if stack:
                kind, first, name = stack.pop()
                if kind == "function":
                    yield first, plain.count("\n", 0, at) + 1, name
            header_start = at + 1
        else:
            header_start = at + 1


def room_of(path, layers):
    best = ""
    for room in layers:
        if (path == room or path.startswith(room + "/")) and len(room) > len(best):
            best = room
    return best


def check_includes(path, number, line, layers, homes):
    match = re.match(r'\s*#include\s+(["<])([^">]+)[">]', line)
    if not match:
        return
    target = match.group(2)
    here = room_of(path, layers)
    if match.group(1) == '"' and "/" in target:
        there = room_of(target, layers)
        allowed = [here] + layers.get(here, [])
        if there and not any(target.startswith(a + "/") for a in allowed):
            if not path.endswith(("_test.cc", "_test.h")):
                yield "layer", f"{path}:{number}", f"{here} may not include {target}"
    if path.endswith(("_test.cc", "_test.h")) or path.startswith(("bench/", "tests/")):
        return
    for header, places in homes.items():
        hit = target == header.strip("<>") if header.startswith("<") else target.startswith(header)
        if hit and not any(path.startswith(place) for place in places):
            yield "home", f"{path}:{number}", f"{target} does not belong here"


def check_file(root, file, layers, homes):
    path = str(file.relative_to(root))
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    most = MOST_LINES[file.suffix]
    if len(lines) > most:
        yield "length", path, f"{len(lines)} lines, {most} are allowed"
    stem = re.sub(r"_test$", "", file.stem)
    if BAD_NAMES.search(stem) and stem not in GOOD_NAMES:
        yield "name", path, "says nothing: name the noun"
    if file.suffix == ".h" and "#pragma once" not in text:
        yield "guard", path, "no #pragma once"
    for number, line in enumerate(lines, 1):
        yield from check_includes(path, number, line, layers, homes)
        if len(line) > MOST_COLUMNS and not re.search(r'R"|https?://', line):
            yield "columns", f"{path}:{number}", (
                f"{len(line)}, {MOST_COLUMNS} are allowed but for test data and addresses")
        for pattern, what in BANNED.items():
            if re.search(pattern, line):
                yield "word", f"{path}:{number}", what
    for first, last, name in functions(text):
        if last - first + 1 > MOST_FUNCTION_LINES:
            yield "function", f"{path}:{name}", (
                f"{last - first + 1} lines from line {first}, "
                f"{MOST_FUNCTION_LINES} are allowed")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent).resolve()
    layers, homes = read_table(HERE / "layers.txt"), read_table(HERE / "homes.txt")
    files = [f for room in sorted({r.split("/")[0] for r in layers})
             for pattern in ("*.h", "*.cc") for f in sorted((root / room).rglob(pattern))]
    found = [finding for file in files for finding in check_file(root, file, layers, homes)]
    for folder in sorted({f.parent for f in files}):
        if not (folder / "README.md").exists():
            found.append(("readme", str(folder.relative_to(root)), "no README.md"))
    standing = {line.strip() for line in (HERE / "exceptions.txt").read_text().splitlines()
                if line.strip() and not line.startswith("#")}
    keys = {f"{rule} {re.sub(r':[0-9]+$', '', place)}" for rule, place, _ in found}
    shown = [f for f in found if f"{f[0]} {re.sub(r':[0-9]+$', '', f[1])}" not in standing]
    for rule, place, what in shown:
        print(f"{rule} {place} {what}")
    for needless in sorted(standing - keys):
        print(f"exception {needless} is no longer needed: take it out of the list")
    print(f"{len(files)} files, {len(shown)} findings")
    sys.exit(bool(shown or standing - keys))


if __name__ == "__main__":
    main()
