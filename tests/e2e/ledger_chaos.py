"""What is done to a job from Kafka to Kafka beyond what cluster_chaos.py does:
brokers are killed, also all of them, and under a commit; output that waits is
claimed by another job, and left alone by a fork."""
import collections
import pathlib
import re
import shutil
import signal

from cluster_chaos import OTHERS, PARALLELISM, PROGRESS_WITHIN_S, Chaos
from failpoints import REQUESTS, SINK_STEPS, stands_still
from kafka_broker import Unavailable

CHECKPOINTS = ("jm.ack.before_record", "jm.complete.before_cas",
               "jm.complete.after_cas", "jm.complete.before_notify",
               "jm.leader.gained")
OPEN_WITHIN_S = 10
TRIES = 3
SEALED_S = 2.5  # Some checkpoints, whose output waits.
# Of kills in general, where there are enough to count.
OPEN_SHARE, ENOUGH = 0.6, 85
# Of savepoints, half of which are disturbed by a kill.
FAILED_SHARE = 0.5


class LedgerChaos(Chaos):
    FAILPOINTS = SINK_STEPS + REQUESTS + CHECKPOINTS

    def __init__(self, cluster, dice, ledger, brokers, longest_stop, lease_s):
        super().__init__(cluster, dice, ledger.script, longest_stop, lease_s)
        self.ledger, self.brokers = ledger, brokers
        self.fork = None  # The job's id.
        self.begun = collections.Counter()

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
        for _ in range(TRIES):
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
        for _ in range(TRIES):
            name = self.arm_task_manager("sink.before_commit=stop@2")
            pid = self.cluster.processes[name].pid
            self.reach(name, lambda pid=pid: stands_still(pid))
            if stands_still(pid):
                break
            self.done["commit that was not come to"] += 1
            self.kill(name)
            self.start(name)
        else:
            raise RuntimeError(f"no TaskManager is about to commit, {TRIES} times")
        self.done["brokers killed under a commit"] += 1
        self.kill_brokers(self.brokers.all)
        self.cluster.signal(name, signal.SIGCONT)
        self.pause(self.dice.uniform(1, 5))
        self.start_brokers(self.brokers.all)

    # Claims and forks.

    def do_claim(self):
        """Another job claims a savepoint with output that waits, since no broker
        was there, when nothing of the first one lives any more; the first time
        there is a fork of it too."""
        savepoint = self.savepoint_without_brokers()
        copy = f"{savepoint}-fork"
        if self.fork is None:
            shutil.copytree(savepoint, copy)
            self.ledger.note_fork(pathlib.Path(copy))
        self.parallelism = (self.dice.choice(OTHERS)
                            if self.parallelism == PARALLELISM else PARALLELISM)
        self.begin(savepoint, "--restore", "claim")
        self.done[f"claim at parallelism {self.parallelism}"] += 1
        if self.fork is None:
            self.begin_fork(copy)

    def savepoint_without_brokers(self):
        """Its folder; the job is cancelled, and the brokers are back."""
        for _ in range(TRIES):
            self.wake_all()
            self.wait_for_progress()
            self.kill_brokers(self.brokers.all)
            self.pause(SEALED_S)
            self.savepoints += 1
            folder = self.cluster.folder / f"savepoints/{self.savepoints}"
            said = self.verb("savepoint", self.job, str(folder))
            found = re.search(r"^Savepoint completed\. Path: (.*)$", said, re.M)
            if found:
                self.cancel()
            self.start_brokers(self.brokers.all)
            if found:
                return found[1]
            self.say(f"savepoint: {said.strip()[-200:]}")
            self.done["claim that failed"] += 1
        raise RuntimeError(f"there is nothing to claim, {TRIES} times")

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

    def do(self, action):
        goes_on = super().do(action)
        self.begun[action] += goes_on
        return goes_on

    def missed(self, points=True):
        """Besides, of what was begun: what was not done, and what failed too
        often; and too few kills in open epochs. `points`: whether each failpoint
        has to be hit."""
        share = self.done["of kills in an open epoch"] / max(self.kills(), 1)
        few = (f"only {share:.0%} of the kills were in an open epoch"
               if self.kills() >= ENOUGH and share < OPEN_SHARE else "")
        return "; ".join(filter(None, [
            points and super().missed(), few, *self.not_done(),
            *self.failed_too_often()]))

    def not_done(self):
        claims, commits = self.begun["claim"], self.begun["brokers_under_commit"]
        for what, asked in (("claim at", claims), ("fork", min(claims, 1)),
                            ("brokers killed under a commit", commits)):
            found = self.times(what)
            if found != asked:
                yield f"{what}: {found} times and not {asked}"

    def failed_too_often(self):
        for what in ("savepoint", "rescale"):
            failed = self.done[f"{what} that failed"]
            tried = self.times(what)
            if failed > 1 + FAILED_SHARE * tried:
                yield f"{failed} of {tried} times a {what} failed"

    def times(self, what):
        return sum(count for name, count in self.done.items()
                   if name.startswith(what))
