"""How one query is run and measured on each engine."""
import json
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LAST_MANIFEST_BYTES = 1024
MINI_BATCH = ["--set", "table.exec.mini-batch.enabled=true",
              "--set", "table.exec.mini-batch.allow-latency=2 s",
              "--set", "table.exec.mini-batch.size=50000"]
# measure.py itself asks for a checkpoint every 10 s.
ROCKSDB = ["--set", "state.backend.type=rocksdb",
           "--set", "execution.checkpointing.incremental=true"]


class Millrace:
    def __init__(self, binary, parallelism):
        self.binary, self.parallelism = binary, parallelism

    def command(self, script, *arguments):
        # A process of its own starts it: a child's peak memory begins with
        # what its parent had when it was forked.
        return [sys.executable, HERE / "process_cost.py", self.binary, "run",
                str(script), "-p", str(self.parallelism), *arguments]

    def run(self, script):
        """CPU-seconds and peak memory in MiB of one whole process."""
        done = subprocess.run(
            self.command(script),
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{script}: {done.stderr[-800:]}")
        cost = json.loads(done.stdout.splitlines()[-1])
        return cost["cpu_s"], cost["peak_mib"]

    def measure(self, script, empty):
        start, _ = self.run(empty)
        used, peak = self.run(script)
        return {"cpu_s": max(used - start, 0.001), "peak_mib": peak, "jit_s": 0.0}


class CheckpointedMillrace(Millrace):
    """State on RocksDB, a checkpoint every so often, and how many there were."""

    def __init__(self, binary, parallelism, data):
        super().__init__(binary, parallelism)
        self.data = pathlib.Path(data)

    def cost(self, script, interval, memory="1g"):
        """CPU, wall, peak memory, and the checkpoints that were completed
        while there was input; `memory` is the budget of the process."""
        shutil.rmtree(self.data, ignore_errors=True)
        start = time.monotonic()
        process = subprocess.Popen(
            self.command(script, "--fresh",
                         "-D", "state.backend.type=rocksdb",
                         "-D", f"execution.checkpointing.interval={interval}",
                         "-D", f"taskmanager.memory.process.size={memory}",
                         "-D", f"millrace.data-dir={self.data}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        seen = set()
        while process.poll() is None:
            seen.update(self.with_keyed_state())
            time.sleep(0.02)
        wall = time.monotonic() - start
        output, errors = process.communicate()
        if process.returncode:
            sys.exit(f"{script}: {errors[-800:]}")
        result = json.loads(output.splitlines()[-1])
        return {**result, "wall_s": wall, "checkpoints": len(seen)}

    def with_keyed_state(self):
        """The completed checkpoints that are there now, but not the one that
        ends a bounded job: it holds no keyed state and is some 100 bytes."""
        for manifest in self.data.glob("*/checkpoints/*/chk-*/manifest"):
            try:
                if manifest.stat().st_size > LAST_MANIFEST_BYTES:
                    yield manifest
            except FileNotFoundError:
                pass  # Newer ones have taken its place.

    def run(self, script):
        used = self.cost(script, "10 s")
        return used["cpu_s"], used["peak_mib"]


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
                "jit_s": result["jit_s"], "wall_s": result["wall_s"],
                "checkpoints": result["checkpoints"]}

    def measure(self, script, empty, grouped):
        """The better of mini-batch off and, where there is a group, on."""
        runs = [self.once(script, empty, [])]
        if grouped:
            runs.append(self.once(script, empty, MINI_BATCH))
        return min(runs, key=lambda run: run["cpu_s"])
