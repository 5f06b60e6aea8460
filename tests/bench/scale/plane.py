"""A control plane of the bench's own: etcd and the API server of the local cluster's node, and nothing else.

No controller moves the objects, and what was made goes with the folder: to delete 40,000 objects would keep
the cluster's controllers busy for long.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bench.submission import usage

_TOKEN = "bench"
_FLAGS = (
    "--authorization-mode=AlwaysAllow",
    # Nobody makes the accounts' tokens here.
    "--disable-admission-plugins=ServiceAccount",
    "--service-account-issuer=https://bench.example.com",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--endpoint-reconciler-type=none",
    "--bind-address=127.0.0.1",
)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start it; yields the path of its kubeconfig."""
    etcd, peer, port = _free_port(), _free_port(), _free_port()
    key = folder / "account.key"
    (folder / "tokens.csv").write_text(f'{_TOKEN},admin,admin,"system:masters"\n')
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    store = (
        f"--data-dir={folder}/data",
        f"--listen-client-urls=http://127.0.0.1:{etcd}",
        f"--advertise-client-urls=http://127.0.0.1:{etcd}",
        f"--listen-peer-urls=http://127.0.0.1:{peer}",
        "--unsafe-no-fsync",
    )
    server = (
        f"--etcd-servers=http://127.0.0.1:{etcd}",
        f"--secure-port={port}",
        f"--cert-dir={folder}/certificates",
        f"--token-auth-file={folder}/tokens.csv",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        *_FLAGS,
    )
    with _process(folder, "etcd", store), _process(folder, "kube-apiserver", server):
        yield _kubeconfig(folder, port)


@contextmanager
def _process(folder: Path, name: str, arguments: tuple[str, ...]) -> Iterator[None]:
    """The program that runs under this name in the cluster's node, once more."""
    program = folder / name
    if name not in (found := usage.control_plane()):
        raise RuntimeError(f"no {name} runs on this machine to take the program from: make cluster")
    shutil.copy(f"/proc/{found[name]}/exe", program)
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen([str(program), *arguments], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _kubeconfig(folder: Path, port: int) -> str:
    cluster = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "bench", "user": {"token": _TOKEN}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "current-context": "bench",
    }
    (path := folder / "kubeconfig").write_text(yaml.safe_dump(document))
    path.chmod(0o600)
    _wait_ready(path)
    return str(path)


def _wait_ready(kubeconfig: Path) -> None:
    command = ["kubectl", "get", "--raw", "/readyz"]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    deadline = time.monotonic() + 120
    while subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the API server is not ready; see {kubeconfig.parent}/kube-apiserver.log")
        time.sleep(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
