#!/usr/bin/env python3
"""Bad records among many good ones, as the first and the last of their epochs,
in a job that is killed with SIGKILL at every step of a checkpoint and of its
sinks. At the end each is a dead letter exactly once, with its bytes and its
place; and a replay by a mended script gives exactly the output that was missing.

    tests/e2e/kafka_poison_test.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe \\
        [--records 20000] [--rounds 1] [CLASS[.TEST]]

--records is how many come with each pair of bad ones; the long form is
--records 100000 --rounds 4.
"""
import argparse
import base64
import collections
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from kafka_case import KafkaCase, table
import kafka_exactly_once_test as exactly_once

# Where it dies, and which time that place is reached.
STEPS = ("src.before_offset_capture", "src.after_offset_capture", "sink.before_seal",
         "sink.after_seal", "tm.snapshot.before_ack", "jm.complete.before_cas",
         "jm.complete.after_cas", "jm.complete.before_notify")
SINK_STEPS = ("sink.before_begin", "sink.mid_produce", "sink.before_marker",
              "sink.before_commit", "sink.after_commit", "kafka.end_txn.sent",
              "kafka.end_txn.answered")
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
        self.bad = {}  # Offset: the number that it stands for.
        self.missed = []
        self.kills = 0

    def send(self, records):
        """A bad one, good ones, a bad one: nothing before them is unread, and
        nothing follows, so they begin an epoch and end one."""
        lines = []
        for i in range(records):
            n = self.count + i
            key = json.dumps({"key": n % exactly_once.KEYS})
            is_bad = i in (0, records - 1)
            number = f'"seven-{n}"' if is_bad else n
            if is_bad:
                self.bad[n] = (key, f'{{"id":{number},"k":{n % exactly_once.KEYS}}}')
            lines.append((0, 1700000000000 + n, key,
                          f'{{"id":{number},"k":{n % exactly_once.KEYS}}}'))
        self.produce(*lines)
        self.count += records

    def kill_everywhere(self, script, steps):
        # The first epoch has the first record; a later one the last.
        cases = itertools.cycle(((1, self.records), (2, 200), (3, self.records), (1, 200)))
        for point in steps * self.rounds:
            nth, records = next(cases)
            if point == "sink.before_marker":
                nth = 1  # An epoch without records has none.
            self.send(records)
            if self.kill_at(script, f"{point}=kill@{nth}"):
                self.kills += 1
            else:
                self.missed.append((point, nth))
        self.finish_all(script, self.count - len(self.bad))

    def job_of(self, *tables, id_type="BIGINT", number="id", **options):
        """The statements of the job; `tables` are those of its letters."""
        source = self.kafka(f"id {id_type}, k BIGINT", name="numbers",
                            scan_bounded_mode=None, **options)
        copied = self.kafka("id BIGINT, k BIGINT", f"{self.topic}-out", "copied",
                            key_format="json", key_fields="k",
                            sink_delivery__guarantee="exactly-once")
        return [f"SET 'pipeline.name' = '{self.topic}'",
                "SET 'execution.checkpointing.interval' = '200 ms'",
                *tables, source, copied,
                f"INSERT INTO copied SELECT {number}, k FROM numbers"]

    def finish_all(self, script, count):
        """Until so many records are copied, and whatever came with them."""
        job = self.start(script)
        self.wait_until(lambda: job.poll() is not None or len(self.copied()) >= count,
                        lambda: f"{len(self.copied())} of {count}")
        self.assertIsNone(job.poll(), "the job ended")
        time.sleep(2)
        job.send_signal(signal.SIGINT)
        job.communicate(timeout=60)


