#!/usr/bin/env python3
"""What a real cluster serves to Prometheus, held to docs/metrics.md and to
`promtool check metrics`.

    tests/k8s/metrics_test.py --binary build/release/millrace [-v]

One JobManager and two TaskManagers run a job; each process is scraped on its
own. Every name on the page is served by the process that the page says, every
name that is served stands on the page. Skipped where promtool is not.
"""
import argparse
import pathlib
import re
import sys
import tempfile
import unittest
import urllib.request

import tools
from prometheus import check_text

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from cluster_processes import Cluster  # pylint: disable=wrong-import-position

PAGE = ROOT / "docs/metrics.md"
JOB_MANAGER, TASK_MANAGER = "JobManager", "TaskManager"
# Heading: who serves it, and what its names begin with.
SCOPES = {
    "JobManager": [(JOB_MANAGER, "flink_jobmanager_")],
    "Jobs": [(JOB_MANAGER, "flink_jobmanager_job_")],
    "TaskManagers": [(TASK_MANAGER, "flink_taskmanager_")],
    "Tasks": [(TASK_MANAGER, "flink_taskmanager_job_task_")],
    "Operators": [(TASK_MANAGER, "flink_taskmanager_job_task_operator_")],
    "Latency": [(TASK_MANAGER, "")],
    "Processes": [(JOB_MANAGER, "flink_jobmanager_"),
                  (TASK_MANAGER, "flink_taskmanager_")],
    "Of a TaskManager as a process": [(TASK_MANAGER, "")],
}
# Two ways into two sinks, with an exchange, windows and what may fail.
JOB = """
SET 'error-handling.expression.mode' = 'drop';
SET 'metrics.latency.interval' = '100 ms';
CREATE TABLE events (
  event_type INT,
  bid ROW<auction BIGINT, price BIGINT, `dateTime` TIMESTAMP(3)>,
  `dateTime` AS bid.`dateTime`,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '1' SECOND
) WITH ('connector' = 'nexmark', 'next-event.rate' = '5000', 'rate.limited' = 'true');
CREATE TABLE clicks (n BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at)
  WITH ('connector' = 'datagen', 'rows-per-second' = '2000');
CREATE TABLE counts (auction BIGINT, bids BIGINT) WITH ('connector' = 'blackhole');
CREATE TABLE parts (part BIGINT, ends TIMESTAMP(3)) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts
SELECT bid.auction, COUNT(*)
FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(`dateTime`), INTERVAL '1' SECOND))
WHERE event_type = 2
GROUP BY window_start, window_end, bid.auction;
INSERT INTO parts
SELECT 100 / n, window_end
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(at), INTERVAL '1' SECOND));
END;
"""
SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$", re.M)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def documented():
    """who -> names that the page says it serves."""
    names = {JOB_MANAGER: set(), TASK_MANAGER: set()}
    heading = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| `"):
            for who, prefix in SCOPES.get(heading, []):
                first = line.split("|")[1]
                names[who] |= {prefix + name for name in re.findall(r"`(\w+)`", first)}
    return names


class Scrape:
    """What one process serves."""

    def __init__(self, text):
        self.text = text
        self.families = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        self.samples = [(name, dict(LABEL.findall(labels)), float(value))
                        for name, labels, value in SAMPLE.findall(text)]

    def of(self, name, **labels):
        """(labels, value) of each sample that has these labels."""
        return [(has, value) for called, has, value in self.samples
                if called == name and labels.items() <= has.items()]

    def sum(self, name, **labels):
        return sum(value for _, value in self.of(name, **labels))


class MetricsTest(unittest.TestCase):
    binary = None

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.place.cleanup)
        folder = pathlib.Path(cls.place.name)
        cls.cluster = Cluster(cls.binary, folder, task_managers=2,
                              config=["execution.checkpointing.interval=300 ms"])
        cls.enterClassContext(cls.cluster)
        script = folder / "job.sql"
        script.write_text(JOB, encoding="utf-8")
        cls.job = cls.cluster.submit(script, 2)
        cls.cluster.wait_for_state(cls.job, "RUNNING")
        cls.cluster.wait_until(lambda: cls.scrape("jobmanager").sum(
            "flink_jobmanager_job_numberOfCompletedCheckpoints") >= 2, "two checkpoints")
        cls.cluster.wait_until(lambda: min(
            cls.scrape(name).sum("millrace_sink_latency_seconds_count")
            for name in ("tm0", "tm1")) > 4, "rows in every sink")
        cls.manager = cls.scrape("jobmanager")
        cls.workers = [cls.scrape(name) for name in ("tm0", "tm1")]

    @classmethod
    def scrape(cls, name):
        page = re.search(r"http://\S+/metrics", cls.cluster.log(name)).group()
        with urllib.request.urlopen(page, timeout=5) as answer:
            return Scrape(answer.read().decode())

    def test_promtool_finds_nothing(self):
        for scrape in (self.manager, *self.workers):
            self.assertEqual(check_text(scrape.text.encode()), "")

    def test_the_page_has_what_is_served(self):
        names = documented()
        served = {JOB_MANAGER: set(self.manager.families),
                  TASK_MANAGER: set().union(*(one.families for one in self.workers))}
        for who in (JOB_MANAGER, TASK_MANAGER):
            self.assertEqual(sorted(names[who] - served[who]), [], f"not served by a {who}")
            self.assertEqual(sorted(served[who] - names[who]), [], f"not on the page: {who}")

    def test_no_sample_comes_twice(self):
        for scrape in (self.manager, *self.workers):
            lines = re.findall(r"^(?!#)(.*) \S+$", scrape.text, re.M)
            self.assertEqual(len(lines), len(set(lines)))

    def test_scopes_have_flinks_labels(self):
        job = {"job_id": self.job, "job_name": self.job_name()}
        labels, = [has for has, _ in self.manager.of("flink_jobmanager_job_numRestarts")]
        self.assertEqual(labels, {"host": "localhost", **job})
        for name, scrape in zip(("tm0", "tm1"), self.workers):
            process = {"host": "127.0.0.1", "tm_id": name}
            (labels, used), = scrape.of("flink_taskmanager_Status_JVM_Memory_Heap_Used")
            self.assertEqual(labels, process)
            self.assertGreater(used, 1 << 20)
            for labels, _ in scrape.of("flink_taskmanager_job_task_numRecordsIn"):
                self.assertLessEqual({**process, **job}.items(), labels.items())
                self.assertEqual(set(labels) - set(process) - set(job), {
                    "task_id", "task_name", "task_attempt_id", "task_attempt_num",
                    "subtask_index"})
            for labels, _ in scrape.of("flink_taskmanager_job_task_operator_numRecordsIn"):
                self.assertLessEqual({"operator_id", "operator_name", "task_name"}, set(labels))

    def job_name(self):
        return self.cluster.get(f"/jobs/{self.job}")["name"]

    def test_the_job_runs(self):
        value = lambda name: self.manager.sum(f"flink_jobmanager_job_{name}")
        self.assertEqual(value("runningState"), 1)
        self.assertGreater(value("uptime"), 0)
        self.assertEqual(value("downtime"), 0)
        self.assertEqual(self.manager.sum("flink_jobmanager_taskSlotsTotal"), 2)
        self.assertEqual(self.manager.sum("flink_jobmanager_taskSlotsAvailable"), 0)
        self.assertEqual(self.manager.sum("flink_jobmanager_numRunningJobs"), 1)

    def test_a_tasks_time_is_a_second_a_second(self):
        for scrape in self.workers:
            for labels, busy in scrape.of("flink_taskmanager_job_task_busyTimeMsPerSecond"):
                index = {key: labels[key] for key in ("task_id", "subtask_index")}
                times = busy + sum(
                    scrape.sum(f"flink_taskmanager_job_task_{kind}TimeMsPerSecond", **index)
                    for kind in ("idle", "backPressured"))
                if times > 0:  # Else it was asked for the first time.
                    self.assertAlmostEqual(times, 1000, delta=150)

    def test_bytes_go_from_one_process_to_the_other(self):
        prefix = "flink_taskmanager_job_task_"
        for scrape in self.workers:
            self.assertGreater(scrape.sum(prefix + "numBytesOut"), 0)
            self.assertGreater(scrape.sum(prefix + "Shuffle_Netty_Input_numBytesInRemote"), 0)
            self.assertGreater(scrape.sum("millrace_exchange_sent_bytes"), 0)

    def test_latency_has_buckets_for_every_sink(self):
        for scrape in self.workers:
            counts = scrape.of("millrace_sink_latency_seconds_count")
            self.assertEqual({has["operator_name"] for has, count in counts if count > 0},
                             {has["operator_name"] for has, _ in counts})
            self.assertEqual(len({has["operator_name"] for has, _ in counts}), 2)
            for labels, count in counts:
                buckets = [value for _, value in scrape.of(
                    "millrace_sink_latency_seconds_bucket", **labels)]
                self.assertEqual(buckets, sorted(buckets))
                self.assertEqual(buckets[-1], count)
            self.assertEqual(
                scrape.families["millrace_sink_latency_seconds"], "histogram")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True, type=lambda p: pathlib.Path(p).resolve())
    arguments, rest = parser.parse_known_args()
    try:
        tools.program("promtool")
    except tools.Missing as missing:
        tools.skip(missing)
    MetricsTest.binary = arguments.binary
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
