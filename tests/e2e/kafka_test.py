#!/usr/bin/env python3
"""Tests against a real Kafka broker.

    tests/e2e/kafka_test.py --binary build/release/millrace \\
        --probe build/release/millrace_kafka_probe [CLASS[.TEST] ...]
"""
import json
import re
import subprocess
import time
import urllib.request

from kafka_broker import Broker
import kafka_case
from kafka_case import KafkaCase, NULL, ProcessUse, table

BID = "auction BIGINT, price BIGINT, ts TIMESTAMP(3)"
EVENTS = """event_type INT, bid ROW<auction BIGINT, bidder BIGINT, price BIGINT,
  channel STRING, url STRING, `dateTime` TIMESTAMP(3), extra STRING>"""
BIDS = """SELECT bid.auction, bid.price, bid.`dateTime` FROM events
  WHERE event_type = 2"""
WINDOWS = """SELECT window_start, auction, COUNT(*), MAX(price)
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' SECOND))
  GROUP BY window_start, window_end, auction"""


def number(n):
    return json.dumps({"id": n})


def murmur2(key):
    """The hash that Java's producer takes of a key (MurmurHash2, 32 bits)."""
    word, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(key)) & word
    for at in range(0, len(key) - len(key) % 4, 4):
        k = int.from_bytes(key[at:at + 4], "little") * m & word
        h = (h * m & word) ^ ((k ^ k >> 24) * m & word)
    if rest := key[len(key) - len(key) % 4:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & word
    h = (h ^ h >> 13) * m & word
    return h ^ h >> 15


class Roundtrip(KafkaCase):
    def test_windows_over_a_topic_equal_those_over_a_file(self):
        events = table("events", EVENTS, {"connector": "nexmark",
                                          "events.num": "20000"})
        timed = BID + ", WATERMARK FOR ts AS ts - INTERVAL '4' SECOND"
        result = "s TIMESTAMP(3), auction BIGINT, n BIGINT, best BIGINT"
        path = {"connector": "filesystem", "format": "json",
                "path": str(self.folder / "bids")}
        self.run_ok(events, table("f", BID, path), f"INSERT INTO f {BIDS}")
        self.run_ok(table("bids", timed, path), self.out(result, "expected"),
                    f"INSERT INTO expected {WINDOWS}")
        expected = self.rows("expected")
        self.assertGreater(len(expected), 100)
        for parallelism in (1, 3):
            topic = f"{self.topic}-{parallelism}"
            self.create(3, topic)
            self.run_ok(events, self.kafka(BID, topic), f"INSERT INTO t {BIDS}",
                        parallelism=parallelism)
            out = f"out{parallelism}"
            self.run_ok(self.kafka(timed, topic, "bids"), self.out(result, out),
                        f"INSERT INTO {out} {WINDOWS}", parallelism=parallelism)
            self.assertEqual(self.rows(out), expected, f"parallelism {parallelism}")

    def test_metadata_columns_of_records(self):
        self.create(2)
        self.produce((1, 1700000000123, NULL, number(7)))
        self.run_ok(
            self.kafka("id INT, tp STRING METADATA FROM 'topic' VIRTUAL, "
                       "part BIGINT METADATA FROM 'partition' VIRTUAL, "
                       "`offset` BIGINT METADATA VIRTUAL, "
                       "ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', "
                       "`timestamp-type` STRING METADATA VIRTUAL, "
                       "headers MAP<STRING, BYTES> METADATA VIRTUAL"),
            self.out("id INT, tp STRING, part BIGINT, o BIGINT, ts TIMESTAMP(3), "
                     "k STRING, h INT"),
            "INSERT INTO o SELECT id, tp, part, `offset`, "
            "CAST(ts AS TIMESTAMP(3)), `timestamp-type`, CARDINALITY(headers) FROM t")
        self.assertEqual(self.rows(), [
            f'[7,"{self.topic}",1,0,"2023-11-14 22:13:20.123","CreateTime",0]'])

    def test_keys_and_times_are_written_and_read(self):
        self.create(1)
        columns = "k_id INT, name STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'"
        keyed = self.kafka(columns, key_format="json", key_fields="k_id",
                           **{"key_fields__prefix": "k_",
                              "value_fields__include": "EXCEPT_KEY"})
        self.run_ok(keyed, "INSERT INTO t SELECT 1, 'a', TO_TIMESTAMP_LTZ(1700000000123, 3)")
        self.assertEqual(self.consume(), [
            ("0", "0", "1700000000123", '{"id":1}', '{"name":"a"}')])
        self.produce(("-", 1700000000124, NULL, '{"name":"b"}'))
        self.run_ok(keyed, self.out("id INT, name STRING"),
                    "INSERT INTO o SELECT k_id, name FROM t")
        self.assertEqual(self.rows(), ['[1,"a"]', '[null,"b"]'])

    def test_a_key_decides_the_partition_as_in_java(self):
        self.create(8)
        self.run_ok(table("g", "id INT", {
            "connector": "datagen", "number-of-rows": "64",
            "fields.id.kind": "sequence", "fields.id.start": "0",
            "fields.id.end": "63"}),
            self.kafka("id INT", key_format="json", key_fields="id"),
            "INSERT INTO t SELECT id FROM g")
        records = self.consume()
        self.assertEqual(sorted(json.loads(value)["id"] for *_, value in records),
                         list(range(64)))
        for partition, _, _, key, _ in records:
            self.assertEqual(int(partition),
                             (murmur2(key.encode()) & 0x7FFFFFFF) % 8, key)

    def test_partitioners(self):
        self.create(4)
        for name, used in (("round-robin", 4), ("fixed", 1)):
            topic = f"{self.topic}-{name}"
            self.create(4, topic)
            self.run_ok(self.kafka("id INT", topic, sink_partitioner=name),
                        "INSERT INTO t VALUES (1), (2), (3), (4)")
            partitions = [record[0] for record in self.consume(topic)]
            self.assertEqual(len(set(partitions)), used, name)

    def test_csv_and_raw(self):
        self.create(1)
        self.run_ok(self.kafka("a INT, b STRING", format="csv"),
                    "INSERT INTO t VALUES (1, 'x,y')")
        self.run_ok(self.kafka("line STRING", format="raw"), self.out("line STRING"),
                    "INSERT INTO o SELECT line FROM t")
        self.assertEqual(self.rows(), [r'["1,\"x,y\""]'])
        self.run_ok(self.kafka("a INT, b STRING", format="csv"),
                    self.out("a INT, b STRING", "p"), "INSERT INTO p SELECT * FROM t")
        self.assertEqual(self.rows("p"), ['[1,"x,y"]'])

    def test_topics_by_pattern(self):
        for name, value in (("in-1", 1), ("in-2", 2), ("out", 3)):
            self.create(1, f"{self.topic}-{name}")
            self.produce(number(value), topic=f"{self.topic}-{name}")
        self.assertEqual(self.read(topic=None, **{
            "topic__pattern": f"{self.topic}-in-.*"}), [1, 2])

    def read(self, **options):
        declared = self.kafka("id INT", **options)
        if options.get("topic", "") is None:
            declared = declared.replace(f"  'topic' = '{self.topic}',\n", "")
        self.run_ok(declared, self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        return [json.loads(row)[0] for row in self.rows()]


class Offsets(KafkaCase):
    def setUp(self):
        super().setUp()
        self.create(2)
        # Partition 0 has 0 to 4 at times 1000 to 1004, partition 1 has 10, 11.
        self.produce(*((0, 1000 + n, NULL, number(n)) for n in range(5)),
                     *((1, 1000 + n, NULL, number(10 + n)) for n in range(2)))

    def read(self, **options):
        self.run_ok(self.kafka("id INT", **options), self.out("id INT"),
                    "INSERT INTO o SELECT id FROM t")
        return sorted(json.loads(row)[0] for row in self.rows())

    def test_from_the_earliest_to_the_latest(self):
        self.assertEqual(self.read(), [0, 1, 2, 3, 4, 10, 11])

    def test_from_the_latest(self):
        self.assertEqual(self.read(scan_startup_mode="latest-offset"), [])

    def test_from_a_time(self):
        self.assertEqual(self.read(**{"scan_startup_mode": "timestamp",
                                      "scan_startup_timestamp__millis": 1003}), [3, 4])

    def test_from_given_offsets(self):
        self.assertEqual(
            self.read(**{"scan_startup_mode": "specific-offsets",
                         "scan_startup_specific__offsets": "partition:0,offset:4"}),
            [4, 10, 11])

    def test_from_where_the_group_stands(self):
        for partition, offset in ((0, 3), (1, 2)):
            self.ask("commit", "known", self.topic, partition, offset)
        self.assertEqual(self.read(scan_startup_mode=None,
                                   properties_group_id="known"), [3, 4])

    def test_a_group_without_offsets_is_an_error_that_says_what_to_do(self):
        errors = self.refusal(
            self.kafka("id INT", scan_startup_mode=None), self.out("id INT"),
            "INSERT INTO o SELECT id FROM t")
        self.assertIn("SRC-0303", errors)
        self.assertIn("'scan.startup.mode' = 'earliest-offset'", errors)
        self.assertEqual(
            self.read(scan_startup_mode=None, properties_auto_offset_reset="earliest"),
            [0, 1, 2, 3, 4, 10, 11])

    def test_to_a_time(self):
        self.assertEqual(self.read(**{"scan_bounded_mode": "timestamp",
                                      "scan_bounded_timestamp__millis": 1001}), [0, 10])

    def test_to_given_offsets(self):
        self.assertEqual(
            self.read(**{"scan_bounded_mode": "specific-offsets",
                         "scan_bounded_specific__offsets": "partition:0,offset:2"}),
            [0, 1])

    def test_to_where_the_group_stands(self):
        for partition, offset in ((0, 1), (1, 1)):
            self.ask("commit", "ended", self.topic, partition, offset)
        self.assertEqual(self.read(scan_bounded_mode="group-offsets",
                                   properties_group_id="ended"), [0, 10])

    def test_an_offset_that_is_gone(self):
        errors = self.refusal(
            self.kafka("id INT", **{
                "scan_startup_mode": "specific-offsets", "scan_bounded_mode": None,
                "scan_startup_specific__offsets": "partition:0,offset:99"}),
            self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        self.assertIn("SRC-0304", errors)
        self.assertIn("partition 0, offset 99", errors)


class Changes(KafkaCase):
    """What happens to the topic or the broker while a job runs."""

    def test_a_partition_that_is_added(self):
        self.create(1)
        self.produce(number(1))
        job = self.job(
            self.kafka("id INT", scan_bounded_mode=None,
                       **{"scan_topic__partition__discovery_interval": "500 ms"}),
            self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        self.wait_for_rows(1, job)
        self.ask("grow", self.topic, 2)
        self.produce((1, "-", NULL, number(2)))
        self.wait_for_rows(2, job)
        self.cancel(job)
        self.assertEqual(self.rows(), ["[1]", "[2]"])

    def test_a_broker_that_is_killed_and_comes_back(self):
        copy = self.topic + "-copy"
        self.create(2)
        self.create(1, copy)
        job = self.job(
            self.kafka("id INT", scan_bounded_mode=None),
            self.kafka("id INT", copy, "c"), self.out("id INT"),
            "EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT id FROM t; "
            "INSERT INTO c SELECT id FROM t; END")
        self.produce(*(number(n) for n in range(1000)))
        self.wait_for_rows(1000, job)
        self.broker.kill()
        time.sleep(2)
        self.assertIsNone(job.poll(), "the job did not wait for the broker")
        self.broker.start()
        self.produce(*(number(n) for n in range(1000, 2000)))
        self.wait_for_rows(2000, job)
        self.wait_until(lambda: len(self.consume(copy)) >= 2000)
        self.cancel(job)
        expected = list(range(2000))
        self.assertEqual(sorted(json.loads(row)[0] for row in self.rows()), expected,
                         "read once each")
        copied = {json.loads(record[4])["id"] for record in self.consume(copy)}
        self.assertEqual(sorted(copied), expected, "written at least once each")

    def test_a_topic_that_is_deleted_while_it_is_read(self):
        self.create(1)
        self.produce(number(1))
        job = self.job("SET 'execution.checkpointing.interval' = '300 ms'",
                       self.kafka("id INT", scan_bounded_mode=None),
                       self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        self.wait_for_rows(1, job)
        self.ask("delete", self.topic)
        _, errors = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 1)
        self.assertIn("SRC-0305", errors)
        self.assertIn(f"topic {self.topic}, partition 0, offset 1", errors)
        self.assertIn("the topic was deleted while it was read", errors)

    def test_a_topic_that_is_made_again_while_it_is_read(self):
        self.create(1)
        self.produce(*(number(n) for n in range(5)))
        job = self.job("SET 'execution.checkpointing.interval' = '300 ms'",
                       self.kafka("id INT", scan_bounded_mode=None),
                       self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        self.wait_for_rows(5, job)
        self.ask("delete", self.topic)
        time.sleep(0.7)  # What is faster is not noticed (docs/connectors/kafka.md).
        self.create(1)
        self.produce(*(number(n) for n in range(100, 120)))
        _, errors = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 1)
        self.assertRegex(errors, "SRC-03(05|11)")
        self.assertEqual(self.rows(), [f"[{n}]" for n in range(5)],
                         "nothing of the other topic is read as if it followed")

    def test_a_topic_that_does_not_exist(self):
        self.create(1)
        errors = self.refusal(
            self.kafka("id INT", self.topic + "s"), self.out("id INT"),
            "INSERT INTO o SELECT id FROM t")
        self.assertIn(f"topic '{self.topic}s' does not exist", errors)
        self.assertIn(f"Did you mean '{self.topic}'?", errors)
        errors = self.refusal(self.kafka("id INT", "nowhere"), "INSERT INTO t VALUES (1)")
        self.assertIn("SNK-0301", errors)
        self.assertIn("topic nowhere", errors)

    def test_a_broker_that_is_not_there(self):
        address = self.broker.address
        self.broker.address = "127.0.0.1:1"
        self.addCleanup(setattr, self.broker, "address", address)
        errors = self.refusal(self.kafka("id INT"), self.out("id INT"),
                              "INSERT INTO o SELECT id FROM t")
        self.assertIn("SRC-0301", errors)
        self.assertIn("brokers 127.0.0.1:1", errors)
        self.assertIn("Connection refused", errors)
        errors = self.refusal(self.kafka("id INT"), "INSERT INTO t VALUES (1)")
        self.assertIn("SNK-0302", errors)
        self.assertIn("brokers 127.0.0.1:1", errors)
        self.assertIn("Connection refused", errors)


class Guards(KafkaCase):
    """A job that goes on, and what it finds in the place of its topic."""

    def setUp(self):
        super().setUp()
        self.create(1)
        self.statements = (
            "SET 'execution.checkpointing.interval' = '300 ms'",
            self.kafka("id INT", scan_bounded_mode=None, properties_group_id=self.topic),
            self.out("id INT"), "INSERT INTO o SELECT id FROM t")

    def run_until_checkpointed(self, *records):
        self.produce(*records)
        job = self.job(*self.statements)
        self.wait_for_rows(len(records), job)
        time.sleep(2)
        self.assertIsNone(job.poll(), "the job ended")
        job.kill()
        job.communicate()

    def test_a_topic_that_was_made_again_is_found(self):
        self.run_until_checkpointed(*(number(n) for n in range(5)))
        self.ask("delete", self.topic)
        time.sleep(1)
        self.create(1)
        self.produce(*(number(n) for n in range(100, 120)))
        errors = self.refusal(*self.statements)
        self.assertIn("SRC-0311", errors)
        self.assertIn("offset 4", errors)
        self.assertIn("deleted and made again", errors)

    def test_a_gap_is_named(self):
        self.run_until_checkpointed(*(number(n) for n in range(5)))
        self.ask("delete", self.topic)
        time.sleep(1)
        self.create(1)
        self.produce(number(100), number(101))
        errors = self.refusal(*self.statements)
        self.assertIn("SRC-0304", errors)
        self.assertIn("the partition ends at 2, [2, 5) are gone", errors)

    def test_records_that_expired_meanwhile_are_named(self):
        self.run_until_checkpointed(*(number(n) for n in range(5)))
        self.produce(*(number(n) for n in range(5, 10)))
        self.ask("expire", self.topic, 0, 8)
        errors = self.refusal(*self.statements)
        self.assertIn("SRC-0304", errors)
        self.assertIn("[5, 8) are gone", errors)
        self.assertIn("they expired before they were read", errors)
        self.assertIn("Raise the topic's retention", errors)

    def test_another_cluster_is_noticed(self):
        self.run_until_checkpointed(*(number(n) for n in range(5)))
        with Broker() as other:
            mine, type(self).broker = self.broker, other
            try:
                self.create(1)
                self.produce(*(number(n) for n in range(9)))
                errors = self.refusal(*(
                    text.replace(mine.address, other.address)
                    for text in self.statements))
            finally:
                type(self).broker = mine
        self.assertIn("SRC-0310", errors)
        self.assertIn("another Kafka cluster", errors)

    def test_the_same_topic_is_gone_on_with(self):
        self.run_until_checkpointed(*(number(n) for n in range(5)))
        self.produce(number(5))
        job = self.job(*self.statements)
        self.wait_for_rows(6, job)
        self.cancel(job)
        self.assertEqual(self.rows(), [f"[{n}]" for n in range(6)])


class Metrics(KafkaCase):
    def test_lag_and_offsets_are_told_by_partition(self):
        self.create(2)
        self.produce(*((0, "-", NULL, number(n)) for n in range(5)),
                     (1, "-", NULL, number(9)))
        (self.folder / "millrace.yaml").write_text(
            "metrics.reporter.prom.port: 9400-9499\n")
        job = self.job("SET 'execution.checkpointing.interval' = '300 ms'",
                       self.kafka("id INT", scan_bounded_mode=None,
                                  properties_group_id=self.topic),
                       self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        url = self.line_with("metrics: ", job).split("metrics: ", 1)[1].strip()
        served = {}

        def read():
            with urllib.request.urlopen(url) as answer:
                for name, labels, value in re.findall(
                        r"^(\w+)\{(.*)\} (\S+)$", answer.read().decode(), re.M):
                    found = re.search(r'partition="(\d+)"', labels)
                    short = name.rsplit("operator_", 1)[-1]
                    served[short, found and found.group(1)] = float(value)
            return served

        of = "KafkaSourceReader_topic_partition_"
        self.wait_until(lambda: read().get((of + "committedOffset", "0")) == 5
                        and served.get((of + "committedOffset", "1")) == 1,
                        lambda: str(served))
        self.assertEqual(served[of + "currentOffset", "0"], 4)
        self.assertEqual(served[of + "recordsLag", "0"], 0)
        self.assertEqual(served["pendingRecords", None], 0)
        self.assertGreater(served["KafkaSourceReader_commitsSucceeded", None], 0)
        self.assertEqual(served["KafkaSourceReader_commitsFailed", None], 0)
        self.cancel(job)


class Upserts(KafkaCase):
    COLUMNS = "id INT, name STRING, PRIMARY KEY (id) NOT ENFORCED"

    def upserts(self, columns=COLUMNS, name="t", **options):
        return self.kafka(columns, name=name, connector="upsert-kafka", format=None,
                          key_format="json", value_format="json",
                          scan_startup_mode=None, **options)

    def test_a_topic_of_changes_is_a_table(self):
        # Not compacted: brokers would refuse the record without a key.
        self.create(2)
        a, b, c, d = ('{"id":1}', '{"id":2}', '{"id":3}', '{"id":4}')
        self.produce(("-", "-", a, '{"id":1,"name":"a"}'),
                     ("-", "-", b, '{"id":2,"name":"b"}'),
                     ("-", "-", a, '{"id":1,"name":"A"}'),
                     ("-", "-", b, NULL),
                     ("-", "-", c, '{"id":3,"name":"c"}'),
                     ("-", "-", d, NULL),
                     ("-", "-", NULL, '{"id":9,"name":"nobody"}'))
        for parallelism in (1, 3):
            out = f"out{parallelism}"
            self.run_ok(self.upserts(), self.out("id INT, name STRING", out),
                        f"INSERT INTO {out} SELECT * FROM t", parallelism=parallelism)
            self.assertEqual(self.rows(out), ['[1,"A"]', '[3,"c"]'])
        self.run_ok(self.upserts(), self.out("n BIGINT, longest INT"),
                    "INSERT INTO o SELECT COUNT(*), SUM(id) FROM t WHERE name <> 'c'")
        self.assertEqual(self.rows(), ["[1,1]"])
        letters = [json.loads(line) for line in self.dead_letters()]
        self.assertEqual({letter["code"] for letter in letters}, {"SRC-0309"})

    def test_changes_are_written_by_key_and_deletes_as_tombstones(self):
        source = self.topic + "-in"
        self.create(1, source)
        self.create(1)
        self.produce(("-", "-", '{"id":1}', '{"id":1,"name":"a"}'),
                     ("-", "-", '{"id":2}', '{"id":2,"name":"b"}'), topic=source)
        copy = (self.upserts(name="s", topic=source, scan_bounded_mode=None),
                self.upserts(name="c"), "INSERT INTO c SELECT * FROM s")
        job = self.job("SET 'execution.checkpointing.interval' = '300 ms'", *copy)
        self.wait_until(lambda: len(self.consume()) >= 2)
        self.produce(("-", "-", '{"id":2}', NULL),
                     ("-", "-", '{"id":1}', '{"id":1,"name":"A"}'), topic=source)
        self.wait_until(lambda: len(self.consume()) >= 4)
        self.cancel(job)
        records = [record[3:] for record in self.consume()]
        self.assertEqual([value for key, value in records if key == '{"id":1}'],
                         ['{"id":1,"name":"a"}', '{"id":1,"name":"A"}'])
        self.assertEqual([value for key, value in records if key == '{"id":2}'],
                         ['{"id":2,"name":"b"}', NULL])

    def test_rows_that_are_kept_back_come_once_a_key(self):
        self.create(1)
        self.run_ok(table("g", "id INT", {
            "connector": "datagen", "number-of-rows": "3000",
            "fields.id.kind": "sequence", "fields.id.start": "0",
            "fields.id.end": "2999"}),
            self.upserts("k INT, n BIGINT, PRIMARY KEY (k) NOT ENFORCED",
                         **{"sink_buffer__flush_max__rows": "100000",
                            "sink_buffer__flush_interval": "60 s"}),
            "INSERT INTO t SELECT id % 3, COUNT(*) FROM g GROUP BY id % 3")
        self.assertEqual(sorted(json.loads(record[4])["n"] for record in self.consume()),
                         [1000, 1000, 1000])


class BadRecords(KafkaCase):
    def read(self, mode=None, **options):
        return self.run_job(self.kafka("id INT", **options,
                                       **({"error__handling_mode": mode} if mode else {})),
                            self.out("id INT"), "INSERT INTO o SELECT id FROM t")

    def produce_good_and_bad(self):
        self.create(1)
        self.produce(number(1), '{"id":', number(2), b'{"id": 5, "x": "\xff\xfe"}',
                     ("-", "-", NULL, NULL), '{"id": "many"}', "", number(3))

    def test_are_quarantined_unless_told_otherwise(self):
        self.produce_good_and_bad()
        status, _, errors = self.read()
        self.assertEqual(status, 0, errors)
        good = self.rows()
        self.assertLessEqual({"[1]", "[2]", "[3]"}, set(good))
        letters = [json.loads(line) for line in self.dead_letters()]
        self.assertIn(f"topic {self.topic}, partition 0, offset 1",
                      [letter["origin"] for letter in letters])
        self.assertTrue(all(letter["code"].startswith("SRC-") for letter in letters))
        # Every record is somewhere, but for the one without a value and the
        # empty one, which are no rows in Flink either.
        self.assertEqual(len(good) + len(letters), 6)

    def test_go_into_a_topic_where_the_table_says_so(self):
        self.produce_good_and_bad()
        bad = self.topic + "-bad"
        self.create(1, topic=bad)
        self.run_ok(self.kafka("raw_text STRING, code STRING, source STRING, "
                               "`partition` INT, `position` BIGINT", topic=bad, name="bad"),
                    self.kafka("id INT", error__handling_log_target="bad"),
                    self.out("id INT"), "INSERT INTO o SELECT id FROM t")
        letters = [json.loads(value) for *_, value in self.consume(bad)]
        self.assertIn({"raw_text": '{"id":', "code": "SRC-0101", "source": self.topic,
                       "partition": 0, "position": 1}, letters)
        self.assertEqual(len(self.rows()) + len(letters), 6)
        self.assertEqual(self.dead_letters(), [])

    def test_can_be_dropped(self):
        self.produce_good_and_bad()
        status, _, errors = self.read("drop")
        self.assertEqual(status, 0, errors)
        self.assertLessEqual({"[1]", "[2]", "[3]"}, set(self.rows()))
        self.assertEqual(self.dead_letters(), [])

    def test_can_fail_the_job(self):
        self.produce_good_and_bad()
        status, _, errors = self.read("fail")
        self.assertEqual(status, 1)
        self.assertIn(f"topic {self.topic}, partition 0, offset 1", errors)

    def test_more_than_a_few_fail_the_job(self):
        self.create(1)
        self.produce(*["{"] * 150)
        status, _, errors = self.read()
        self.assertEqual(status, 1)
        self.assertIn("SRC-0041", errors)

    def test_a_record_of_20_megabytes(self):
        self.create(1, max_message_bytes=33554432)
        self.produce(number(1), '{"id": 2, "x": "%s"}' % ("y" * 20_000_000), number(3))
        status, _, errors = self.read()
        self.assertEqual(status, 0, errors)
        self.assertEqual(self.rows(), ["[1]", "[3]"])
        letter, = self.dead_letters()
        self.assertIn("SRC-0307", letter)

    def test_a_key_that_cannot_be_read_takes_its_row_along(self):
        self.create(1)
        self.produce(("-", "-", '{"k":1}', '{"id":1}'), ("-", "-", "{", '{"id":2}'))
        self.run_ok(self.kafka("id INT, k INT", key_format="json", key_fields="k",
                               **{"value_fields__include": "EXCEPT_KEY"}),
                    self.out("id INT, k INT"), "INSERT INTO o SELECT id, k FROM t")
        self.assertEqual(self.rows(), ["[1,1]"])
        self.assertEqual(len(self.dead_letters()), 1)

    def test_are_replayed_with_their_keys_and_places(self):
        self.create(1)
        self.produce(("-", 1700000000001, "{", '{"id":1}'),
                     ("-", 1700000000002, '{"k":2}', '{"id":"x2"}'),
                     ("-", 1700000000003, '{"k":3}', '{"id":3}'))
        columns = ("id {}, k {}, at BIGINT METADATA FROM 'offset' VIRTUAL, "
                   "ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'")
        options = {"key_format": "json", "key_fields": "k",
                   "value_fields__include": "EXCEPT_KEY"}
        self.run_ok(self.kafka(columns.format("INT", "INT"), **options),
                    self.out("id INT, k INT"), "INSERT INTO o SELECT id, k FROM t")
        self.assertEqual(self.rows(), ["[3,3]"])
        letters = {letter["position"]: letter for letter in
                   map(json.loads, self.dead_letters())}
        self.assertEqual([letters[n]["bad_part"] for n in (0, 1)], ["key", "value"])
        job, = (path.name for path in (self.folder / "millrace-data").iterdir())
        (self.folder / "fixed.sql").write_text(";\n".join([
            self.kafka(columns.format("STRING", "STRING"),
                       **{**options, "key_format": "raw"}),
            self.out("id STRING, k STRING, at BIGINT, ms BIGINT", "fixed"),
            "INSERT INTO fixed SELECT id, k, at, CAST(EXTRACT(EPOCH FROM ts) AS BIGINT) "
            "FROM t"]) + ";\n")
        done = subprocess.run([self.binary, "dlq", "replay", job, "t", "fixed.sql"],
                              cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.rows("fixed"), [
            '["1","{",0,1700000000]', '["x2","{\\"k\\":2}",1,1700000000]'])

    def test_records_without_a_key_are_a_key_of_their_own(self):
        self.create(2)
        self.produce(*((n % 2, "-", NULL if n % 2 else '{"k":1}', number(n))
                       for n in range(10)))
        for parallelism in (1, 3):
            out = f"keys{parallelism}"
            self.run_ok(self.kafka("id INT, k INT", key_format="json", key_fields="k",
                                   **{"value_fields__include": "EXCEPT_KEY"}),
                        self.out("k INT, n BIGINT", out),
                        f"INSERT INTO {out} SELECT k, COUNT(*) FROM t GROUP BY k",
                        parallelism=parallelism)
            self.assertEqual(self.rows(out), ["[1,5]", "[null,5]"])

    def test_a_time_far_ahead_of_its_record(self):
        self.create(1)
        now = 1700000000000
        self.produce(*(("-", now, NULL, json.dumps({"id": n, "ms": now + ahead}))
                       for n, ahead in ((1, 0), (2, 599_000), (3, 601_000))))
        columns = ("id INT, ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3), "
                   "WATERMARK FOR ts AS ts")
        for skew, expected in (("10 min", ["[1]", "[2]"]), ("0", ["[1]", "[2]", "[3]"])):
            out = "skew" + skew[:1]
            self.run_ok(self.kafka(columns, **{"scan_max__future__skew": skew}),
                        self.out("id INT", out), f"""INSERT INTO {out}
                        SELECT id FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts),
                        INTERVAL '1' HOUR)) GROUP BY id, window_start, window_end""")
            self.assertEqual(self.rows(out), expected)
        letter, = self.dead_letters()
        self.assertIn("SRC-0308", letter)


class Idle(KafkaCase):
    def test_costs_next_to_nothing_on_an_empty_topic(self):
        self.create(1)
        copy = self.topic + "-copy"
        self.create(1, copy)
        job = self.job(self.kafka("id INT", scan_bounded_mode=None),
                       self.kafka("id INT", copy, "c"), "INSERT INTO c SELECT id FROM t")
        self.produce(number(1))
        self.wait_until(lambda: len(self.consume(copy)) == 1)
        time.sleep(2)
        use = ProcessUse(job.pid)
        before = use.cpu_seconds()
        time.sleep(20)
        percent = (use.cpu_seconds() - before) / 20 * 100
        resident = use.resident_mib()
        self.cancel(job)
        print(f"idle: {resident:.1f} MiB, {percent:.2f} % CPU")
        self.assertLess(resident, 40)
        self.assertLess(percent, 0.5)


if __name__ == "__main__":
    kafka_case.main()
