#!/usr/bin/env python3
"""Makes the tables of docs/sql.md by asking the program itself.

sql_support.py --binary build/release/millrace [--rewrite]

Every statement and clause of sql_features.txt is planned, every function call
of sql_functions.txt is run; the page must say what came out. A function that
SHOW FUNCTIONS lists and no call shows is missed. --rewrite writes the page.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs/sql.md"
MARK = "<!-- made by tests/docs/sql_support.py -->"
# Listed by SHOW FUNCTIONS, and written as syntax and not as a call.
SYNTAX = set("array cast item map negate row in ilike".split())
TABLES = """
CREATE TABLE orders (id BIGINT NOT NULL, customer STRING, amount DECIMAL(10, 2), n INT,
  address ROW<city STRING, zip INT>, tags ARRAY<STRING>, props MAP<STRING, STRING>,
  ts TIMESTAMP(3), proc AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'filesystem', 'path' = '/in', 'format' = 'json');
CREATE TABLE results (a BIGINT, b STRING) WITH ('connector' = 'blackhole');
"""


def read_list(name):
    """[(group, [(label, text)])]; lines are "label | text" below "## group"."""
    groups = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            groups.append((line[3:], []))
        elif line.strip() and not line.startswith("#"):
            label, _, text = line.partition(" | ")
            groups[-1][1].append((label.strip(), text.strip() or label.strip()))
    return groups


def run(binary, verb, script):
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        return subprocess.run([binary, verb, file.name], capture_output=True,
                              text=True, timeout=60)


def feature_row(binary, label, text):
    """A row of the table, and what is wrong with it or None."""
    done = run(binary, "explain", TABLES + text.replace(" // ", ";\n") + ";")
    shown = text.replace(" // ", "; ").replace("|", "\\|")
    if done.returncode == 0:
        return f"| {label} | `{shown}` | yes |", None
    if "SQL-0002" in done.stderr:
        return f"| {label} | `{shown}` | not yet |", None
    return f"| {label} | `{shown}` | ? |", f"{text}\n{done.stderr}"


def function_row(binary, _, call):
    done = run(binary, "run", f"SELECT CAST({call} AS STRING) AS r;")
    cells = re.findall(r"^\| \+I \| +(.*) \|$", done.stdout, re.M)
    shown = call.replace("|", "\\|")
    if done.returncode == 0 and len(cells) == 1:
        value = cells[0].replace("|", "\\|")
        return f"| `{shown}` | {'NULL' if value == '<NULL>' else f'`{value}`'} |", None
    if "SQL-0002" in done.stderr or "SQL-0116" in done.stderr:
        return f"| `{shown}` | not yet |", None
    return f"| `{shown}` | ? |", f"{call}\n{done.stdout}{done.stderr}"


def clock_row(binary, _, call):
    """Calls whose value is another one each time are only run."""
    row, wrong = function_row(binary, None, call)
    return (row if wrong else f"| `{call}` | another one each time |"), wrong


def missed_functions(binary, calls):
    listed = re.findall(r"^\| +(\w+) \|$", run(binary, "run", "SHOW FUNCTIONS;").stdout, re.M)
    text = " ".join(calls).upper()
    return [name for name in listed if name not in SYNTAX
            and not re.search(rf"\b{name.upper()}\b", text)]


def tables(binary):
    """(text of all tables, problems)"""
    lines, problems = [MARK], []
    features, functions = read_list("sql_features.txt"), read_list("sql_functions.txt")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for groups, head, of in (
                (features, "| | example | built |\n|---|---|---|", feature_row),
                (functions, "| call | gives |\n|---|---|", function_row)):
            for group, entries in groups:
                make = clock_row if group.endswith("clock") else of
                rows = pool.map(lambda entry: make(binary, *entry), entries)
                lines += ["", f"## {group}", "", head]
                for row, wrong in rows:
                    lines.append(row)
                    problems += [wrong] if wrong else []
    calls = [text for group in features + functions for _, text in group[1]]
    problems += [f"no example of {name}" for name in missed_functions(binary, calls)]
    return "\n".join(lines) + "\n", problems


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--rewrite", action="store_true")
    args = parser.parse_args()
    made, problems = tables(args.binary)
    page = PAGE.read_text(encoding="utf-8")
    head, mark, old = page.partition(MARK)
    if args.rewrite:
        PAGE.write_text(head + made, encoding="utf-8")
    elif mark + old != made:
        before, after = set((mark + old).splitlines()), made.splitlines()
        problems += [f"the page lacks: {line}" for line in after if line not in before]
        problems += [f"the page has: {line}" for line in sorted(before - set(after))]
        problems.append("tests/docs/sql_support.py --rewrite writes it anew")
    print("\n".join(problems) or "docs/sql.md is up to date")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
