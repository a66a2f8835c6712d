"""What is done to a job from Kafka to Kafka beyond what cluster_chaos.py does:
brokers are killed, also all of them, and under a commit; output that waits is
claimed by another job, and left alone by a fork."""
import pathlib
import re
import shutil
import signal

from cluster_chaos import OTHERS, PARALLELISM, PROGRESS_WITHIN_S, Chaos
from kafka_broker import Unavailable

STEPS = tuple(f"sink.{step}" for step in (
    "before_seal", "after_seal", "before_begin", "mid_produce",
    "before_marker", "before_commit", "after_commit"))
REQUESTS = tuple(f"kafka.{request}.{when}" for request in (
    "init_producer_id", "add_partitions", "produce", "end_txn")
                 for when in ("sent", "answered"))
CHECKPOINTS = ("jm.ack.before_record", "jm.complete.before_cas",
               "jm.complete.after_cas", "jm.complete.before_notify",
               "jm.leader.gained")
OPEN_WITHIN_S = 10
BROKER_TRIES = 3
SEALED_S = 2.5  # Some checkpoints, whose output waits.
# Of kills in general, where there are enough to count.
OPEN_SHARE, ENOUGH = 0.6, 100


class LedgerChaos(Chaos):
    FAILPOINTS = STEPS + REQUESTS + CHECKPOINTS

    def __init__(self, cluster, dice, ledger, brokers, longest_stop, lease_s):
        super().__init__(cluster, dice, ledger.script, longest_stop, lease_s)
        self.ledger, self.brokers = ledger, brokers
        self.fork = None  # The job's id.

    # Kills.

    def do_kill_open(self):
        """The same as do_kill, when an epoch is open."""
        for _ in range(OPEN_WITHIN_S * 5):
            if self.has_open_epoch():
                break
            self.pause(0.2)
        self.do_kill()

    def kill_brokers(self, brokers):
        if len(brokers) == len(self.brokers.all):
            self.ledger.hold()
        self.say("kill " + ", ".join(f"broker {one.node}" for one in brokers))
        for broker in brokers:
            self.done["of kills in an open epoch"] += self.has_open_epoch()
            broker.kill()
            self.done["kill broker"] += 1

    def start_brokers(self, brokers):
        for broker in brokers:
            broker.start(wait=False)
        self.pause(self.dice.uniform(0, 5))
        for broker in brokers:
            self.wait_for_broker(broker)
        self.ledger.go_on()

    def wait_for_broker(self, broker):
        """One that does not come up, on a machine that has much to do, is begun
        anew."""
        for _ in range(BROKER_TRIES):
            try:
                return broker.wait_until_ready()
            except Unavailable as why:
                self.say(f"broker {broker.node}: {str(why)[:200]}")
                self.done["broker that did not come up"] += 1
                broker.kill()
                broker.start(wait=False)
        return broker.wait_until_ready()

    def do_kill_broker(self):
        brokers = [self.dice.choice(self.brokers.all)]
        self.kill_brokers(brokers)
        self.pause(self.dice.choice([0, 1, 5]))
        self.start_brokers(brokers)

    def do_brokers_under_commit(self):
        """All die while a TaskManager stands still that is about to commit."""
        name = self.arm_task_manager("sink.before_commit=stop@2")
        stat = pathlib.Path(f"/proc/{self.cluster.processes[name].pid}/stat")

        def stands():
            return stat.read_text().rsplit(")", 1)[1].split()[0] == "T"
        self.reach(name, stands)
        self.done["brokers killed under a commit"] += stands()
        self.kill_brokers(self.brokers.all)
        self.cluster.signal(name, signal.SIGCONT)
        self.pause(self.dice.uniform(1, 5))
        self.start_brokers(self.brokers.all)

    # Claims and forks.

    def do_claim(self):
        """Another job claims a savepoint with output that waits, since no broker
        was there, when nothing of the first one lives any more; the first time
        there is a fork of it too."""
        self.wake_all()
        self.wait_for_progress()
        self.kill_brokers(self.brokers.all)
        self.pause(SEALED_S)
        self.savepoints += 1
        folder = self.cluster.folder / f"savepoints/{self.savepoints}"
        said = self.verb("savepoint", self.job, str(folder))
        found = re.search(r"^Savepoint completed\. Path: (.*)$", said, re.M)
        if not found:
            self.say(f"savepoint: {said.strip()[-200:]}")
            self.done["claim that failed"] += 1
            self.start_brokers(self.brokers.all)
            return
        self.cancel()
        self.start_brokers(self.brokers.all)
        copy = f"{found[1]}-fork"
        if self.fork is None:
            shutil.copytree(found[1], copy)
        self.parallelism = (self.dice.choice(OTHERS)
                            if self.parallelism == PARALLELISM else PARALLELISM)
        self.begin(found[1], "--restore", "claim")
        self.done[f"claim at parallelism {self.parallelism}"] += 1
        if self.fork is None:
            self.begin_fork(copy)

    def cancel(self):
        self.say(self.verb("cancel", self.job).strip()[-200:])
        self.wait(lambda: self.state() in ("CANCELED", "FINISHED", "FAILED"),
                  "the job to be cancelled", PROGRESS_WITHIN_S)
        if self.state() != "CANCELED":
            raise RuntimeError(f"a cancelled job is {self.state()}")

    def begin_fork(self, savepoint):
        path = self.cluster.folder / "fork.sql"
        path.write_text(self.ledger.fork(), encoding="utf-8")
        self.fork = self.submit(path, 1, "--from-savepoint", savepoint)
        self.done["fork"] += 1
        self.say(f"fork {self.fork[:6]}")

    # The end.

    def end(self, is_whole, limit_s):
        super().end(is_whole, limit_s)
        if self.fork is not None:
            self.stop(self.fork)
            self.expect_finished(self.fork)

    def missed(self, points=True):
        """Besides: too few kills in open epochs. `points`: whether each
        failpoint has to be hit."""
        share = self.done["of kills in an open epoch"] / max(self.kills(), 1)
        few = (f"only {share:.0%} of the kills were in an open epoch"
               if self.kills() >= ENOUGH and share < OPEN_SHARE else "")
        return "; ".join(filter(None, [points and super().missed(), few]))
