#!/usr/bin/env python3
"""The chart alone: helm lint, what it refuses, its objects against Kubernetes'
schemas, and what must hold between them.

    tests/k8s/chart_test.py [CLASS[.TEST] ...]

Exit status 77 where helm, kubeconform, the schemas or PyYAML are missing.
"""
import json
import subprocess
import sys
import unittest

import chart
import tools
from chart import CHART, VALUES, Rendered

FILES = sorted(path.stem for path in VALUES.glob("*.yaml"))
MANAGERS = ("jobmanager", "taskmanager")


class Valid(unittest.TestCase):
    def test_lint_finds_nothing(self):
        for name in FILES:
            with self.subTest(name):
                done = chart.helm("lint", "--strict", CHART, "-f", VALUES / f"{name}.yaml")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_objects_are_what_kubernetes_takes(self):
        folder, version = tools.schemas()
        location = (f"{folder}/{{{{.NormalizedKubernetesVersion}}}}{{{{.StrictSuffix}}}}/"
                    "{{.ResourceKind}}{{.KindSuffix}}.json")
        for name in FILES:
            with self.subTest(name):
                done = subprocess.run(
                    [tools.program("kubeconform"), "-strict", "-summary",
                     "-kubernetes-version", version, "-schema-location", location,
                     "-skip", "PodMonitor"],
                    input=Rendered(name).text, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("Invalid: 0, Errors: 0", done.stdout)
                self.assertNotIn("Valid: 0,", done.stdout)

    def test_what_is_refused(self):
        for case in chart.yaml.safe_load((chart.HERE / "refused.yaml").read_text()):
            with self.subTest(case["values"]):
                done = chart.template("least", case["values"])
                self.assertNotEqual(done.returncode, 0, "it was rendered")
                for words in case["says"]:
                    self.assertIn(words, done.stderr)

    def test_the_defaults_alone_are_refused(self):
        done = chart.helm("template", "r", CHART)
        self.assertIn("security.insecure", done.stderr)


class Config(unittest.TestCase):
    def test_is_sorted_and_complete(self):
        self.assertEqual(Rendered("full").config(), (chart.HERE / "full.millrace.yaml").read_text())

    def test_memory_is_a_share_of_the_limit(self):
        for limit, share, expected in (
                ("2Gi", 0.9, "1843m"), ("512Mi", 0.5, "256m"), ("1.5Gi", 1, "1536m"),
                ("1G", 1, "953m"), ("1500M", 0.9, "1287m"), (2147483648, 0.9, "1843m")):
            with self.subTest(limit):
                config = chart.yaml.safe_load(Rendered(changes={"taskmanager": {
                    "memoryFraction": share,
                    "resources": {"limits": {"memory": limit}}}}).config())
                self.assertEqual(config["taskmanager.memory.process.size"], expected)

    def test_a_change_restarts_pods_and_another_number_of_them_does_not(self):
        same, other = [
            [Rendered(changes=changes).manager(name) for name in MANAGERS] for changes in
            ({"taskmanager": {"replicas": 3}}, {"config": {"parallelism.default": 2}})]
        for name, a, b in zip(MANAGERS, same, other):
            before = Rendered().manager(name)
            self.assertEqual(before, a, name)
            self.assertNotEqual(before["metadata"]["annotations"],
                                b["metadata"]["annotations"], name)


    def test_the_schema_knows_exactly_the_values_that_there_are(self):
        def names(schema, values):
            known = schema.get("properties", {})
            if schema.get("additionalProperties") is not False:
                return
            yield schema, values
            for name, inner in known.items():
                if values.get(name):
                    yield from names(inner, values[name])
        schema = json.loads((CHART / "values.schema.json").read_text())
        values = chart.yaml.safe_load((CHART / "values.yaml").read_text())
        for inner, listed in names(schema, values):
            self.assertEqual(inner["properties"].keys() - {"global"}, listed.keys())

    def test_the_parallelism_of_a_job(self):
        rendered = Rendered("full")
        for name, expected in (("totals", "3"), ("copy", "2")):
            pod, = [spec for pod, _, spec in rendered.pods() if pod == f"sales-job-{name}"]
            environment = {v["name"]: v.get("value") for v in pod["containers"][0]["env"]}
            self.assertEqual(environment["PARALLELISM"], expected)


class Pods(unittest.TestCase):
    def test_meet_the_level_restricted(self):
        for name in FILES:
            for pod, _, spec in Rendered(name).pods():
                with self.subTest(file=name, pod=pod):
                    own = spec["securityContext"]
                    self.assertIs(own["runAsNonRoot"], True)
                    self.assertGreater(own["runAsUser"], 0)
                    self.assertEqual(own["seccompProfile"], {"type": "RuntimeDefault"})
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    for container in spec["containers"]:
                        self.assertEqual(container["securityContext"], {
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]}})
                        self.assertIn("memory", container["resources"]["limits"])

    def test_mounts_have_volumes_and_volumes_mounts(self):
        for name in FILES:
            rendered = Rendered(name)
            claims = {s["metadata"]["name"]: [c["metadata"]["name"] for c in
                                              s["spec"].get("volumeClaimTemplates", ())]
                      for s in rendered.kind("StatefulSet")}
            for pod, _, spec in rendered.pods():
                with self.subTest(file=name, pod=pod):
                    container, = spec["containers"]
                    self.assertEqual(
                        sorted(m["name"] for m in container["volumeMounts"]),
                        sorted([v["name"] for v in spec["volumes"]] + claims.get(pod, [])))

    def test_config_maps_and_claims_that_are_named_exist(self):
        rendered = Rendered("full")
        names = {kind: {thing["metadata"]["name"] for thing in rendered.kind(kind)}
                 for kind in ("ConfigMap", "PersistentVolumeClaim", "ServiceAccount")}
        for pod, _, spec in rendered.pods():
            self.assertIn(spec["serviceAccountName"], names["ServiceAccount"])
            for volume in spec["volumes"]:
                if "configMap" in volume:
                    self.assertIn(volume["configMap"]["name"], names["ConfigMap"], pod)
                if "persistentVolumeClaim" in volume:
                    self.assertIn(volume["persistentVolumeClaim"]["claimName"],
                                  names["PersistentVolumeClaim"], pod)

    def test_ask_to_be_insecure_and_have_their_own_identity(self):
        for name in MANAGERS:
            container, = Rendered().manager(name)["spec"]["containers"]
            self.assertEqual(container["args"][0], name)
            self.assertIn("--insecure", container["args"])
        self.assertIn("taskmanager.resource-id=$(POD_NAME)", container["args"])
        self.assertIn("taskmanager.host=$(POD_IP)", container["args"])
        self.assertEqual([v["name"] for v in container["env"]], ["POD_NAME", "POD_IP"])

    def test_a_folder_of_a_node_keeps_all_on_one_node(self):
        for pod, labels, spec in Rendered("node").pods():
            term, = spec["affinity"]["podAffinity"][
                "requiredDuringSchedulingIgnoredDuringExecution"]
            self.assertEqual(term["topologyKey"], "kubernetes.io/hostname")
            wanted = term["labelSelector"]["matchLabels"].items()
            self.assertLessEqual(wanted, labels.items(), pod)
        for pod, _, spec in Rendered().pods():
            self.assertNotIn("affinity", spec, pod)


