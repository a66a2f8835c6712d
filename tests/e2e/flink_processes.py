"""A JobManager and a TaskManager of real Flink on this machine, with ports and a
configuration of their own, which can be killed, stopped and started again; and
what is asked of them by SQL and REST."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

from free_port import free_port
from kafka_broker import die_with_parent

UP_WITHIN_S = 90
CHECKPOINT_WITHIN_S = 60
CONFIG = """
env.java.opts.all: "{java}"
env.log.dir: {folder}/log
env.pid.dir: {folder}
jobmanager.rpc.address: localhost
jobmanager.bind-host: localhost
jobmanager.rpc.port: {rpc}
jobmanager.memory.process.size: 1200m
taskmanager.bind-host: localhost
taskmanager.host: localhost
taskmanager.numberOfTaskSlots: 1
taskmanager.memory.process.size: 1400m
parallelism.default: 1
rest.address: localhost
rest.bind-address: localhost
rest.port: {rest}
blob.server.port: {blob}
execution.runtime-mode: STREAMING
execution.checkpointing.dir: file://{folder}/checkpoints
execution.checkpointing.interval: 1 h
execution.checkpointing.externalized-checkpoint-retention: RETAIN_ON_CANCELLATION
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 1000000
restart-strategy.fixed-delay.delay: 1 s
"""
PROCESSES = ("jobmanager", "taskmanager")


class Flink:
    """Checkpoints are taken when they are asked for. `home`: an installation."""

    def __init__(self, home, folder):
        self.home, self.folder = home, folder
        self.rest = free_port()
        self.processes = {}
        self.job = None
        config = folder / "conf"
        shutil.copytree(home / "conf", config)
        (folder / "log").mkdir()
        java = re.search(r"^\s*(?:env\.java\.opts\.)?all:\s*(.*)$",
                         (config / "config.yaml").read_text(), re.M)
        (config / "config.yaml").write_text(CONFIG.format(
            java=java[1].strip('"') if java else "", folder=folder,
            rest=self.rest, rpc=free_port(), blob=free_port()))
        self.env = dict(os.environ, FLINK_CONF_DIR=str(config))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()

    def start(self):
        for name in PROCESSES:
            with (self.folder / f"{name}.out").open("a") as out:
                self.processes[name] = subprocess.Popen(
                    [str(self.home / f"bin/{name}.sh"), "start-foreground"],
                    env=self.env, stdin=subprocess.DEVNULL, stdout=out,
                    stderr=out, preexec_fn=die_with_parent)
        self.wait(lambda: (self.ask("/overview") or {}).get("slots-total"),
                  "a TaskManager", UP_WITHIN_S)

    def kill(self, *names):
        for name in names or PROCESSES:
            self.processes[name].kill()
            self.processes[name].wait()

    def stop(self, name):
        self.processes[name].send_signal(signal.SIGSTOP)

    def go_on(self, name):
        self.processes[name].send_signal(signal.SIGCONT)

    @staticmethod
    def wait(holds, what, limit_s):
        until = time.monotonic() + limit_s
        while not (found := holds()):
            if time.monotonic() > until:
                raise TimeoutError(f"Flink: {what}: not within {limit_s} s")
            time.sleep(0.1)
        return found

    def ask(self, path, body=None):
        """None while nobody answers."""
        request = urllib.request.Request(
            f"http://localhost:{self.rest}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with contextlib.suppress(OSError, urllib.error.URLError,
                                 json.JSONDecodeError):
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        return None

    def submit(self, script):
        path = self.folder / "job.sql"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [str(self.home / "bin/sql-client.sh"), "-f", str(path)],
            env=self.env, capture_output=True, text=True, timeout=180,
            stdin=subprocess.DEVNULL, check=False)
        found = re.search(r"Job ID: ([0-9a-f]{32})", done.stdout)
        if not found:
            raise RuntimeError(f"Flink: {done.stdout[-3000:]} {done.stderr[-2000:]}")
        self.job = found[1]
        self.wait(self.is_running, "a running job", UP_WITHIN_S)

    def is_running(self):
        found = self.ask(f"/jobs/{self.job}")
        return found and all(vertex["status"] == "RUNNING"
                             for vertex in found["vertices"])

    # Checkpoints.

    def trigger(self):
        self.ask(f"/jobs/{self.job}/checkpoints", {"checkpointType": "FULL"})

    def is_under_way(self):
        found = self.ask(f"/jobs/{self.job}/checkpoints")
        return bool(found and found["counts"]["in_progress"])

    def completed(self):
        """Where those of the job lie that are complete, the newest last."""
        found = self.folder.glob(f"checkpoints/{self.job}/chk-*/_metadata")
        return sorted((path.parent for path in found),
                      key=lambda path: int(path.name.removeprefix("chk-")))

    def checkpoint(self):
        before = self.completed()[-1:]
        self.trigger()
        self.wait(lambda: self.completed()[-1:] != before, "a checkpoint",
                  CHECKPOINT_WITHIN_S)

    def log_lines(self, pattern):
        """Of the TaskManager's, without their times."""
        return [line.split(" ", 2)[-1]
                for path in sorted(pathlib.Path(self.folder / "log").glob(
                    "*taskexecutor*.log*"))
                for line in path.read_text(errors="replace").splitlines()
                if re.search(pattern, line)]
