"""A job whose output is known, for tests that disturb it: it copies numbers into
files, counts them in windows into others, and keeps a total of each key in a
changelog. Its numbers come from a generator or from a Kafka topic.
"""
import collections
import json
import pathlib
import subprocess
import time

from kafka_case import rows
from numbered_input import NumberedInput

KEYS = 50
EPOCH_MS = 1_700_000_000_000  # Of number 0; each is a millisecond later.
WINDOW = 1000                 # Numbers, and milliseconds.
READ_WITHIN_S = 120
READ_EVERY_S = 0.5
AHEAD = 1 << 40               # So far ahead that all windows close.
COMPUTED = f"""
  k AS MOD(id * 7919, {KEYS}), v AS MOD(id, 1000),
  ts AS TO_TIMESTAMP_LTZ({EPOCH_MS} + id, 3),
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND"""
SCRIPT = """
SET 'pipeline.name' = 'counted';
SET 'execution.checkpointing.interval' = '1 s';
SET 'state.backend.type' = '{backend}';
SET 'restart-strategy.type' = 'fixed-delay';
SET 'restart-strategy.fixed-delay.attempts' = '1000000';
SET 'restart-strategy.fixed-delay.delay' = '200 ms';
CREATE TABLE t (id BIGINT, {computed}) WITH ({source});
CREATE TABLE copied (id BIGINT, k BIGINT, v BIGINT) WITH (
  'connector' = 'filesystem', 'path' = 'copied', 'format' = 'csv',
  'sink.rolling-policy.rollover-interval' = '2500 ms',
  'sink.rolling-policy.check-interval' = '500 ms');
CREATE TABLE counted (s BIGINT, k BIGINT, n BIGINT, total BIGINT) WITH (
  'connector' = 'filesystem', 'path' = 'counted', 'format' = 'csv');
CREATE TABLE totals (k BIGINT, n BIGINT, total BIGINT) WITH (
  'connector' = 'changelog-out', 'path' = 'totals', 'mode' = 'retract');
EXECUTE STATEMENT SET BEGIN
INSERT INTO copied SELECT id, k, v FROM t;
INSERT INTO counted SELECT MIN(id) / {window}, k, COUNT(*), SUM(v)
FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, k;
INSERT INTO totals SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k;
END;
"""


def script(source, backend):
    return SCRIPT.format(source=source, backend=backend, computed=COMPUTED,
                         window=WINDOW)


class Generator:
    """So many numbers at a rate, then the job ends."""

    def __init__(self, rate, seconds):
        self.count = int(rate * seconds) // WINDOW * WINDOW
        self.source = (f"'connector' = 'datagen', 'rows-per-second' = '{rate}',"
                       "'fields.id.kind' = 'sequence', 'fields.id.start' = '0',"
                       f"'fields.id.end' = '{self.count - 1}'")

    def finish(self):
        pass

    def numbers(self):
        return range(self.count)


class Topic(NumberedInput):
    """Numbers produced into a topic at a rate until finish()."""
    NAME, PARTITIONS = "numbers", 6

    def __init__(self, probe, address, rate):
        super().__init__(rate)
        self.probe, self.address = str(probe), address
        self.source = (
            f"'connector' = 'kafka', 'topic' = '{self.NAME}', 'format' = 'json',"
            f"'properties.bootstrap.servers' = '{address}',"
            "'scan.startup.mode' = 'earliest-offset',"
            "'scan.max-future-skew' = '0 ms'")
        self.ask("create", self.PARTITIONS)
        self.start()

    def ask(self, verb, *words, data=None):
        subprocess.run([self.probe, self.address, verb, self.NAME,
                        *map(str, words)], input=data, check=True, timeout=120)

    def produce(self, records):
        self.ask("produce", data="".join(
            f'{partition}\t-\t\\N\t{{"id":{number}}}\n'
            for partition, number in records).encode())

    def put(self, numbers):
        self.produce((n % self.PARTITIONS, n) for n in numbers)

    def there(self):
        return (row["id"] for _, row in self.read(self.NAME))

    def read(self, topic):
        """(partition, row) of all committed records, in order. A broker that has
        just come back has no leader yet."""
        until = time.monotonic() + READ_WITHIN_S
        while True:
            done = subprocess.run([self.probe, self.address, "consume", topic],
                                  capture_output=True, text=True, timeout=300,
                                  check=False)
            if done.returncode == 0:
                return rows(done.stdout)
            if time.monotonic() > until:
                raise RuntimeError(
                    f"{topic} cannot be read: {done.stderr[-300:]}")
            time.sleep(READ_EVERY_S)

    def finish(self):
        """Ends it at a whole window, and all windows by a last record in each
        partition; once."""
        if self.stopping.is_set():
            return
        self.stop()
        self.write(-(-self.count // WINDOW) * WINDOW)
        self.produce((p, AHEAD + p) for p in range(self.PARTITIONS))

    def numbers(self):
        yield from range(self.count)
        yield from range(AHEAD, AHEAD + self.PARTITIONS)


def compare(name, expected, found):
    """A line on what is lost and double of Counters of rows, and how many."""
    lost, double = expected - found, found - expected
    return (f"{name}: {expected.total()} rows, {len(lost)} lost, "
            f"{double.total()} double"
            + "".join(f"\n  lost {row}" for row in list(lost)[:5])
            + "".join(f"\n  double {row}" for row in list(double)[:5]),
            len(lost) + len(double))


class Output:
    """What a job has written below a folder, beside what its input asks for."""

    def __init__(self, folder, numbers):
        self.folder = pathlib.Path(folder)
        self.expected = {"copied": collections.Counter(),
                         "counted": collections.Counter()}
        self.totals = collections.defaultdict(lambda: [0, 0])
        windows = collections.defaultdict(lambda: [0, 0])
        for number in numbers:
            k, v = number * 7919 % KEYS, number % 1000
            self.expected["copied"][f"{number},{k},{v}"] = 1
            for sums in (self.totals[k], windows[number // WINDOW, k]):
                sums[0] += 1
                sums[1] += v
        for (window, k), (n, total) in windows.items():
            if window * WINDOW < AHEAD - WINDOW:
                self.expected["counted"][f"{window},{k},{n},{total}"] = 1

    def lines(self, table):
        for file in sorted((self.folder / table).rglob("part-*")):
            if not file.parent.name.startswith("."):
                yield from file.read_text(encoding="utf-8").splitlines()

    def left(self):
        """The totals that remain of the changelog, and how many changes."""
        rows, changes = collections.Counter(), 0
        for line in self.lines("totals"):
            kind, row = line.split(" ", 1)
            rows[row] += 1 if kind in ("+I", "+U") else -1
            changes += 1
        return collections.Counter(
            {row: count for row, count in rows.items() if count}), changes

    def is_whole(self):
        """Whether all of the input is in the totals."""
        counted = sum(json.loads(row)[1] for row in self.left()[0])
        return counted >= sum(n for n, _ in self.totals.values())

    def faults(self):
        """A line for each table, and whether all of it is as it must be."""
        said, wrong = [], 0
        for table, rows in self.expected.items():
            line, differ = compare(table, rows,
                                   collections.Counter(self.lines(table)))
            wrong += differ
            said.append(line)
        left, changes = self.left()
        expected = collections.Counter(
            f"[{k},{n},{total}]" for k, (n, total) in self.totals.items())
        wrong += left != expected
        said.append(f"totals: {len(expected)} keys, {changes} changes"
                    + ("" if left == expected else
                       f"; left {list(left.items())[:5]} for "
                       f"{list(expected)[:3]}"))
        return "\n".join(said), wrong == 0
