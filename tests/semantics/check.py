#!/usr/bin/env python3
"""Puts real Flink's semantic cases to Millrace: see README.md.

check.py --binary build/release/millrace [--filter RE] [--all] [--report FILE]
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import program_cases
import scalar_cases

HERE = pathlib.Path(__file__).resolve().parent
BATCH = 150
FORMS = ("columns", "literals")
LIMIT_S = 60


class Engine:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.runs = binary, folder, 0

    def fresh_folder(self):
        self.runs += 1
        path = os.path.join(self.folder, f"r{self.runs}")
        os.makedirs(path)
        return path

    def run(self, folder, text):
        """(exit status, stdout, stderr); killed by a signal is negative."""
        script = os.path.join(folder, "job.sql")
        with open(script, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            done = subprocess.run([self.binary, "run", script], capture_output=True,
                                  text=True, errors="replace", cwd=folder,
                                  stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            return 124, "", f"no end within {LIMIT_S} s"
        return done.returncode, done.stdout, done.stderr


def run_scalar(engine, items, as_literals, verdicts):
    """Runs `items` in one script; in halves where it fails."""
    folder = engine.fresh_folder()
    try:
        text, tables = scalar_cases.make_script(items, folder, as_literals)
    except scalar_cases.Skipped as why:
        status, error = None, str(why)
    else:
        status, _, error = engine.run(folder, text)
    if status == 0:
        for table in tables:
            for item, got in table.results():
                if item.get("error"):
                    verdicts[item["id"]] = ("fail", "an error", got)
                elif scalar_cases.same(item["want"], got):
                    verdicts[item["id"]] = ("pass",)
                else:
                    verdicts[item["id"]] = ("fail", item["want"], got)
    elif len(items) > 1:
        half = len(items) // 2
        run_scalar(engine, items[:half], as_literals, verdicts)
        run_scalar(engine, items[half:], as_literals, verdicts)
    elif status is None:
        verdicts[items[0]["id"]] = ("skip", error)
    elif items[0].get("error") and status in (1, 2):
        verdicts[items[0]["id"]] = ("pass",)
    else:
        verdicts[items[0]["id"]] = ("fail", items[0].get("want", "an error"), error.strip())


def check_scalar(engine, args):
    """{form/id: (item, verdict)}"""
    items = list(scalar_cases.of_functions(HERE / "data/builtin_functions.jsonl"))
    items += scalar_cases.of_expressions(HERE / "data/expressions.jsonl",
                                         HERE / "data/expression_fixtures.jsonl")
    items = [item for item in items
             if re.search(args.filter, item["id"] + " " + item["sql"])]
    out = {}
    for form in FORMS:
        groups = collections.defaultdict(list)
        verdicts = {}
        for item in items:
            if "skip" in item:
                verdicts[item["id"]] = ("skip", item["skip"])
            elif item.get("error"):
                run_scalar(engine, [item], form == "literals", verdicts)
            else:
                groups[json.dumps(item["config"], sort_keys=True)].append(item)
        for group in groups.values():
            for start in range(0, len(group), BATCH):
                run_scalar(engine, group[start:start + BATCH], form == "literals", verdicts)
        for item in items:
            out[f"{form}/{item['id']}"] = (item, verdicts[item["id"]])
    return out


def check_programs(engine, args):
    """{programs/id: (item, verdict)}"""
    out = {}
    for program in scalar_cases.read_lines(HERE / "data/programs.jsonl"):
        name = program["class"].split(".")[-1] + "/" + program["id"]
        if not re.search(args.filter, name):
            continue
        item = {"sql": program["description"], "error": program["expectsFailure"]}
        reason = program_cases.why_not(program)
        if reason:
            out["programs/" + name] = (item, ("skip", reason))
            continue
        folder = engine.fresh_folder()
        verdict = ("pass",)
        for text, must_fail in program_cases.scripts(program, folder):
            status, output, error = engine.run(folder, text)
            if must_fail and status not in (1, 2):
                verdict = ("fail", "an error", f"exit status {status}")
            elif not must_fail and status != 0:
                verdict = ("fail", "success", error.strip())
            elif not must_fail:
                wrong = program_cases.differences(program, output)
                if wrong:
                    verdict = ("fail", wrong[0][1], wrong[0][2])
        out["programs/" + name] = (item, verdict)
    return out


def read_known():
    """{case: reason} of the failures that are known: `any/` stands for both
    forms of a scalar case."""
    known = {}
    for line in (HERE / "known_failures.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            case, _, reason = line.partition("  ")
            form, _, name = case.partition("/")
            for one in (FORMS if form == "any" else [form]):
                known[f"{one}/{name}"] = reason.strip()
    return known


def show(case, item, verdict):
    print(f"{case}: {item['sql']}")
    for title, value in zip(("want", "got "), verdict[1:]):
        print(f"  {title} {json.dumps(value, ensure_ascii=False)}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--filter", default="", help="only cases whose id or text match")
    parser.add_argument("--all", action="store_true", help="show known failures too")
    parser.add_argument("--report", help="a line of JSON per case")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="semantics-") as folder:
        engine = Engine(str(pathlib.Path(args.binary).resolve()), folder)
        results = {**check_scalar(engine, args), **check_programs(engine, args)}
    known, bad = read_known(), 0
    counts = collections.Counter()
    for case, (item, verdict) in results.items():
        outcome = verdict[0]
        if outcome == "fail" and case in known:
            outcome = "known failure"
        if outcome == "fail" or (outcome == "known failure" and args.all):
            show(case, item, verdict)
        if outcome == "fail":
            bad += 1
        if verdict[0] in ("pass", "skip") and case in known:
            print(f"{case}: {verdict[0]}, yet known_failures.txt has it: take it out")
            bad += 1
        expects = "an error" if item.get("error") else "values"
        counts[case.split("/")[0], expects, outcome] += 1
    if args.report:
        with open(args.report, "w", encoding="utf-8") as file:
            for case, (item, verdict) in results.items():
                file.write(json.dumps({"case": case, "sql": item["sql"], "verdict": verdict},
                                      ensure_ascii=False) + "\n")
    if not args.filter:
        for case in known.keys() - results.keys():
            print(f"known_failures.txt: no case {case}")
            bad += 1
    for (suite, expects, outcome), count in sorted(counts.items()):
        print(f"{count:6}  {suite}, expecting {expects}: {outcome}")
    print(f"{bad} to mend")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
