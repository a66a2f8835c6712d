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
import argparse
import contextlib
import pathlib
import random
import signal
import sys
import tempfile
from functools import partial

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from cluster_chaos import Chaos  # noqa: E402
from cluster_processes import Cluster  # noqa: E402
from counted_job import Generator, Output, Topic, script  # noqa: E402
from failpoints import FAILPOINTS  # noqa: E402
from kafka_broker import Broker, Unavailable  # noqa: E402

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
    with Cluster(options.binary.resolve(), folder, task_managers=4,
                 job_managers=2, config=[
                     f"high-availability.lease-duration={options.lease} s"
                 ]) as cluster:
        chaos = Chaos(cluster, dice, partial(script, source.source),
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
            source.finish()
            print("the last disturbance is over", flush=True)
            output = Output(folder, source.numbers())
            chaos.end(output.is_whole, WHOLE_WITHIN_S)
        except (TimeoutError, RuntimeError) as error:
            wrong = str(error)
            chaos.wake_all()
            source.finish()
            output = Output(folder, source.numbers())
        print(chaos.report())
        said, right = output.faults()
        print(said)
    if not right:
        wrong += "\nthe output differs"
    if not wrong and options.kills > 200:
        missed = [name for name in FAILPOINTS if chaos.at_failpoint[name] < 2]
        if missed:
            wrong = f"hit less than twice: {', '.join(missed)}"
    return wrong


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--probe", type=pathlib.Path,
                        help="the Kafka client of the tests; starts a broker")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--stops", type=int, default=4)
    parser.add_argument("--longest-stop", type=float, default=0,
                        help="seconds; 70, or 8 of a generated input")
    parser.add_argument("--lease", type=int, default=3,
                        help="of the lead, in seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=int, default=1000,
                        help="numbers a second")
    parser.add_argument("--seconds", type=float, default=0,
                        help="of generated input; 0: as kills and stops take")
    parser.add_argument("--keep", action="store_true",
                        help="leave the folder where it is, for a look")
    options = parser.parse_args()
    options.longest_stop = options.longest_stop or (8 if options.probe is None
                                                    else 70)
    folder = tempfile.mkdtemp(prefix="cluster-kill-")
    kept = contextlib.nullcontext()
    if not options.keep:
        kept = tempfile.TemporaryDirectory(prefix="cluster-kill-")
        pathlib.Path(folder).rmdir()
        folder = kept.name
    print(f"seed {options.seed}, in {folder}", flush=True)
    try:
        with kept, opened(options) as source:
            wrong = disturb_and_compare(options, pathlib.Path(folder), source)
    except Unavailable as missing:
        sys.exit(f"cannot test against a real broker: {missing}")
    print(wrong or "each row once")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
