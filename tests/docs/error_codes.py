#!/usr/bin/env python3
"""Holds docs/errors.md to the sources: every code is documented, every
documented one is used, and each has one meaning.

A code that several folders use is in SHARED; any other is of one folder.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = re.compile(r'"((?:SQL|EXP|SRC|SNK|CFG|JOB|CLI)-[0-9]{4})(?:"|: )')
ROW = re.compile(r"^\| ((?:SQL|EXP|SRC|SNK|CFG|JOB|CLI)-[0-9]{4}) \| (.+) \| (.+) \|$")
ROOMS = ("cli", "connectors", "embedded", "jobmanager", "runtime", "sql", "state", "taskmanager")
# The same fault is found in several places.
SHARED = {
    "CFG-0002": "a value that a key does not take",
    "JOB-0003": "memory used up, and told from a full disk",
    "JOB-0030": "the lock of a directory is held",
    "JOB-0040": "a file that cannot be written, by the disk and by RocksDB",
    "JOB-0042": "damaged bytes, in the store and in the runs within",
    "JOB-0101": "no such job, by the pages of REST and by what they ask",
    "JOB-0109": "no leader, by the pages of REST and by what they ask",
    "SNK-0302": "no broker answers, with transactions and without",
    "SQL-0110": "no such table, in the catalog or in FROM",
    "SQL-0101": "arguments: by signature, or in the binder where there is none",
    "SQL-0903": "an option's value, wherever it is read",
    "SQL-0906": "a type that the format cannot hold, one message a format",
    "SRC-0102": "not UTF-8, in each format",
    "SRC-0103": "a value that does not fit, in each format",
}


def used_codes():
    """{code: folders that use it}"""
    used = collections.defaultdict(set)
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.cc")):
            if file.name.endswith("_test.cc"):
                continue
            text = re.sub(r"//[^\n]*", "", file.read_text(encoding="utf-8"))
            for code in CODE.findall(text):
                used[code].add(str(file.parent.relative_to(ROOT)))
    return used


def documented_codes(problems):
    documented = {}
    for line in (ROOT / "docs/errors.md").read_text(encoding="utf-8").splitlines():
        match = ROW.match(line)
        if not match:
            continue
        code, meaning, _ = match.groups()
        if code in documented:
            problems.append(f"{code} is documented twice")
        if meaning in documented.values():
            problems.append(f"{code} means the same as another: {meaning}")
        documented[code] = meaning
    return documented


def main():
    problems = []
    used, documented = used_codes(), documented_codes(problems)
    for code in sorted(used.keys() - documented.keys()):
        problems.append(f"{code} is used in {', '.join(sorted(used[code]))} and is "
                        "missing in docs/errors.md")
    for code in sorted(documented.keys() - used.keys()):
        problems.append(f"{code} is documented and nowhere used")
    for code, folders in sorted(used.items()):
        if len(folders) > 1 and code not in SHARED:
            problems.append(f"{code} is used in {', '.join(sorted(folders))}: one meaning? "
                            "Then name it in SHARED, else take another number")
    for code in sorted(SHARED):
        if len(used.get(code, ())) < 2:
            problems.append(f"{code} is in SHARED and only one folder uses it")
    print("\n".join(problems) or f"{len(used)} codes, all documented")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
