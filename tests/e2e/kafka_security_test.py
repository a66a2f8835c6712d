#!/usr/bin/env python3
"""Jobs that log in: who they are, what they may do, and that their password is
told to nobody but the broker.

    tests/e2e/kafka_security_test.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [CLASS[.TEST] ...]
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

from cluster_processes import Cluster
from kafka_broker import Broker, Unavailable
import kafka_case
from kafka_case import KafkaCase

# What is searched for; nothing else looks like it.
PASSWORD = "zQ7-pass-of-alice-Wx9"
USER = "User:alice"


def number(n):
    return json.dumps({"id": n})


class Secure(KafkaCase):
    """Tables log in as alice; topics are made and filled by one who may."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.broker = Broker(users={"alice": PASSWORD, "bob": "other"})
            cls.broker.start()
        except Unavailable as missing:
            if cls.broker is not None:
                cls.broker.close()
            sys.exit(f"cannot test against a real broker: {missing}")

    def secure(self, columns="id INT", password=PASSWORD, **options):
        jaas = ("org.apache.kafka.common.security.plain.PlainLoginModule required "
                f'username="alice" password="{password}";')
        return self.kafka(columns, **{
            "properties_bootstrap_servers": self.broker.secure_address,
            "properties_security_protocol": "SASL_PLAINTEXT",
            "properties_sasl_mechanism": "PLAIN",
            "properties_sasl_jaas_config": jaas, **options})

    def grant(self, *rights):
        """Each "KIND NAME OPERATION"."""
        for right in rights:
            self.ask("grant", USER, *right.split())

    def may_read(self):
        self.grant(f"topic {self.topic} read", f"topic {self.topic} describe")


