"""Debian's Prometheus over given targets, and its check of a scrape's text."""
import json
import pathlib
import re
import socket
import subprocess
import urllib.parse
import urllib.request

import tools

CONFIG = """global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: millrace
    static_configs: [{{targets: {targets}}}]
"""


# Flink's names are camelCase, and they are what dashboards ask for.
FLINK_NAME = re.compile(r"flink_\S+ metric names should be written in 'snake_case' not 'camelCase'")
LINT = 3  # promtool's status when the text can be read and it has advice


def check_text(body):
    """What `promtool check metrics` has against it beside the spelling of
    Flink's names; empty if nothing."""
    done = subprocess.run([tools.program("promtool"), "check", "metrics"], input=body,
                          capture_output=True)
    said = [line for line in (done.stdout + done.stderr).decode().splitlines()
            if not FLINK_NAME.fullmatch(line)]
    if done.returncode not in (0, LINT):
        said.append(f"promtool's status is {done.returncode}")
    return "\n".join(said)


class Prometheus:
    """Runs from __enter__ to __exit__."""

    def __init__(self, targets, folder):
        self.folder = pathlib.Path(folder) / "prometheus"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "config.yml").write_text(
            CONFIG.format(targets=json.dumps(sorted(targets))))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None

    def __enter__(self):
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(
                [tools.program("prometheus"), f"--config.file={self.folder}/config.yml",
                 f"--storage.tsdb.path={self.folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def value(self, query):
        """The number that a query for one gives; 0 while there is none."""
        address = (f"http://127.0.0.1:{self.port}/api/v1/query?"
                   + urllib.parse.urlencode({"query": query}))
        with urllib.request.urlopen(address, timeout=5) as answer:
            result = json.load(answer)["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0
