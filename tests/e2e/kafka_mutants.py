#!/usr/bin/env python3
"""Shows that kills of a real process over a real broker find what they are there
to find: builds the program with one rule of the exactly-once Kafka sink switched
off, and disturbs it until its output is wrong.

    tests/e2e/kafka_mutants.py --build build/release
        [--launcher ccache] [--limit 60] [--seed 1] [NAME ...]

The mutants are those of tests/sim/mutants.txt. First each has to pass a run that
nobody disturbs. Then the job is killed at the steps of its protocol, restarted at
other parallelisms, killed behind a checkpoint that was given up, and its broker
killed under a commit, in a random order; after each the output is looked at. A
mutant that names a test is found by that test. `none` is the program as it is,
which has to pass all of it. Only what was written, or a limit that was not kept,
counts as found; any other failure, as a time-out, makes the run invalid, and the exit
status 1. Prints a row for each: the mutant, what found it, and how.
"""
import argparse
import pathlib
import random
import re
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "sim")]
from failpoints import stands_still  # noqa: E402
import kafka_exactly_once_test as tests  # noqa: E402
import kafka_sink_limits_test as limits  # noqa: E402
from kafka_case import KafkaCase  # noqa: E402
from mutants import Build, read_mutants  # noqa: E402
from numbered_records import Wrong, expect_no_gaps  # noqa: E402

KILLED = ("kafka_r1_before_completion", "kafka_r2_under_another_id",
          "kafka_r4_no_marker", "kafka_r7_unknown_is_done")
NONE = "none"
PARALLELISMS = (1, 3, 2, 4)
# Of the client of the sink: how long it waits for the answer to a commit.
SOCKET_MS = 3000
BROKER_AWAY_S = 6
STANDS_WITHIN_S = 30
GOES_ON_S = 6
# A checkpoint is given up, and the process dies before the next one counts.
GIVEN_UP = ("jm.complete.before_cas=error@3;"
            "jm.complete.before_metadata_put=kill@4")


class Copying(tests.Case):
    limit, seed = 60, 1
    done, kills = 0, 0  # Of the last one.

    def begin(self):
        self.create(4)
        self.create(3, f"{self.topic}-out")
        self.numbers = tests.Numbers(self, self.topic)
        self.sql = self.script(properties_socket_timeout_ms=SOCKET_MS)

    def test_undisturbed(self):
        self.begin()
        job = self.start(self.sql, parallelism=2)
        time.sleep(GOES_ON_S)
        self.numbers.stop()
        self.end(job, self.numbers.count)
        self.check(self.numbers.count)

    def test_disturbed(self):
        Copying.done = Copying.kills = 0
        self.begin()
        dice = random.Random(self.seed)
        todo = ([lambda at=at: self.killed(f"{at[0]}=kill@{at[1]}")
                 for at in tests.POINTS] +
                [lambda: self.killed(GIVEN_UP)] * 4 + [self.broker_away] * 3)
        dice.shuffle(todo)
        for act in (todo * 10)[:self.limit]:
            Copying.done += 1
            act()
            self.look()
        self.numbers.stop()
        self.finish(self.sql, self.numbers.count, 2)
        self.check(self.numbers.count)

    def killed(self, failpoints):
        parallelism = PARALLELISMS[Copying.done % len(PARALLELISMS)]
        self.assertTrue(self.kill_at(self.sql, failpoints, parallelism),
                        f"at parallelism {parallelism} the job does not come to "
                        f"{failpoints} within {tests.DEATH_S} s")
        Copying.kills += 1

    def broker_away(self):
        """Its broker dies when it is about to commit, for longer than it
        waits for the answer."""
        job = self.start(self.sql, "sink.before_commit=stop@3")
        until = time.monotonic() + STANDS_WITHIN_S
        while not stands_still(job.pid):
            self.assertLess(time.monotonic(), until, "it does not commit")
            if job.poll() is not None:
                self.fail(f"it ended: {job.stderr.read()[-300:]}")
            time.sleep(0.05)
        with self.numbers.turn:
            self.broker.kill()
            job.send_signal(signal.SIGCONT)
            time.sleep(BROKER_AWAY_S)
            self.broker.start()
        time.sleep(GOES_ON_S)
        job.kill()
        job.communicate()
        Copying.kills += 2

    def look(self):
        """What is lost or double is told at once."""
        expect_no_gaps(self.copied())


class Outcome(unittest.TestResult):
    """Of one test: what was wrong first, in a line, and whether that was what the
    program wrote or did (Wrong). None: it passed."""
    how, proves = None, False

    def keep(self, error):
        if self.how is None:
            said = f"{error[0].__name__}: {error[1]}"
            self.how = re.sub(r"\s+", " ", said.replace("|", "/"))[:160]
            self.proves = issubclass(error[0], Wrong)

    def addFailure(self, test, err):
        self.keep(err)

    def addError(self, test, err):
        self.keep(err)


def run(case):
    outcome = Outcome()
    case.run(outcome)
    return outcome


def hunt(name, mutant, program):
    """(whether all is as it should be, a row)."""
    KafkaCase.binary = str(program)
    KafkaCase.setUpClass()
    try:
        return look_for(name, mutant)
    finally:
        KafkaCase.tearDownClass()


def look_for(name, mutant):
    calm = run(Copying("test_undisturbed"))
    if calm.how:
        return False, f"| `{name}` | fails without a fault | {calm.how} |"
    if mutant is not None and mutant.test:
        class_name, test = mutant.test.split(".")
        module = tests if hasattr(tests, class_name) else limits
        outcome = run(getattr(module, class_name)(test))
        by = f"`{mutant.test}`"
    else:
        outcome = run(Copying("test_disturbed"))
        by = f"{Copying.kills} kills, {Copying.done} disturbances"
    return judge(name, by, outcome)


def judge(name, by, outcome):
    """A run that failed for another reason than what it was to find says
    nothing."""
    if outcome.how and not outcome.proves:
        return False, f"| `{name}` | **invalid**: {by} | {outcome.how} |"
    if name != NONE and not outcome.how:
        return False, f"| `{name}` | **lives**: {by} | nothing wrong |"
    return (outcome.how is None) == (name == NONE), (
        f"| `{name}` | {by} | {outcome.how or 'nothing wrong'} |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--launcher", default="")
    parser.add_argument("--limit", type=int, default=Copying.limit)
    parser.add_argument("--seed", type=int, default=Copying.seed)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    Copying.limit, Copying.seed = options.limit, options.seed
    folder = options.build.resolve()
    KafkaCase.probe = str(folder / "millrace_kafka_probe")
    mutants = {mutant.name: mutant for mutant in read_mutants()
               if mutant.name in KILLED or mutant.kind == "real"}
    build = Build(folder, options.launcher)
    wrong = 0
    names = options.names or [*mutants, NONE]
    programs = {name: build.make(mutants[name], "millrace")
                if name in mutants else folder / "millrace" for name in names}
    for name, program in programs.items():
        right, row = hunt(name, mutants.get(name), program)
        wrong += not right
        print(row, flush=True)
        if name in mutants:
            program.unlink()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