class Rights(Secure):
    def test_who_logs_in_reads(self):
        self.create(1)
        self.produce(number(1), number(2))
        self.may_read()
        self.run_ok(self.secure(), self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        self.assertEqual(self.rows(), ["[1]", "[2]"])

    def test_a_wrong_password_is_named_and_not_shown(self):
        self.create(1)
        errors = self.refusal(self.secure(password="wrong-" + PASSWORD), self.out("id INT"),
                              "INSERT INTO o SELECT id FROM t")
        self.assertIn("SRC-0301", errors)
        self.assertRegex(errors, "(?i)authentication failed")
        self.assertNotIn(PASSWORD, errors)

    def test_a_right_that_was_never_given_is_named_with_its_command(self):
        self.create(1)
        errors = self.refusal(self.secure(), self.out("id INT"),
                              "INSERT INTO o SELECT id FROM t")
        self.assertIn("SRC-0306", errors)
        self.assertIn(f"the brokers do not let {USER} read", errors)
        self.assertIn(f"--add --allow-principal {USER} --operation Read "
                      f"--operation Describe --topic {self.topic}", errors)

    def test_a_right_that_is_taken_and_given_back(self):
        for taken in (("read",), ("read", "describe")):
            with self.subTest(taken):
                self.topic = "rights-" + "-".join(taken)
                self.create(1)
                self.may_read()
                self.check_taken_and_given_back(taken, f"out{len(taken)}")

    def check_taken_and_given_back(self, taken, out):
        job = self.job(
            "SET 'execution.checkpointing.interval' = '200 ms'",
            f"SET 'pipeline.name' = '{out}'",
            self.secure(scan_bounded_mode=None), self.out("id INT", out),
            f"INSERT INTO {out} SELECT id FROM t")
        self.produce(*(number(n) for n in range(5)))
        self.wait_for_rows(5, job, out)
        for operation in taken:
            self.ask("revoke", USER, "topic", self.topic, operation)
        self.produce(*(number(n) for n in range(5, 10)))
        line = self.line_with("SRC-0306", job)
        self.assertIn("is started again", line)
        self.assertIn(USER, line)
        time.sleep(3)
        self.assertIsNone(job.poll(), "it waits")
        self.may_read()
        self.wait_for_rows(10, job, out)
        self.cancel(job)
        self.assertEqual(self.rows(out), sorted(f"[{n}]" for n in range(10)))

    def test_a_right_that_an_exactly_once_sink_loses_and_gets_back(self):
        out = f"{self.topic}-out"
        commits = f"__{out}_commits"
        self.create(1)
        self.create(1, out)
        self.create(1, commits, cleanup_policy="compact")
        self.may_read()
        self.grant(f"topic {out} write", f"topic {commits} read", f"topic {commits} write",
                   f"topic {commits} describe-configs")
        self.broker.let_transact(USER)
        job = self.job("SET 'execution.checkpointing.interval' = '200 ms'",
                       self.secure(scan_bounded_mode=None),
                       self.secure(topic=out, name="o", sink_delivery__guarantee=None),
                       "INSERT INTO o SELECT id FROM t")
        self.produce(*(number(n) for n in range(100)))
        self.wait_for_copies(100, job, out)
        self.ask("revoke", USER, "topic", out, "write")
        self.produce(*(number(n) for n in range(100, 200)))
        line = self.line_with("is tried again", job)
        self.assertRegex(line, r"SNK-030[48]")
        self.assertIn(out, line)
        time.sleep(3)
        self.assertIsNone(job.poll(), "it waits")
        self.grant(f"topic {out} write")
        self.wait_for_copies(200, job, out)
        self.cancel(job)
        self.assertEqual([row["id"] for _, row in kafka_case.rows(
            self.ask("consume", out).decode())], list(range(200)), "once each, in order")

    def wait_for_copies(self, count, job, topic):
        self.wait_until(lambda: job.poll() is not None or len(self.consume(topic)) >= count,
                        lambda: f"{len(self.consume(topic))} of {count}")
        self.assertIsNone(job.poll(), "the job ended")

    def test_a_sink_that_may_not_write_says_so(self):
        self.create(1)
        self.grant(f"topic {self.topic} describe")
        errors = self.refusal(self.secure(), "INSERT INTO t VALUES (1)")
        self.assertRegex(errors, r"SNK-03\d\d")
        self.assertIn("that this client may write to it", errors)


class Secrets(Secure):
    """The password, written into a table or referred to, and all that a cluster
    and an embedded run write and say."""

    def copies(self, password):
        return [self.secure(password=password, scan_bounded_mode=None),
                self.out("id INT"), "INSERT INTO o SELECT id FROM t"]

    def found_in(self, folder, but=()):
        """Files below it that hold the password."""
        return sorted(
            str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")
            if path.is_file() and path.name not in but
            and PASSWORD.encode() in path.read_bytes())

    def test_an_embedded_run_shows_it_nowhere(self):
        self.create(1)
        self.produce(number(1), '{"id":')
        self.may_read()
        job = self.job("SET 'execution.checkpointing.interval' = '200 ms'",
                       *self.copies(PASSWORD))
        self.wait_for_rows(1, job)
        time.sleep(1)
        job.send_signal(2)
        output, errors = job.communicate(timeout=60)
        self.assertNotIn(PASSWORD, output + errors)
        self.assertEqual(self.found_in(self.folder, but=("job.sql",)), [],
                         "checkpoints, letters, output")
        self.replays_without_showing_it()
        explained = subprocess.run(
            [self.binary, "explain", str(self.folder / "job.sql")], text=True,
            capture_output=True, check=True, cwd=self.folder)
        self.assertNotIn(PASSWORD, explained.stdout + explained.stderr)

    def replays_without_showing_it(self):
        (self.folder / "fixed.sql").write_text(";\n".join(
            [self.secure(), self.out("id INT"), "INSERT INTO o SELECT id FROM t"]) + ";\n")
        letters, = (self.folder / "millrace-data").glob("*/dead-letters/t")
        done = subprocess.run(
            [self.binary, "dlq", "replay", letters.parent.parent.name, "t", "fixed.sql"],
            text=True, capture_output=True, check=False, cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(list(letters.glob(".replayed/*/letters")))
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)
        self.assertEqual(self.found_in(self.folder, but=("job.sql", "fixed.sql")), [])

    def test_a_reference_keeps_it_out_of_plans_too(self):
        self.create(1)
        self.produce(number(1))
        self.may_read()
        secret = self.folder / "secret"
        secret.write_text(PASSWORD + "\n")
        os.environ["E2E_PASSWORD"] = PASSWORD
        self.addCleanup(os.environ.pop, "E2E_PASSWORD")
        for i, reference in enumerate(("${env:E2E_PASSWORD}",
                                       f"${{directory:{self.folder}:secret}}")):
            out = f"out{i}"
            self.run_ok(f"SET 'pipeline.name' = '{out}'", self.secure(password=reference),
                        self.out("id INT", out), f"INSERT INTO {out} SELECT id FROM t")
            self.assertEqual(self.rows(out), ["[1]"])
        subprocess.run([self.binary, "compile", "job.sql", "-o", "plan.json"],
                       cwd=self.folder, check=True)
        self.assertEqual(self.found_in(self.folder, but=("secret",)), [])
        os.environ["E2E_PASSWORD"] = "none"
        errors = self.refusal(self.secure(password="${env:E2E_NOWHERE}"), self.out("id INT"),
                              "INSERT INTO o SELECT id FROM t")
        self.assertIn("SQL-0319", errors)

    def test_a_cluster_shows_it_nowhere(self):
        self.create(1)
        self.produce(number(1))
        self.may_read()
        (self.folder / "job.sql").write_text(";\n".join(
            ["SET 'execution.checkpointing.interval' = '200 ms'",
             *self.copies(PASSWORD)]) + ";\n")
        cluster_folder = self.folder / "cluster"
        cluster_folder.mkdir()
        with Cluster(self.binary, cluster_folder, task_managers=1) as cluster:
            done = subprocess.run(
                [self.binary, "run", "-d", "--target", cluster.target, "job.sql"],
                cwd=self.folder, capture_output=True, text=True, check=True)
            job_id = re.search(r"JobID ([0-9a-f]{32})", done.stdout).group(1)
            self.wait_until(lambda: len(self.rows()) >= 1)
            time.sleep(1)
            said = done.stdout + done.stderr
            for path in self.pages(cluster, job_id):
                with urllib.request.urlopen(cluster.target + path) as page:
                    said += page.read().decode()
            self.assertNotIn(PASSWORD, said)
        # The plan itself, with which the job is begun again, has it: a reference
        # keeps it out of there.
        found = [path for path in self.found_in(cluster_folder) if "/ha/" not in path
                 and not path.startswith("ha/")]
        self.assertEqual(found, [], "logs, checkpoints, output")

    def pages(self, cluster, job_id):
        job = f"/jobs/{job_id}"
        with urllib.request.urlopen(cluster.target + job) as page:
            vertices = json.load(page)["vertices"]
        pages = ["/config", "/jobmanager/config", "/overview", "/jobs", "/jobs/overview",
                 "/taskmanagers", job]
        pages += [f"{job}/{name}" for name in ("plan", "config", "exceptions", "checkpoints",
                                              "checkpoints/config", "accumulators")]
        for vertex in vertices:
            pages += [f"{job}/vertices/{vertex['id']}{rest}"
                      for rest in ("", "/watermarks", "/metrics", "/subtasktimes")]
        return [page for page in pages if self.answers(cluster.target + page)]

    @staticmethod
    def answers(url):
        try:
            with urllib.request.urlopen(url):
                return True
        except urllib.error.HTTPError:
            return False


if __name__ == "__main__":
    kafka_case.main()
