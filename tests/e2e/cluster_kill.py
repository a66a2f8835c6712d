#!/usr/bin/env python3
"""Kills and stops the processes of a cluster while a job runs on it, takes
savepoints and goes on from some at another parallelism, and checks that every
row is in the output once.

    tests/e2e/cluster_kill.py --binary build/release/millrace
    tests/e2e/cluster_kill.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe --kills 500 --stops 100

Two JobManagers, one of which leads, and four TaskManagers of one slot, of which
the job takes three: what a stopped one ran goes on in the fourth, and what it
still believes to run is a remnant when it wakes. Checkpoints each second. Of the
kills some happen at a failpoint, each of those that a cluster reaches in its turn;
the others are SIGKILLs at any moment, also in the middle of a savepoint or of a
stop. Processes are stopped (SIGSTOP) for one to seventy seconds, up to two at a
time, while the kills go on; now and then it is the leader, for longer than its
lease, and another one has to lead before it wakes. With --probe the input is a topic of a real Kafka
broker, else a generator's. What was done is counted by kind, and printed; SIGTERM
leaves out what is still to be done.
"""
import contextlib
import pathlib
import random
import sys
from functools import partial

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from chaos_run import arguments, cluster, in_folder  # noqa: E402
from cluster_chaos import Chaos  # noqa: E402
from counted_job import Generator, Output, Topic, script  # noqa: E402
from failpoints import FAILPOINTS  # noqa: E402
from kafka_broker import Broker  # noqa: E402

WHOLE_WITHIN_S = 300
# Of a generated input, which ends by itself: about what each takes.
SECONDS_A_KILL, SECONDS_A_STOP = 3, 5


def plan(options, dice):
    """The names of what is to be done, in a random order."""
    at_failpoints = min(options.kills,
                        max(options.kills // 5,
                            2 * len(FAILPOINTS) if options.kills > 200 else 0))
    what = (["stop"] * options.stops + ["failpoint"] * at_failpoints +
            ["kill"] * (options.kills - at_failpoints) +
            ["stop_leader"] * (options.stops and max(1, options.stops // 10)) +
            ["savepoint"] * max(1, options.kills // 25) +
            ["rescale"] * max(1, options.kills // 25))
    dice.shuffle(what)
    return what


@contextlib.contextmanager
def opened(options):
    """The input."""
    if options.probe is None:
        seconds = options.seconds or (SECONDS_A_KILL * options.kills +
                                      SECONDS_A_STOP * options.stops + 10)
        yield Generator(options.rate, seconds)
        return
    with Broker() as broker:
        yield Topic(options.probe.resolve(), broker.address, options.rate)


def disturb_and_compare(options, folder, source):
    """Runs it all; what is wrong, in words."""
    dice = random.Random(options.seed)
    with cluster(options, folder) as processes:
        chaos = Chaos(processes, dice, partial(script, source.source),
                      options.longest_stop, options.lease)
        wrong = chaos.disturb(plan(options, dice), source,
                              lambda: Output(folder, source.numbers()),
                              WHOLE_WITHIN_S, options.minutes)
        return wrong or (chaos.missed() if options.kills > 200 else "")


def main():
    parser = arguments(__doc__, kills=20, rate_of="numbers")
    parser.add_argument("--probe", type=pathlib.Path,
                        help="the Kafka client of the tests; starts a broker")
    parser.add_argument("--longest-stop", type=float, default=0,
                        help="seconds; 70, or 8 of a generated input")
    parser.add_argument("--seconds", type=float, default=0,
                        help="of generated input; 0: as kills and stops take")
    options = parser.parse_args()
    options.longest_stop = options.longest_stop or (8 if options.probe is None
                                                    else 70)

    def run(folder):
        with opened(options) as source:
            return disturb_and_compare(options, folder, source)
    return in_folder(options, "cluster-kill-", run, "each row once")


if __name__ == "__main__":
    sys.exit(main())
