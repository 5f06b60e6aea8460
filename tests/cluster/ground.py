"""Where people and drivers of one namespace try to get at what is not theirs."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from access import TENANT
from demo import kube

from cluster.conftest import OperatorProcess, as_account, fresh_namespace, policies, running_operator
from cluster.jobs import CONTAINER_SECURITY, POD_SECURITY, job, one_driver, set_phase, state

Document = dict[str, Any]
# The name of its driver can be read in two ways.
JOB = "lawful-1"
DRIVER = "lawful-1-1-1-driver"
# Named by the job, and one that is in the namespace and is not.
OURS, THEIRS = "lake-s3", "payroll"


@dataclass
class Ground:
    """A namespace with an operator, admission policies, a driver that runs, and who acts in it."""

    namespace: str
    operator: OperatorProcess
    person: str
    driver: str
    driver_pod: Document

    def as_(self, who: str, *arguments: str, stdin: str | None = None) -> str:
        """kubectl as a person or as the driver."""
        config = self.person if who == "person" else self.driver
        return kube.kubectl(f"--kubeconfig={config}", *arguments, stdin=stdin)

    def tries(self, who: str, document: Document, verb: str = "create") -> str:
        """What the API server says to a dry-run, "" when it would do it."""
        try:
            self.as_(who, verb, "--dry-run=server", "-f", "-", stdin=json.dumps(document))
        except kube.KubectlError as error:
            return str(error)
        return ""

    def executor(self) -> Document:
        """An executor as Spark makes it."""
        meta, labels = self.driver_pod["metadata"], dict(self.driver_pod["metadata"]["labels"])
        labels |= {"spark-role": "executor", "emberlake.dev/role": "executor"}
        reference = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": OURS, "key": "AWS_ACCESS_KEY_ID"}}}
        container = {
            "name": "spark-kubernetes-executor",
            "image": "i",
            "env": [reference],
            "securityContext": CONTAINER_SECURITY,
        }
        owner = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": meta["name"],
            "uid": meta["uid"],
            "controller": True,
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "lawful-1-1-1-exec-1", "labels": labels, "ownerReferences": [owner]},
            "spec": {
                "serviceAccountName": "emberlake-executor",
                "securityContext": POD_SECURITY,
                "containers": [container],
                "volumes": [{"name": "scratch", "emptyDir": {}}],
            },
        }


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """What all attempts are made on."""
    folder = tmp_path_factory.mktemp("tenants")
    with fresh_namespace() as namespace, policies(namespace), running_operator(namespace, folder) as operator:
        # What is refused here is refused where nobody thought of Pod Security.
        kube.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce-")
        person = _person(namespace, folder)
        kube.apply(job(JOB, executor={"secrets": [{"name": OURS, "path": "/s"}]}), namespace)
        pod = one_driver(namespace, DRIVER)
        set_phase(namespace, DRIVER, "Running")
        state(namespace, "Running", JOB)
        bound = (f"--bound-object-name={DRIVER}", f"--bound-object-uid={pod['metadata']['uid']}")
        driver = as_account(namespace, "emberlake-driver", folder, "--bound-object-kind=Pod", *bound)
        found = Ground(namespace, operator, person, driver, pod)
        kube.wait("the policies to be in force", 60, lambda: found.tries("driver", bare()) or None)
        yield found


def bare() -> Document:
    """A pod that everybody who may make pods could make."""
    container = {"name": "c", "image": "i", "securityContext": CONTAINER_SECURITY}
    spec = {"securityContext": POD_SECURITY, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}, "spec": spec}


def _person(namespace: str, folder: Path) -> str:
    """Somebody with the Role that the documentation gives to those who run jobs."""
    rules = [
        {"apiGroups": [grant.group], "resources": list(grant.resources), "verbs": list(grant.verbs)}
        for grant in TENANT
    ]
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "tenant"}}
    subjects = [{"kind": "ServiceAccount", "name": "person", "namespace": namespace}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"}
    items = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "person"}},
        {**rbac, "kind": "Role", "rules": rules},
        {**rbac, "kind": "RoleBinding", "roleRef": role, "subjects": subjects},
    ]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": items}, namespace)
    return as_account(namespace, "person", folder)


def changed(document: Document, path: str, value: Any) -> Document:
    """A copy with another value at a path; numbers are indices, and ~ stands for the / of a label."""
    found = deepcopy(document)
    parts = [part.replace("~", "/") for part in path.split("/")]
    *parents, last = [int(part) if part.isdigit() else part for part in parts]
    at: Any = found
    for part in parents:
        at = at[part]
    at[last] = value
    return found
