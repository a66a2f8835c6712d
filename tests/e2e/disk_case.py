"""One job in a folder of its own, for tests of what a bad disk does to it.

The job reads a file into a table of files, and a count of every row's key, with
a long text of it, into a changelog. `Case.wrong` says what of the output is
lost or double.
"""
import collections
import json
import os
import re
import subprocess

ROWS = 6_000
ROWS_A_CHECKPOINT = 2_000
TEXT = 8 * "what this row has to say, which is enough to fill a disk of some size "
# So much of it that what a checkpoint writes to RocksDB becomes a table at once.
LONG_TEXT = 5 * TEXT
LIMIT_S = 120
SCRIPT = """
CREATE TABLE t (id BIGINT, text STRING)
WITH ('connector' = 'filesystem', 'path' = '{folder}/in.json', 'format' = 'json');
CREATE TABLE f (id BIGINT)
WITH ('connector' = 'filesystem', 'path' = '{output}/files', 'format' = 'json');
CREATE TABLE c (id BIGINT, n BIGINT, longest STRING)
WITH ('connector' = 'changelog-out', 'path' = '{output}/log', 'mode' = 'retract');
EXECUTE STATEMENT SET BEGIN
INSERT INTO f SELECT id FROM t;
INSERT INTO c SELECT id, COUNT(*), MAX(text) FROM t GROUP BY id;
END;
"""


class Case:
    """A job with its places: `folder`/data, /checkpoints and /output."""

    def __init__(self, binary, folder, settings=None, parallelism=1, text=TEXT):
        self.binary = binary
        self.folder = folder
        self.text = text
        self.parallelism = parallelism
        self.places = {name: folder / name
                       for name in ("data", "checkpoints", "output")}
        self.settings = {
            "millrace.data-dir": str(self.places["data"]),
            "execution.checkpointing.dir": str(self.places["checkpoints"]),
            "execution.checkpointing.interval": "10 ms",
            "execution.checkpointing.interval-rows": str(ROWS_A_CHECKPOINT),
            "restart-strategy.exponential-delay.initial-backoff": "20 ms",
            **(settings or {})}
        (folder / "job.sql").write_text(SCRIPT.format(
            folder=folder, output=self.places["output"]))
        with (folder / "in.json").open("w") as file:
            for row in range(ROWS):
                file.write(json.dumps({"id": row, "text": text + str(row)}) + "\n")

    def start(self, environment=None, settings=None):
        chosen = {**self.settings, **(settings or {})}
        return subprocess.Popen(
            [str(self.binary), "run", "job.sql", "-p", str(self.parallelism)]
            + [word for key, value in chosen.items()
               for word in ("-D", f"{key}={value}")],
            cwd=self.folder, env=dict(os.environ, **(environment or {})),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")

    def run(self, environment=None, settings=None):
        """The exit status and what was said."""
        process = self.start(environment, settings)
        try:
            said = process.communicate(timeout=LIMIT_S)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return None, f"no end within {LIMIT_S} s: {process.communicate()[0]}"
        return process.returncode, said

    def wrong(self):
        """What differs from every row once; empty: nothing."""
        found = collections.Counter(
            json.loads(line)["id"] for line in self.lines("files/part-*"))
        parts = [difference(found, range(ROWS), "files")]
        found = collections.Counter(self.lines("log/part-*"))
        parts.append(difference(
            found, (f'+I [{row},1,"{self.text}{row}"]' for row in range(ROWS)), "log"))
        return "; ".join(part for part in parts if part)

    def lines(self, pattern):
        return [line for file in self.places["output"].glob(pattern)
                for line in file.read_text().splitlines()]


def difference(found, expected, what):
    expected = collections.Counter(expected)
    lost = sum((expected - found).values())
    double = sum((found - expected).values())
    return f"{what}: {lost} lost, {double} too many" if lost or double else ""


def unclear(said, *needed):
    """What a person misses in the message of an error; empty: nothing. It must
    have a code, and hold each of `needed`."""
    errors = [line for line in said.splitlines()
              if re.search(r"error: .*[A-Z]{3}-\d{4}: ", line)]
    if not errors:
        return f"no error with a code: {said[-500:]!r}"
    missing = [text for text in needed if text not in errors[-1]]
    return f"{missing} not in {errors[-1]!r}" if missing else ""
