#!/usr/bin/env python3
"""How long the commit of a large epoch takes, from the completed checkpoint to
the end of its transaction: see README.md.

    bench/latency/epoch.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [--mib 32] [--rounds 3]
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from kafka_broker import Broker  # noqa: E402
from kafka_case import NULL, table  # noqa: E402

RECORD_BYTES = 1024
LONGEST_MS = 1000
WAIT_S = 60


def job_text(address):
    def topic(name, **options):
        return table(name, "text STRING", {
            "connector": "kafka", "topic": name, "format": "raw",
            "properties.bootstrap.servers": address, **options})
    return ";\n".join([
        topic("whole", **{"scan.startup.mode": "earliest-offset"}),
        topic("copied"), "INSERT INTO copied SELECT text FROM whole"]) + ";\n"


def gauges(url):
    with urllib.request.urlopen(url) as answer:
        text = answer.read().decode()
    found = {}
    for name in ("sinkPendingWalBytes", "sinkCommitLatencyMs"):
        value = re.search(rf"^\w*{name}\{{.*\}} (\S+)$", text, re.M)
        found[name] = float(value.group(1)) if value else 0.0
    return found["sinkPendingWalBytes"], found["sinkCommitLatencyMs"]


def wait_for_commit(job, url):
    """The bytes that were pending at most, and the commit's milliseconds."""
    most, deadline = 0.0, time.monotonic() + WAIT_S
    while time.monotonic() < deadline and job.poll() is None:
        pending, latency = gauges(url)
        most = max(most, pending)
        if latency and not pending:
            return most, latency
        time.sleep(0.01)
    sys.exit("nothing was committed")


def measure(arguments):
    binary, probe = map(os.path.abspath, (arguments.binary, arguments.probe))
    with tempfile.TemporaryDirectory() as folder, Broker() as broker:
        for name in ("whole", "copied"):
            subprocess.run([probe, broker.address, "create", name, "1"], check=True)
        line = f"-\t-\t{NULL}\t{'x' * RECORD_BYTES}\n".encode()
        count = arguments.mib * 2**20 // RECORD_BYTES
        subprocess.run([probe, broker.address, "produce", "whole"],
                       input=line * count, check=True)
        file = pathlib.Path(folder, "job.sql")
        file.write_text(job_text(broker.address))
        # So long that all of it is read before the first checkpoint.
        job = subprocess.Popen(
            [binary, "run", str(file), "-D", "execution.checkpointing.interval=4 s",
             "-D", "metrics.reporter.prom.port=9400-9499"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        url = None
        while url is None and (said := job.stderr.readline()):
            if "metrics: " in said:
                url = said.split("metrics: ", 1)[1].strip()
        if url is None:
            sys.exit("the job ended")
        pending, latency = wait_for_commit(job, url)
        job.send_signal(signal.SIGINT)
        job.communicate()
        came = subprocess.run([probe, broker.address, "digest", "copied"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.split()[0]
    print(f"epoch_mib {pending / 2**20:.1f} records {came} of {count} "
          f"commit_ms {latency:.0f}", flush=True)
    wrong = []
    if int(came) != count or pending < arguments.mib * 2**20:
        wrong.append("the epoch was not all of the topic")
    if latency >= LONGEST_MS:
        wrong.append(f"the commit took {latency:.0f} ms, not under {LONGEST_MS}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--mib", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    wrong = [text for _ in range(arguments.rounds) for text in measure(arguments)]
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
