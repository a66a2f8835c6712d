#!/usr/bin/env python3
"""Exactly once from Kafka to Kafka on a cluster, whatever dies: kills and stops
JobManagers, TaskManagers (also at each step of the sinks' protocol) and brokers,
takes savepoints and goes on from them at another parallelism; what a consumer
that reads committed records sees at the end is dense, single, and in order by
key.

    tests/e2e/ledger.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe
    tests/e2e/ledger.py ... --kills 1000 --brokers 3

Two JobManagers and four TaskManagers of one slot, of which the job takes three,
checkpoints each second. What was done is counted by kind, and printed.
"""
import argparse
import contextlib
import pathlib
import random
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from cluster_chaos import Chaos  # noqa: E402
from cluster_processes import Cluster  # noqa: E402
from kafka_broker import Brokers, Unavailable  # noqa: E402
from ledger_job import Ledger  # noqa: E402

WHOLE_WITHIN_S = 600
STEPS = tuple(f"sink.{step}" for step in (
    "before_seal", "after_seal", "before_begin", "mid_produce",
    "before_marker", "before_commit", "after_commit"))
REQUESTS = tuple(f"kafka.{request}.{when}" for request in (
    "init_producer_id", "add_partitions", "produce", "end_txn")
                 for when in ("sent", "answered"))
CHECKPOINTS = ("jm.ack.before_record", "jm.complete.before_cas",
               "jm.complete.after_cas", "jm.complete.before_notify")


class LedgerChaos(Chaos):
    FAILPOINTS = STEPS + REQUESTS + CHECKPOINTS

    def __init__(self, cluster, dice, ledger, brokers, longest_stop, lease_s):
        super().__init__(cluster, dice, ledger.script, longest_stop, lease_s)
        self.brokers = brokers

    def do_kill_broker(self):
        broker = self.dice.choice(self.brokers.all)
        self.say(f"kill broker {broker.node}")
        broker.kill()
        self.done["kill broker"] += 1
        self.pause(self.dice.choice([0, 1, 5]))
        broker.start(wait=False)
        self.pause(self.dice.uniform(0, 5))
        broker.wait_until_ready()


def plan(options, dice):
    """The names of what is to be done, in a random order."""
    at_failpoints = options.kills // 2
    of_brokers = options.kills // 20
    rest = options.kills - at_failpoints - of_brokers
    what = (["failpoint"] * at_failpoints + ["kill"] * rest +
            ["kill_broker"] * of_brokers + ["stop"] * options.stops +
            ["savepoint"] * max(1, options.kills // 40) +
            ["rescale"] * max(1, options.kills // 25))
    dice.shuffle(what)
    return what


def disturb_and_compare(options, folder, brokers):
    """Runs it all; what is wrong, in words."""
    dice = random.Random(options.seed)
    ledger = Ledger(options.probe.resolve(), brokers.address, options.rate)
    with Cluster(options.binary.resolve(), folder, task_managers=4,
                 job_managers=2, config=[
                     f"high-availability.lease-duration={options.lease} s"
                 ]) as cluster:
        chaos = LedgerChaos(cluster, dice, ledger, brokers,
                            options.longest_stop, options.lease)
        wrong = ""
        signal.signal(signal.SIGTERM,
                      lambda *_: setattr(chaos, "stopping", True))
        try:
            chaos.begin()
            for action in plan(options, dice):
                if not chaos.do(action):
                    break
            chaos.wake_all()
            ledger.finish()
            print("the last disturbance is over", flush=True)
            chaos.end(ledger.is_whole, WHOLE_WITHIN_S)
        except (TimeoutError, RuntimeError) as error:
            wrong = str(error)
            chaos.wake_all()
            ledger.finish()
        print(chaos.report())
        said, right = ledger.faults()
        print(said)
    if not right:
        wrong += "\nthe output differs"
    if not wrong and options.kills >= 1000:
        missed = [name for name in chaos.FAILPOINTS
                  if chaos.at_failpoint[name] < 2]
        if missed:
            wrong = f"hit less than twice: {', '.join(missed)}"
    return wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--probe", required=True, type=pathlib.Path,
                        help="the Kafka client of the tests")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--stops", type=int, default=4)
    parser.add_argument("--longest-stop", type=float, default=20,
                        help="seconds")
    parser.add_argument("--lease", type=int, default=3,
                        help="of the lead, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=1000,
                        help="records a second")
    parser.add_argument("--keep", action="store_true",
                        help="leave the folder where it is, for a look")
    options = parser.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="ledger-")
    kept = contextlib.nullcontext() if options.keep else folder
    if options.keep:
        folder._finalizer.detach()  # pylint: disable=protected-access
    print(f"seed {options.seed}, in {folder.name}", flush=True)
    try:
        with kept, Brokers(options.brokers) as brokers:
            wrong = disturb_and_compare(options, pathlib.Path(folder.name),
                                        brokers)
    except Unavailable as missing:
        sys.exit(f"cannot test against a real broker: {missing}")
    print(wrong or "each record once, in order by key")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
