#!/usr/bin/env python3
"""Shows that the simulation finds what it is there to find: breaks the protocol
on purpose, one place at a time, and runs seeds until one fails.

mutants.py --build build/release [--seeds 2000] [--processes 2] [--write]
           [--launcher PROGRAM] [--ahead 1] [NAME ...]

A mutant is a few lines of the product's source replaced by others
(mutants.txt). The file is compiled beside the product, linked into a copy of
millrace_sim in the place of the product's, and nothing else changes. One that
names a scenario is found by that alone. Rules of the Kafka sink, switched off, have
to pass seeds without faults first: it is the faults that find them. --write puts the
rows into the table of docs/verification.md. Exit status 1 if a mutant lives, or no longer
fits the source.
"""
import argparse
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "verification.md"
BEGIN, END = "<!-- mutants: begin -->", "<!-- mutants: end -->"
LIMIT_S = 900
CALM_SEEDS = 50
RULE = re.compile(r"kafka_r\d+_")
PROGRAMS = {"": "millrace_sim", "cluster": "millrace_sim",
            "kafka": "millrace_sim_kafka"}


class Mutant:
    """A block of mutants.txt:

    name: a_name
    kind: cluster or kafka, where that simulation is to find it; real: left to
        tests/e2e/kafka_mutants.py
    scenario: of the Kafka simulation, which is to find it
    test: of kafka_exactly_once_test.py, likewise, for kind real
    file: path/of/source.cc
    what: what is wrong now
    - a line as it stands, without its indentation
    + what comes in its place
    """

    def __init__(self, block):
        self.old, self.new = [], []
        self.kind = self.scenario = self.test = ""
        for line in block.splitlines():
            if line.startswith("- "):
                self.old.append(line[2:].strip())
            elif line.startswith("+"):
                self.new.append(line[1:].strip())
            else:
                key, _, value = line.partition(": ")
                setattr(self, key, value.strip())

    def source(self):
        """The mutated file; None when the lines are not there exactly once."""
        lines = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        bare = [line.strip() for line in lines]
        places = [i for i in range(len(bare) - len(self.old) + 1)
                  if bare[i:i + len(self.old)] == self.old]
        if len(places) != 1:
            return None
        at = places[0]
        return "\n".join(lines[:at] + self.new + lines[at + len(self.old):]) + "\n"


def read_mutants():
    text = (HERE / "mutants.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n\s*\n", re.sub(r"^#.*\n", "", text, flags=re.M).strip())
    return [Mutant(block) for block in blocks]


class Build:
    """Compiles and links as the product's build does."""

    def __init__(self, folder, launcher):
        self.folder = folder
        self.launcher = [launcher] if launcher else []
        self.commands = {
            str(pathlib.Path(entry["file"]).resolve()): entry
            for entry in json.loads((folder / "compile_commands.json").read_text())}

    @functools.cache
    def link(self, program):
        """The command that links it."""
        return subprocess.run(
            ["ninja", "-t", "commands", program], cwd=self.folder, check=True,
            capture_output=True, text=True).stdout.strip().splitlines()[-1]

    def make(self, mutant, name):
        """The path of the program of that name, mutated; raises with the
        compiler's words."""
        place = self.folder / "mutants" / mutant.name
        place.mkdir(parents=True, exist_ok=True)
        source = place / pathlib.Path(mutant.file).name
        source.write_text(mutant.source(), encoding="utf-8")
        entry = self.commands[str((ROOT / mutant.file).resolve())]
        words = shlex.split(entry["command"])
        made = place / "mutant.o"
        words[words.index("-o") + 1] = str(made)
        words[words.index("-c") + 1] = str(source)
        for flag in ("-MF", "-MT"):
            if flag in words:
                words[words.index(flag) + 1] = str(place / "deps")
        # What the mutant no longer uses is no error.
        words.insert(-2, "-Wno-error")
        self._run(self.launcher + words, entry["directory"])
        program = place / name
        link = [word for word in shlex.split(self.link(name))
                if word not in (":", "&&")]
        link[link.index("-o") + 1] = str(program)
        # In front of the libraries: its symbols are taken, not theirs.
        first = next(i for i, word in enumerate(link) if word.endswith(".a"))
        link.insert(first, str(made))
        self._run(link, self.folder)
        return program

    @staticmethod
    def _run(words, folder):
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])


