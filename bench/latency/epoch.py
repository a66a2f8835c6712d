#!/usr/bin/env python3
"""How long the commit of a large epoch takes, from the completed checkpoint to
the end of its transaction: see README.md. The first round, in which the broker
compiles its code, does not count.

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


def job_text(address, number):
    def topic(name, topic, **options):
        return table(name, "text STRING", {
            "connector": "kafka", "topic": topic, "format": "raw",
            "properties.bootstrap.servers": address, **options})
    return ";\n".join([
        topic("whole", f"whole-{number}", **{"scan.startup.mode": "earliest-offset"}),
        topic("copied", f"copied-{number}"),
        "INSERT INTO copied SELECT text FROM whole"]) + ";\n"


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


def measure(arguments, broker, number):
    """What went wrong, or nothing."""
    binary, probe = map(os.path.abspath, (arguments.binary, arguments.probe))

    def ask(*words, **options):
        return subprocess.run([probe, broker.address, *words], check=True,
                              stdout=subprocess.PIPE, **options).stdout.decode()

    for name in ("whole", "copied"):
        ask("create", f"{name}-{number}", "1")
    count = arguments.mib * 2**20 // RECORD_BYTES
    ask("produce", f"whole-{number}",
        input=f"-\t-\t{NULL}\t{'x' * RECORD_BYTES}\n".encode() * count)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "job.sql")
        file.write_text(job_text(broker.address, number))
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
    came = ask("digest", f"copied-{number}").split()[0]
    print(f"epoch_mib {pending / 2**20:.1f} records {came} of {count} "
          f"commit_ms {latency:.0f}", flush=True)
    if int(came) != count or pending < arguments.mib * 2**20:
        return ["the epoch was not all of the topic"]
    if number > 0 and latency >= LONGEST_MS:
        return [f"the commit took {latency:.0f} ms, not under {LONGEST_MS}"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--mib", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with Broker() as broker:
        wrong = [text for number in range(arguments.rounds + 1)
                 for text in measure(arguments, broker, number)]
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