class Between(unittest.TestCase):
    """What one object says of another."""

    def check_selected(self, rendered, selector, expected):
        self.assertTrue(selector)
        found = {name for name, labels, _ in rendered.pods()
                 if selector.items() <= labels.items()}
        self.assertEqual(found, {f"sales-{name}" for name in expected})

    def test_selectors_select_what_they_are_meant_for(self):
        rendered = Rendered("full")
        for name in MANAGERS:
            self.check_selected(rendered, rendered.one("StatefulSet", name)["spec"][
                "selector"]["matchLabels"], [name])
            self.check_selected(rendered, rendered.one("Service", name)["spec"]["selector"],
                                [name])
            policy = rendered.one("NetworkPolicy", name)["spec"]
            self.check_selected(rendered, policy["podSelector"]["matchLabels"], [name])
        for kind in ("PodDisruptionBudget", "PodMonitor"):
            selector = rendered.one(kind)["spec"]["selector"]["matchLabels"]
            self.check_selected(rendered, selector, ["taskmanager"] if kind[3] == "D" else
                                [*MANAGERS, "job-totals", "job-copy", "test"])
        policy = rendered.one("NetworkPolicy", "jobmanager")["spec"]["ingress"]
        self.check_selected(rendered, policy[0]["from"][0]["podSelector"]["matchLabels"],
                            ["taskmanager"])
        self.check_selected(rendered, policy[1]["from"][0]["podSelector"]["matchLabels"],
                            ["job-totals", "job-copy", "test"])

    def test_ports_that_are_named_exist_and_are_the_configured_ones(self):
        rendered = Rendered("full")
        keys = {"rpc": "jobmanager.rpc.port", "rest": "rest.port",
                "data": "taskmanager.data.port", "metrics": "metrics.reporter.prom.port"}
        config = chart.yaml.safe_load(rendered.config())
        for name in MANAGERS:
            container, = rendered.manager(name)["spec"]["containers"]
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            for port, number in ports.items():
                self.assertEqual(number, config[keys[port]])
            service = rendered.one("Service", name)["spec"]["ports"]
            self.assertEqual({port["targetPort"]: port["port"] for port in service}, ports)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                self.assertIn(container[probe]["httpGet"]["port"], ports)
            for rule in rendered.one("NetworkPolicy", name)["spec"]["ingress"]:
                self.assertLessEqual({port["port"] for port in rule["ports"]}, ports.keys())
        endpoint, = rendered.one("PodMonitor")["spec"]["podMetricsEndpoints"]
        self.assertIn(endpoint["port"], ports)

    def test_a_script_arrives_as_it_is(self):
        rendered = Rendered("full")
        text, = [thing["data"]["job.sql"] for thing in rendered.kind("ConfigMap")
                 if thing["metadata"]["name"] == "sales-job-totals"]
        values = chart.yaml.safe_load((VALUES / "full.yaml").read_text())
        self.assertEqual(text, values["jobs"]["totals"]["sql"])
        files = {name: text for thing in rendered.kind("ConfigMap")
                 for name, text in thing["data"].items() if name.endswith(".sh")}
        self.assertEqual(files, {path.name: path.read_text()
                                 for path in (CHART / "files").glob("*.sh")})

    def test_names_fit_where_the_release_is_long(self):
        rendered = Rendered(release="a-release-whose-name-is-as-long-as-helm-lets-it-be-xx",
                            changes={"jobs": {"a-job-of-a-length": {"sql": "SELECT 1"}}})
        for thing in rendered.all:
            limit = 52 if thing["kind"] == "StatefulSet" else 63
            self.assertLessEqual(len(thing["metadata"]["name"]), limit)


def main():
    try:
        chart.needed()
        tools.program("kubeconform")
        tools.schemas()
    except tools.Missing as missing:
        tools.skip(missing)
    unittest.main(verbosity=2)


if __name__ == "__main__":
    sys.exit(main())