def run(program, *words):
    return subprocess.run([program, *words], capture_output=True, text=True,
                          timeout=LIMIT_S, check=False,
                          preexec_fn=lambda: os.nice(10))


def hunt(program, mutant, args):
    """(where the first failure was or None, how it showed)."""
    try:
        if RULE.match(mutant.name) and run(
                program, "--calm", "--seeds", str(CALM_SEEDS)).returncode:
            return None, "fails without faults too"
        if mutant.scenario:
            done = run(program, "--scenario", mutant.scenario)
            found = re.search(r": FAILED\n\s+(.*)$", done.stdout, re.M)
            if found:
                return f"scenario `{mutant.scenario}`", found.group(1)
            return None, "lives"
        done = run(program, *(["--cluster"] if mutant.kind == "cluster" else []),
                   "--seeds", str(args.seeds), "--processes",
                   str(args.processes), "--stop-at-first", "--quiet")
    except subprocess.TimeoutExpired:
        return None, f"no end within {LIMIT_S} s"
    failures = re.findall(r"^FAILED seed (\d+):.*\n\s+(.*)$", done.stdout, re.M)
    if failures:
        seed, how = min(failures, key=lambda found: int(found[0]))
        return f"seed {seed}", how
    # A scenario that no longer passes is as good as a seed.
    found = re.search(r"^scenario (\w+) .*FAILED\n\s+(.*)$", done.stdout, re.M)
    if found:
        return f"scenario `{found[1]}`", found[2]
    if done.returncode:
        check = re.search(r"^.*(CHECK|check).*$", done.stderr, re.M)
        return "at once", check.group(0)[:100] if check else "the program crashed"
    return None, "lives"


def write_rows(rows):
    """Puts the rows, by name, into the page's table, in mutants.txt's order."""
    page = PAGE.read_text(encoding="utf-8")
    table = page[page.index(BEGIN):page.index(END)]
    all_rows = {}
    for line in table.splitlines() + rows:
        name = re.match(r"\| `(\w+)` \|", line)
        if name:
            all_rows[name.group(1)] = line
    kept = [all_rows[m.name] for m in read_mutants() if m.name in all_rows]
    table = "\n".join(["| mutant | what is wrong | found | how it showed |",
                       "|---|---|---|---|", *kept])
    page = re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{table}\n{END}", page,
                  flags=re.S)
    PAGE.write_text(page, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--launcher", default="",
                        help="what compilers are started by: ccache")
    parser.add_argument("--ahead", type=int, default=1,
                        help="how many are compiled while others are hunted")
    parser.add_argument("--check-only", action="store_true",
                        help="whether each still fits the source; builds nothing")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    mutants = [m for m in read_mutants() if not args.names or m.name in args.names]
    gone = [m.name for m in mutants if m.source() is None]
    if gone or args.check_only:
        print(f"{len(mutants)} mutants, no longer in the source: {', '.join(gone) or 'none'}")
        sys.exit(bool(gone))
    mutants = [m for m in mutants if m.kind != "real"]
    build = Build(args.build.resolve(), args.launcher)
    rows, living = [], 0
    pool = concurrent.futures.ThreadPoolExecutor(args.ahead)
    made = [(mutant, pool.submit(build.make, mutant, PROGRAMS[mutant.kind]))
            for mutant in mutants]
    for mutant, program in made:
        try:
            program = program.result()
            where, how = hunt(program, mutant, args)
            program.unlink()
        except RuntimeError as error:
            where, how = None, f"does not compile: {error}"
        living += where is None
        found = where or "**lives**"
        how = re.sub(r"\s+", " ", how).replace(f"{ROOT}/", "").replace("|", "\\|")[:110]
        rows.append(f"| `{mutant.name}` | {mutant.what} | {found} | {how} |")
        print(f"{mutant.name}: {found}: {how}", flush=True)
        if args.write:
            write_rows(rows)
    print(f"{len(mutants)} mutants, {living} live")
    sys.exit(living > 0)


if __name__ == "__main__":
    main()
