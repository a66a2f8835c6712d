"""The outage of outage.py for real Flink and its Kafka sink: exactly-once, with a
transaction.timeout.ms of 10 s.

Its steps are reached from outside. A checkpoint needs the broker, which stands
still when it is asked for; then the JobManager does, and the broker goes on: the
TaskManager flushes and acknowledges, and nobody has read that yet. From there the
checkpoint can complete without a TaskManager that could commit, or with a broker
that does not answer.
"""
import concurrent.futures
import pathlib
import signal
import subprocess
import tempfile
import time

from flink_processes import Flink
from kafka_broker import Broker
from kafka_case import rows, table
from numbered_records import KEYS, check_copy

AT_ONCE = 2
RECORDS = 500   # Before each checkpoint, and after the outage.
FLOWS_S = 2     # From a topic to the sink's broker.
ACKNOWLEDGES_S = 3
COMMITS_S = 2
WHOLE_WITHIN_S = 120
# What the connector says when it gives an epoch up.
LOSS = "data loss"


class Outage:
    """One job, one broker, one step."""

    def __init__(self, home, probe, folder, timeouts):
        self.probe, self.timeouts = str(probe), timeouts
        self.broker = Broker()
        self.flink = Flink(home, folder)
        self.count = 0

    def ask(self, *words, data=None):
        return subprocess.run(
            [self.probe, self.broker.address, *words], input=data, check=True,
            capture_output=True, text=True, timeout=120).stdout

    def feed(self):
        self.ask("produce", "numbers", data="".join(
            f'0\t-\t\\N\t{{"id":{n}}}\n'
            for n in range(self.count, self.count + RECORDS)))
        self.count += RECORDS
        time.sleep(FLOWS_S)

    def script(self, restored):
        kafka = {"connector": "kafka", "format": "json",
                 "properties.bootstrap.servers": self.broker.address}
        source = {**kafka, "topic": "numbers",
                  "scan.startup.mode": "earliest-offset"}
        sink = {**kafka, "topic": "out", "key.format": "json", "key.fields": "k",
                "sink.delivery-guarantee": "exactly-once",
                "sink.transactional-id-prefix": "outage",
                "properties.transaction.timeout.ms": self.timeouts}
        return ";\n".join(
            [f"SET 'execution.state-recovery.path' = 'file://{path}'"
             for path in restored] +
            [table("t", f"id BIGINT, k AS MOD(id, {KEYS})", source),
             table("copied", "id BIGINT, k BIGINT", sink),
             "INSERT INTO copied SELECT id, k FROM t"]) + ";\n"

    def signal_broker(self, number):
        self.broker.process.send_signal(number)

    def acknowledged(self):
        """A checkpoint whose acknowledgement nobody has read: the JobManager
        stands still."""
        self.signal_broker(signal.SIGSTOP)
        self.flink.trigger()
        self.flink.wait(self.flink.is_under_way, "a checkpoint that waits", 10)
        time.sleep(1)
        if not self.flink.is_under_way():
            raise RuntimeError("Flink: the checkpoint did not wait for the broker")
        self.flink.stop("jobmanager")
        self.signal_broker(signal.SIGCONT)
        time.sleep(ACKNOWLEDGES_S)

    def complete(self):
        before = self.flink.completed()[-1]
        self.flink.go_on("jobmanager")
        self.flink.wait(lambda: self.flink.completed()[-1] != before,
                        "that checkpoint", 20)

    # Steps: each leaves the processes dead or stopped.

    def in_an_open_epoch(self):
        self.flink.kill()

    def before_the_checkpoint_counts(self):
        self.acknowledged()
        self.flink.kill()

    def after_the_checkpoint_before_the_commit(self):
        self.acknowledged()
        self.flink.kill("taskmanager")
        self.complete()
        self.flink.kill("jobmanager")

    def stopped_before_the_commit(self):
        self.acknowledged()
        self.flink.stop("taskmanager")
        self.complete()
        self.flink.stop("jobmanager")

    def commit_under_way(self):
        self.acknowledged()
        self.signal_broker(signal.SIGSTOP)
        self.complete()
        time.sleep(COMMITS_S)
        self.flink.kill()

    def after_the_commit(self):
        self.flink.checkpoint()
        time.sleep(COMMITS_S)
        self.flink.kill()

    # The whole.

    def begin(self):
        for topic in ("numbers", "out"):
            self.ask("create", topic, "1")
        self.flink.submit(self.script([]))
        for _ in range(2):
            self.feed()
            self.flink.checkpoint()
        self.feed()

    def go_on(self):
        """By itself where the processes stood still, else from the newest
        checkpoint that is complete."""
        if self.flink.processes["jobmanager"].poll() is None:
            self.flink.go_on("jobmanager")
            self.flink.go_on("taskmanager")
            return
        self.flink.start()
        self.flink.submit(self.script(self.flink.completed()[-1:]))

    def copied(self):
        return rows(self.ask("consume", "out"))

    def is_over(self):
        """The last record is there, after one more checkpoint."""
        self.flink.trigger()
        time.sleep(2)
        return any(row["id"] == self.count - 1 for _, row in self.copied())

    def run(self, step, seconds, early_s):
        """What is wrong with the copy, how many records there were, and what
        Flink said about it."""
        with self.broker, self.flink:
            self.begin()
            getattr(self, step)()
            self.broker.kill()
            time.sleep(seconds)
            self.broker.start()
            time.sleep(early_s)
            self.go_on()
            self.feed()
            self.flink.wait(self.is_over, "the last record", WHOLE_WITHIN_S)
            return (check_copy(self.copied(), self.count), self.count,
                    self.flink.log_lines(LOSS))


STEPS = ("in_an_open_epoch", "before_the_checkpoint_counts",
         "after_the_checkpoint_before_the_commit", "stopped_before_the_commit",
         "commit_under_way", "after_the_commit")


def run_step(home, probe, step, seconds, early_s, timeouts):
    """A line on it, and whether it was reached."""
    with tempfile.TemporaryDirectory(prefix="outage-flink-") as folder:
        try:
            found, count, said = Outage(home, probe, pathlib.Path(folder),
                                        timeouts).run(step, seconds, early_s)
        except (TimeoutError, RuntimeError) as error:
            return f"{step.replace('_', ' '):40} not reached: {error}", False
    line = f"{step.replace('_', ' '):40} {found} of {count}"
    return line + (f"\n    its log: {said[0][:300]}" if said else ""), True


def run(home, probe, seconds, early_s, timeouts):
    """Prints a line a step; whether all of them were reached."""
    print(f"Flink, {home.name}: away for {seconds} s, transaction.timeout.ms "
          f"{timeouts}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        all_reached = True
        for line, reached in pool.map(
                lambda step: run_step(home, probe, step, seconds, early_s,
                                      timeouts), STEPS):
            print(line, flush=True)
            all_reached &= reached
        return all_reached
