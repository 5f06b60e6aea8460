"""Where the bench runs: a namespace of its own, and a fake node that KWOK moves pods on."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo import kube

from bench.submission.adapters.base import NODE_SELECTOR, TAINT

NODE = "bench-fake"
STAGES = Path(__file__).with_name("stages.yaml")
_GONE_SECONDS = 900


@contextmanager
def namespace(accounts: tuple[str, ...]) -> Iterator[str]:
    """A fresh namespace with these ServiceAccounts; it is gone when the block ends."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    kube.kubectl("create", "namespace", name)
    try:
        for account in accounts:
            kube.kubectl("create", "serviceaccount", account, "-n", name)
        yield name
    finally:
        # Pods on a fake node go only while KWOK runs, so the end is waited for.
        kube.kubectl("delete", "namespace", name, f"--timeout={_GONE_SECONDS}s")


@contextmanager
def fake_node(folder: Path) -> Iterator[int]:
    """A node that only pods of the bench tolerate, played by KWOK; yields KWOK's process id."""
    kube.kubectl("apply", "-f", "-", stdin=json.dumps(_node()))
    command = [
        "kwok",
        f"--kubeconfig={kube.KUBECONFIG}",
        f"--config={STAGES}",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-lease-duration-seconds=40",
        "--node-ip=192.0.2.1",
    ]
    with (folder / "kwok.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        kube.kubectl("wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=60s")
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)
        kube.kubectl("delete", "node", NODE, "--wait=false")


def _node() -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {**NODE_SELECTOR, "kubernetes.io/hostname": NODE},
        },
        "spec": {"taints": [TAINT]},
    }
