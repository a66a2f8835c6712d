"""A job from Kafka to Kafka whose output is known: it forwards numbered records
by key, and counts them in windows, each into a topic of its own, exactly once.
"""
import collections
import json
import subprocess

from counted_job import AHEAD, EPOCH_MS, WINDOW, Topic, compare

PARTITIONS = 6
KEYS = 60  # Each in one partition of the input, so that it has an order.
OUT = ("forwarded", "counted")
FORK = "-fork"
BOUNDARY = 2  # Windows.
SCRIPT = """
SET 'pipeline.name' = '{name}';
SET 'execution.checkpointing.interval' = '1 s';
SET 'state.backend.type' = '{backend}';
SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.attempts' = '1000000';
SET 'restart-strategy.fixed-delay.delay' = '200 ms';
CREATE TABLE t (
  id BIGINT, k AS MOD(id, {keys}), v AS MOD(id, 1000),
  ts AS TO_TIMESTAMP_LTZ({epoch_ms} + id, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) WITH ({source});
CREATE TABLE forwarded (id BIGINT, k BIGINT) WITH ({forwarded});
CREATE TABLE counted (s BIGINT, k BIGINT, n BIGINT, total BIGINT)
WITH ({counted});
EXECUTE STATEMENT SET BEGIN
INSERT INTO forwarded SELECT id, k FROM t;
INSERT INTO counted SELECT MIN(id) / {window}, k, COUNT(*), SUM(v)
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, k;
END;
"""


class Ledger(Topic):
    """The input, produced until finish(), and what is read of the output by a
    consumer that sees committed records alone."""
    PARTITIONS = PARTITIONS

    def __init__(self, probe, address, rate, sink_options=()):
        self.sink_options = dict(sink_options)
        self.forked_before = None  # Where its input had come to then.
        super().__init__(probe, address, rate)
        for name in OUT:
            self.make(name)

    def make(self, topic):
        subprocess.run([self.probe, self.address, "create", topic,
                        str(PARTITIONS)], check=True, timeout=120)

    def fork(self):
        """The script of the same job, to topics of its own."""
        for name in OUT:
            self.make(name + FORK)
        self.forked_before = self.count
        return self.script("rocksdb", FORK)

    def script(self, backend, to=""):
        def sink(topic):
            return ", ".join(f"'{key}' = '{value}'" for key, value in {
                "connector": "kafka", "topic": topic + to,
                "properties.bootstrap.servers": self.address,
                "format": "json", "key.format": "json", "key.fields": "k",
                "sink.delivery-guarantee": "exactly-once",
                **self.sink_options}.items())
        return SCRIPT.format(
            name="ledger" + to, backend=backend, keys=KEYS, epoch_ms=EPOCH_MS, window=WINDOW,
            source=self.source, **{name: sink(name) for name in OUT})

    def read(self, topic):
        """(partition, row) of all committed records, in order."""
        done = subprocess.run([self.probe, self.address, "consume", topic],
                              capture_output=True, text=True, check=True,
                              timeout=300)
        for line in done.stdout.splitlines():
            partition, _, _, _, value = line.split("\t", 4)
            yield int(partition), json.loads(value)

    def is_whole(self):
        return all(self.has_last(to) for to in self.places())

    def places(self):
        """What the names of topics end with."""
        return [""] if self.forked_before is None else ["", FORK]

    def has_last(self, to):
        """What ends the windows comes last."""
        return sum(1 for _, row in self.read("forwarded" + to)
                   if row["id"] >= AHEAD) >= self.PARTITIONS

    def expected_windows(self):
        windows = collections.defaultdict(lambda: [0, 0])
        for number in range(self.count):
            sums = windows[number // WINDOW, number % KEYS]
            sums[0] += 1
            sums[1] += number % 1000
        return collections.Counter(
            (window, k, n, total) for (window, k), (n, total) in windows.items())

    def forwarded(self, to):
        """How often each record is there, and those out of order."""
        found, last, places, disorder = collections.Counter(), {}, {}, []
        for partition, row in self.read("forwarded" + to):
            key = row["k"]
            found[row["id"]] += 1
            if row["id"] >= AHEAD:
                continue  # They end the windows, and come from any partition.
            if (row["id"] <= last.get(key, -1)
                    or places.setdefault(key, partition) != partition):
                disorder.append(row["id"])
            last[key] = max(row["id"], last.get(key, -1))
        return found, disorder

    def counted(self, to):
        return collections.Counter(
            (row["s"], row["k"], row["n"], row["total"])
            for _, row in self.read("counted" + to)
            if row["s"] * WINDOW < AHEAD // 2)

    def faults(self):
        """A line for each topic, and whether all of it is as it must be."""
        said, wrong = [], 0
        for to in self.places():
            found, disorder = self.forwarded(to)
            counted = self.counted(to)
            numbers, windows = self.numbers(), self.expected_windows()
            if to == FORK:
                numbers = behind(numbers, found, self.forked_before,
                                 self.PARTITIONS)
                windows = behind_windows(windows, counted)
            for topic, expected, rows in (
                    ("forwarded", collections.Counter(numbers), found),
                    ("counted", windows, counted)):
                line, differ = compare(topic + to, expected, rows)
                wrong += differ
                said.append(line)
            wrong += len(disorder)
            said.append(f"  {len(disorder)} out of order {disorder[:5]}")
        return "\n".join(said), wrong == 0


def behind(numbers, found, before, partitions):
    """Those from where a fork began to read each partition, which was before it
    began to run."""
    begin = {}
    for number in found:
        place = number % partitions
        begin[place] = min(number, begin.get(place, before))
    return [number for number in numbers
            if number >= begin.get(number % partitions, before)]


def behind_windows(windows, found):
    """Those that a fork had to fire itself: what had fired when it began was its
    origin's, to the last one or two, of which each subtask had its part."""
    first = min((row[0] for row in found), default=0) + BOUNDARY
    return collections.Counter(
        {row: count for row, count in windows.items()
         if row[0] >= first or row in found})
