#!/usr/bin/env python3
"""Runs jobs on a cluster of real processes and looks at what comes out.

    tests/e2e/cluster_test.py --binary build/release/millrace [CASE...]
    tests/e2e/cluster_test.py --binary build/release/millrace nexmark \
        --data DIR --set medium

Cases: the benchmark's queries with the rows that real Flink gives, at each
parallelism and on both backends; a job that waits for a slot; a JobManager that
is killed and comes back, others that wait for it, and one that stands still and
wakes; what is said to who asks wrongly.
"""
import argparse
import collections
import gzip
import pathlib
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "nexmark")]
import check as nexmark  # noqa: E402
from cluster_processes import Cluster  # noqa: E402
from free_port import free_port  # noqa: E402

RATE = 5000
ENDLESS = f"""
SET 'execution.checkpointing.interval' = '200 ms';
CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen',
  'rows-per-second' = '{RATE}', 'fields.id.kind' = 'sequence',
  'fields.id.start' = '0', 'fields.id.end' = '%d');
CREATE TABLE f (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out',
  'format' = 'json');
INSERT INTO f SELECT id FROM t;
"""


def write(cluster, name, text):
    path = cluster.folder / name
    path.write_text(text, encoding="utf-8")
    return path


def difference(cluster, rows):
    """Empty when the job's output holds each of 0 .. rows - 1 once."""
    found = collections.Counter()
    for part in (cluster.folder / "out").glob("part-*"):
        found.update(part.read_text(encoding="utf-8").splitlines())
    expected = {f'{{"id":{row}}}' for row in range(rows)}
    lost = sum(1 for row in expected if row not in found)
    double = sum(count - 1 for count in found.values())
    strange = sum(1 for row in found if row not in expected)
    return (f"{lost} lost, {double} double, {strange} strange"
            if lost or double or strange else "")


