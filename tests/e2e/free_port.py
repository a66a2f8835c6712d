"""Ports for the processes of a test."""
import contextlib
import random
import socket

PORTS = (10000, 32000)  # Below those that the system gives to connections.
given = set()  # Some are bound only later.


def free_port():
    """One that no connection takes by itself while its process is away, and that
    no other call gave."""
    while True:
        port = random.randrange(*PORTS)
        if port in given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            given.add(port)
            return port
