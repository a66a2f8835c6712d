#!/usr/bin/env python3
"""What an exactly-once sink does at its limits, on a real broker: epochs too
large for a checkpoint's manifest, records too large for their topic, topics
that take small batches, topics that go away while output waits for them.

    tests/e2e/kafka_sink_limits_test.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [CLASS[.TEST]]
"""
import json
import re
import subprocess
import threading
import time

import kafka_case
from kafka_case import KafkaCase, NULL
from kafka_exactly_once_test import Case, Numbers
from numbered_records import KEYS, Wrong


class LargeEpochs(Case):
    """Rows of 20 KB, so that an epoch is several MiB."""

    def script(self, interval_ms=1000, **options):
        script = super().script(interval_ms=interval_ms, **options)
        script[-3] = script[-3].replace("k BIGINT", "k BIGINT, pad STRING")
        script[-2] = script[-2].replace("k BIGINT", "k BIGINT, pad STRING")
        script[-1] = "INSERT INTO copied SELECT id, k, pad FROM numbers"
        return script

    def produce_numbers(self, first, limit):
        pad = "x" * 20_000
        for begin in range(first, limit, 100):
            self.produce(*(
                (0, "-", NULL, json.dumps({"id": n, "k": n % KEYS, "pad": pad}))
                for n in range(begin, min(begin + 100, limit))))

    def output_files(self):
        return [path for path in (self.folder / "millrace-data").rglob("*")
                if re.fullmatch(r"\d+-out-.*", path.name)]

    def test_lie_in_files_that_go_with_their_checkpoints(self):
        self.create(1, max_message_bytes=10_000_000)
        self.create(3, f"{self.topic}-out")
        found = 0
        for at, point in enumerate(("sink.before_begin", "sink.before_commit",
                                    "kafka.end_txn.sent", "sink.after_commit")):
            self.produce_numbers(at * 150, at * 150 + 150)
            self.assertTrue(self.kill_at(self.script(), f"{point}=kill@1"), point)
            found += len(self.output_files())
        self.assertGreater(found, 0, "there were no files")
        # By two, from what one left.
        self.finish(self.script(), 600, parallelism=2)
        self.check(600)
        # Checkpoints that are retained may name one each; nothing else does.
        self.assertLessEqual(len(self.output_files()), 6)

    def test_beyond_the_limit_wait_and_nothing_is_lost(self):
        self.create(1, max_message_bytes=10_000_000)
        self.create(3, f"{self.topic}-out", max_message_bytes=10_000_000)
        self.produce_numbers(0, 300)
        job = self.start(self.script(200, sink_max__pending="200 kb"))
        said = []
        reader = threading.Thread(target=lambda: said.extend(job.stderr), daemon=True)
        reader.start()
        deadline = time.monotonic() + 60
        while len(self.copied()) < 300 and time.monotonic() < deadline:
            self.assertIsNone(job.poll(), said)
            time.sleep(0.5)
        self.check(300)
        self.assertIn("'sink.max-pending'", "".join(said))

    def test_are_in_a_savepoint_that_is_claimed_elsewhere(self):
        self.create(1, max_message_bytes=10_000_000)
        self.create(3, f"{self.topic}-out")
        self.produce_numbers(0, 150)
        self.assertTrue(self.kill_at(self.script(), "sink.before_begin=kill@1"))
        files = len(self.output_files())
        self.assertGreater(files, 0)
        saved = self.folder / "saved"
        [job] = [path.name for path in (self.folder / "millrace-data").iterdir()
                 if path.is_dir()]
        subprocess.run([self.binary, "savepoint", job, "--to", str(saved)],
                       cwd=self.folder, check=True, capture_output=True, timeout=60)
        (self.folder / "millrace-data").rename(self.folder / "gone")
        self.finish(self.script(), 150, words=(
            "--from-savepoint", next(saved.iterdir()), "--restore", "claim"))
        self.check(150)


    def test_wait_for_no_checkpoint_where_the_process_takes_none(self):
        self.create(1, max_message_bytes=10_000_000)
        self.create(3, f"{self.topic}-out", max_message_bytes=10_000_000)
        self.produce_numbers(0, 100)
        script = [line for line in self.script(sink_max__pending="200 kb")
                  if "checkpointing.interval" not in line]
        script[-3] = script[-3].replace(
            "'scan.startup.mode'",
            "'scan.bounded.mode' = 'latest-offset', 'scan.startup.mode'")
        job = self.start(script, words=("-D", "execution.checkpointing.interval=0"))
        _, errors = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, errors)
        self.check(100)

    def test_of_a_savepoint_outlive_it(self):
        self.create(1, max_message_bytes=10_000_000)
        self.create(3, f"{self.topic}-out", max_message_bytes=10_000_000)
        self.produce_numbers(0, 150)
        job = self.start(self.script(interval_ms=15000))
        # Its barrier seals what was read by then; no sink commits by it, and the
        # next checkpoint has the same files.
        deadline = time.monotonic() + 13
        while not self.output_files():
            self.assertLess(time.monotonic(), deadline, "there are no files")
            self.assertIsNone(job.poll())
            time.sleep(0.5)
            self.savepoint()
        self.assertFalse(self.copied(), "a checkpoint came before it")
        self.end(job, 150)
        self.check(150)

    def savepoint(self):
        """Of the job, unless it is just being started."""
        for path in (self.folder / "millrace-data").glob("*"):
            if path.is_dir():
                subprocess.run([self.binary, "savepoint", path.name,
                                "--to", str(self.folder / "saved")],
                               cwd=self.folder, check=False, capture_output=True,
                               timeout=60)


