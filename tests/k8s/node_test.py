#!/usr/bin/env python3
"""The life of a release on a real node: node.sh calls this in the network of a
node that has the image.

    tests/k8s/node_test.py --binary MILLRACE --tag TAG --work DIR

One job of Nexmark's bids runs over two TaskManagers; pods are deleted under it,
a third TaskManager joins; its rows must equal those of one undisturbed process.
Steps follow from one another; the first that fails ends the test, with the logs
of all pods.
"""
import argparse
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import tools
from prometheus import Prometheus, check_text

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE.parents[1] / "k8s/millrace"
RELEASE = "t"
NAME = "t-millrace"
VOLUME = """apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  capacity: {{storage: 100Mi}}
  accessModes: [ReadWriteOnce]
  storageClassName: millrace-test
  persistentVolumeReclaimPolicy: Retain
  hostPath: {{path: {path}, type: Directory}}
---
"""
# Of the JobManager, of three TaskManagers, of two when it is installed again.
VOLUMES = 6
READY_S = 120
# The job takes 180 s undisturbed; on top come the restarts and a busy machine.
JOB_S = 420
# Well within terminationGracePeriodSeconds of values/node.yaml.
DRAIN_S = 15


class Failed(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failed(what)


def wait_for(what, question, seconds=READY_S):
    """The first true answer to `question`; what it raises counts as none."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if answer := question():
                return answer
        except (OSError, ValueError, KeyError, urllib.error.URLError) as error:
            last = error
        time.sleep(0.2)
    raise Failed(f"after {seconds} s there is no {what}" + (f": {last}" if last else ""))


def call(*words, text=None):
    done = subprocess.run([str(word) for word in words], input=text, capture_output=True,
                          text=True, timeout=300)
    expect(done.returncode == 0, f"{' '.join(map(str, words[:3]))}: {done.stdout}{done.stderr}")
    return done.stdout


def kubectl(*words, text=None):
    return call(tools.program("kubectl"), *words, text=text)


def pods():
    """name -> (uid, ip) of the managers' pods that are not on their way out."""
    listed = json.loads(kubectl("get", "pods", "-o", "json", "-l",
                                f"app.kubernetes.io/instance={RELEASE}"))["items"]
    return {pod["metadata"]["name"]: (pod["metadata"]["uid"], pod["status"].get("podIP"))
            for pod in listed if "manager-" in pod["metadata"]["name"]
            and "deletionTimestamp" not in pod["metadata"]}


class Node:
    def __init__(self, arguments):
        self.arguments = arguments
        self.work = pathlib.Path(arguments.work)
        self.job = None

    # How it is asked.

    def rest(self, path):
        service = json.loads(kubectl("get", "service", f"{NAME}-jobmanager", "-o", "json"))
        address = f"http://{service['spec']['clusterIP']}:8081{path}"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)

    def bids(self):
        """The job's line in /jobs/overview."""
        found = [job for job in self.rest("/jobs/overview")["jobs"] if job["name"] == "bids"]
        expect(len(found) < 2, f"there are {len(found)} jobs named bids")
        return found[0] if found else {"state": "not there"}

    def running(self):
        """Whether every subtask runs."""
        job = self.bids()
        expect(job["state"] not in ("FAILED", "CANCELED"), f"the job is {job['state']}")
        expect(self.job in (None, job.get("jid")), "it is another job")
        tasks = job.get("tasks", {})
        return job["state"] == "RUNNING" and tasks["total"] == tasks["running"]

    def completed(self):
        return self.rest(f"/jobs/{self.job}/checkpoints")["counts"]["completed"]

    def goes_on(self):
        """Waits until the job runs and completes two checkpoints more."""
        wait_for("running job", self.running)
        before = self.completed()
        wait_for("further checkpoint", lambda: self.completed() >= before + 2)

    def helm(self, verb, *words):
        sql = self.work / "nexmark.sql"
        sql.write_text((HERE / "nexmark.sql").read_text())
        return call(tools.program("helm"), verb, RELEASE, CHART, "-f", HERE / "values/node.yaml",
                    "--set", f"image.tag={self.arguments.tag}",
                    "--set", f"checkpoints.hostPath={self.work}/checkpoints",
                    "--set", f"extraVolumes[0].name=out,extraVolumes[0].hostPath.path={self.work}/out",
                    "--set-file", f"jobs.bids.sql={sql}", "--wait", "--timeout", "3m", *words)

    # The steps, in order.

    def prepare_volumes(self):
        # The folders of a node belong to root, and fsGroup does not change that.
        self.work.chmod(0o755)
        volumes = [f"v{n}" for n in range(VOLUMES)]
        for name in ("checkpoints", "out", *volumes):
            folder = self.work / name
            folder.mkdir()
            folder.chmod(0o777)
        kubectl("apply", "-f", "-", text="".join(
            VOLUME.format(name=name, path=self.work / name) for name in volumes))

    def install(self):
        self.helm("install")
        expect(len(pods()) == 3, f"pods: {pods()}")

    def helm_test(self):
        call(tools.program("helm"), "test", RELEASE)

    def job_runs_on_both(self):
        wait_for("running job", self.running)
        self.job = self.bids()["jid"]
        members = {member["id"]: member["freeSlots"]
                   for member in self.rest("/taskmanagers")["taskmanagers"]}
        expect(members == {f"{NAME}-taskmanager-{n}": 0 for n in range(2)}, f"slots: {members}")
        self.goes_on()

    def prometheus_scrapes(self):
        targets = {name: f"{ip}:9249" for name, (_, ip) in pods().items()}
        for name, target in targets.items():
            with urllib.request.urlopen(f"http://{target}/metrics", timeout=5) as answer:
                said = check_text(answer.read())
            expect(not said, f"promtool check metrics, of {name}: {said}")
        with Prometheus(targets.values(), self.work) as server:
            wait_for("target up", lambda: server.value("sum(up)") == len(targets))
            for name in ("flink_jobmanager_numRegisteredTaskManagers",
                         "flink_jobmanager_job_numberOfCompletedCheckpoints",
                         "sum(flink_taskmanager_Status_JVM_Memory_Heap_Used)",
                         "sum(flink_taskmanager_job_task_numRecordsOut)",
                         "histogram_quantile(0.99, sum by (le) "
                         "(millrace_sink_latency_seconds_bucket))"):
                wait_for(name, lambda: server.value(name) > 0)

    def taskmanager_is_deleted(self):
        before = self.rest(f"/jobs/{self.job}/checkpoints")["counts"]["restored"]
        kubectl("delete", "pod", f"{NAME}-taskmanager-1", "--grace-period=0", "--force")
        wait_for("restored checkpoint", lambda: self.rest(
            f"/jobs/{self.job}/checkpoints")["counts"]["restored"] > before)
        self.goes_on()

    def jobmanager_is_deleted(self):
        old = pods()[f"{NAME}-jobmanager-0"]
        kubectl("delete", "pod", f"{NAME}-jobmanager-0", "--grace-period=0", "--force")
        wait_for("new JobManager", lambda: pods()[f"{NAME}-jobmanager-0"] != old)
        self.goes_on()

    def upgrade_to_three(self):
        old = pods()
        self.helm("upgrade", "--set", "taskmanager.replicas=3")
        new = pods()
        expect(len(new) == 4 and old.items() <= new.items(), f"before {old}, after {new}")
        expect(self.rest("/overview")["slots-total"] == 3, "slots")
        said = kubectl("logs", f"job/{NAME}-job-bids")
        expect("is left as it is" in said, f"submitted again: {said}")
        self.helm_test()
        self.goes_on()

    def taskmanager_is_drained(self):
        """As when its node is emptied: it is told, and what runs there moves."""
        name = f"{NAME}-taskmanager-0"
        old, begin = pods()[name], time.monotonic()
        kubectl("delete", "pod", name, "--wait=true")
        expect(time.monotonic() - begin < DRAIN_S, "the drain did not end by itself")
        wait_for("new pod", lambda: pods()[name] != old)
        self.goes_on()

    def upgrade_changes_the_configuration(self):
        """Every pod is replaced, one TaskManager after the other."""
        old = pods()
        self.helm("upgrade", "--set", "taskmanager.replicas=3",
                  "--set", "config.web\\.history=7")
        wait_for("new pods", lambda: len(new := pods()) == 4
                 and not set(new.values()) & set(old.values()))
        wait_for("three TaskManagers", lambda: self.rest("/overview")["slots-total"] == 3)
        said = {entry["key"]: entry["value"] for entry in self.rest("/jobmanager/config")}
        expect(said["web.history"] == "7", f"configuration: {said}")
        self.goes_on()

    def rows_are_those_of_an_undisturbed_run(self):
        wait_for("finished job", lambda: self.bids()["state"] == "FINISHED", JOB_S)
        script = self.work / "expected.sql"
        script.write_text((HERE / "nexmark.sql").read_text()
                          .replace("'rate.limited' = 'true'", "'rate.limited' = 'false'")
                          .replace("/out/bids", f"{self.work}/expected"))
        call(self.arguments.binary, "run", script, "-D", f"millrace.data-dir={self.work}/data")
        rows = [sorted(line for part in folder.glob("part-*")
                       for line in part.read_text().splitlines())
                for folder in (self.work / "out/bids", self.work / "expected")]
        expect(len(rows[1]) > 1000, "the undisturbed run has no rows")
        expect(rows[0] == rows[1], f"{len(rows[0])} rows, {len(rows[1])} were expected")

    def uninstall(self):
        call(tools.program("helm"), "uninstall", RELEASE, "--wait")
        wait_for("end of all pods", lambda: not pods())
        def claims():
            return kubectl("get", "pvc", "-o", "name").split()
        wait_for("end of the TaskManagers' claims", lambda: claims() ==
                 [f"persistentvolumeclaim/store-{NAME}-jobmanager-0"])

    def installed_again_finds_its_jobs(self):
        self.helm("install")
        bids = self.bids()
        expect((bids.get("jid"), bids["state"]) == (self.job, "FINISHED"), f"job: {bids}")
        said = kubectl("logs", f"job/{NAME}-job-bids")
        expect("is not submitted again" in said, f"submitted again: {said}")
        call(tools.program("helm"), "uninstall", RELEASE, "--wait")

    STEPS = (prepare_volumes, install, helm_test, job_runs_on_both, prometheus_scrapes,
             taskmanager_is_deleted, jobmanager_is_deleted, upgrade_to_three,
             taskmanager_is_drained, upgrade_changes_the_configuration,
             rows_are_those_of_an_undisturbed_run, uninstall,
             installed_again_finds_its_jobs)


def show_what_happened():
    for words in (("get", "pods,jobs,pvc", "-o", "wide"),
                  ("get", "events", "--sort-by=.lastTimestamp"),
                  ("logs", "--prefix", "--tail=40", "--all-containers", "-l",
                   f"app.kubernetes.io/instance={RELEASE}")):
        with contextlib.suppress(Failed):
            print(kubectl(*words))


def main():
    parser = argparse.ArgumentParser()
    for name in ("binary", "tag", "work"):
        parser.add_argument(f"--{name}", required=True)
    node = Node(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for step in Node.STEPS:
        begin = time.monotonic()
        try:
            step(node)
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            show_what_happened()
            sys.exit(f"{step.__name__}: {error}")
        print(f"{step.__name__}: {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
