#!/usr/bin/env python3
"""A real Kafka broker for tests and for trying things out.

    tests/e2e/kafka_broker.py [--port 9092] [--data DIR]

runs one until Ctrl-C and removes its data at the end, unless --data names a
directory to keep; a topic that does not exist is made, with three partitions,
when it is written to. Tests use the class Broker. Needs Java 17 and Maven
(tests/e2e/install-deps.sh); the jars are fetched once, to $MILLRACE_CACHE or
~/.cache/millrace.
"""
import argparse
import base64
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid

from free_port import free_port

VERSION = "4.3.1"
READY_S = 300  # On a machine that has much to do.
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>e2e</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId><version>%s</version></dependency>
    <dependency><groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
# Records are of any time, also long ago: none expires by itself.
PROPERTIES = """process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
log.dirs={data}/log
default.replication.factor={replicas}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
offsets.topic.num.partitions=2
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=6
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable={create}
num.partitions=3
message.max.bytes=33554432
log.cleaner.dedupe.buffer.size=16777216
log.retention.ms=-1
"""

# A second listener that asks who a client is, and rights for each; who comes by
# the first one, as the tests do, may do everything.
SECURE_PROPERTIES = """listeners=PLAINTEXT://127.0.0.1:{port},\
SASL_PLAINTEXT://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,\
SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required {users};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class Unavailable(Exception):
    """No broker can be started here; the text says what is missing."""


def java():
    """The path of a Java that is new enough."""
    path = shutil.which("java")
    if path is None:
        raise Unavailable("there is no Java: run tests/e2e/install-deps.sh")
    text = subprocess.run([path, "-version"], capture_output=True, text=True).stderr
    major = re.search(r'version "(\d+)', text)
    if major is None or int(major.group(1)) < 17:
        raise Unavailable("Kafka needs Java 17 or newer: "
                          "run tests/e2e/install-deps.sh")
    return path


def jars():
    """The folder with Kafka's jars, fetched through Maven the first time."""
    cache = pathlib.Path(os.environ.get("MILLRACE_CACHE") or
                         pathlib.Path.home() / ".cache/millrace")
    home = cache / f"kafka-{VERSION}"
    if (home / "complete").exists():
        return home / "lib"
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("there is no Maven to fetch Kafka with: "
                          "run tests/e2e/install-deps.sh")
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "kafka.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / "complete").exists():
            return home / "lib"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "pom.xml").write_text(POM % VERSION)
        command = [maven, "-B", "-q", "-f", str(home / "pom.xml"),
                   "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:"
                   "copy-dependencies", f"-DoutputDirectory={home}/lib",
                   "-DincludeScope=runtime"]
        for attempt in range(3):
            done = subprocess.run(command, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True)
            if done.returncode == 0:
                (home / "complete").touch()
                return home / "lib"
            time.sleep(2 + 4 * attempt)
    raise Unavailable(f"Maven cannot fetch Kafka {VERSION}; is a repository "
                      f"reachable?\n{done.stdout[-2000:]}")


def new_cluster_id():
    text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22]
    return text.replace("-", "A")


PRCTL = ctypes.CDLL(None).prctl  # Looked up here: a child of threads must not.


def die_with_parent():
    """In the child: killed when the test's process is gone, however it went."""
    PRCTL(1, signal.SIGKILL)


