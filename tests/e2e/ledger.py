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
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from chaos_run import arguments, cluster, in_folder  # noqa: E402
from cluster_chaos import Chaos  # noqa: E402
from kafka_broker import Brokers  # noqa: E402
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
    with cluster(options, folder) as processes:
        chaos = LedgerChaos(processes, dice, ledger, brokers,
                            options.longest_stop, options.lease)
        wrong = chaos.disturb(plan(options, dice), ledger, lambda: ledger,
                              WHOLE_WITHIN_S)
        return wrong or (chaos.missed() if options.kills >= 1000 else "")


def main():
    parser = arguments(__doc__, kills=40, rate_of="records")
    parser.add_argument("--probe", required=True, type=pathlib.Path,
                        help="the Kafka client of the tests")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--longest-stop", type=float, default=20,
                        help="seconds")
    options = parser.parse_args()

    def run(folder):
        with Brokers(options.brokers) as brokers:
            return disturb_and_compare(options, folder, brokers)
    return in_folder(options, "ledger-", run,
                     "each record once, in order by key")


if __name__ == "__main__":
    sys.exit(main())