def check_nexmark(cluster, options):
    folder, data = HERE.parent / "nexmark", options.data
    events = cluster.folder / "events.ndjson"
    with gzip.open(data / f"data/{options.set}.ndjson.gz") as packed, \
            open(events, "wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
    for backend in options.backends.split(","):
        for query in options.queries.split(","):
            for parallelism in options.parallelism.split(","):
                name = f"{backend}-{query}-{parallelism}"
                sink = (f"'connector'='changelog-out','path'='{cluster.folder}"
                        f"/{name}','mode'='retract'")
                text = f"SET 'state.backend.type' = '{backend}';\n" + "".join(
                    (folder / "sql" / f"{part}.sql").read_text()
                    .replace("__INPUT__", str(events))
                    .replace("__SINK__", sink)
                    for part in ("ddl_source", query))
                script = write(cluster, f"{name}.sql", text)
                done = cluster.run(script, parallelism)
                wrong = (f"exit {done.returncode}: {done.stderr[-400:]}"
                         if done.returncode else
                         nexmark.compare(
                             nexmark.remaining_rows(cluster.folder / name),
                             *nexmark.expected_rows(data, options.set, query)))
                print(f"  {name}: {wrong or 'same'}", flush=True)
                if wrong:
                    yield f"{name}: {wrong}"
                shutil.rmtree(cluster.folder / name, ignore_errors=True)


def check_task_manager_killed(cluster, _):
    rows = 6 * RATE
    job = cluster.submit(write(cluster, "job.sql", ENDLESS % (rows - 1)), 3)
    cluster.wait_for_state(job, "RUNNING")
    cluster.wait_until(lambda: cluster.get(f"/jobs/{job}/checkpoints")
                       ["counts"]["completed"] > 0, "a checkpoint")
    cluster.restart("tm1")
    cluster.wait_for_state(job, "FINISHED", "FAILED")
    if wrong := difference(cluster, rows):
        yield wrong


def check_job_manager_killed(cluster, _):
    rows = 10 * RATE
    job = cluster.submit(write(cluster, "job.sql", ENDLESS % (rows - 1)), 3)
    cluster.wait_for_state(job, "RUNNING")
    cluster.wait_until(lambda: cluster.get(f"/jobs/{job}/checkpoints")
                       ["counts"]["completed"] > 0, "a checkpoint")
    start = time.monotonic()
    cluster.restart("jobmanager")
    cluster.wait_for_state(job, "RUNNING", "FINISHED")
    took = time.monotonic() - start
    print(f"  RUNNING {took:.2f} s after the kill", flush=True)
    if took > 10:
        yield f"RUNNING only {took:.1f} s after the kill"
    cluster.wait_for_state(job, "FINISHED", "FAILED")
    if wrong := difference(cluster, rows):
        yield wrong


def check_waits_for_slots(cluster, _):
    job = cluster.submit(write(cluster, "job.sql", ENDLESS % (RATE - 1)), 4)
    time.sleep(0.3)
    if cluster.state(job) != "CREATED":
        yield f"it is {cluster.state(job)} with 4 slots of 3"
    cluster.task_managers.append("tm3")
    cluster.start("tm3")
    cluster.wait_for_state(job, "FINISHED", "FAILED")
    if wrong := difference(cluster, RATE):
        yield wrong


def check_cancel(cluster, _):
    job = cluster.submit(write(cluster, "job.sql", ENDLESS % 10**9), 3)
    cluster.wait_for_state(job, "RUNNING")
    done = cluster.command("cancel", job, "--target", cluster.target)
    if done.returncode != 0:
        yield f"cancel: {done.stderr}"
    cluster.wait_for_state(job, "CANCELED", limit_s=10)
    again = cluster.command("cancel", job, "--target", cluster.target)
    unknown = cluster.command("cancel", "0" * 32, "--target", cluster.target)
    for wrongly in (again, unknown):
        if wrongly.returncode == 0 or not wrongly.stderr:
            yield f"no error: {wrongly.stdout}"


def check_standby(cluster, _):
    """JobManagers that wait, and lead one after the other: each sweeps away what
    those that are dead had on their way, and that may be a waiting one's."""
    for name in ("jobmanager2", "jobmanager3"):
        cluster.job_managers.append(name)
        cluster.rpc_ports[name] = free_port()
        cluster.rest_ports[name] = free_port()
        cluster.start(name)
        cluster.wait_until(lambda: "waits: another JobManager"
                           in cluster.log(cluster.job_managers[-1]), name)
    for dead in ("jobmanager", "jobmanager2"):
        cluster.kill(dead)
        cluster.wait_until(lambda: cluster.leader() not in (None, dead),
                           f"another one leads than {dead}")
    done = cluster.run(write(cluster, "job.sql", ENDLESS % (RATE - 1)), 1, "-d")
    if done.returncode:
        yield f"the third JobManager takes no job: {done.stderr}"


def check_leader_stopped(cluster, _):
    """It holds all its locks and connections, and is replaced all the same; when
    it wakes it finds out before it does anything."""
    rows = 20 * RATE
    job = cluster.submit(write(cluster, "job.sql", ENDLESS % (rows - 1)), 3)
    cluster.wait_for_state(job, "RUNNING")

    def completed():
        found = cluster.try_get(f"/jobs/{job}/checkpoints")
        return found and (found["latest"]["completed"] or {"id": 0})["id"]

    cluster.wait_until(completed, "a checkpoint")
    stopped = cluster.leader()
    cluster.signal(stopped, signal.SIGSTOP)
    took = cluster.wait_until(lambda: cluster.leader() not in (None, stopped),
                              "another JobManager leads")
    print(f"  another one led {took:.1f} s after the stop", flush=True)
    if took > 4 * LEASE_S:
        yield f"another one led only {took:.1f} s after the stop"
    cluster.wait_for_state(job, "RUNNING")
    before = completed()
    cluster.wait_until(lambda: completed() > before, "one more checkpoint")
    cluster.signal(stopped, signal.SIGCONT)
    cluster.wait_until(lambda: "leads no more" in cluster.log(stopped),
                       "the one that woke knows")
    if "is taken up again" in cluster.log(stopped):
        yield "the one that woke has taken up the job"
    if cluster.leader() == stopped:
        yield "the one that woke leads"
    cluster.wait_for_state(job, "FINISHED", "FAILED")
    if wrong := difference(cluster, rows):
        yield wrong


LEASE_S = 2
check_leader_stopped.cluster = {
    "job_managers": 2,
    "config": [f"high-availability.lease-duration={LEASE_S} s"]}


def check_many_jobs(cluster, _):
    slowest = 0
    jobs = []
    for i in range(3):
        start = time.monotonic()
        jobs.append(cluster.submit(
            write(cluster, f"job{i}.sql",
                  (ENDLESS % 10**9).replace("'out'", f"'out-{i}'")), 1))
        cluster.wait_for_state(jobs[-1], "RUNNING")
        slowest = max(slowest, time.monotonic() - start)
    print(f"  the slowest was up in {slowest:.2f} s", flush=True)
    if slowest > 3:  # A tenth of that where nothing else runs.
        yield f"a small job took {slowest:.2f} s to run"
    for job in jobs:
        cluster.command("cancel", job, "--target", cluster.target)
        cluster.wait_for_state(job, "CANCELED")


CASES = {name[len("check_"):]: case for name, case in list(globals().items())
         if name.startswith("check_")}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--queries", default=",".join(nexmark.QUERIES))
    parser.add_argument("--data", type=pathlib.Path,
                        default=HERE.parent / "nexmark",
                        help="folder with data/ and expected/ of the queries")
    parser.add_argument("--set", default="small")
    parser.add_argument("--parallelism", default="1,2,3")
    parser.add_argument("--backends", default="memory,rocksdb")
    parser.add_argument("cases", nargs="*", default=list(CASES))
    options = parser.parse_args()
    failed = 0
    for case in options.cases:
        with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
            with Cluster(options.binary.resolve(), pathlib.Path(folder),
                         **getattr(CASES[case], "cluster", {})) as it:
                found = []
                try:
                    found += CASES[case](it, options)
                except (TimeoutError, RuntimeError) as error:
                    found.append(str(error))
        print(case, "; ".join(found) or "ok", flush=True)
        failed += bool(found)
    print(f"{len(options.cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