class Poison(Copy):
    def check_letters(self, letters):
        """Each a dict with position, raw, key and the rest."""
        found = collections.Counter(letter["position"] for letter in letters)
        self.assertEqual(found, collections.Counter(list(self.bad)), "each once")
        for letter in letters:
            key, value = self.bad[letter["position"]]
            self.assertEqual(letter["raw"], value)
            self.assertEqual(letter["key"], key)
            self.assertEqual((letter["source"], letter["partition"], letter["bad_part"]),
                             (self.topic, 0, "value"))
            self.assertEqual(letter["code"], "SRC-0103")
            self.assertIn("at byte 6 of the record", letter["message"])
        copied = collections.Counter(row["id"] for _, row in self.copied())
        good = collections.Counter(n for n in range(self.count) if n not in self.bad)
        self.assertEqual(copied, good, "the others are written once")
        self.assertEqual(self.missed, [], "points that were not reached")
        print(f"{self.count} records, {len(self.bad)} bad; {self.kills} kills: each bad one "
              "is a letter once, each other one written once", file=sys.stderr)

    def job_into(self, bad):
        return self.job_of(bad, error__handling_log_target="bad")

    def test_letters_in_files_and_their_replay(self):
        self.kill_everywhere(self.job_of(), STEPS + SINK_STEPS)
        self.check_letters([
            {**letter, "raw": base64.b64decode(letter["raw_base64"]).decode(),
             "key": base64.b64decode(letter["key_base64"]).decode()}
            for letter in map(json.loads, self.dead_letters())])
        self.replay()

    def replay(self):
        """By a script that reads what was wrong, killed on its way."""
        fixed = self.job_of(id_type="STRING",
                            number="CAST(SUBSTRING(id FROM 7) AS BIGINT)")
        (self.folder / "fixed.sql").write_text(";\n".join(fixed) + ";\n")
        job, = (path.name for path in (self.folder / "millrace-data").iterdir())
        for point in ("sink.before_commit", "sink.after_commit", "dlq.replay.ended", ""):
            done = subprocess.run(
                [self.binary, "dlq", "replay", job, "numbers", "fixed.sql"],
                cwd=self.folder, capture_output=True, text=True, timeout=60,
                env=dict(os.environ, MILLRACE_FAILPOINTS=point and f"{point}=kill"))
            self.assertEqual(done.returncode, -9 if point else 0, done.stderr)
        copied = collections.Counter(row["id"] for _, row in self.copied())
        self.assertEqual(copied, collections.Counter(range(self.count)))
        # The job goes on from where it was, after a replay.
        self.send(100)
        self.finish_all(self.job_of(), self.count - 2)
        self.assertEqual(len(self.copied()), self.count - 2)

    def test_letters_in_a_table_of_files(self):
        folder = self.folder / "bad"
        self.kill_everywhere(
            self.job_into(table("bad", LETTER, {"connector": "filesystem",
                                                   "path": folder, "format": "json"})),
            STEPS)
        self.check_letters([self.decoded(json.loads(line)) for part in folder.glob("part-*")
                            for line in part.read_text().splitlines()])

    def test_letters_in_a_topic(self):
        self.create(2, f"{self.topic}-bad")
        self.kill_everywhere(
            self.job_into(self.kafka(LETTER, f"{self.topic}-bad", "bad",
                                        sink_delivery__guarantee="exactly-once")),
            STEPS + SINK_STEPS)
        self.check_letters([self.decoded(json.loads(value))
                            for *_, value in self.consume(f"{self.topic}-bad")])

    def decoded(self, letter):
        letter["raw"] = base64.b64decode(letter["raw"]).decode()
        letter["key"] = base64.b64decode(letter["key"]).decode()
        self.assertEqual(letter["raw"], letter["raw_text"])
        return letter


class Flood(Copy):
    def test_fails_the_job_once_with_one_error(self):
        self.produce(*['{"id":1,"k":1}'] * 1000)
        job = self.start(self.job_of())
        self.wait_until(lambda: len(self.copied()) == 1000)
        self.produce(*['{"id":'] * 1500)
        _, errors = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 1)
        self.assertNotIn("is started again", errors)
        said, = [line for line in errors.splitlines() if "SRC-0041" in line]
        for what in ("more than 1 % and more than 100 records within a minute",
                     f"table numbers, last topic {self.topic}, partition 0, offset ",
                     "SRC-0101: malformed JSON", "'error-handling.mode' = 'drop'"):
            self.assertIn(what, said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--records", type=int, default=Copy.records)
    parser.add_argument("--rounds", type=int, default=Copy.rounds)
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    KafkaCase.binary = os.path.abspath(options.binary)
    KafkaCase.probe = os.path.abspath(options.probe)
    Copy.records, Copy.rounds = options.records, options.rounds
    unittest.main(argv=[sys.argv[0], "-v", *options.tests])


if __name__ == "__main__":
    main()
