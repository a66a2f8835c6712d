#!/usr/bin/env python3
"""Dead letters as people meet them: listed, shown, replayed.

    tests/e2e/dlq_test.py --binary build/release/millrace
"""
import argparse
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

JOB = """CREATE TABLE t (id {type}) WITH (
  'connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json');
CREATE TABLE o (id STRING) WITH (
  'connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');
INSERT INTO o SELECT CAST(id AS STRING) FROM t;
"""
RECORDS = ['{"id": 1}', '{"id": "many"}', '{"id":', '{"id": 4}', '{"id": "more"}']


class Dlq(unittest.TestCase):
    binary = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dlq-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "in").mkdir()
        (self.folder / "in/records").write_text("\n".join(RECORDS) + "\n")
        self.script("job.sql", "INT")
        self.run_ok("run", "job.sql")

    def script(self, name, column):
        (self.folder / name).write_text(JOB.format(type=column, folder=self.folder))
        return name

    def run_verb(self, *words):
        return subprocess.run([self.binary, *words], cwd=self.folder, timeout=60,
                              capture_output=True, text=True, check=False)

    def run_ok(self, *words):
        done = self.run_verb(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def ids(self):
        return sorted(json.loads(line)["id"] for part in (self.folder / "out").glob("part-*")
                      for line in part.read_text().splitlines())

    def test_they_are_counted_by_table_and_code(self):
        self.assertRegex(self.run_ok("dlq", "list"),
                         r"^insert-into_o-\w+ t: 3 \(SRC-0101 1, SRC-0103 2\), \d{4}-")

    def test_they_are_shown_with_their_bytes(self):
        letters = [json.loads(line) for line in
                   self.run_ok("dlq", "show", "insert", "--code", "SRC-0103").splitlines()]
        self.assertEqual([base64.b64decode(letter["raw_base64"]).decode() for letter in letters],
                         ['{"id": "many"}', '{"id": "more"}'])

    def test_what_a_mended_script_can_read_is_replayed_once(self):
        self.assertEqual(self.ids(), ["1", "4"])
        fixed = self.script("fixed.sql", "STRING")
        self.run_ok("dlq", "replay", "insert", "t", fixed)
        self.assertEqual(self.ids(), ["1", "4", "many", "more"])
        # What is bad again is a letter of the replay; nothing else is left.
        self.assertRegex(self.run_ok("dlq", "list"),
                         r"^insert-into_o-\w+-replay-t-\w+ t: 1 \(SRC-0101 1\), [^\n]*\n$")
        job = re.match(r"\S+", self.run_ok("dlq", "list")).group(0)
        self.run_ok("dlq", "replay", job, "t", fixed)
        self.assertEqual(self.ids(), ["1", "4", "many", "more"])

    def test_a_script_that_cannot_take_them_leaves_them(self):
        before = self.run_ok("dlq", "list")
        other = self.folder / "other.sql"
        other.write_text(JOB.format(type="INT", folder=self.folder).replace(" t ", " u ")
                         .replace("FROM t", "FROM u"))
        done = self.run_verb("dlq", "replay", "insert", "t", "other.sql")
        self.assertEqual(done.returncode, 2)
        self.assertIn("CLI-0042", done.stderr)
        self.assertEqual(self.run_ok("dlq", "list"), before)

    def test_a_name_that_is_none_says_which_there_are(self):
        done = self.run_verb("dlq", "show", "nothing")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"CLI-0040.*There are: insert-into_o-\w+ t")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    arguments, rest = parser.parse_known_args()
    Dlq.binary = str(pathlib.Path(arguments.binary).resolve())
    unittest.main(argv=[sys.argv[0], *rest])
