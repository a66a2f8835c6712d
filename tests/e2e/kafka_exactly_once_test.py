#!/usr/bin/env python3
"""Exactly once from Kafka to Kafka on a real broker: a job copies numbered
records while it is killed with SIGKILL at every step of the protocol, started
again by the same command each time, and what a read_committed consumer sees at
the end is dense, single, and in order by key.

    tests/e2e/kafka_exactly_once_test.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [--rounds 1] [CLASS[.TEST]]
"""
import collections
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

from free_port import free_port
from failpoints import REQUESTS, SINK_STEPS
from kafka_broker import die_with_parent
import kafka_case
from kafka_case import JOB_S, KafkaCase, NULL
from numbered_input import NumberedInput
from numbered_records import KEYS, Wrong, expect_no_gaps, expect_whole

# Where it is killed: steps of the sink, and requests of its client (which one
# of their kind in the process's life: 2 hits the first epoch's where the first
# was the nonce's).
STEPS = (*SINK_STEPS, "jm.complete.before_cas", "jm.complete.before_notify")
POINTS = tuple((step, nth) for step in STEPS for nth in (1, 2)) + tuple(
    (request, nth) for request in REQUESTS for nth in (1, 2, 4)
    if "init" not in request or nth == 1)
DEATH_S = 30
END_S = 60


class Numbers(NumberedInput):
    """Writes records {"id": n, "k": n % KEYS} to a topic of one partition."""
    EVERY_S = 0.1

    def __init__(self, case, topic, rate=400):
        super().__init__(rate)
        self.case, self.topic = case, topic
        case.addCleanup(self.stop)
        self.start()

    def put(self, numbers):
        self.case.produce(
            *((0, "-", NULL, json.dumps({"id": n, "k": n % KEYS}))
              for n in numbers), topic=self.topic)

    def there(self):
        return (json.loads(record[4])["id"]
                for record in self.case.consume(self.topic))


class Case(KafkaCase):
    def script(self, name="", to="out", interval_ms=200, **options):
        """Copies self.topic to self.topic-`to`, by key."""
        columns = "id BIGINT, k BIGINT"
        source = self.kafka(columns, name="numbers", scan_bounded_mode=None)
        sink = self.kafka(
            columns, f"{self.topic}-{to}", "copied", key_format="json",
            key_fields="k", sink_delivery__guarantee=None, **options)
        return [f"SET 'pipeline.name' = '{self.topic}{name}'",
                f"SET 'execution.checkpointing.interval' = '{interval_ms} ms'",
                "SET 'execution.checkpointing.tolerable-failed-checkpoints' = "
                "'1000'",
                "SET 'restart-strategy.type' = 'none'", source, sink,
                "INSERT INTO copied SELECT id, k FROM numbers"]

    def start(self, script, failpoint="", parallelism=1, words=()):
        file = self.folder / "job.sql"
        file.write_text(";\n".join(script) + ";\n")
        process = subprocess.Popen(
            [self.binary, "run", str(file), "-p", str(parallelism), *words],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, preexec_fn=die_with_parent,
            env=dict(os.environ, MILLRACE_FAILPOINTS=failpoint))
        self.addCleanup(self.dispose, process)
        return process

    def kill_at(self, script, failpoint, parallelism=1):
        """Whether it was reached and killed; otherwise it is killed anyhow."""
        job = self.start(script, failpoint, parallelism)
        try:
            _, errors = job.communicate(timeout=DEATH_S)
        except subprocess.TimeoutExpired:
            job.kill()
            job.communicate()
            return False
        if job.returncode != -signal.SIGKILL:
            self.fail(f"{failpoint}: ended with {job.returncode}: "
                      f"{errors[-300:]}")
        return True

    def copied(self, to="out"):
        return kafka_case.rows(
            self.ask("consume", f"{self.topic}-{to}").decode())

    def finish(self, script, count, parallelism=1, to="out", words=()):
        """Runs the job until the last of so many records is there, and ends
        it."""
        self.end(self.start(script, parallelism=parallelism, words=words), count,
                 to)

    def end(self, job, count, to="out"):
        deadline = time.monotonic() + END_S
        while time.monotonic() < deadline and job.poll() is None:
            if any(row["id"] == count - 1 for _, row in self.copied(to)):
                break
            time.sleep(0.3)
        else:
            if job.poll() is not None:
                self.fail(f"it ended: {job.stderr.read()}")
            expect_no_gaps(self.copied(to))
            self.fail(f"the last of {count} is not there within {END_S} s")
        time.sleep(1)  # What comes twice, or late, comes now.
        job.send_signal(signal.SIGINT)
        job.communicate(timeout=30)

    def check(self, count):
        """Dense, single, in order by key; one key in one partition."""
        expect_whole(self.copied(), count)


