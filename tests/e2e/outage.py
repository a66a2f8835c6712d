#!/usr/bin/env python3
"""An outage that is longer than every time-out, at each step of an exactly-once
sink to Kafka: what is lost then, and what is double.

    tests/e2e/outage.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe
    tests/e2e/outage.py ... --flink DIR

For each step a job of its own copies numbered records into a topic of its own.
One dies there (SIGKILL), another stands still (SIGSTOP). When all of them do, the
brokers are killed too. After --seconds the brokers come back, and have time to
give up what is too old; then the killed jobs are started again by the same
command, and the others go on. Every time-out is 10 s.

--flink runs the same with the Flink that is installed in DIR and its Kafka
connector (outage_flink.py), at the steps that can be reached from outside; what it
loses is printed, and only a step that was not reached is a failure.
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from counted_job import Topic  # noqa: E402
from failpoints import REQUESTS, SINK_STEPS, stands_still  # noqa: E402
from kafka_broker import Brokers, Unavailable, die_with_parent  # noqa: E402
from kafka_case import table  # noqa: E402
from numbered_input import NumberedInput  # noqa: E402
from numbered_records import KEYS, check_copy  # noqa: E402
import outage_flink  # noqa: E402

TIMEOUT_MS = 10_000
# Brokers look that often for what is too old, and a bit.
EARLY_S = 15
REACHED_WITHIN_S = 180
WHOLE_WITHIN_S = 240
RECORDS_AFTER = 1000
CHECKPOINTS = ("jm.complete.before_cas", "jm.complete.after_cas",
               "jm.complete.before_notify")
STEPS = (*SINK_STEPS, "sink.before_ack", *REQUESTS, *CHECKPOINTS)
HOW = ("kill", "stop")
# A producer id is asked for once a life; the others are hit in the middle.
TIMES = 3


class Numbers(Topic):
    """The input of all jobs."""
    PARTITIONS = 1

    finish = NumberedInput.stop

    def more(self, count):
        self.write(self.count + count)


class Job:
    """Copies the numbers to a topic of its own, and comes to a halt at `step`."""

    def __init__(self, options, numbers, folder, step, how):
        self.options, self.numbers = options, numbers
        self.step, self.how = step, how
        self.name = f"{step}.{how}"
        self.folder = folder / self.name
        self.folder.mkdir()
        subprocess.run([numbers.probe, numbers.address, "create", self.name, "2"],
                       check=True, timeout=120)
        (self.folder / "job.sql").write_text(self.script(), encoding="utf-8")
        self.process = None
        self.reached = False

    def script(self):
        sink = {"connector": "kafka", "topic": self.name, "format": "json",
                "properties.bootstrap.servers": self.numbers.address,
                "key.format": "json", "key.fields": "k",
                "sink.delivery-guarantee": "exactly-once",
                "properties.transaction.timeout.ms": TIMEOUT_MS,
                "properties.socket.timeout.ms": TIMEOUT_MS}
        return ";\n".join([
            f"SET 'pipeline.name' = '{self.name}'",
            "SET 'execution.checkpointing.interval' = '500 ms'",
            f"SET 'execution.checkpointing.timeout' = '{TIMEOUT_MS} ms'",
            "SET 'execution.checkpointing.tolerable-failed-checkpoints' = '1000'",
            "SET 'restart-strategy.type' = 'fixed-delay'",
            "SET 'restart-strategy.fixed-delay.attempts' = '1000000'",
            "SET 'restart-strategy.fixed-delay.delay' = '1 s'",
            f"CREATE TABLE t (id BIGINT, k AS MOD(id, {KEYS})) "
            f"WITH ({self.numbers.source})",
            table("copied", "id BIGINT, k BIGINT", sink),
            "INSERT INTO copied SELECT id, k FROM t"]) + ";\n"

    def start(self, failpoint=""):
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [self.options.binary, "run", "job.sql"], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent,
                env=dict(os.environ, MILLRACE_FAILPOINTS=failpoint))

    def arm(self):
        at = 1 if "init_producer_id" in self.step else TIMES
        self.start(f"{self.step}={self.how}@{at}")

    def looks_reached(self):
        """Whether it is dead, or stands still, there."""
        if self.how == "kill":
            self.reached = self.process.poll() == -signal.SIGKILL
        else:
            self.reached = stands_still(self.process.pid)
        return self.reached

    def halt(self):
        """Where it did not come to its step."""
        if not self.reached:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def go_on(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        else:
            self.start()

    def end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def copied(self):
        return self.numbers.read(self.name)

    def is_whole(self):
        return len({row["id"] for _, row in self.copied()}) >= self.numbers.count


def wait_for(what, jobs, holds, limit_s):
    """Those for which it did not come true within the limit."""
    until = time.monotonic() + limit_s
    left = list(jobs)
    while left and time.monotonic() < until:
        left = [job for job in left if not holds(job)]
        time.sleep(0.2)
    for job in left:
        print(f"{job.name}: not {what} within {limit_s} s", flush=True)
    return left


def outage(options, brokers, jobs, numbers):
    """Everything is away for so long."""
    for job in jobs:
        job.arm()
        time.sleep(0.1)
    wait_for("at its step", jobs, Job.looks_reached, REACHED_WITHIN_S)
    numbers.finish()
    for job in jobs:
        job.halt()
    for broker in brokers.all:
        broker.kill()
    print(f"{len(jobs)} jobs halted, {numbers.count} records; everything is "
          f"away for {options.seconds} s", flush=True)
    time.sleep(options.seconds)
    for broker in brokers.all:
        broker.start(wait=False)
    for broker in brokers.all:
        broker.wait_until_ready()
    time.sleep(EARLY_S)
    numbers.more(RECORDS_AFTER)
    for job in jobs:
        job.go_on()


def report(jobs, count):
    """Prints a line a step; how many are wrong."""
    wrong = 0
    print(f"{'step':34} {'killed there':38} stopped there")
    by_name = {job.name: job for job in jobs}
    for step in dict.fromkeys(job.step for job in jobs):
        said = []
        for how in HOW:
            job = by_name[f"{step}.{how}"]
            found = check_copy(job.copied(), count)
            wrong += bool(found) or not job.reached
            said.append(f"{found}" if job.reached else "not reached")
        print(f"{step:34} {said[0]:38} {said[1]}", flush=True)
    return wrong


def millrace(options, folder):
    """Whether nothing is wrong."""
    with Brokers(options.brokers) as brokers:
        numbers = Numbers(options.probe, brokers.address, options.rate)
        jobs = [Job(options, numbers, folder, step, how)
                for step in options.steps for how in HOW]
        try:
            outage(options, brokers, jobs, numbers)
            late = wait_for("whole", jobs, Job.is_whole, WHOLE_WITHIN_S)
            time.sleep(2)  # What comes twice comes now.
        finally:
            numbers.stopping.set()
            for job in jobs:
                job.end()
        wrong = report(jobs, numbers.count)
        print(f"{len(jobs)} outages of {options.seconds} s, time-outs of "
              f"{TIMEOUT_MS // 1000} s, {numbers.count} records each: "
              f"{wrong} with differences")
        return not wrong and not late


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--probe", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=60, help="of the outage")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--rate", type=int, default=50, help="records a second")
    parser.add_argument("--flink", type=pathlib.Path,
                        help="an installation of Flink with its Kafka connector")
    parser.add_argument("--only-flink", action="store_true")
    parser.add_argument("steps", nargs="*", default=STEPS)
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    options.probe = options.probe.resolve()
    right = True
    try:
        if not options.only_flink:
            with tempfile.TemporaryDirectory(prefix="outage-") as folder:
                right = millrace(options, pathlib.Path(folder))
        if options.flink is not None:
            right &= outage_flink.run(options.flink.resolve(), options.probe,
                                      options.seconds, EARLY_S, TIMEOUT_MS)
    except Unavailable as missing:
        sys.exit(f"cannot test against a real broker: {missing}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
