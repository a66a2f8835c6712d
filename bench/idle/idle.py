#!/usr/bin/env python3
"""What a job costs that has nothing to do, and how fast one of a row is over.
See README.md.

    bench/idle/idle.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [--seconds 60]
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from kafka_broker import Broker  # noqa: E402
from kafka_case import ProcessUse, table  # noqa: E402

MOST_MB = 40
MOST_CPU_PERCENT = 0.5
MOST_ONE_ROW_MS = 200
SETTLE_S = 5


def idle_job(address):
    def topic(name):
        return table(name, "id BIGINT, what STRING", {
            "connector": "kafka", "topic": name, "format": "json",
            "properties.bootstrap.servers": address,
            "scan.startup.mode": "earliest-offset"})
    return ";\n".join([
        topic("idle_in"), topic("idle_out"),
        "INSERT INTO idle_out SELECT id, UPPER(what) FROM idle_in"]) + ";\n"


ONE_ROW = """
CREATE TABLE one (id BIGINT, what STRING)
  WITH ('connector' = 'filesystem', 'path' = '{folder}/in.json', 'format' = 'json');
CREATE TABLE copy (id BIGINT, what STRING)
  WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');
INSERT INTO copy SELECT id, UPPER(what) FROM one;
"""


def megabytes(pid):
    """(resident, proportional) of a process, in millions of bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return [int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M).group(1)) * 1024 / 1e6
            for name in ("Rss", "Pss")]


def completed(folder):
    """The id of the latest completed checkpoint."""
    return max((int(path.parent.name.removeprefix("chk-")) for path in
                folder.glob("millrace-data/*/checkpoints/*/chk-*/manifest")),
               default=0)


def idle(binary, probe, args):
    """Measures a job on a topic that stays empty."""
    with tempfile.TemporaryDirectory() as name, Broker() as broker:
        folder = pathlib.Path(name)
        for topic in ("idle_in", "idle_out"):
            subprocess.run([probe, broker.address, "create", topic, "1"], check=True)
        (folder / "idle.sql").write_text(idle_job(broker.address))
        job = subprocess.Popen(
            [binary, "run", "idle.sql",
             "-D", f"execution.checkpointing.interval={args.interval}",
             "-D", f"state.backend.type={args.backend}"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            time.sleep(SETTLE_S)
            use = ProcessUse(job.pid)
            before, start = use.cpu_seconds(), time.monotonic()
            first = completed(folder)
            time.sleep(args.seconds)
            percent = ((use.cpu_seconds() - before) /
                       (time.monotonic() - start) * 100)
            checkpoints = completed(folder) - first
            resident, proportional = megabytes(job.pid)
        finally:
            job.send_signal(signal.SIGINT)
            _, errors = job.communicate()
        if job.returncode != 130:
            sys.exit(f"the job ended by itself: {errors[-2000:]}")
    print(f"idle: rss_mb={resident:.1f} pss_mb={proportional:.1f} "
          f"cpu_percent={percent:.2f} over {args.seconds} s, "
          f"{checkpoints} checkpoints, {args.backend}")
    wrong = []
    if resident > MOST_MB:
        wrong.append(f"resident memory is past {MOST_MB} MB")
    if percent > MOST_CPU_PERCENT:
        wrong.append(f"an idle job takes more than {MOST_CPU_PERCENT} % of a core")
    if checkpoints == 0:
        wrong.append("there was no checkpoint: the interval is longer than the run")
    return wrong


def one_row(binary, args):
    """From a file of one row to another: the whole process, wall time."""
    times = []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "in.json").write_text('{"id": 1, "what": "one"}\n')
            file = pathlib.Path(folder, "one.sql")
            file.write_text(ONE_ROW.format(folder=folder))
            start = time.monotonic()
            subprocess.run([binary, "run", file.name], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            times.append((time.monotonic() - start) * 1000)
            rows = [line for part in pathlib.Path(folder, "out").glob("part-*")
                    for line in part.read_text().splitlines()]
            if rows != ['{"id":1,"what":"ONE"}']:
                sys.exit(f"the one-row job wrote {rows}")
    print(f"one row: median_ms={statistics.median(times):.0f} "
          f"max_ms={max(times):.0f} of {args.runs} runs")
    if statistics.median(times) > MOST_ONE_ROW_MS:
        return [f"a job of one row takes more than {MOST_ONE_ROW_MS} ms"]
    return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default="build/release/millrace")
    parser.add_argument("--probe", default="build/release/millrace_kafka_probe")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--interval", default="10 s")
    parser.add_argument("--backend", default="memory")
    parser.add_argument("--runs", type=int, default=21)
    args = parser.parse_args()
    binary, probe = map(os.path.abspath, (args.binary, args.probe))
    wrong = one_row(binary, args) + idle(binary, probe, args)
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