class Kills(Case):
    rounds = 1

    def test_at_every_step_of_the_protocol(self):
        self.create(1)
        self.create(3, f"{self.topic}-out")
        numbers = Numbers(self, self.topic)
        missed, kills = [], 0
        for point, nth in itertools.chain.from_iterable([POINTS] * self.rounds):
            if self.kill_at(self.script(), f"{point}=kill@{nth}"):
                kills += 1
            else:
                missed.append((point, nth))
        numbers.stop()
        self.finish(self.script(), numbers.count)
        self.check(numbers.count)
        print(f"{kills} kills at {len(POINTS)} points, {numbers.count} records, "
              f"0 lost, 0 double", file=sys.stderr)
        self.assertEqual(missed, [], "points that were not reached")

    def test_with_other_parallelisms_in_between(self):
        self.create(4)
        self.create(3, f"{self.topic}-out")
        numbers = Numbers(self, self.topic)
        points = [("sink.before_marker", 1), ("sink.before_commit", 2),
                  ("sink.after_commit", 1), ("kafka.end_txn.answered", 3)]
        for parallelism, (point, nth) in zip((1, 3, 2, 4, 1, 2, 4, 1),
                                             points + points):
            self.assertTrue(
                self.kill_at(self.script(), f"{point}=kill@{nth}", parallelism),
                f"{point} was not reached at parallelism {parallelism}")
        numbers.stop()
        self.finish(self.script(), numbers.count, 2)
        self.check(numbers.count)


class Outages(Case):
    def test_longer_than_every_timeout_loses_nothing(self):
        self.create(1)
        self.create(1, f"{self.topic}-out")
        numbers = Numbers(self, self.topic)
        script = self.script(properties_transaction_timeout_ms=2000)
        for point in ("sink.before_commit", "kafka.end_txn.sent"):
            self.assertTrue(self.kill_at(script, f"{point}=kill@2"))
            time.sleep(14)  # Brokers look every 10 s for what is too old.
        numbers.stop()
        self.finish(script, numbers.count)
        self.check(numbers.count)

    def test_a_broker_that_dies_in_between_is_waited_for(self):
        self.create(1)
        self.create(1, f"{self.topic}-out")
        self.produce(*((0, "-", NULL, json.dumps({"id": n, "k": n % KEYS}))
                       for n in range(1000)))
        job = self.start(self.script())
        deadline = time.monotonic() + END_S
        while not self.copied() and time.monotonic() < deadline:
            time.sleep(0.2)
        self.broker.kill()
        time.sleep(3)
        self.broker.start()
        self.produce(*((0, "-", NULL, json.dumps({"id": n, "k": n % KEYS}))
                       for n in range(1000, 2000)))
        deadline = time.monotonic() + END_S
        while len(self.copied()) < 2000 and time.monotonic() < deadline:
            time.sleep(0.3)
        self.assertIsNone(job.poll(), "it went on")
        self.check(2000)


