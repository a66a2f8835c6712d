#!/usr/bin/env python3
"""Kills the processes of a cluster again and again while a job runs on it, and
checks that every row is in the output once.

    tests/e2e/cluster_kill.py --binary build/release/millrace [--kills 20]
                              [--stops 4] [--seed 1]

The job counts from 0 at a fixed rate into files, three subtasks of each
operator on three TaskManagers, a checkpoint each second. At random moments one
of the four processes is killed and started again, or stopped (SIGSTOP) for one
to eight seconds.
"""
import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from cluster_processes import Cluster  # noqa: E402
from cluster_test import difference, write  # noqa: E402

RATE = 20000
SCRIPT = """
SET 'execution.checkpointing.interval' = '1 s';
SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.attempts' = '1000000';
SET 'restart-strategy.fixed-delay.delay' = '200 ms';
CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen',
  'rows-per-second' = '%d', 'fields.id.kind' = 'sequence',
  'fields.id.start' = '0', 'fields.id.end' = '%d');
CREATE TABLE f (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out',
  'format' = 'json');
INSERT INTO f SELECT id FROM t;
"""


def disturb(cluster, dice, options, job):
    """Kills and stops, until all are done or the job has ended."""
    what = ["kill"] * options.kills + ["stop"] * options.stops
    dice.shuffle(what)
    done = {"kill": 0, "stop": 0}
    for action in what:
        time.sleep(dice.uniform(0.3, 3))
        if cluster.state(job) in ("FINISHED", "FAILED"):
            break
        name = dice.choice(cluster.names)
        if action == "kill":
            cluster.kill(name)
            time.sleep(dice.choice([0, 0, 0.5, 2]))
            cluster.start(name)
        else:
            cluster.signal(name, signal.SIGSTOP)
            time.sleep(dice.uniform(1, 8))
            cluster.signal(name, signal.SIGCONT)
        done[action] += 1
        print(f"  {action} {name}", flush=True)
    return done


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--stops", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0,
                        help="of input; 0: as the kills and stops take")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    seconds = options.seconds or 3 * options.kills + 7 * options.stops + 5
    rows = int(RATE * seconds)
    with tempfile.TemporaryDirectory(prefix="cluster-kill-") as folder:
        with Cluster(options.binary.resolve(), pathlib.Path(folder)) as cluster:
            job = cluster.submit(
                write(cluster, "job.sql", SCRIPT % (RATE, rows - 1)), 3)
            done = disturb(cluster, dice, options, job)
            cluster.wait_for_state(job, "FINISHED", "FAILED",
                                   limit_s=60 + 3 * seconds)
            state = cluster.state(job)
            wrong = difference(cluster, rows)
            if state != "FINISHED":
                wrong = f"{state} {wrong}"
            if wrong:
                for name in cluster.names:
                    print(f"--- {name}\n{cluster.log(name)[-3000:]}")
    print(f"seed {options.seed}: {done['kill']} kills, {done['stop']} stops, "
          f"{rows} rows: {wrong or 'each once'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
