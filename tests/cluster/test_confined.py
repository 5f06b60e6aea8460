"""An operator that watches some namespaces has no rights outside them, and needs none."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo import kube

from cluster.conftest import OperatorProcess
from cluster.test_operator import job, one_driver, set_phase, state
from unit.chart.rendering import run_helm

pytestmark = pytest.mark.cluster

ACCOUNT = "emberlake-operator"


@pytest.fixture
def confined(namespace: str, tmp_path: Path, unused_tcp_port: int) -> Iterator[OperatorProcess]:
    """An operator process with the account and the rights that the chart gives it in one namespace."""
    rendered = run_helm(
        f"--namespace={namespace}",
        f"--set=watchNamespaces={{{namespace}}}",
        f"--set=jobNamespaces={{{namespace}}}",
        "--show-only=templates/operator/rbac.yaml",
    )
    assert rendered.returncode == 0, rendered.stderr
    kube.apply(rendered.stdout, namespace)
    config = tmp_path / "kubeconfig"
    config.write_text(json.dumps(_as_account(namespace)))
    found = OperatorProcess(namespace, tmp_path, unused_tcp_port, kubeconfig=str(config))
    found.start()
    yield found
    found.kill()


def _as_account(namespace: str) -> dict[str, object]:
    """The kubeconfig of the tests with the operator's token for its user."""
    found: dict[str, object] = json.loads(
        kube.kubectl("config", "view", "--minify", "--raw", "--flatten", "-o", "json")
    )
    token = kube.kubectl("create", "token", ACCOUNT, "-n", namespace).strip()
    users = found["users"]
    assert isinstance(users, list)
    return {**found, "users": [{"name": user["name"], "user": {"token": token}} for user in users]}


def test_it_runs_a_job_and_may_see_nothing_else(confined: OperatorProcess, namespace: str) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded")
    account = f"system:serviceaccount:{namespace}:{ACCOUNT}"
    for asked in (("list", "namespaces"), ("list", "customresourcedefinitions"), ("list", "pods", "-A")):
        with pytest.raises(kube.KubectlError):
            kube.kubectl("auth", "can-i", *asked, "--as", account)
    log = (confined.folder / "operator.log").read_text()
    assert "orbidden" not in log, log
