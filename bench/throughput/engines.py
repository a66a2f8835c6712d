"""How one query is run and measured on each engine."""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MINI_BATCH = ["--set", "table.exec.mini-batch.enabled=true",
              "--set", "table.exec.mini-batch.allow-latency=2 s",
              "--set", "table.exec.mini-batch.size=50000"]


class Millrace:
    def __init__(self, binary, parallelism):
        self.binary, self.parallelism = binary, parallelism

    def run(self, script):
        """CPU-seconds and peak memory in MiB of one whole process."""
        # A process of its own starts it: a child's peak memory begins with
        # what its parent had when it was forked.
        done = subprocess.run(
            [sys.executable, HERE / "process_cost.py", self.binary, "run",
             str(script), "-p", str(self.parallelism)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{script}: {done.stderr[-800:]}")
        cost = json.loads(done.stdout.splitlines()[-1])
        return cost["cpu_s"], cost["peak_mib"]

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
