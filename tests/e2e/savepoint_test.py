#!/usr/bin/env python3
"""Savepoints of a real process: taken while it runs and when it does not, stopped
with, begun from as a fork and as a claim, and what is said meanwhile.

    tests/e2e/savepoint_test.py --binary build/release/millrace

The job watches a folder, copies its rows into files, and counts them by windows
into a changelog; its rows arrive file by file.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from kafka_broker import die_with_parent

LIMIT_S = 40
NAME = "tour"
ROWS = 100  # Of each file; each has a window of its own, of ten seconds.
SCRIPT = """
SET 'pipeline.name' = 'tour';
SET 'execution.checkpointing.interval' = '200 ms';
SET 'restart-strategy.exponential-delay.initial-backoff' = '20 ms';
CREATE TABLE t (id BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at)
WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json',
      'source.monitor-interval' = '100 ms');
CREATE TABLE f (id BIGINT)
WITH ('connector' = 'filesystem', 'path' = 'files', 'format' = 'json',
      'sink.rolling-policy.rollover-interval' = '300 ms',
      'sink.rolling-policy.check-interval' = '100 ms');
CREATE TABLE w (ends TIMESTAMP(3), n BIGINT)
WITH ('connector' = 'changelog-out', 'path' = 'windows', 'mode' = 'retract');
EXECUTE STATEMENT SET BEGIN
INSERT INTO f SELECT id FROM t;
INSERT INTO w SELECT window_end, COUNT(*)
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(at), INTERVAL '10' SECOND))
GROUP BY window_start, window_end;
END;
"""


class Wrong(Exception):
    """What is not as it must be."""


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def until(holds, what):
    end = time.monotonic() + LIMIT_S
    while not holds():
        expect(time.monotonic() < end, f"{what} has not come within {LIMIT_S} s")
        time.sleep(0.05)


class Tour:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.run = None
        self.said = folder / "said"
        (folder / "in").mkdir()
        (folder / "job.sql").write_text(SCRIPT)

    def arrive(self, number):
        """The n-th file: rows of the n-th window."""
        rows = range(number * ROWS, (number + 1) * ROWS)
        text = "".join(json.dumps(
            {"id": row, "at": f"2024-01-01 00:0{number}:0{row % 10}"}) + "\n"
            for row in rows)
        # Beside and renamed: it is read whole.
        (self.folder / "in" / f".{number}").write_text(text)
        (self.folder / "in" / f".{number}").rename(self.folder / "in" / f"{number}")

    def start(self, *arguments, environment=None):
        with self.said.open("a") as said:
            self.run = subprocess.Popen(
                [self.binary, "run", "job.sql", *arguments], cwd=self.folder,
                env=dict(os.environ, **(environment or {})),
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                preexec_fn=die_with_parent)

    def ended(self):
        """The exit status of the run."""
        return self.run.wait(LIMIT_S)

    def kill(self):
        if self.run is not None and self.run.poll() is None:
            self.run.kill()
            self.run.wait()

    def ask(self, *words):
        done = subprocess.run([self.binary, *words], cwd=self.folder,
                              capture_output=True, text=True, timeout=LIMIT_S,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    def savepoint(self, *words):
        """The folder that a verb printed."""
        status, said = self.ask(*words)
        path = re.search(r"^Savepoint completed\. Path: (.*)$", said, re.M)
        expect(status == 0 and path, f"{words}: exit {status}: {said}")
        expect((pathlib.Path(path[1]) / "manifest").exists(), f"no manifest in {path[1]}")
        return path[1]

    def lines(self, pattern):
        return [line for file in self.folder.glob(pattern)
                for line in file.read_text().splitlines()]

    def ids(self):
        return sorted(json.loads(line)["id"] for line in self.lines("files/part-*"))

    def windows(self):
        return sorted(self.lines("windows/part-*"))

    def has(self, files):
        return self.ids() == list(range(files * ROWS))

    def wait_for(self, files):
        until(lambda: len(self.ids()) >= files * ROWS, f"row {files * ROWS}")
        expect(self.has(files), f"not each row once: {len(self.ids())}")


def counted(*numbers):
    return [f'+I ["2024-01-01 00:0{number}:10.000",{ROWS}]' for number in numbers]


def stop_and_go_on(tour):
    """Stopped behind file 1, gone on from there, drained at last."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    first = tour.savepoint("savepoint", NAME, "--to", "backup")
    tour.arrive(1)
    tour.wait_for(2)
    expect(tour.run.poll() is None, "a savepoint ended the run")
    status, said = tour.ask("stop", NAME, "-p", "backup")
    expect(status == 0 and f'Suspending job "{NAME}-' in said, said)
    second = re.search("Path: (.*)", said)[1]
    expect(tour.ended() == 0, "a stopped run has exit status 0")
    expect(second != first, "two savepoints of one name")
    expect(tour.has(2), "stopped: not each row once")
    expect(tour.windows() == counted(0), f"a stop fires windows: {tour.windows()}")
    # What arrives meanwhile is read by who goes on.
    tour.arrive(2)
    tour.start("--from-savepoint", second)
    tour.wait_for(3)
    drained = tour.savepoint("stop", NAME, "--savepointPath", "backup", "--drain")
    expect(tour.ended() == 0, "a drained run has exit status 0")
    expect(tour.has(3), "drained: not each row once")
    expect(tour.windows() == counted(0, 1, 2), f"a drain fires all: {tour.windows()}")
    expect(pathlib.Path(drained).exists() and pathlib.Path(second).exists(),
           "a fork leaves savepoints alone")