class Topics(Case):
    def run_values(self, *values, **options):
        rows = ", ".join(f"({value})" for value in values)
        return self.run_job(
            f"SET 'pipeline.name' = '{self.topic}'",
            self.kafka("id INT", sink_delivery__guarantee=None, **options),
            f"INSERT INTO t VALUES {rows}")

    def commits(self):
        return f"__{self.topic}_commits"  # Of the topic that is written to.

    def test_a_bounded_job_ends_when_all_is_committed(self):
        self.create(1)
        status, _, errors = self.run_values(1, 2, 3)
        self.assertEqual(status, 0, errors)
        self.assertEqual([json.loads(row[4])["id"] for row in self.consume()],
                         [1, 2, 3])
        markers = [row for row in self.consume(self.commits())
                   if not row[3].endswith("/nonce")]
        self.assertEqual(len(markers), 1)
        self.assertRegex(markers[0][4], r"^1 [0-9a-f]{32} \d+ 0 - [0-9a-f]{16}$")

    def test_a_commits_topic_that_forgets(self):
        self.create(1)
        self.create(1, self.commits(), cleanup_policy="delete")
        status, _, errors = self.run_values(1)
        self.assertNotEqual(status, 0)
        self.assertIn("SNK-0304", errors)
        self.assertIn("--add-config cleanup.policy=compact", errors)

    def test_a_topic_that_does_not_exist(self):
        status, _, errors = self.run_values(1)
        self.assertNotEqual(status, 0)
        self.assertIn("SNK-0304", errors)
        self.assertIn(f"kafka-topics.sh --bootstrap-server {self.broker.address} "
                      f"--create --topic {self.topic}", errors)

    def test_a_transaction_longer_than_the_brokers_allow(self):
        self.create(1)
        status, _, errors = self.run_values(
            1, properties_transaction_timeout_ms=3600000)
        self.assertNotEqual(status, 0)
        self.assertIn("transaction.max.timeout.ms is 900000", errors)

    def test_a_broker_that_is_not_there(self):
        address = self.broker.address
        self.broker.address = "127.0.0.1:1"
        self.addCleanup(setattr, self.broker, "address", address)
        status, _, errors = self.run_values(1)
        self.assertNotEqual(status, 0)
        self.assertIn("SNK-0302", errors)
        self.assertIn("Connection refused", errors)


class Markers(Case):
    def test_that_are_lost_stop_the_job_until_somebody_decides(self):
        self.create(1)
        self.create(1, f"{self.topic}-out")
        numbers = Numbers(self, self.topic)
        # Not in a transaction, which the topic would take along; and late
        # enough for a checkpoint to know of a marker.
        self.assertTrue(self.kill_at(self.script(), "sink.after_commit=kill@12"))
        numbers.stop()
        commits = f"__{self.topic}-out_commits"
        self.ask("delete", commits)
        time.sleep(2)
        self.create(1, commits, cleanup_policy="compact")
        job = self.start(self.script())
        try:
            _, errors = job.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            job.kill()
            job.communicate()
            expect_no_gaps(self.copied())
            self.fail("it does not stop, and nothing is wrong yet")
        self.assertIn("SNK-0306", errors)
        self.assertIn("'sink.on-marker-loss' = 'replay'", errors)
        replay = self.script(sink_on__marker__loss="replay")
        self.finish(replay, numbers.count)
        found = {row["id"] for _, row in self.copied()}
        if found != set(range(numbers.count)):
            raise Wrong("records are lost")


