#!/usr/bin/env python3
"""Holds the simulation's model of Kafka to a real broker.

    tests/e2e/kafka_conformance_test.py \\
        --program build/release/millrace_kafka_conformance [--verbose]
"""
import argparse
import subprocess
import sys

from kafka_broker import Broker, Unavailable


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    try:
        with Broker() as broker:
            sys.exit(subprocess.run(
                [arguments.program, broker.address,
                 *(["--verbose"] if arguments.verbose else [])],
                timeout=300, check=False).returncode)
    except Unavailable as missing:
        sys.exit(f"cannot test against a real broker: {missing}")


if __name__ == "__main__":
    main()
