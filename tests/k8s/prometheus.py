"""Debian's Prometheus over given targets, and its check of a scrape's text."""
import json
import pathlib
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


def check_text(body):
    """What `promtool check metrics` has against it; empty if nothing."""
    done = subprocess.run([tools.program("promtool"), "check", "metrics"], input=body,
                          capture_output=True)
    said = (done.stdout + done.stderr).decode()
    return said or ("" if done.returncode == 0 else f"status {done.returncode}")


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
