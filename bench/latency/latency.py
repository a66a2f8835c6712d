#!/usr/bin/env python3
"""Times Kafka to Kafka through a job that filters, broker and all on this
machine, in each delivery guarantee: see README.md.

    bench/latency/latency.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [--rate 10000] [--seconds 30]
"""
import argparse
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from kafka_broker import Broker  # noqa: E402
from kafka_case import ProcessUse, table  # noqa: E402


# Milliseconds; checkpoints are a second apart.
MOST_P99 = {"exactly-once": 1600, "at-least-once": 30}


def job_text(address, guarantee):
    def topic(name, columns, **options):
        return table(name, columns, {
            "connector": "kafka", "topic": name, "format": "json",
            "properties.bootstrap.servers": address,
            "scan.startup.mode": "latest-offset",
            "sink.delivery-guarantee": guarantee, **options})
    return ";\n".join([
        topic("paced_in", "id BIGINT, due BIGINT, pass INT"),
        topic("paced_out", "id BIGINT, due BIGINT"),
        "INSERT INTO paced_out SELECT id, due FROM paced_in WHERE pass = 1"]) + ";\n"


def measure(arguments, guarantee):
    """What went wrong, or nothing."""
    binary, probe = map(os.path.abspath, (arguments.binary, arguments.probe))
    with tempfile.TemporaryDirectory() as folder, Broker() as broker:
        for name in ("paced_in", "paced_out"):
            subprocess.run([probe, broker.address, "create", name, "1"], check=True)
        file = pathlib.Path(folder, "job.sql")
        file.write_text(job_text(broker.address, guarantee))
        job = subprocess.Popen(
            [binary, "run", str(file), "-D", "execution.checkpointing.interval=1 s"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(3)  # The broker's own start goes on for a while.
        use = ProcessUse(job.pid)
        before, broker_before = use.cpu_seconds(), broker.cpu_seconds()
        start = time.monotonic()
        way = ["paced_in", "paced_in" if arguments.relay else "paced_out"]
        line = subprocess.run(
            [probe, broker.address, "pace", *way, str(arguments.rate),
             str(arguments.seconds)], check=True, stdout=subprocess.PIPE,
            text=True).stdout.strip()
        elapsed = time.monotonic() - start
        print(f"{'relay' if arguments.relay else guarantee}: {line}")
        print(f"  cpu_percent job {(use.cpu_seconds() - before) / elapsed * 100:.1f} "
              f"broker {(broker.cpu_seconds() - broker_before) / elapsed * 100:.1f} "
              f"memory_mib {use.resident_mib():.1f}", flush=True)
        job.send_signal(signal.SIGINT)
        job.communicate()
    words = line.split()
    found = dict(zip(words[::2], words[1::2]))
    if found["missing"] != "0":
        return [f"{guarantee}: {found['missing']} records are missing"]
    if float(found["p99_ms"]) >= MOST_P99[guarantee]:
        return [f"{guarantee}: p99 {found['p99_ms']} ms, not under "
                f"{MOST_P99[guarantee]}"]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--guarantees", default=",".join(MOST_P99))
    parser.add_argument("--relay", action="store_true",
                        help="the client sends to the topic it reads: without a job")
    arguments = parser.parse_args()
    guarantees = ["at-least-once"] if arguments.relay else \
        arguments.guarantees.split(",")
    wrong = [text for guarantee in guarantees
             for text in measure(arguments, guarantee)]
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
