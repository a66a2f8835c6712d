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
    parser.add_argument("--only", choices=["churn", "events"])
    args = parser.parse_args()
    if args.only != "events":
        print_churn(args)
    if args.only != "churn":
        print_events(args)


def print_churn(args):
    shown = ["state_mb", "first_sync_ms", "first_slice_ms", "first_whole_s",
             "sync_ms", "slice_ms", "whole_s", "change_mb", "restore_s",
             "restore_cpu_s", "restore_kernel_s", "next_sync_ms",
             "next_slice_ms", "next_whole_s"]
    probe = run(args, mode="probe", keys=1 << 30)
    print("One thread, MB/s: new memory " + probe["new_memory"] +
          ", memcpy " + probe["copy"] + ", reading memory " + probe["scan"] +
          ", a GiB written and synced " + probe["disk_write"] +
          ", read again from the page cache " + probe["cached_read"] + ".\n",
          flush=True)
    print("| backend | keys | " + " | ".join(shown) + " |\n|---|---|" +
          "---|" * len(shown))
    # About a GiB of snapshot.
    churn_keys = 1_000_000 if args.quick else 20_900_000
    for backend in "memory", "rocksdb":
        got = run(args, mode="churn", backend=backend, keys=churn_keys,
                  resident_mb=8192)
        print(f"| {backend} | {churn_keys} | " +
              " | ".join(got[name] for name in shown) + " |", flush=True)


def print_events(args):
    keys = [1000, 1_000_000] + ([] if args.quick else [20_000_000])
    print("\n| query | keys | backend | resident | CPU ns/event | wall ns/event |"
          " longest sync ms | longest turn ms | process MB |\n"
          "|---|---|---|---|---|---|---|---|---|")
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
                      f" {got['sync_ms']} | {got['call_ms']} |"
                      f" {got['resident_mb']} |", flush=True)


if __name__ == "__main__":
    main()
