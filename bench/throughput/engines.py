"""How one query is run and measured on each engine."""
import json
import os
import pathlib
import subprocess
import sys

MINI_BATCH = ["--set", "table.exec.mini-batch.enabled=true",
              "--set", "table.exec.mini-batch.allow-latency=2 s",
              "--set", "table.exec.mini-batch.size=50000"]


class Millrace:
    def __init__(self, binary, parallelism):
        self.binary, self.parallelism = binary, parallelism

    def run(self, script, stdout=subprocess.DEVNULL):
        """CPU-seconds and peak memory in MiB of one whole process."""
        process = subprocess.Popen(
            [self.binary, "run", str(script), "-p", str(self.parallelism)],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{script}: exit status {process.returncode}: "
                     f"{errors.decode()[-800:]}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def measure(self, script, empty):
        start, _ = self.run(empty)
        used, peak = self.run(script)
        return {"cpu_s": max(used - start, 0.001), "peak_mib": peak, "jit_s": 0.0}


class Flink:
    def __init__(self, tools):
        self.tools = pathlib.Path(tools)

    def start(self):
        subprocess.run([self.tools / "flink.sh", "start"], check=True)

    def stop(self):
        subprocess.run([self.tools / "flink.sh", "stop"], check=False)

    def once(self, script, empty, options):
        done = subprocess.run(
            [sys.executable, self.tools / "measure.py", script, "--empty", empty, *options],
            capture_output=True, text=True)
        if done.returncode or '"FINISHED"' not in done.stdout:
            sys.exit(f"Flink, {script}: {done.stdout[-800:]} {done.stderr[-800:]}")
        result = json.loads(done.stdout.splitlines()[-1])
        return {"cpu_s": result["cpu_net_s"], "peak_mib": result["peak_rss_mib"],
                "jit_s": result["jit_s"]}

    def measure(self, script, empty, grouped):
        """The better of mini-batch off and, where there is a group, on."""
        runs = [self.once(script, empty, [])]
        if grouped:
            runs.append(self.once(script, empty, MINI_BATCH))
        return min(runs, key=lambda run: run["cpu_s"])
