"""The chart, rendered by helm, as objects."""
import pathlib
import subprocess

import tools

try:
    import yaml
except ImportError:
    yaml = None

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE.parents[1] / "k8s/millrace"
VALUES = HERE / "values"
COMPONENT = "app.kubernetes.io/component"


def needed():
    """Raises Missing when the chart cannot be rendered here."""
    if yaml is None:
        raise tools.Missing("there is no PyYAML: apt-get install python3-yaml")
    tools.program("helm")


def helm(*words, text=None):
    return subprocess.run([tools.program("helm"), *map(str, words)], input=text,
                          capture_output=True, text=True, timeout=60)


def template(values, changes=None, release="r"):
    """What helm says of VALUES/`values`.yaml with `changes` on top."""
    # Of the namespace "n" YAML makes false where it is not quoted.
    return helm("template", release, CHART, "--namespace", "n", "-f",
                VALUES / f"{values}.yaml", "-f", "-",
                text=yaml.safe_dump(changes or {}))


class Rendered:
    """The objects of one rendering."""

    def __init__(self, values="least", changes=None, release="r"):
        done = template(values, changes, release)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        self.text = done.stdout
        self.all = [thing for thing in yaml.safe_load_all(done.stdout) if thing]

    def kind(self, kind, component=None):
        return [thing for thing in self.all if thing["kind"] == kind and component in
                (None, thing["metadata"]["labels"].get(COMPONENT))]

    def one(self, kind, component=None):
        found, = self.kind(kind, component)
        return found

    def config(self):
        """The text of millrace.yaml."""
        text, = [thing["data"]["millrace.yaml"] for thing in self.kind("ConfigMap")
                 if "millrace.yaml" in thing["data"]]
        return text

    def manager(self, component):
        """The pod template of "jobmanager" or "taskmanager"."""
        return self.one("StatefulSet", component)["spec"]["template"]

    def pods(self):
        """(name, labels, spec) of every pod that this makes."""
        for thing in self.all:
            pod = thing if thing["kind"] == "Pod" else thing.get("spec", {}).get("template")
            if pod is not None:
                yield thing["metadata"]["name"], pod["metadata"]["labels"], pod["spec"]
