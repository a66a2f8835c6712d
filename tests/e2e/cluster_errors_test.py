#!/usr/bin/env python3
"""What a cluster of real processes says to who asks wrongly, word for word.

    tests/e2e/cluster_errors_test.py --binary build/release/millrace [--rewrite]

The texts are in cluster_errors.golden: a case a section. What differs from run
to run stands as {target}, {job}, {folder} and the like.
"""
import argparse
import contextlib
import http.server
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from cluster_processes import Cluster  # noqa: E402
from free_port import free_port  # noqa: E402
from kafka_broker import die_with_parent  # noqa: E402

GOLDEN = HERE / "cluster_errors.golden"
JOB = """
CREATE TABLE t (id BIGINT) WITH ('connector' = 'datagen',
  'rows-per-second' = '10', 'fields.id.kind' = 'sequence',
  'fields.id.start' = '0', 'fields.id.end' = '1000000');
CREATE TABLE f (id BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO f SELECT id FROM t;
"""


def write(cluster, name, text):
    path = cluster.folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def outcome(done):
    """What a command said on standard error, and its exit status."""
    return f"{done.stderr.strip()}\nexit {done.returncode}"


def case_nobody_listens(cluster):
    return outcome(cluster.command(
        "run", write(cluster, "job.sql", JOB), "--target",
        f"http://127.0.0.1:{cluster.unused_port}"))


def case_another_server_listens(cluster):
    """The port of metrics: HTTP, but no JobManager."""
    address = re.search(r"metrics http://(\S+)/metrics",
                        cluster.log("jobmanager")).group(1)
    return outcome(cluster.command("list", "--target", f"http://{address}")
                   ).replace(address, "{metrics}")


def case_the_port_of_rpc(cluster):
    return outcome(cluster.command(
        "list", "--target", f"http://127.0.0.1:{cluster.rpc_ports['jobmanager']}"))


@contextlib.contextmanager
def of_version(cluster, version):
    """The address of the same cluster, as if it were of another version."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with urllib.request.urlopen(cluster.target + self.path) as answer:
                body = re.sub(rb'("millrace-version":")[^"]*',
                              rb"\g<1>" + version.encode(), answer.read())
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def case_a_cluster_of_another_version(cluster):
    with of_version(cluster, "99.0.0") as target:
        said = outcome(cluster.command(
            "run", write(cluster, "job.sql", JOB), "--target", target))
    return said.replace(target, "{target}")


def case_not_enough_slots(cluster):
    """It waits, says for what, and runs when that has come."""
    script = write(cluster, "job.sql", JOB)
    said = cluster.folder / "said"
    with said.open("w", encoding="utf-8") as out:
        run = subprocess.Popen(
            [cluster.binary, "run", script, "-p", "2", "--target",
             cluster.target], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=out,
            preexec_fn=die_with_parent)
    try:
        cluster.wait_until(lambda: "waits" in said.read_text(encoding="utf-8"),
                           "a wait")
        job = cluster.get("/jobs")["jobs"][0]["id"]
        state = cluster.state(job)
        cluster.task_managers.append("tm1")
        cluster.start("tm1")
        cluster.wait_for_state(job, "RUNNING")
        cluster.command("cancel", job, "--target", cluster.target)
        run.wait(timeout=60)
    finally:
        run.kill()
        run.wait()
    return f"{state}\n{said.read_text(encoding='utf-8')}exit {run.returncode}"


def case_a_job_that_is_unknown(cluster):
    said = []
    for verb in (["cancel"], ["stop"], ["savepoint"]):
        said.append(outcome(cluster.command(*verb, "0" * 32, "--target",
                                            cluster.target)))
    return "\n".join(said)


def case_a_job_that_has_ended(cluster):
    job = cluster.submit(write(cluster, "job.sql", JOB), 1)
    cluster.wait_for_state(job, "RUNNING")
    cluster.command("cancel", job, "--target", cluster.target)
    cluster.wait_for_state(job, "CANCELED")
    return outcome(cluster.command("cancel", job, "--target", cluster.target))


def case_a_stop_whose_savepoint_cannot_be_written(cluster):
    """What it was stopped with is kept, and can be gone on from."""
    script = write(cluster, "job.sql", JOB)
    job = cluster.submit(script, 1)
    cluster.wait_for_state(job, "RUNNING")
    blocked = write(cluster, "file", "no folder")
    said = [re.sub("savepoint-[0-9a-f]{6}-1", "{savepoint}", outcome(
        cluster.command("stop", job, "-p", blocked, "--target",
                        cluster.target)))]
    cluster.wait_for_state(job, "FINISHED")
    done = cluster.run(script, 1, "-d", "--job-id", job)
    said.append(f"{done.stdout.strip()}\nexit {done.returncode}")
    cluster.wait_for_state(job, "RUNNING")
    restored = cluster.get(f"/jobs/{job}/checkpoints")["latest"]["restored"]
    said.append("goes on" if restored else "begins anew")
    for wrong in (["--job-id", job[:8]], ["--job-id", job.upper()]):
        said.append(outcome(cluster.run(script, 1, "-d", *wrong)).replace(
            wrong[1], "{wrong}"))
    said.append(outcome(cluster.command("run", script, "--job-id", job)))
    return "\n".join(said)


def errors_in(log):
    return "\n".join(line for line in log.splitlines()
                     if line.startswith("error:"))


def case_a_task_manager_of_another_cluster(cluster):
    cluster.config.append("high-availability.cluster-id=other")
    cluster.start("stranger")
    process = cluster.processes["stranger"]
    status = process.wait(timeout=30)
    return f"{errors_in(cluster.log('stranger'))}\nexit {status}"


def with_connector(cluster, table, connector):
    """The job's plan with another connector for one of its tables."""
    write(cluster, "job.sql", JOB)
    done = cluster.command("compile", "job.sql", "-o", "plan.json")
    if done.returncode:
        raise RuntimeError(done.stderr)
    plan = (cluster.folder / "plan.json").read_text(encoding="utf-8")
    of = {"f": "blackhole", "t": "datagen"}[table]
    return write(cluster, "other.json",
                 plan.replace(f'"{of}"', f'"{connector}"'))