def fork_and_claim(tour):
    """Another job, with a place of its own, begins from the savepoint of one
    that has stopped, and commits nothing of its output once more."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    path = tour.savepoint("stop", NAME, "-p", "backup")
    expect(tour.ended() == 0, "stop")
    tour.start("--from-savepoint", path, "-D", "millrace.data-dir=fork")
    tour.arrive(1)
    tour.wait_for(2)
    tour.kill()
    # The same command goes on from its own checkpoint by now.
    tour.start("--from-savepoint", path, "-D", "millrace.data-dir=fork")
    tour.arrive(2)
    tour.wait_for(3)
    path = tour.savepoint("stop", NAME, "-p", "backup", "-D", "millrace.data-dir=fork")
    expect(tour.ended() == 0, "stop of the fork")
    tour.start("--from-savepoint", path, "--restore", "claim",
               "-D", "millrace.data-dir=claim")
    tour.arrive(3)
    tour.wait_for(4)
    until(lambda: not pathlib.Path(path).exists(), "the end of a claimed savepoint")
    tour.kill()
    tour.start("--from-savepoint", path, "--restore", "claim",
               "-D", "millrace.data-dir=claim")
    tour.arrive(4)
    tour.wait_for(5)


def claimed_stays_until_the_jobs_own_checkpoint(tour):
    """Until then it is all that the job can begin from."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    path = tour.savepoint("savepoint", NAME, "--to", "backup")
    tour.kill()
    script = tour.folder / "job.sql"
    script.write_text(SCRIPT.replace("'200 ms'", "'1 h'", 1))
    claim = ("-D", "millrace.data-dir=claim")
    tour.start("--from-savepoint", path, "--restore", "claim", *claim)
    until(lambda: list(tour.folder.glob("claim/*/lock")), "the run")
    # A savepoint completes, but nothing goes on from it by itself.
    until(lambda: tour.ask("savepoint", NAME, "--to", "more", *claim)[0] == 0,
          "a savepoint of the claiming job")
    time.sleep(1)
    expect(pathlib.Path(path).exists(), "the claimed savepoint is gone too soon")
    tour.kill()
    tour.start("--from-savepoint", path, "--restore", "claim", *claim)
    until(lambda: tour.said.read_text().count("goes on from checkpoint") == 2,
          "the second run")
    tour.savepoint("stop", NAME, "-p", "end", *claim)
    expect(tour.ended() == 0, "it begins from it again, and ends")
    expect(len(tour.ids()) == ROWS, f"{len(tour.ids())} rows")


