"""A cluster of real processes on this machine, for tests: JobManagers, of which
one leads and others stand by, and some TaskManagers. Each can be killed, stopped
and started again.

Ports are free ones; everything lies below one folder. Processes die with the
object, whatever the test does.
"""
import collections
import contextlib
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from free_port import free_port
from kafka_broker import die_with_parent

UP_LIMIT_S = 30
END_LIMIT_S = 300
LOOK_EVERY_S = 0.05


class Cluster:
    def __init__(self, binary, folder, task_managers=3, slots=1, config=(),
                 job_managers=1):
        self.binary, self.folder, self.slots = str(binary), folder, slots
        self.config = list(config)
        self.job_managers = ["jobmanager"] + [
            f"jobmanager{i}" for i in range(2, job_managers + 1)]
        self.task_managers = [f"tm{i}" for i in range(task_managers)]
        self.rpc_ports = {name: free_port() for name in self.job_managers}
        self.rest_ports = {name: free_port() for name in self.job_managers}
        self.metrics_ports = collections.defaultdict(free_port)
        self.processes = {}

    def __enter__(self):
        for name in self.names:
            self.start(name)
        self.wait_for_slots(len(self.task_managers) * self.slots)
        return self

    def __exit__(self, *error):
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()

    @property
    def names(self):
        return self.job_managers + self.task_managers

    @property
    def rest_port(self):
        return self.rest_ports[self.job_managers[0]]

    @property
    def target(self):
        """Of the JobManager that leads; of the first while none is known to."""
        return self.url(self.leader() or self.job_managers[0])

    def url(self, name):
        return f"http://127.0.0.1:{self.rest_ports[name]}"

    def leader(self):
        """Its name, or None while nobody says that it leads."""
        if len(self.job_managers) == 1:
            return self.job_managers[0]
        for name in self.job_managers:
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(self.url(name) + "/readyz",
                                            timeout=1):
                    return name
        return None

    def settings(self, name):
        given = self.config + [
            f"metrics.reporter.prom.port={self.metrics_ports[name]}"]
        if name in self.job_managers:
            return given + [f"jobmanager.rpc.port={self.rpc_ports[name]}",
                            f"rest.port={self.rest_ports[name]}",
                            f"jobmanager.resource-id={name}"]
        ports = list(self.rpc_ports.values())
        hosts = [f"127.0.0.1:{port}" for port in ports]
        where = ([f"jobmanager.rpc.address={','.join(hosts)}"]
                 if len(hosts) > 1 else
                 ["jobmanager.rpc.address=127.0.0.1",
                  f"jobmanager.rpc.port={ports[0]}"])
        return given + where + [f"taskmanager.resource-id={name}",
                                f"taskmanager.numberOfTaskSlots={self.slots}"]

    def start(self, name, env=None):
        verb = "jobmanager" if name in self.job_managers else "taskmanager"
        command = [self.binary, verb]
        for setting in self.settings(name):
            command += ["-D", setting]
        log = open(self.folder / f"{name}.log", "a", encoding="utf-8")
        with log:
            self.processes[name] = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, preexec_fn=die_with_parent,
                env=dict(os.environ, **(env or {})))

    def kill(self, name, number=signal.SIGKILL):
        self.processes[name].send_signal(number)
        self.processes[name].wait()

    def restart(self, name):
        self.kill(name)
        self.start(name)

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8",
                                                       errors="replace")

    def get(self, path):
        with urllib.request.urlopen(self.target + path, timeout=5) as answer:
            return json.load(answer)

    def try_get(self, path):
        """None while nobody answers, as when the JobManager is just dead."""
        with contextlib.suppress(OSError, urllib.error.URLError,
                                 json.JSONDecodeError):
            return self.get(path)
        return None

    def metric(self, name, metric):
        """The sum of a process's metric over its labels; None: no answer,
        or not served (yet)."""
        address = f"http://127.0.0.1:{self.metrics_ports[name]}/metrics"
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                text = answer.read().decode()
        except OSError:
            return None
        found = re.findall(rf"^{metric}(?:{{[^\n]*}})? (\S+)$", text, re.M)
        return int(sum(map(float, found))) if found else None

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

    def submit(self, script, parallelism, *more):
        """The id of the job, which runs on."""
        done = self.run(script, parallelism, "-d", *more)
        if done.returncode != 0:
            raise RuntimeError(done.stderr or done.stdout)
        return done.stdout.split("JobID", 1)[1].split()[0]

    def state(self, job):
        found = self.try_get(f"/jobs/{job}")
        return found and found["state"]

    def wait_for_state(self, job, *states, limit_s=END_LIMIT_S):
        return self.wait_until(lambda: self.state(job) in states,
                               f"job {job} in {states}", limit_s)
