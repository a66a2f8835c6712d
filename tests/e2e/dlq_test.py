#!/usr/bin/env python3
"""Dead letters as people meet them: listed, shown, replayed.

    tests/e2e/dlq_test.py --binary build/release/millrace
"""
import argparse
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from cluster_processes import Cluster

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

    def run_verb(self, *words, failpoints=""):
        return subprocess.run([self.binary, *words], cwd=self.folder, timeout=60,
                              env=dict(os.environ, MILLRACE_FAILPOINTS=failpoints),
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
                         r"^insert-into_o-\w+-replay-t-\w+-\w+ t: 1 \(SRC-0101 1\), [^\n]*\n$")
        job = re.match(r"\S+", self.run_ok("dlq", "list")).group(0)
        self.run_ok("dlq", "replay", job, "t", fixed)
        self.assertEqual(self.ids(), ["1", "4", "many", "more"])

    def test_those_of_queries_are_there_too(self):
        create = (self.folder / "job.sql").read_text().split("CREATE TABLE o")[0]
        (self.folder / "query.sql").write_text(create + "SELECT id FROM t;")
        self.run_ok("run", "query.sql", "-D", "millrace.data-dir=elsewhere")
        there = ("-D", "millrace.data-dir=elsewhere")
        self.assertRegex(self.run_ok("dlq", "list", *there),
                         r"^queries t: 3 \(SRC-0101 1, SRC-0103 2\), ")
        self.run_ok("dlq", "replay", "queries", "t", self.script("fixed.sql", "STRING"), *there)
        self.assertEqual(self.ids(), ["1", "4", "many", "more"])

    def test_a_name_in_full_is_that_job_alone(self):
        fixed = self.script("fixed.sql", "STRING")
        job = re.match(r"\S+", self.run_ok("dlq", "list")).group(0)
        self.run_ok("dlq", "replay", job, "t", fixed)
        # The replay's own letters begin with that name.
        self.assertIn("CLI-0041", self.run_verb("dlq", "replay", "insert", "t", fixed).stderr)
        self.assertIn("No dead letters", self.run_ok("dlq", "replay", job, "t", fixed))

    def test_a_kill_at_any_place_of_a_replay_neither_loses_nor_doubles(self):
        fixed = self.script("fixed.sql", "STRING")
        job = re.match(r"\S+", self.run_ok("dlq", "list")).group(0)
        self.run_ok("dlq", "replay", job, "t", fixed)
        for point in ("dlq.replay.begun", "sink.after_seal", "jm.complete.after_cas",
                      "sink.before_commit", "dlq.replay.ended", "dlq.replay.closed"):
            with self.subTest(point):
                (self.folder / "in/records").write_text("\n".join(RECORDS) + "\n")
                self.run_ok("run", "job.sql")
                before = self.ids()
                killed = self.run_verb("dlq", "replay", job, "t", fixed,
                                       failpoints=f"{point}=kill")
                self.assertEqual(killed.returncode, -signal.SIGKILL, killed.stderr)
                self.run_ok("dlq", "replay", job, "t", fixed)
                self.assertEqual(self.ids(), sorted(before + ["many", "more"]))
                self.run_ok("dlq", "replay", job, "t", fixed)
                self.assertEqual(self.ids(), sorted(before + ["many", "more"]))

    def test_records_are_replayed_byte_by_byte(self):
        values = ["a\nb", "two\r\nlines", 'a "quote"', "x" * 200_000]
        rows = "".join('{},"{}"\n'.format(n, value.replace('"', '""'))
                       for n, value in enumerate(values))
        (self.folder / "in/records").write_bytes(rows.encode())
        options = ("'connector' = 'filesystem', 'path' = '{}/{}', 'format' = '{}'")
        def script(name, column):
            (self.folder / name).write_text(
                f"CREATE TABLE c ({column}, v STRING) WITH ("
                + options.format(self.folder, "in", "csv") + ");"
                "CREATE TABLE p (n STRING, v STRING) WITH ("
                + options.format(self.folder, "copy", "json") + ");"
                "INSERT INTO p SELECT CAST(n AS STRING), v FROM c;")
            return name
        # Nothing is a date: all of them are letters.
        self.run_ok("run", script("dates.sql", "n DATE"))
        self.run_ok("dlq", "replay", "insert-into_p", "c", script("texts.sql", "n STRING"))
        copied = [json.loads(line) for part in (self.folder / "copy").glob("part-*")
                  for line in part.read_text().splitlines()]
        self.assertEqual(sorted(row["v"] for row in copied), sorted(values))

    def test_a_job_that_runs_is_not_replayed_beside(self):
        (self.folder / "live").mkdir()
        (self.folder / "live/1").write_text('{"id": "many"}\n')
        text = (self.folder / "job.sql").read_text().replace("/in'", "/live'").replace(
            "'format' = 'json');\nCREATE", "'format' = 'json', "
            "'source.monitor-interval' = '100 ms');\nCREATE").replace(
                "/out',", "/out', 'sink.rolling-policy.rollover-interval' = '0 s',")
        (self.folder / "live.sql").write_text(
            "SET 'execution.checkpointing.interval' = '100 ms';"
            "SET 'pipeline.name' = 'live';" + text)
        fixed = self.script("fixed.sql", "STRING")
        for turn in (1, 2):
            with subprocess.Popen([self.binary, "run", "live.sql"], cwd=self.folder,
                                  stderr=subprocess.PIPE) as job:
                self.addCleanup(job.kill)
                (self.folder / f"live/good{turn}").write_text('{"id": 7}\n')
                for _ in range(300):
                    if self.ids().count("7") == turn:
                        break
                    time.sleep(0.1)
                self.assertEqual(self.ids().count("7"), turn, "it goes on")
                running, = (path.name for path in
                            (self.folder / "millrace-data").glob("live-????????"))
                refused = self.run_verb("dlq", "replay", running, "t", fixed)
                self.assertEqual(refused.returncode, 2)
                self.assertIn("CLI-0044", refused.stderr)
                self.assertIn("another process holds its lock", refused.stderr)
                job.kill()
                job.communicate()
            self.run_ok("dlq", "replay", running, "t", fixed)
            self.assertEqual(self.ids().count("many"), 1)

    def test_a_replay_that_is_to_be_stopped_comes_to_its_end(self):
        fixed = self.script("fixed.sql", "STRING")
        job = re.match(r"\S+", self.run_ok("dlq", "list")).group(0)
        with subprocess.Popen(
                [self.binary, "dlq", "replay", job, "t", fixed,
                 "-D", "restart-strategy.type=fixed-delay",
                 "-D", "restart-strategy.fixed-delay.delay=5 s"],
                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=dict(os.environ, MILLRACE_FAILPOINTS="sink.after_seal=error")) as replay:
            self.addCleanup(replay.kill)
            for _ in range(100):
                stopped = self.run_verb("stop", f"{job}-replay", "--savepointPath", "saved")
                if not re.search("CLI-00(06|10)", stopped.stderr):
                    break
                time.sleep(0.1)
            self.assertEqual(stopped.returncode, 2)
            self.assertIn("JOB-0038", stopped.stderr)
            _, errors = replay.communicate(timeout=60)
            self.assertEqual(replay.returncode, 0, errors)
        self.assertEqual(self.ids(), ["1", "4", "many", "more"])

    def test_a_job_that_its_cluster_does_not_list_may_run(self):
        data = self.folder / "millrace-data"
        job = next(data.glob("insert-into_o-*"))
        (data / "dead-letters").mkdir()
        job_id = "0123456789abcdef" * 2
        (job / "dead-letters").rename(data / "dead-letters" / job_id)
        replay = ["dlq", "replay", job_id, "t", self.script("fixed.sql", "STRING")]
        (self.folder / "cluster").mkdir()
        with Cluster(self.binary, self.folder / "cluster", task_managers=1) as cluster:
            for where in ([], ["--target", cluster.target]):
                refused = self.run_verb(*replay, *where)
                self.assertEqual(refused.returncode, 2)
                self.assertIn("CLI-0044", refused.stderr)
            self.assertIn("lists no job of that id", refused.stderr)
        self.assertEqual(self.ids(), ["1", "4"])
        self.run_ok(*replay, "--job-ended")
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
