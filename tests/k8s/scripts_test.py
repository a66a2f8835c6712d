#!/usr/bin/env python3
"""The scripts that the chart runs in pods, against a JobManager that is played
here and a `millrace` that writes down what it was called with. Needs bash only.

    tests/k8s/scripts_test.py [CLASS[.TEST] ...]
"""
import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

FILES = pathlib.Path(__file__).resolve().parents[2] / "k8s/millrace/files"
MILLRACE = '#!/bin/bash\nprintf "%s\\n" "$@" >"$CALLED"\nexit "${ANSWER:-0}"\n'
TASKS = {"total": 2, "running": 1, "finished": 1}


def job(name, state):
    """As /jobs/overview lists it."""
    return {"jid": "0" * 32, "name": name, "start-time": 1, "state": state,
            "tasks": TASKS, "duration": 5}


class JobManager(http.server.ThreadingHTTPServer):
    """Answers /readyz from the `ready_at`th question on, /jobs/overview with
    each of `jobs` in turn (the last one again and again), and /overview."""

    def __init__(self, jobs=((),), ready_at=1, overview=None, indent=None):
        super().__init__(("127.0.0.1", 0), Answers)
        self.jobs, self.ready_at, self.indent = list(jobs), ready_at, indent
        self.overview, self.asked = overview or {}, []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        super().__exit__(*_)

    def answer(self, path):
        self.asked.append(path)
        if path == "/readyz":
            return (200 if self.asked.count(path) >= self.ready_at else 503), "ok"
        if path == "/jobs/overview":
            now = self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]
            return (200, json.dumps({"jobs": list(now)}, indent=self.indent)) \
                if now is not None else (500, '{"errors":["no"]}')
        return (200, json.dumps(self.overview)) if path == "/overview" else (404, "")


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = self.server.answer(self.path)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class ScriptCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="k8s-scripts-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.called = self.folder / "called"
        program = self.folder / "millrace"
        program.write_text(MILLRACE)
        program.chmod(0o755)

    def script(self, name, port, **variables):
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}", "CALLED": str(self.called),
            "REST_HOST": "127.0.0.1", "REST_PORT": str(port), "TIMEOUT_S": "20",
            "POLL_S": "0.02", **variables}
        return subprocess.run(["bash", str(FILES / name)], env=environment,
                              capture_output=True, text=True, timeout=60)


class Submit(ScriptCase):
    def submit(self, manager, **variables):
        self.called.unlink(missing_ok=True)
        return self.script("submit.sh", manager.server_address[1], **{
            "JOB_NAME": "totals", "JOB_FILE": "/job/job.sql", "PARALLELISM": "2",
            "BOUNDED": "false", "FROM_SAVEPOINT": "", **variables})

    def test_a_job_is_submitted_unless_one_of_its_name_is_there(self):
        for states, bounded, submitted in (
                ((), "false", True),
                (("RUNNING",), "false", False),
                (("RESTARTING",), "false", False),
                (("CREATED",), "false", False),
                (("FINISHED",), "false", True),
                (("FINISHED",), "true", False),
                (("FAILED",), "true", True),
                (("CANCELED",), "false", True),
                (("CANCELED", "FAILED", "RUNNING"), "false", False),
                (("CANCELED", "FINISHED"), "true", False)):
            for indent in (None, 2):
                with self.subTest(states=states, bounded=bounded, indent=indent):
                    jobs = [job("totals-2", "RUNNING"), job("x", "RUNNING"),
                            *(job("totals", state) for state in states)]
                    with JobManager([jobs], indent=indent) as manager:
                        done = self.submit(manager, BOUNDED=bounded)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(self.called.exists(), submitted, done.stdout)
                    if not submitted:
                        self.assertIn("job totals is ", done.stdout)

    def test_what_the_program_is_called_with(self):
        with JobManager() as manager:
            self.submit(manager, FROM_SAVEPOINT="/checkpoints/savepoints/s 1")
            target = f"http://127.0.0.1:{manager.server_address[1]}"
        self.assertEqual(self.called.read_text().splitlines(), [
            "run", "/job/job.sql", "--config", "/etc/millrace/millrace.yaml",
            "--target", target, "-d", "-p", "2", "-D", "pipeline.name=totals",
            "--from-savepoint", "/checkpoints/savepoints/s 1"])

    def test_its_status_is_the_programs(self):
        with JobManager() as manager:
            self.assertEqual(self.submit(manager, ANSWER="2").returncode, 2)

    def test_waits_until_the_job_manager_is_ready(self):
        with JobManager(ready_at=4) as manager:
            self.assertEqual(self.submit(manager).returncode, 0)
            self.assertEqual(manager.asked, ["/readyz"] * 4 + ["/jobs/overview"])
        self.assertTrue(self.called.exists())

    def test_gives_up_when_it_is_never_ready(self):
        with JobManager(ready_at=10**9) as manager:
            done = self.submit(manager, TIMEOUT_S="1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not ready after 1 s", done.stderr)
        self.assertFalse(self.called.exists())

    def test_submits_nothing_when_it_cannot_ask_what_runs(self):
        with JobManager([None]) as manager:
            done = self.submit(manager)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot ask", done.stderr)
        self.assertFalse(self.called.exists())

    def test_waits_for_a_job_on_its_way_out(self):
        steps = [[job("totals", state)] for state in
                 ("CANCELLING", "CANCELLING", "CANCELED")]
        with JobManager(steps) as manager:
            self.assertEqual(self.submit(manager).returncode, 0)
            self.assertEqual(manager.asked.count("/jobs/overview"), 3)
        self.assertTrue(self.called.exists())


class CheckSlots(ScriptCase):
    def check(self, found, **variables):
        overview = {"jobs-running": 3, "slots-available": 0, "slots-total": found[1],
                    "taskmanagers": found[0], "taskmanagers-blocked": 7}
        with JobManager(overview=overview) as manager:
            return self.script("check_slots.sh", manager.server_address[1],
                               TASKMANAGERS="2", SLOTS="4", **variables)

    def test_all_there(self):
        done = self.check((2, 4))
        self.assertEqual((done.returncode, done.stdout), (0, "2 TaskManagers, 4 slots\n"))

    def test_says_what_is_missing(self):
        for found in ((1, 2), (2, 2), (3, 4)):
            done = self.check(found, TIMEOUT_S="0")
            self.assertEqual(done.returncode, 1, found)
            self.assertIn(f"TaskManagers: {found[0]} of 2, slots: {found[1]} of 4",
                          done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
