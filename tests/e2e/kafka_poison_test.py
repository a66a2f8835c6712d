#!/usr/bin/env python3
"""Bad records among many good ones, as the first and the last of their epochs,
in a job that is killed with SIGKILL at every step of a checkpoint and of its
sinks. At the end each is a dead letter exactly once, with its bytes and its
place; and a replay after the mend gives exactly the output that was missing.

    tests/e2e/kafka_poison_test.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe \\
        [--records 20000] [--rounds 1] [CLASS[.TEST]]

--records is how many come at a time where many do, three times a round; with
--records 400000 each test has over a million.
"""
import base64
import collections
import datetime
import json
import os
import signal
import subprocess
import sys
import time

from failpoints import SINK_STEPS
import kafka_case
from kafka_case import JOB_S, table
import kafka_exactly_once_test as exactly_once
from kafka_exactly_once_test import KEYS

# Where it dies, and which time that place is reached: in its first epoch, which
# has the bad records.
BEFORE_IT_COUNTS = (
    ("src.before_offset_capture", 1), ("src.after_offset_capture", 1),
    ("sink.before_seal", 1), ("sink.after_seal", 1), ("tm.snapshot.before_ack", 1),
    ("jm.complete.before_cas", 1))
WHEN_IT_COUNTS = (
    ("jm.complete.after_cas", 1), ("jm.complete.before_notify", 1),
    *((step, 1) for step in SINK_STEPS[2:]))
# Whose transaction it is depends on what waited.
REQUESTS = (("kafka.end_txn.sent", 2), ("kafka.end_txn.answered", 2))
POINTS = BEFORE_IT_COUNTS + WHEN_IT_COUNTS + REQUESTS
INTERVAL_S = 1
FEW = 200
MANY_EVERY = 6  # So often as many records come as were asked for, else FEW.
LETTER = ("`time` TIMESTAMP_LTZ(3), job STRING, attempt BIGINT, `operator` STRING, "
          "code STRING, message STRING, origin STRING, source STRING, "
          "`partition` INT, `position` BIGINT, raw BYTES, raw_text STRING, "
          "`key` BYTES, bad_part STRING, record_time TIMESTAMP_LTZ(3), raw_size BIGINT")


class Copy(exactly_once.Case):
    """Numbers from topic to topic, exactly once, some of them bad."""
    records = 20000
    rounds = 1

    def setUp(self):
        super().setUp()
        self.create(1)
        self.create(3, f"{self.topic}-out")
        self.count = 0
        self.bad = {}  # Offset: key and value.
        self.missed = []
        self.kills = {}  # Offset of the last record: where and when, for each.

    def send(self, records):
        """A bad one, good ones, a bad one."""
        lines = []
        for n in range(self.count, self.count + records):
            key = f'{{"k":{n % KEYS}}}'
            number = n
            if n in (self.count, self.count + records - 1):
                number = f'"seven-{n}"'
                self.bad[n] = (key, f'{{"id":{number},"k":{n % KEYS}}}')
            lines.append((0, 1700000000000 + n, key, f'{{"id":{number},"k":{n % KEYS}}}'))
        self.produce(*lines)
        self.count += records

    def kill_everywhere(self, script):
        """What is sent has a bad record as the first of an epoch and one as the
        last: all before it was committed, and nothing follows until it is."""
        for i, (point, nth) in enumerate(POINTS * self.rounds):
            self.send(FEW if i % MANY_EVERY else self.records)
            if self.kill_at(script, f"{point}=kill@{nth}"):
                self.kills[self.count - 1] = ((point, nth), time.time())
            else:
                self.missed.append((point, nth))
            job = self.start(script)
            self.wait_for_copies(job)
            time.sleep(1.5 * INTERVAL_S)  # A checkpoint knows that it is written.
            job.kill()
            job.communicate()

    def wait_for_copies(self, job):
        count = self.count - len(self.bad)
        self.wait_until(lambda: job.poll() is not None or self.copies() >= count,
                        lambda: f"{self.copies()} of {count}; {self.last_words(job)}",
                        JOB_S + self.records / 2000)
        if job.poll() is not None:
            self.fail(self.last_words(job))

    @staticmethod
    def last_words(job):
        ended = job.poll()
        job.kill()
        return f"the job ended with {ended} and said: {job.stderr.read()[-2000:]}"

    def copies(self):
        return int(self.ask("digest", f"{self.topic}-out").split()[0])

    def expect_copies(self, numbers):
        self.assertEqual(collections.Counter(row["id"] for _, row in self.copied()),
                         collections.Counter(numbers), "each once")

    def job_of(self, *tables, id_type="BIGINT", number="id", **options):
        """The statements of the job; `tables` are those of its letters."""
        source = self.kafka(f"id {id_type}, k BIGINT", name="numbers",
                            scan_bounded_mode=None, **options)
        return [f"SET 'pipeline.name' = '{self.topic}'",
                f"SET 'execution.checkpointing.interval' = '{INTERVAL_S} s'",
                *tables, source, self.copied_table(),
                f"INSERT INTO copied SELECT {number}, k FROM numbers"]

    def copied_table(self):
        return self.kafka("id BIGINT, k BIGINT", f"{self.topic}-out", "copied",
                          key_format="json", key_fields="k",
                          sink_delivery__guarantee="exactly-once")

    def finish_all(self, script, letters=list):
        """Until all that is good is copied, and each bad one a letter."""
        job = self.start(script)
        self.wait_for_copies(job)
        self.wait_until(lambda: len(letters()) >= len(self.bad),
                        lambda: f"{len(letters())} of {len(self.bad)} letters")
        time.sleep(2)  # What comes twice, or late, comes now.
        job.send_signal(signal.SIGINT)
        job.communicate(timeout=JOB_S)


