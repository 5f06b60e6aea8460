"""The Sail server, a child process on an address that only this pod reaches."""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Self

HOST = "127.0.0.1"
_POLL_SECONDS = 0.01
# people read the log of their job: no line for each session and listener
_LOG_LEVEL = {"RUST_LOG": "warn"}


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server that starts at once and ends with the `with` block. Its catalogs are in the environment."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "pysail", "spark", "server", "--ip", HOST, "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=_LOG_LEVEL | os.environ)  # noqa: S603

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # its state is this run's alone: there is nothing to save
        self.process.kill()
        self.process.wait()

    def wait_until_up(self) -> bool:
        """Wait until it takes connections; False when it has ended instead."""
        while self.process.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection((HOST, self.port)):
                return True
            time.sleep(_POLL_SECONDS)
        return False
