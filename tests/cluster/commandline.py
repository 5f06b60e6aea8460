"""The command line in the cluster tier: who runs it, from where, and over which connection."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from demo import kube

Run = Callable[..., int]


def kubeconfig(
    folder: Path, *, server: str | None = None, token: str | None = None, namespace: str | None = None
) -> str:
    """The cluster's kubeconfig with another address, user or namespace."""
    config = yaml.safe_load(Path(kube.KUBECONFIG).read_text())
    if server:
        config["clusters"][0]["cluster"]["server"] = server
    if token:
        config["users"][0]["user"] = {"token": token}
    if namespace:
        config["contexts"][0]["context"]["namespace"] = namespace
    folder.mkdir(exist_ok=True)
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return str(file)


@contextmanager
def process(user: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command line as a process of its own, for what ends only later."""
    command = [sys.executable, "-c", "import sys; from emberlake.cli.main import main; sys.exit(main())"]
    command += ["--kubeconfig", user, *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def write(folder: Path, *documents: dict[str, Any]) -> str:
    file = folder / "job.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)


class Proxy:
    """Passes connections on to the API server, until it is cut."""

    def __init__(self) -> None:
        config = yaml.safe_load(Path(kube.KUBECONFIG).read_text())
        host, _, port = config["clusters"][0]["cluster"]["server"].removeprefix("https://").partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.served = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def server(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(self._target)
            self._open += [near, far]
            self.served += 1
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            return

    def cut(self) -> None:
        """End all connections, as an API server that restarts."""
        for connection in self._open:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()


def write_status(namespace: str, **fields: Any) -> None:
    generation = kube.get("sparkjob", "etl", namespace)["metadata"]["generation"]
    began = "2026-01-01T00:00:00Z"
    attempt = {"number": 1, "pod": "etl-1-1-driver", "applicationId": "spark-1", "createdAt": began}
    status = {"observedGeneration": generation, "run": 1, "startedAt": began, "attempt": attempt, **fields}
    patch = json.dumps({"status": status})
    kube.kubectl(
        "patch", "sparkjob", "etl", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch
    )
