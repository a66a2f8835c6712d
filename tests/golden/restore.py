#!/usr/bin/env python3
"""Runs jobs that are killed after each of their checkpoints, and compares what
remains with what a straight run gives.

restore.py --binary build/release/millrace [--suite nexmark|golden]
           [--backends memory,rocksdb] [--cache 1mb] [--rows 1000]
           [--restores 12] [NAME ...]

A checkpoint every --rows input rows, every process killed right after its first
checkpoint has completed, before anybody was told; the next one is started by
the same command at another parallelism: 1, 3, 2, 1, ... After --restores
restores the last one runs to the end. `nexmark` asserts that each of them was
killed, and that each began behind the one before; `golden` are the cases of
this folder that ask for rows, with a checkpoint after each row.
"""
import argparse
import gzip
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def load(path):
    """The module at a path: both suites call theirs check.py."""
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


golden = load(HERE / "check.py")
nexmark = load(HERE.parent / "nexmark" / "check.py")
PARALLELISMS = (1, 3, 2)
LIMIT_S = 120
ROWS = "execution.checkpointing.interval-rows"
KILLED = -9


class Backend:
    """A state backend by its settings."""

    def __init__(self, name, cache=None):
        self.name = name + (f", cache {cache}" if cache else "")
        self.settings = {"state.backend.type": name}
        if cache:
            self.settings["state.backend.cache.size"] = cache


class Killed:
    """Runs one script again and again, in a folder of its own, until it ends."""

    def __init__(self, binary, script, folder, settings):
        self.command = [str(binary), "run", str(script)]
        self.settings = settings
        self.folder = folder
        self.starts = 0
        self.restores = 0  # Starts that restored something.
        self.resumed_from = []

    def once(self, kill):
        """The exit status; -9 when it died at its first checkpoint."""
        environment = dict(os.environ)
        environment.pop("MILLRACE_FAILPOINTS", None)
        counts = self.folder / f"failpoints-{self.starts}"
        environment["MILLRACE_FAILPOINT_COUNTS"] = str(counts)
        settings = dict(self.settings)
        if kill:
            environment["MILLRACE_FAILPOINTS"] = "jm.complete.after_cas=kill"
        else:
            settings.pop(ROWS)  # Straight to the end.
        parallelism = PARALLELISMS[self.starts % len(PARALLELISMS)]
        self.starts += 1
        try:
            done = subprocess.run(
                self.command + ["-p", str(parallelism)]
                + [word for key, value in settings.items()
                   for word in ("-D", f"{key}={value}")], cwd=self.folder,
                env=environment, capture_output=True, text=True, errors="replace",
                stdin=subprocess.DEVNULL, timeout=LIMIT_S)
        except subprocess.TimeoutExpired as late:
            return 1, f"no end within {LIMIT_S} s: {(late.stderr or b'')[-600:]}"
        said = done.stdout + done.stderr
        self.restores += "tm.restore.after_open" in counts.read_text()
        if found := re.search(r"from checkpoint (\d+)", said):
            self.resumed_from.append(int(found.group(1)))
        return done.returncode, said

    def run(self, restores):
        """What went wrong, or an empty text. REQUIRES: the job outlasts
        `restores` checkpoints."""
        for i in range(restores):
            status, said = self.once(kill=True)
            if status == 0:
                return f"ended before it was killed {restores} times, in start {i + 1}"
            if status != KILLED:
                return f"start {i + 1}, exit status {status}: {said[-600:]}"
        status, said = self.once(kill=False)
        if status != 0:
            return f"the last start, exit status {status}: {said[-600:]}"
        if self.resumed_from != sorted(set(self.resumed_from)):
            return f"went back: resumed from {self.resumed_from}"
        return ""


def settings_of(backend, rows):
    return {"execution.checkpointing.interval": "10 ms",
            ROWS: str(rows), **backend.settings}


def run_nexmark(args, backend):
    names = args.names or nexmark.QUERIES
    bad = 0
    for query in names:
        with tempfile.TemporaryDirectory(prefix="restore-") as folder:
            work = pathlib.Path(folder)
            events = work / "events.ndjson"
            events.write_bytes(gzip.open(nexmark.HERE / "data/small.ndjson.gz").read())
            sink = f"'connector'='changelog-out','path'='{work / 'out'}','mode'='retract'"
            script = work / f"{query}.sql"
            script.write_text("".join(
                (nexmark.HERE / "sql" / f"{name}.sql").read_text()
                .replace("__INPUT__", str(events)).replace("__SINK__", sink)
                for name in ("ddl_source", query)))
            job = Killed(args.binary, script, work, settings_of(backend, args.rows))
            wrong = job.run(args.restores)
            if not wrong and job.restores < args.restores:
                wrong = f"only {job.restores} restores"
            if not wrong:
                wrong = nexmark.compare(nexmark.remaining_rows(work / "out"),
                                        *nexmark.expected_rows(nexmark.HERE, "small", query))
            print(f"{query}, {backend.name}: "
                  f"{wrong or f'same after {job.restores} restores'}", flush=True)
            bad += bool(wrong)
    return len(names), bad


def golden_case(args, backend, path):
    """(what went wrong, restores); None: no case for this runner."""
    sections = golden.read_case(path)
    values = dict(sections)
    if "rows" not in values or {"command", "setup", "args", "exit"} & set(values):
        return None, 0
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        here = pathlib.Path(folder)
        for name, text in sections:
            if name.startswith("file "):
                target = here / name[5:]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        script = here / "job.sql"
        script.write_text(values["sql"].replace("{dir}", folder), encoding="utf-8")
        job = Killed(args.binary, script, here, settings_of(backend, 1))
        restores = 0
        while restores < args.restores:
            status, said = job.once(kill=True)
            if status == 0:
                break
            if status != KILLED:
                return f"start {restores + 1}, exit status {status}: {said[-600:]}", restores
            restores += 1
        else:
            status, said = job.once(kill=False)
            if status != 0:
                return f"the last start, exit status {status}: {said[-600:]}", restores
        got = golden.remaining_rows(here / "out")
        if golden.matches(values["rows"].rstrip("\n"), got):
            return "", restores
        return f"expected\n{values['rows']}\ngot\n{got}", restores


def run_golden(args, backend):
    names = [pathlib.Path(name) for name in args.names] or sorted(HERE.rglob("*.test"))
    ran = bad = restores = 0
    for path in names:
        wrong, times = golden_case(args, backend, path)
        if wrong is None:
            continue
        ran += 1
        restores += times
        if wrong:
            bad += 1
            print(f"{path.relative_to(HERE) if HERE in path.parents else path}, "
                  f"{backend.name}: {wrong}", flush=True)
    print(f"{ran} cases, {backend.name}, {restores} restores, {bad} differ", flush=True)
    return ran, bad


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--suite", choices=("nexmark", "golden"), default="nexmark")
    parser.add_argument("--backends", default="memory")
    parser.add_argument("--cache", help="run rocksdb with a cache of this size, too")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--restores", type=int, default=12)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    args.binary = pathlib.Path(args.binary).resolve()
    backends = [Backend(name) for name in args.backends.split(",")]
    if args.cache:
        backends.append(Backend("rocksdb", args.cache))
    ran = bad = 0
    for backend in backends:
        more = (run_nexmark if args.suite == "nexmark" else run_golden)(args, backend)
        ran, bad = ran + more[0], bad + more[1]
    print(f"{ran} runs, {bad} differ")
    sys.exit(bad > 0 or ran == 0)


if __name__ == "__main__":
    main()
