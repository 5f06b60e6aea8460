"""The Sail server, a child process on an address that only this pod reaches."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Self

HOST = "127.0.0.1"
_PREFIX = "SAIL_"
_DEFAULTS = {
    # people read the log of their job: no line for each session and listener
    "RUST_LOG": "warn",
    # a script may take its time between two queries
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(365 * 24 * 3600),
}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def environment(own: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What the server sees: the pod's environment, but of Sail's settings only those that are `given`."""
    rest = {name: value for name, value in own.items() if not name.startswith(_PREFIX)}
    local = own.get("SPARK_LOCAL_DIRS")
    spill = {"SAIL_RUNTIME__TEMPORARY_FILES__PATHS": json.dumps(local.split(","))} if local else {}
    return {**_DEFAULTS, **rest, **spill, **given}


class Server:
    """A server that starts at once and ends with the `with` block. `settings`: as `SailConfig.server`."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "pysail", "spark", "server", "--ip", HOST, "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=environment(os.environ, settings))  # noqa: S603

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # its state is this run's alone: there is nothing to save
        self.process.kill()
        self.process.wait()
