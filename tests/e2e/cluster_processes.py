"""A cluster of real processes on this machine, for tests: one JobManager, some
TaskManagers, each of which can be killed and started again.

Ports are free ones; everything lies below one folder. Processes die with the
object, whatever the test does.
"""
import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

UP_LIMIT_S = 30
END_LIMIT_S = 300
LOOK_EVERY_S = 0.05


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self, binary, folder, task_managers=3, slots=1, config=()):
        self.binary, self.folder, self.slots = str(binary), folder, slots
        self.config = list(config)
        self.rpc_port, self.rest_port = free_port(), free_port()
        self.target = f"http://127.0.0.1:{self.rest_port}"
        self.names = ["jobmanager"] + [f"tm{i}" for i in range(task_managers)]
        self.processes = {}

    def __enter__(self):
        for name in self.names:
            self.start(name)
        self.wait_for_slots((len(self.names) - 1) * self.slots)
        return self

    def __exit__(self, *error):
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()

    def start(self, name, env=None):
        settings = [f"jobmanager.rpc.port={self.rpc_port}"] + self.config
        if name == "jobmanager":
            verb = "jobmanager"
            settings.append(f"rest.port={self.rest_port}")
        else:
            verb = "taskmanager"
            settings += ["jobmanager.rpc.address=127.0.0.1",
                         f"taskmanager.resource-id={name}",
                         f"taskmanager.numberOfTaskSlots={self.slots}"]
        command = [self.binary, verb]
        for setting in settings:
            command += ["-D", setting]
        log = open(self.folder / f"{name}.log", "a", encoding="utf-8")
        with log:
            self.processes[name] = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=dict(os.environ, **(env or {})))

    def kill(self, name, number=signal.SIGKILL):
        self.processes[name].send_signal(number)
        self.processes[name].wait()

    def restart(self, name):
        self.kill(name)
        self.start(name)

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def get(self, path):
        with urllib.request.urlopen(self.target + path, timeout=5) as answer:
            return json.load(answer)

    def try_get(self, path):
        """None while nobody answers, as when the JobManager is just dead."""
        with contextlib.suppress(OSError, urllib.error.URLError,
                                 json.JSONDecodeError):
            return self.get(path)
        return None

    def wait_until(self, holds, what, limit_s=UP_LIMIT_S):
        """Seconds until `holds()` gave something true; fails after the limit."""
        start = time.monotonic()
        while not holds():
            if time.monotonic() - start > limit_s:
                raise TimeoutError(
                    f"{what}: not within {limit_s} s\n" + "\n".join(
                        f"--- {name}\n{self.log(name)[-2000:]}"
                        for name in self.names))
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - start

    def wait_for_slots(self, slots):
        def holds():
            overview = self.try_get("/overview")
            return overview is not None and overview["slots-total"] == slots
        return self.wait_until(holds, f"{slots} slots")

    def command(self, *words, limit_s=END_LIMIT_S):
        return subprocess.run(
            [self.binary, *words], cwd=self.folder, capture_output=True,
            text=True, timeout=limit_s, stdin=subprocess.DEVNULL, check=False)

    def run(self, script, parallelism, *more):
        """`millrace run` to the job's end."""
        return self.command("run", str(script), "-p", str(parallelism),
                            "--target", self.target, *more)

    def submit(self, script, parallelism):
        """The id of the job, which runs on."""
        done = self.run(script, parallelism, "-d")
        if done.returncode != 0:
            raise RuntimeError(done.stderr or done.stdout)
        return done.stdout.split("JobID", 1)[1].split()[0]

    def state(self, job):
        found = self.try_get(f"/jobs/{job}")
        return found and found["state"]

    def wait_for_state(self, job, *states, limit_s=END_LIMIT_S):
        return self.wait_until(lambda: self.state(job) in states,
                               f"job {job} in {states}", limit_s)