class Poison(Copy):
    def check_all(self, script, letters):
        """`letters` reads them: dicts with position, raw, key and the rest."""
        self.kill_everywhere(script)
        self.finish_all(script, letters)
        self.assertEqual(self.missed, [], "points that were not reached")
        found = letters()
        self.assertEqual(collections.Counter(letter["position"] for letter in found),
                         collections.Counter(list(self.bad)), "each once")
        for letter in found:
            key, value = self.bad[letter["position"]]
            self.assertEqual(letter["raw"], value)
            self.assertEqual(letter["key"], key)
            self.assertEqual((letter["source"], letter["partition"], letter["bad_part"]),
                             (self.topic, 0, "value"))
            self.assertEqual(letter["code"], "SRC-0103")
            self.assertIn("at byte 6 of the record", letter["message"])
        self.expect_copies(n for n in range(self.count) if n not in self.bad)
        struck = self.struck(found)
        self.assertGreater(len(struck), len(WHEN_IT_COUNTS) * self.rounds / 2,
                           "epochs without a bad record were struck")
        print(f"{self.count} records, {len(self.bad)} of them bad; {len(self.kills)} kills "
              f"at steps (of {len(WHEN_IT_COUNTS) * self.rounds} behind the completion "
              f"{len(struck)} surely struck the epoch of bad ones), as many behind them: "
              "each bad one is a letter once, each other one written once",
              file=sys.stderr)

    def struck(self, letters):
        """Of the kills when an epoch counted, those of the bad records' epoch: their
        letters were written before."""
        written = {letter["position"]: datetime.datetime.fromisoformat(
            letter["time"].replace(" ", "T")).timestamp() for letter in letters}
        return [point for last, (point, when) in self.kills.items()
                if point in WHEN_IT_COUNTS and written[last] <= when]

    def decoded(self, letter, raw="raw", key="key"):
        return {**letter, "raw": base64.b64decode(letter[raw]).decode(),
                "key": base64.b64decode(letter[key]).decode()}

    def test_letters_in_files_and_their_replay(self):
        self.check_all(self.job_of(), lambda: [
            self.decoded(json.loads(line), "raw_base64", "key_base64")
            for line in self.dead_letters()])
        fixed = self.job_of(id_type="STRING",
                            number="CAST(SUBSTRING(id FROM 7) AS BIGINT)")
        (self.folder / "fixed.sql").write_text(";\n".join(fixed) + ";\n")
        job, = (path.name for path in (self.folder / "millrace-data").iterdir())
        for point in ("sink.before_commit", "sink.after_commit", "dlq.replay.ended", ""):
            done = subprocess.run(
                [self.binary, "dlq", "replay", job, "numbers", "fixed.sql"],
                cwd=self.folder, capture_output=True, text=True, timeout=JOB_S,
                env=dict(os.environ, MILLRACE_FAILPOINTS=point and f"{point}=kill"))
            self.assertEqual(done.returncode, -9 if point else 0, done.stderr)
        self.expect_copies(range(self.count))
        # The job goes on from where it was, after a replay.
        replayed = len(self.bad)
        self.send(100)
        job = self.start(self.job_of())
        self.wait_until(lambda: self.copies() >= self.count - 2)
        self.assertEqual(len(self.dead_letters()), replayed + 2)
        self.dispose(job)
        self.assertEqual(self.copies(), self.count - 2)

    def replay_from(self, bad):
        """As docs/bad-records.md says it of letters in a table."""
        number = "JSON_VALUE(raw_text, '$.{}')"
        self.run_ok(
            "SET 'pipeline.name' = 'replay'", bad, self.copied_table(),
            f"INSERT INTO copied SELECT CAST(SUBSTRING({number.format('id')} FROM 7) AS "
            f"BIGINT), CAST({number.format('k')} AS BIGINT) FROM bad")
        self.expect_copies(range(self.count))

    def test_letters_in_a_table_of_files(self):
        folder = self.folder / "bad"
        bad = table("bad", LETTER, {
            "connector": "filesystem", "path": folder, "format": "json",
            "sink.rolling-policy.rollover-interval": "0 s"})
        self.check_all(
            self.job_of(bad, error__handling_log_target="bad"),
            lambda: [self.decoded(json.loads(line)) for part in folder.glob("part-*")
                     for line in part.read_text().splitlines()])
        self.replay_from(bad)

    def test_letters_in_a_topic(self):
        self.create(2, f"{self.topic}-bad")
        bad = self.kafka(LETTER, f"{self.topic}-bad", "bad",
                         sink_delivery__guarantee="exactly-once",
                         properties_isolation_level="read_committed")
        self.check_all(
            self.job_of(bad, error__handling_log_target="bad"),
            lambda: [self.decoded(json.loads(value))
                     for *_, value in self.consume(f"{self.topic}-bad")])
        self.replay_from(bad)


class Flood(Copy):
    def test_fails_the_job_once_with_one_error(self):
        self.produce(*['{"id":1,"k":1}'] * 1000)
        job = self.start(self.job_of())
        self.wait_until(lambda: self.copies() == 1000)
        self.produce(*['{"id":'] * 1500)
        _, errors = job.communicate(timeout=JOB_S)
        self.assertEqual(job.returncode, 1)
        self.assertNotIn("is started again", errors)
        said, = [line for line in errors.splitlines() if "SRC-0041" in line]
        for what in ("more than 1 % and more than 100 records within a minute",
                     f"table numbers, last topic {self.topic}, partition 0, offset ",
                     "SRC-0101: malformed JSON", "'error-handling.mode' = 'drop'"):
            self.assertIn(what, said)


if __name__ == "__main__":
    kafka_case.main(records=Copy, rounds=Copy)
