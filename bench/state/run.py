#!/usr/bin/env python3
"""Times keyed state: run.py --binary PATH [--folder DIR] [--quick]

Prints a Markdown table; see README.md."""
import argparse
import subprocess


def run(args, **options):
    command = [args.binary, "--folder", args.folder]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(pair.split("=") for pair in out.stdout.split())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--folder", default="/tmp/millrace-state")
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    keys = [1000, 1_000_000] + ([] if args.quick else [20_000_000])
    print("| query | keys | backend | resident | CPU ns/event | wall ns/event |"
          " longest sync ms | process MB |\n|---|---|---|---|---|---|---|---|")
    for query in "q17", "q16":
        # Bytes of an entry with the room of its table, about.
        entry_bytes = 130 if query == "q17" else 160
        for count in keys:
            fits = max(2, count * entry_bytes >> 19)
            cases = [("memory", fits), ("rocksdb", fits),
                     ("rocksdb", max(1, fits // 20))]
            for backend, resident in cases:
                got = run(args, query=query, keys=count, backend=backend,
                          events=max(2_000_000, min(count, 10_000_000)),
                          **{"resident_mb": resident})
                shown = "all" if backend == "memory" else f"{resident} MB"
                print(f"| {query} | {count} | {backend} | {shown} | "
                      f"{got['cpu_ns_per_event']} | {got['wall_ns_per_event']} |"
                      f" {got['sync_ms']} | {got['resident_mb']} |", flush=True)
    print("\n| backend | snapshot MB | first sync ms | first s |"
          " sync ms of 1 % | whole s | restore s |\n|---|---|---|---|---|---|---|")
    for backend in "memory", "rocksdb":
        got = run(args, mode="churn", backend=backend,
                  keys=1_000_000 if args.quick else 16_000_000,
                  resident_mb=4096)
        print(f"| {backend} | {got['state_mb']} | {got['first_sync_ms']} | "
              f"{got['first_s']} | {got['sync_ms']} | {got['whole_s']} | "
              f"{got['restore_s']} |", flush=True)


if __name__ == "__main__":
    main()
