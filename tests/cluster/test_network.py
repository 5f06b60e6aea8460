"""The chart's NetworkPolicies between real pods, where the cluster enforces them."""

import pytest
from demo import kube

from cluster.conftest import installed
from cluster.test_cli_pods import real_pod

pytestmark = pytest.mark.cluster

LISTENS = """
import socket, time
doors = [socket.create_server(("", port)) for port in (7078, 7079, 4040)]
print("ready", flush=True)
time.sleep(600)
"""
SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"
CONNECTS = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3)"


@pytest.fixture
def address(namespace: str) -> str:
    """The address of a driver that listens, beside an executor and a stranger."""
    policies = installed(namespace, "network/jobs", flags=("--set=networkPolicy.enabled=true",))
    kube.apply(policies, namespace)
    roles = {"driver": {"emberlake.dev/role": "driver"}, "executor": {"emberlake.dev/role": "executor"}}
    pods = [
        real_pod(name, "c", LISTENS if name == "driver" else SLEEPS, roles.get(name, {}))
        for name in ("driver", "executor", "stranger")
    ]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": pods}, namespace)
    for name in ("driver", "executor", "stranger"):
        kube.kubectl("wait", f"pod/{name}", "-n", namespace, "--for=condition=Ready", "--timeout=60s")
        kube.wait(
            f"{name} to listen", 30, lambda name=name: kube.kubectl("logs", name, "-n", namespace) or None
        )
    found: str = kube.get("pod", "driver", namespace)["status"]["podIP"]
    return found


def connects(namespace: str, pod: str, address: str, port: int) -> bool:
    try:
        kube.kubectl("exec", pod, "-n", namespace, "--", "python3", "-c", CONNECTS, address, str(port))
    except kube.KubectlError as error:
        if "Error" in str(error) or "timed out" in str(error):
            return False
        raise
    return True


def test_executors_reach_their_driver_and_nobody_else_does(namespace: str, address: str) -> None:
    if connects(namespace, "stranger", address, 7078):
        pytest.skip("the network of this cluster does not enforce NetworkPolicies")
    assert connects(namespace, "executor", address, 7078)
    assert connects(namespace, "executor", address, 7079)
    assert not connects(namespace, "executor", address, 4040)
    assert not connects(namespace, "stranger", address, 4040)