def case_a_source_that_the_cluster_lacks(cluster):
    return outcome(cluster.run(with_connector(cluster, "t", "carrier-pigeon"),
                               1))


def case_a_sink_that_the_task_manager_lacks(cluster):
    return outcome(cluster.run(with_connector(cluster, "f", "carrier-pigeon"),
                               1))


CASES = {name[len("case_"):]: case for name, case in list(globals().items())
         if name.startswith("case_")}


def said_in(case, binary):
    with tempfile.TemporaryDirectory(prefix="cluster-errors-") as folder:
        unused = free_port()
        with Cluster(binary, pathlib.Path(folder), task_managers=1) as cluster:
            cluster.unused_port = unused
            version = cluster.get("/config")["millrace-version"]
            said = CASES[case](cluster)
    said = said.replace(cluster.target, "{target}").replace(folder, "{folder}")
    said = said.replace(f"program of {version},", "program of {version},")
    for name, port in (("rpc", cluster.rpc_ports["jobmanager"]), ("nobody", unused)):
        said = said.replace(f"127.0.0.1:{port}", "{%s}" % name)
    return re.sub(r"\b[0-9a-f]{32}\b", "{job}", said)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("cases", nargs="*", default=list(CASES))
    options = parser.parse_args()
    golden = {}
    if GOLDEN.exists():
        for section in GOLDEN.read_text(encoding="utf-8").split("== ")[1:]:
            name, text = section.split("\n", 1)
            golden[name] = text.strip()
    failed = 0
    for case in options.cases:
        try:
            said = said_in(case, options.binary.resolve())
        except (TimeoutError, RuntimeError) as error:
            said = f"error in the test: {error}"
        same = said == golden.get(case)
        if not same and not options.rewrite:
            failed += 1
            print(f"{case}: it says\n{said}\nnot\n{golden.get(case)}")
        else:
            print(case, "ok" if same else "rewritten", flush=True)
        golden[case] = said
    if options.rewrite:
        GOLDEN.write_text(
            "\n\n".join(f"== {name}\n{golden[name]}" for name in CASES
                        if name in golden) + "\n", encoding="utf-8")
    print(f"{len(options.cases)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