class Sizes(Case):
    def letters(self):
        return [json.loads(line) for path in
                (self.folder / "millrace-data").rglob("dead-letters/**/*")
                if path.is_file() and not path.name.startswith(".")
                for line in path.read_text().splitlines()]

    def write(self, statement, **options):
        return self.run_job(
            f"SET 'pipeline.name' = '{self.topic}'",
            self.kafka("id INT, v STRING", sink_delivery__guarantee=None,
                       key_format="raw", key_fields="id", value_format="json",
                       format=None, **options), statement)

    def test_a_record_larger_than_its_topic_takes_is_set_aside(self):
        self.create(1, max_message_bytes=1000)
        status, _, errors = self.write(
            "INSERT INTO t VALUES (1, 'a'), (2, REPEAT('x', 2000)), (3, 'b')")
        self.assertEqual(status, 0, errors)
        self.assertEqual([json.loads(row[4])["id"] for row in self.consume()],
                         [1, 3])
        [letter] = self.letters()
        self.assertEqual(letter["code"], "SNK-0303")
        self.assertIn("max.message.bytes of the topic", letter["message"])
        self.assertIn("the limit is 1000", letter["message"])
        self.assertEqual(json.loads(letter["raw_text"])["id"], 2)

    def test_or_fails_the_job_where_the_table_says_so(self):
        self.create(1, max_message_bytes=1000)
        status, _, errors = self.write(
            "INSERT INTO t SELECT 1, REPEAT('x', 2000)",
            error__handling_mode="fail")
        self.assertNotEqual(status, 0)
        self.assertIn("SNK-0303", errors)

    def test_a_letter_too_large_for_its_own_topic_is_in_a_file(self):
        self.create(1, max_message_bytes=1000)
        self.create(1, f"{self.topic}-bad", max_message_bytes=1200)
        status, _, errors = self.run_job(
            f"SET 'pipeline.name' = '{self.topic}'",
            "SET 'error-handling.log.target' = 'bad'",
            self.kafka("code STRING, raw_text STRING", f"{self.topic}-bad", "bad",
                       sink_delivery__guarantee=None),
            self.kafka("id INT, v STRING", sink_delivery__guarantee=None),
            "INSERT INTO t VALUES (1, 'a'), (2, REPEAT('x', 2000)), "
            "(3, REPEAT('y', 900)), (4, 'b')")
        self.assertEqual(status, 0, errors)
        self.assertEqual([json.loads(row[4])["id"] for row in self.consume()],
                         [1, 4])
        # The other's letter has room.
        [there] = [json.loads(row[4]) for row in self.consume(f"{self.topic}-bad")]
        self.assertEqual(json.loads(there["raw_text"])["id"], 3)
        [letter] = self.letters()
        self.assertEqual(letter["code"], "SNK-0303")
        self.assertIn(f"topic {self.topic}-bad", letter["message"])
        self.assertIn("x" * 2000, letter["raw_text"])
        self.assertRegex(self.dlq("list").stdout, r" bad: 1 \(SNK-0303 1\), ")
        [shown] = self.dlq("show", self.topic, "bad").stdout.splitlines()
        self.assertEqual(json.loads(shown), letter)
        (self.folder / "none.sql").write_text("SELECT 1;")
        refused = self.dlq("replay", self.topic, "bad", "none.sql")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("CLI-0042", refused.stderr)
        self.assertIn("which a sink refused", refused.stderr)

    def dlq(self, *words):
        return subprocess.run([self.binary, "dlq", *words], cwd=self.folder,
                              check=False, capture_output=True, text=True, timeout=60)

    def test_a_record_larger_than_any_client_takes_does_not_hang(self):
        self.create(1, max_message_bytes=100_000_000)
        status, _, errors = self.write(
            "INSERT INTO t VALUES (1, REPEAT('x', 34000000)), (2, 'b')")
        self.assertEqual(status, 0, errors)
        self.assertEqual([json.loads(row[4])["id"] for row in self.consume()], [2])
        self.assertIn("the limit is 33554432", self.letters()[0]["message"])

    def test_batches_are_no_larger_than_their_topic_takes(self):
        self.create(1, max_message_bytes=5000)
        source = self.topic + "-in"
        self.create(1, source)
        self.produce(*(json.dumps({"id": n, "v": "x" * 100}) for n in range(5000)),
                     topic=source)
        status, _, errors = self.run_job(
            f"SET 'pipeline.name' = '{self.topic}'",
            self.kafka("id INT, v STRING", source, "s"),
            self.kafka("id INT, v STRING", sink_delivery__guarantee=None),
            "INSERT INTO t SELECT * FROM s")
        self.assertEqual(status, 0, errors)
        self.assertEqual(len(self.consume()), 5000)