class Broker:
    """One broker that is its own controller, on 127.0.0.1; or `node` of several,
    each of which is broker and controller (Brokers).

    start() returns when it answers; kill() is kill -9, after which start()
    continues on the same data and port; close() ends it and, unless `data` was
    given, removes its data. `users`, passwords by name, log in at
    secure_address (SASL_PLAINTEXT, PLAIN) and have the rights they were given.
    """

    def __init__(self, port=None, data=None, create_topics=False, node=1,
                 controllers=None, cluster_id=None, users=None):
        self.create_topics = create_topics
        self.node = node
        self.controllers = controllers or {node: free_port()}
        self.cluster_id = cluster_id or new_cluster_id()
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.users = users
        self.secure_port = free_port()
        self.secure_address = f"127.0.0.1:{self.secure_port}"
        self.keep = data is not None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="e2e-kafka-"))
        self.process = None
        self.java = java()
        self.jars = jars()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, wait=True):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise Unavailable(f"port {self.port} is in use; choose another --port")
        config = self.data / "server.properties"
        if not config.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            replicas = len(self.controllers)
            config.write_text(PROPERTIES.format(
                port=self.port, controller=self.controllers[self.node],
                node=self.node, data=self.data,
                voters=",".join(f"{node}@127.0.0.1:{port}"
                                for node, port in self.controllers.items()),
                replicas=replicas, in_sync=(replicas + 1) // 2,
                create=str(self.create_topics).lower()) + self._security())
            self._run("kafka.tools.StorageTool", "format", "-t",
                      self.cluster_id, "-c", str(config)).wait()
        self.process = self._run("kafka.Kafka", str(config))
        if wait:
            self.wait_until_ready()

    def _security(self):
        if self.users is None:
            return ""
        return SECURE_PROPERTIES.format(
            port=self.port, secure=self.secure_port,
            controller=self.controllers[self.node],
            users=" ".join(f'user_{name}="{password}"'
                           for name, password in self.users.items()))

    def let_transact(self, user):
        """It may write under any transactional id (CreateAcls, version 1): the
        probe's library has no word for such a right."""
        def text(value):
            return struct.pack(">h", len(value)) + value.encode()
        request = (struct.pack(">hhihi", 30, 1, 7, -1, 1) + b"\5" + text("*") + b"\3"
                   + text(user) + text("*") + b"\4\3")
        with socket.create_connection(("127.0.0.1", self.port), READY_S) as link:
            link.sendall(struct.pack(">i", len(request)) + request)
            with link.makefile("rb") as answer:
                *_, error = struct.unpack(">iiiih", answer.read(18))
        assert error == 0, f"the right is refused with error {error}"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self):
        if self.process is not None:
            self.kill()
        if not self.keep:
            shutil.rmtree(self.data, ignore_errors=True)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = fields.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _run(self, name, *arguments):
        with open(self.data / "output", "ab") as output:
            return subprocess.Popen(
                [self.java, "-Xmx512m", "-Xms64m", "-XX:+UseSerialGC",
                 "-XX:-UsePerfData", "-Djava.awt.headless=true",
                 "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                 "-cp", f"{self.jars}/*", name, *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=die_with_parent)

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self._is_alive():
                return
            time.sleep(0.1)
        tail = (self.data / "output").read_text(errors="replace")[-3000:]
        raise Unavailable(f"the broker did not come up within {READY_S} s:\n{tail}")

    def _is_alive(self):
        """Whether it answers a request for metadata (version 0) and counts
        itself among the brokers."""
        request = struct.pack(">hhihi", 3, 0, 7, -1, 0)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                link.sendall(struct.pack(">i", len(request)) + request)
                with link.makefile("rb") as answer:
                    _, _, count = struct.unpack(">iii", answer.read(12))
                    ports = []
                    for _ in range(count):
                        _, length = struct.unpack(">ih", answer.read(6))
                        answer.read(length)
                        ports += struct.unpack(">i", answer.read(4))
                    return self.port in ports
        except (OSError, struct.error):
            return False


class Brokers:
    """Several on this machine: topics made by default are on all of them, and
    a record counts when more than half have it."""

    def __init__(self, count=3):
        nodes = range(1, count + 1)
        controllers = {node: free_port() for node in nodes}
        cluster_id = new_cluster_id()
        self.all = [Broker(node=node, controllers=controllers,
                           cluster_id=cluster_id) for node in nodes]
        self.address = ",".join(broker.address for broker in self.all)

    def __enter__(self):
        try:
            for broker in self.all:
                broker.start(wait=False)
            for broker in self.all:
                broker.wait_until_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for broker in self.all:
            broker.close()


def main():
    parser = argparse.ArgumentParser(description="Runs a Kafka broker until Ctrl-C.")
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", help="directory to keep its data in")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with Broker(arguments.port, arguments.data, create_topics=True) as broker:
            print(f"Kafka {VERSION} listens on {broker.address}; Ctrl-C ends it.",
                  flush=True)
            broker.process.wait()
    except Unavailable as missing:
        sys.exit(f"kafka_broker.py: {missing}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
