"""The cluster tier: a real API server, a fresh namespace and an operator process for each test.

Pods get `schedulerName: none`, and the test plays kubelet: it moves their phases.
"""

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from demo import kube

from cluster.commandline import Run, kubeconfig
from emberlake.cli.main import main
from unit.chart.rendering import run_helm

OPERATOR_ACCOUNT = "emberlake-operator"
# Rendered once for all: helm takes half a second.
_PLACEHOLDER = "the-namespace-of-a-test"
_NO_RIGHT = re.compile(r"cannot [a-z]+ resource")


@contextmanager
def fresh_namespace() -> Iterator[str]:
    """A new namespace with what the chart puts there: the operator's and the jobs' accounts and Roles."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    meta = {"name": name, "labels": labels}
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": meta}, name)
    try:
        kube.apply(installed(name, "operator/rbac", "jobs/accounts"), name)
        yield name
    finally:
        kube.kubectl("delete", "namespace", name, "--wait=false")


@contextmanager
def policies(namespace: str) -> Iterator[None]:
    """The chart's admission policies, which belong to the cluster, for one namespace."""
    text = installed(namespace, "jobs/admission")
    kube.kubectl("apply", "-f", "-", stdin=text)
    try:
        yield
    finally:
        kube.kubectl("delete", "-f", "-", stdin=text)


def installed(namespace: str, *templates: str, flags: tuple[str, ...] = ()) -> str:
    """Manifests of the chart for an operator that lives in `namespace` and watches nothing else."""
    rendered = run_helm(
        f"--namespace={_PLACEHOLDER}",
        f"--set=watchNamespaces={{{_PLACEHOLDER}}}",
        f"--set=jobNamespaces={{{_PLACEHOLDER}}}",
        *(f"--show-only=templates/{template}.yaml" for template in templates),
        *flags,
    )
    assert rendered.returncode == 0, rendered.stderr
    return rendered.stdout.replace(_PLACEHOLDER, namespace)


def as_account(namespace: str, account: str, folder: Path, *flags: str) -> str:
    """A kubeconfig with the token of a ServiceAccount; `flags` as of `kubectl create token`."""
    token = kube.kubectl("create", "token", account, "-n", namespace, *flags).strip()
    return kubeconfig(folder / account, token=token, namespace=namespace)


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own."""
    with fresh_namespace() as name:
        yield name


@dataclass
class OperatorProcess:
    """The operator as a process of this machine, with the test's namespace as its world."""

    namespace: str
    folder: Path
    port: int
    kubeconfig: str = kube.KUBECONFIG
    identity: str = "operator-under-test"
    code: Path = kube.ROOT / "operator"
    timers: Mapping[str, float] = field(default_factory=dict)
    patience: float = 60
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        config = self.folder / "config.yaml"
        timers = {"timers": dict(self.timers)} if self.timers else {}
        settings = _settings(self.namespace)
        if self.code != kube.ROOT / "operator":
            # Its own chart gives an operator of before no image that it does not know.
            del settings["releases"]["ember-1.0"]["images"]["sail"]
        config.write_text(yaml.safe_dump(settings | timers))
        environment = {
            **os.environ,
            "KUBECONFIG": self.kubeconfig,
            "EMBERLAKE_CONFIG": str(config),
            "EMBERLAKE_PORT": str(self.port),
            "PYTHONPATH": str(self.code),
            "POD_NAME": self.identity,
        }
        with (self.folder / "operator.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "emberlake"], env=environment, stdout=log, stderr=log
            )
        kube.wait("the operator to be ready", self.patience, self._ready)

    def _ready(self) -> bool | None:
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError((self.folder / "operator.log").read_text()[-3000:])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return True if answer.status == 200 else None
        except (urllib.error.URLError, OSError):
            return None

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)

    def log(self) -> str:
        """What it wrote so far."""
        return (self.folder / "operator.log").read_text()

    def terminate(self) -> int:
        """End it as Kubernetes would; its exit code."""
        if self.process is None:
            raise RuntimeError("it does not run")
        self.process.terminate()
        return self.process.wait(timeout=30)


def _settings(namespace: str) -> dict[str, Any]:
    images = {
        "spark": "emberlake/spark:test",
        "sail": "emberlake/sail:test",
        "crawler": "emberlake/crawler:test",
        "trino": "emberlake/trino:test",
    }
    release = {"spark": "4.1.4", "iceberg": "1.11.0", "java": "21", "python": "3.13", "images": images}
    return {
        "watchNamespaces": [namespace],
        "namespace": namespace,
        # The test is the kubelet: no node may take a driver.
        "defaults": {"release": "ember-1.0", "sparkConf": {"spark.kubernetes.driver.scheduler.name": "none"}},
        "releases": {"ember-1.0": release},
    }


@contextmanager
def running_operator(
    namespace: str, folder: Path, identity: str = "operator-under-test"
) -> Iterator[OperatorProcess]:
    """An operator that watches one namespace, with exactly the rights that the chart gives it there."""
    config = as_account(namespace, OPERATOR_ACCOUNT, folder)
    found = OperatorProcess(namespace, folder, _unused_port(), kubeconfig=config, identity=identity)
    try:
        found.start()
        yield found
    finally:
        found.kill()
    lacking = [line for line in found.log().splitlines() if _NO_RIGHT.search(line)]
    assert not lacking, lacking


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def operator(namespace: str, tmp_path: Path) -> Iterator[OperatorProcess]:
    """A running operator that watches the test's namespace."""
    with running_operator(namespace, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorProcess]:
    """A running operator with a namespace, for tests of one module that have jobs of different names."""
    with (
        fresh_namespace() as namespace,
        running_operator(namespace, tmp_path_factory.mktemp("operator")) as found,
    ):
        yield found


@pytest.fixture
def user(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The kubeconfig of somebody who has the rights that the documentation asks for, and no more."""
    if "shared" in request.fixturenames:
        namespace = request.getfixturevalue("shared").namespace
    else:
        namespace = request.getfixturevalue("namespace")
    text = (kube.ROOT / "docs/reference/cli.md").read_text()
    rules = yaml.safe_load(re.findall(r"```yaml\n(rules:.*?)```", text, re.DOTALL)[0])
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "people"}}
    binding = {
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "people"},
        "subjects": [{"kind": "ServiceAccount", "name": "emberlake-crawler", "namespace": namespace}],
    }
    items = [{**rbac, "kind": "Role", **rules}, {**rbac, **binding}]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": items}, namespace)
    return as_account(namespace, "emberlake-crawler", tmp_path)


@pytest.fixture
def emberlake(user: str) -> Run:
    """Runs the command line; returns its exit code."""

    def run(*arguments: str, config: str = user) -> int:
        command, *rest = arguments
        return main([command, "--kubeconfig", config, *rest])

    return run