class Refusals(Case):
    def test_a_topic_that_is_gone_parks_what_waits_for_it(self):
        self.create(1)
        self.create(1, f"{self.topic}-out")
        numbers = Numbers(self, self.topic)
        self.assertTrue(self.kill_at(self.script(), "sink.before_begin=kill@2"))
        numbers.stop()
        time.sleep(3)  # A broker shows a bit later what it has agreed to commit.
        written = {row["id"] for _, row in self.copied()}
        self.ask("delete", f"{self.topic}-out")
        time.sleep(2)
        job = self.start(self.script())
        said = []
        reader = threading.Thread(target=lambda: said.extend(job.stderr), daemon=True)
        reader.start()
        deadline = time.monotonic() + 40
        while ("is tried again" not in "".join(said) and job.poll() is None
               and time.monotonic() < deadline):
            time.sleep(0.2)
        if job.poll() is not None:
            reader.join(10)
        self.assertIn("SNK-0304", "".join(said))
        if job.poll() is not None:
            raise Wrong(f"the job ended: {said[-1].strip()}")
        self.create(1, f"{self.topic}-out")
        due = set(range(numbers.count)) - written
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            found = [row["id"] for _, row in self.copied()]
            if due <= set(found):
                break
            time.sleep(0.5)
        self.assertEqual(sorted(found), sorted(due), "once each")
        self.assertIsNone(job.poll())

    def test_what_is_held_up_fails_no_job(self):
        """Its checkpoint waits, however short its time-out is."""
        self.create(1)
        self.create(1, f"{self.topic}-out")
        numbers = Numbers(self, self.topic)
        self.assertTrue(self.kill_at(self.script(), "sink.before_begin=kill@2"))
        time.sleep(3)  # A broker shows a bit later what it has agreed to commit.
        written = {row["id"] for _, row in self.copied()}
        self.ask("delete", f"{self.topic}-out")
        time.sleep(2)
        script = [line.replace("'1000'", "'0'")
                  for line in self.script(sink_max__pending="20 kb")]
        job = self.start(["SET 'execution.checkpointing.timeout' = '8 s'", *script])
        said = []
        threading.Thread(target=lambda: said.extend(job.stderr), daemon=True).start()
        self.wait_until(lambda: "is tried again" in "".join(said), lambda: said)
        time.sleep(20)  # Two time-outs.
        self.assertIsNone(job.poll(), said)
        [name] = [path.name for path in (self.folder / "millrace-data").iterdir()
                  if path.is_dir()]
        asked = subprocess.run(
            [self.binary, "savepoint", name, "--to", str(self.folder / "saved")],
            cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("SNK-0311", asked.stderr)
        numbers.stop()
        self.create(1, f"{self.topic}-out")
        due = set(range(numbers.count)) - written
        self.wait_until(lambda: max(due) in {row["id"] for _, row in self.copied()})
        self.assertEqual(sorted(row["id"] for _, row in self.copied()), sorted(due))
        self.assertIsNone(job.poll(), said)

if __name__ == "__main__":
    kafka_case.main()