class Savepoints(Case):
    """Of a job that died when a checkpoint counted and nobody was told: the
    savepoint holds an epoch that is in no topic."""

    def setUp(self):
        super().setUp()
        self.create(1)
        for to in ("out", "fork"):
            self.create(3, f"{self.topic}-{to}")
        numbers = Numbers(self, self.topic)
        # So long that there are rows in each epoch, however slow the machine.
        self.assertTrue(self.kill_at(self.script(interval_ms=1500),
                                     "jm.complete.before_notify=kill@3"))
        numbers.stop()
        numbers.write(numbers.count + 100)  # Some that no epoch has.
        self.count = numbers.count
        # Only what is of an epoch that waits can be missing here.
        self.before = sorted(row["id"] for _, row in self.copied())
        self.assertEqual(self.before, list(range(len(self.before))))
        said = self.ask_millrace("savepoint", self.topic, "--to",
                                    str(self.folder))
        self.savepoint = re.search(r"Path: (.*)$", said, re.M)[1]

    def ask_millrace(self, *words):
        done = subprocess.run([self.binary, *words], cwd=self.folder,
                              capture_output=True, text=True, timeout=END_S,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_claim_writes_what_waits(self):
        self.finish(self.script(name="-claimer"), self.count,
                    words=["--from-savepoint", self.savepoint,
                           "--restore", "claim"])
        self.check(self.count)

    def test_a_fork_leaves_what_waits_to_its_origin(self):
        self.finish(self.script(name="-fork", to="fork"), self.count,
                    to="fork", words=["--from-savepoint", self.savepoint])
        if sorted(row["id"] for _, row in self.copied()) != self.before:
            raise Wrong("the fork wrote for its origin")
        forked = sorted(row["id"] for _, row in self.copied("fork"))
        if forked[0] < len(self.before):
            raise Wrong("the fork wrote what its origin had written")
        self.assertGreater(forked[0], len(self.before), "nothing had waited")
        if forked != list(range(forked[0], self.count)):
            raise Wrong("the fork's records are not dense and single")
        self.finish(self.script(), self.count)
        self.check(self.count)


class Backlog(Case):
    """Kafka is away, and rows come all the same."""
    LIMIT, ROWS = 1 << 20, 400_000

    def script(self, *_, **__):
        columns = "id BIGINT, pad STRING"
        return [f"SET 'pipeline.name' = '{self.topic}'",
                "SET 'execution.checkpointing.interval' = '200 ms'",
                "CREATE TABLE rows_that_come (id BIGINT) WITH ("
                "'connector' = 'datagen', 'fields.id.kind' = 'sequence', "
                "'fields.id.start' = '0', "
                f"'fields.id.end' = '{self.ROWS - 1}', "
                "'rows-per-second' = '20000')",
                self.kafka(columns, name="copied", sink_delivery__guarantee=None,
                           sink_max__pending=f"{self.LIMIT} b"),
                "INSERT INTO copied SELECT id, REPEAT('x', 100) "
                "FROM rows_that_come"]

    def taken(self, port):
        """Rows that the sink has taken, as soon as that is served."""
        rows = 0

        def served():
            nonlocal rows
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                            timeout=5) as answer:
                    rows = sum(map(float, re.findall(
                        r"^flink_taskmanager_job_task_operator_numRecordsIn"
                        r"{[^\n]*copied[^\n]*} (\S+)$",
                        answer.read().decode(), re.M)))
            return rows > 0
        self.wait_until(served, lambda: "no metric says what it took")
        return rows

    def test_is_bounded_and_all_of_it_comes(self):
        self.create(1)
        port = free_port()
        job = self.start(self.script(),
                         words=["-D", f"metrics.reporter.prom.port={port}"])
        self.wait_until(self.consume, lambda: "nothing is written")
        written, last = self.taken(port), -1
        self.broker.kill()
        until = time.monotonic() + JOB_S
        while (now := self.taken(port)) != last and time.monotonic() < until:
            last = now
            time.sleep(2)
        # It stands still. What it holds is about the limit, and the rows of a
        # batch: a row is more than 100 bytes.
        if (now - written) * 100 >= 4 * self.LIMIT:
            raise Wrong(f"it holds {now - written} rows of 100 bytes")
        self.assertEqual(now, last, "it goes on")
        self.broker.start()
        _, errors = job.communicate(timeout=120)
        self.assertEqual(job.returncode, 0, errors)
        found = collections.Counter(json.loads(row[4])["id"]
                                    for row in self.consume())
        self.assertEqual(len(found), self.ROWS, "lost")
        self.assertEqual(found.total(), self.ROWS, "double")


if __name__ == "__main__":
    kafka_case.main(rounds=Kills)