def state_without_a_place(tour):
    """It is lost only where that is said."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    path = tour.savepoint("stop", NAME, "-p", "backup")
    expect(tour.ended() == 0, "stop")
    script = tour.folder / "job.sql"
    script.write_text(re.sub("INSERT INTO w .*?;", "", SCRIPT, flags=re.S))
    status, said = tour.ask("run", "job.sql", "--from-savepoint", path)
    expect(status == 1 and re.search(
        "JOB-0062: the plan has no place for the state of [^:]* w,", said), said)
    tour.start("--from-savepoint", path, "-n")
    tour.arrive(1)
    tour.wait_for(2)
    expect("dropped, no longer in the plan" in tour.said.read_text(),
           "it says what is dropped")


def nobody_answers(tour):
    """Whoever asks is told when the run dies, and gets its checkpoint then."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    tour.run.send_signal(signal.SIGSTOP)
    asking = subprocess.Popen([tour.binary, "savepoint", NAME, "--to", "backup"],
                              cwd=tour.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    requests = f"millrace-data/{NAME}-*/requests/*.request"
    until(lambda: list(tour.folder.glob(requests)), "the request")
    tour.kill()
    said = asking.communicate(timeout=LIMIT_S)[0]
    expect(asking.returncode == 2 and "JOB-0037" in said and "Ask again" in said, said)
    status, said = tour.ask("stop", NAME, "-p", "backup")
    expect(status == 2 and "CLI-0010: the job is not running" in said, said)
    path = tour.savepoint("savepoint", NAME, "--to", "backup")
    # It is the job's own: what it holds is committed, whoever it was killed as.
    tour.start("--fresh", "--from-savepoint", path)
    tour.arrive(1)
    tour.wait_for(2)


def cannot_be_written(tour):
    """A savepoint that cannot be copied costs nothing but itself."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    (tour.folder / "backup").write_text("a file")
    status, said = tour.ask("savepoint", NAME, "--to", "backup")
    expect(status == 2 and "JOB-0040" in said, said)
    expect(tour.run.poll() is None, "a savepoint that failed ended the run")
    status, said = tour.ask("stop", NAME, "-p", "backup")
    expect(status == 2 and "goes on from checkpoint" in said, said)
    expect(tour.ended() == 0, "it has stopped all the same")
    tour.start()
    tour.arrive(1)
    tour.wait_for(2)
    expect("goes on from checkpoint" in tour.said.read_text(), "and goes on")


def asked_at_the_end(tour):
    """A run that ends answers who asks."""
    tour.start()
    tour.arrive(0)
    tour.wait_for(1)
    tour.run.send_signal(signal.SIGSTOP)
    asking = subprocess.Popen([tour.binary, "savepoint", NAME, "--to", "backup"],
                              cwd=tour.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    requests = f"millrace-data/{NAME}-*/requests/*.request"
    until(lambda: list(tour.folder.glob(requests)), "the request")
    tour.run.send_signal(signal.SIGINT)
    tour.run.send_signal(signal.SIGCONT)
    said = asking.communicate(timeout=LIMIT_S)[0]
    expect(tour.ended() == 130, "cancelled")
    # It may have been quick enough.
    expect("Savepoint completed" in said or "has ended" in said, said)


def restart_is_said(tour):
    tour.arrive(0)
    tour.start(environment={"MILLRACE_FAILPOINTS": "tm.snapshot.sync=error@20"})
    tour.wait_for(1)
    line = f"Job {NAME} failed and is started again (1 so far): "
    until(lambda: line in tour.said.read_text(), "the line of a restart")
    said = tour.said.read_text()
    expect(re.search(re.escape(line) + ".*failpoint tm.snapshot.sync", said), said)
    expect(f"Job {NAME} goes on from checkpoint " in said, said)
    tour.arrive(1)
    tour.wait_for(2)


def arguments_are_checked(tour):
    status, said = tour.ask("stop", NAME)
    expect(status == 2 and "CLI-0009: there is no place for the savepoint" in said, said)
    status, said = tour.ask("stop", NAME, "-p", "backup")
    expect(status == 2 and "CLI-0006: no job is called" in said, said)
    status, said = tour.ask("run", "job.sql", "--from-savepoint", "nowhere")
    expect(status == 2 and "JOB-0036: there is no savepoint" in said, said)
    status, said = tour.ask("run", "job.sql", "--restore", "half")
    expect(status == 2 and "--restore" in said, said)


CASES = (stop_and_go_on, fork_and_claim,
         claimed_stays_until_the_jobs_own_checkpoint, state_without_a_place,
         nobody_answers, cannot_be_written,
         asked_at_the_end, restart_is_said, arguments_are_checked)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    bad = 0
    for case in CASES:
        if options.cases and case.__name__ not in options.cases:
            continue
        with tempfile.TemporaryDirectory(prefix="savepoint-") as name:
            tour = Tour(str(options.binary.resolve()), pathlib.Path(name))
            wrong = ""
            try:
                case(tour)
            except (Wrong, subprocess.TimeoutExpired) as why:
                wrong = str(why)
            finally:
                tour.kill()
            if wrong and tour.said.exists():
                wrong += f"\n  the run said: {tour.said.read_text()[-1500:]}"
        print(f"{case.__name__}: {wrong or 'ok'}", flush=True)
        bad += bool(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
