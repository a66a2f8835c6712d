#!/usr/bin/env python3
"""How soon a cluster is up, what it costs while it has nothing to do, and how
soon small jobs run on it: see README.md.

    bench/cluster/cluster.py --binary build/release/millrace
                             [--seconds 60] [--jobs 100]
"""
import argparse
import pathlib
import re
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from cluster_processes import Cluster  # noqa: E402
from kafka_case import ProcessUse  # noqa: E402

MOST_UP_MS = 500
MOST_PSS_MB = 60
MOST_CPU_PERCENT = 1
MOST_RUNNING_MS = 300
SETTLE_S = 5
SMALL_JOB = """
SET 'pipeline.name' = 'small-%d';
CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen',
  'rows-per-second' = '1');
CREATE TABLE f (id BIGINT) WITH ('connector' = 'filesystem',
  'path' = 'out-%d', 'format' = 'json');
INSERT INTO f SELECT id FROM t;
"""


def proportional_mb(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024 / 1e6


def cpu_seconds(cluster):
    return sum(ProcessUse(process.pid).cpu_seconds()
               for process in cluster.processes.values())


def idle_percent(cluster, seconds):
    before, start = cpu_seconds(cluster), time.monotonic()
    time.sleep(seconds)
    return ((cpu_seconds(cluster) - before) /
            (time.monotonic() - start) * 100)


def up(binary, runs):
    """From the start of a JobManager and a TaskManager to its registration."""
    times = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="cluster-up-") as folder:
            start = time.monotonic()
            with Cluster(binary, pathlib.Path(folder), task_managers=1):
                times.append((time.monotonic() - start) * 1000)
    print(f"up and registered: median_ms={statistics.median(times):.0f} "
          f"max_ms={max(times):.0f} of {runs}", flush=True)
    return [f"it takes {statistics.median(times):.0f} ms until the TaskManager "
            "is registered"] if statistics.median(times) > MOST_UP_MS else []


def idle(binary, seconds):
    with tempfile.TemporaryDirectory(prefix="cluster-idle-") as folder:
        with Cluster(binary, pathlib.Path(folder), task_managers=1) as cluster:
            time.sleep(SETTLE_S)
            percent = idle_percent(cluster, seconds)
            each = {name: proportional_mb(process.pid)
                    for name, process in cluster.processes.items()}
    pss = sum(each.values())
    print(f"idle: pss_mb={pss:.1f} ("
          + ", ".join(f"{name} {size:.1f}" for name, size in each.items())
          + f") cpu_percent={percent:.2f} over {seconds} s", flush=True)
    wrong = []
    if pss > MOST_PSS_MB:
        wrong.append(f"memory is past {MOST_PSS_MB} MB")
    if percent > MOST_CPU_PERCENT:
        wrong.append(f"an idle cluster takes more than {MOST_CPU_PERCENT} %")
    return wrong


def small_jobs(binary, count, seconds):
    times = []
    with tempfile.TemporaryDirectory(prefix="cluster-jobs-") as name:
        folder = pathlib.Path(name)
        with Cluster(binary, folder, task_managers=1, slots=count) as cluster:
            for i in range(count):
                script = folder / "job.sql"
                script.write_text(SMALL_JOB % (i, i))
                start = time.monotonic()
                job = cluster.submit(script, 1)
                while cluster.state(job) != "RUNNING":
                    time.sleep(0.002)
                times.append((time.monotonic() - start) * 1000)
            percent = idle_percent(cluster, seconds)
            running = sum(job["status"] == "RUNNING"
                          for job in cluster.get("/jobs")["jobs"])
    print(f"{count} jobs: from the command to RUNNING "
          f"median_ms={statistics.median(times):.0f} max_ms={max(times):.0f}; "
          f"{running} run at the end, a row a second and a checkpoint in ten "
          f"seconds each: cpu_percent={percent:.1f}", flush=True)
    wrong = []
    if running != count:
        wrong.append(f"{running} of {count} jobs run")
    if max(times) > MOST_RUNNING_MS:
        wrong.append(f"a job took {max(times):.0f} ms until it ran")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="build/release/millrace",
                        type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=100)
    args = parser.parse_args()
    binary = args.binary.resolve()
    wrong = (up(binary, args.runs) + idle(binary, args.seconds) +
             small_jobs(binary, args.jobs, min(args.seconds, 20)))
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
