#!/usr/bin/env python3
"""Exactly once from Kafka to Kafka on a cluster, whatever dies: kills and stops
JobManagers, TaskManagers (also at each step of the sinks' protocol) and brokers,
takes savepoints and goes on from them at another parallelism; lets another job
claim what waits while no broker is there, and another one fork it. What a consumer
that reads committed records sees at the end is dense, single, and in order by key,
in the topics of the fork too, from where its savepoint says that it began.

    tests/e2e/ledger.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe
    tests/e2e/ledger.py ... --kills 1000 --brokers 3

Two JobManagers and five TaskManagers of one slot, of which the job takes three and
its fork one, checkpoints each second. What was done is counted by kind, and printed;
SIGTERM and --minutes leave out what is still to be done. Asserted besides the output:
all that was planned was done, each claim (one at least) and one fork; the brokers died
each time (once at least) while a TaskManager was about to commit, and it is tried
three times until one is, as a savepoint to claim is; at most one and half of the other
savepoints and of the rescales failed; from 85 kills on 60 % of them were in an open
epoch; and from --kills 1000 on each failpoint was hit twice.
"""
import collections
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from chaos_run import arguments, cluster, in_folder  # noqa: E402
from kafka_broker import Brokers  # noqa: E402
from ledger_chaos import LedgerChaos  # noqa: E402
from ledger_job import Ledger  # noqa: E402

WHOLE_WITHIN_S = 600


def plan(options, dice):
    """The names of what is to be done, in a random order."""
    at_failpoints = options.kills // 3
    of_brokers = options.kills // 20
    rest = options.kills - at_failpoints - of_brokers
    what = (["failpoint"] * at_failpoints + ["kill"] * (rest // 8) +
            ["kill_open"] * (rest - rest // 8) +
            ["kill_broker"] * of_brokers + ["stop"] * options.stops +
            ["brokers_under_commit"] * max(1, options.kills // 150) +
            ["savepoint"] * max(1, options.kills // 40) +
            ["rescale"] * max(1, options.kills // 25) +
            ["claim"] * max(1, options.kills // 150))
    dice.shuffle(what)
    return what


def disturb_and_compare(options, folder, brokers):
    """Runs it all; what is wrong, in words."""
    dice = random.Random(options.seed)
    ledger = Ledger(options.probe.resolve(), brokers.address, options.rate)
    with cluster(options, folder, task_managers=5) as processes:
        chaos = LedgerChaos(processes, dice, ledger, brokers,
                            options.longest_stop, options.lease)
        asked = plan(options, dice)
        wrong = chaos.disturb(asked, ledger, lambda: ledger, WHOLE_WITHIN_S,
                              options.minutes)
        if wrong:
            return wrong
        left = collections.Counter(asked) - chaos.begun
        if left and not options.minutes and not chaos.stopping:
            return f"the job ended before all was done: {dict(left)} is left"
        return chaos.missed(options.kills >= 1000)


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
