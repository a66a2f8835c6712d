"""A job from Kafka to Kafka whose output is known: it forwards numbered records
by key, and counts them in windows, each into a topic of its own, exactly once.
"""
import collections
import re
import subprocess

from counted_job import AHEAD, EPOCH_MS, WINDOW, Topic, compare

PARTITIONS = 6
KEYS = 60  # Each in one partition of the input, so that it has an order.
OUT = ("forwarded", "counted")
FORK = "-fork"
# In a savepoint: a partition, its watermark, and the offset of its next record.
SPLIT = re.compile(Topic.NAME.encode() + rb"/(\d+)\0(.{8})(\d+),", re.S)
NO_WATERMARK = -(1 << 63)
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
        self.forked = None
        super().__init__(probe, address, rate)
        for name in OUT:
            self.make(name)

    def make(self, topic):
        subprocess.run([self.probe, self.address, "create", topic,
                        str(PARTITIONS)], check=True, timeout=120)

    def note_fork(self, savepoint):
        """While nothing runs: the fork will begin there."""
        self.forked = Forked(savepoint, {row[:2] for row in self.counted("")})

    def fork(self):
        """The script of the same job, to topics of its own."""
        for name in OUT:
            self.make(name + FORK)
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

    def is_whole(self):
        return all(self.has_last(to) for to in self.places())

    def places(self):
        """What the names of topics end with."""
        return [""] if self.forked is None else ["", FORK]

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
                numbers = self.forked.numbers(numbers)
                windows = self.forked.windows(windows, counted)
            for topic, expected, rows in (
                    ("forwarded", collections.Counter(numbers), found),
                    ("counted", windows, counted)):
                line, differ = compare(topic + to, expected, rows)
                wrong += differ
                said.append(line)
            wrong += len(disorder)
            said.append(f"  {len(disorder)} out of order {disorder[:5]}")
        return "\n".join(said), wrong == 0


class Forked:
    """What is a fork's own, by the savepoint that it began with and by what its
    origin had written then."""

    def __init__(self, savepoint, fired):
        """`fired`: (window, key) of the counts that were written."""
        self.fired = fired
        self.offsets, watermarks = {}, {}
        manifest = (savepoint / "manifest").read_bytes()
        for partition, watermark, offset in SPLIT.findall(manifest):
            watermark = int.from_bytes(watermark, "little", signed=True)
            # Whoever forwards alone has no need of event time.
            if watermark == NO_WATERMARK:
                self.offsets[int(partition)] = int(offset)
            else:
                watermarks[int(partition)] = watermark
        if not PARTITIONS == len(self.offsets) == len(watermarks):
            raise RuntimeError(f"{savepoint} does not say where each source is: "
                               f"{self.offsets}, {watermarks}")
        # No window from here on had fired.
        self.first = (min(watermarks.values()) + 1 - EPOCH_MS) // WINDOW

    def numbers(self, numbers):
        """Those behind where the savepoint's sources are."""
        return [n for n in numbers if n >= AHEAD or
                n // PARTITIONS >= self.offsets[n % PARTITIONS]]

    def windows(self, windows, found):
        """Those that had not fired. A source tells its watermark some records
        later: of each key, one by one before them can be the fork's too, but none
        that its origin had written."""
        first = collections.defaultdict(lambda: self.first)
        for row in found:
            if row[:2] not in self.fired:
                first[row[1]] = min(row[0], first[row[1]])
        return collections.Counter(
            {row: count for row, count in windows.items()
             if row[0] >= first[row[1]] and row[:2] not in self.fired})
