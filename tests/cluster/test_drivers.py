"""What a driver tries with the token of its pod, to get at what is not its own: each is refused.

The API server is asked by server-side dry-run.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from demo import kube

from cluster.conftest import as_account
from cluster.ground import DRIVER, JOB, OURS, THEIRS, Ground, changed, ground
from cluster.jobs import CONTAINER_SECURITY

__all__ = ["ground"]
pytestmark = pytest.mark.cluster


def test_a_driver_makes_executors(ground: Ground) -> None:
    assert ground.tries("driver", ground.executor()) == ""


PODS: dict[str, tuple[str, Any, str]] = {
    "as-a-driver": ("spec/serviceAccountName", "emberlake-driver", "as which executors may run"),
    "as-the-operator": ("spec/serviceAccountName", "emberlake-operator", "as which executors may run"),
    "host-network": ("spec/hostNetwork", True, "hostNetwork"),
    "host-pid": ("spec/hostPID", True, "hostPID"),
    "host-path": ("spec/volumes/0", {"name": "h", "hostPath": {"path": "/"}}, "volumes of an executor"),
    "host-port": ("spec/containers/0/ports", [{"containerPort": 1, "hostPort": 1}], "hostPort"),
    "node": ("spec/nodeName", "emberlake-control-plane", "nodeName"),
    "privileged": ("spec/containers/0/securityContext", {"privileged": True}, "not privileged"),
    "capabilities": ("spec/containers/0/securityContext/capabilities/add", ["NET_ADMIN"], "no capabilities"),
    "no-context": ("spec/containers/0/securityContext", {}, "escalate nothing"),
    "a-secret-by-env": (
        "spec/containers/0/env/0/valueFrom/secretKeyRef/name",
        THEIRS,
        "may name the Secrets of its job and Catalog alone",
    ),
    "a-secret-whole": ("spec/containers/0/envFrom", [{"secretRef": {"name": THEIRS}}], "Secrets of its job"),
    "a-secret-by-volume": (
        "spec/volumes/0",
        {"name": "s", "secret": {"secretName": THEIRS}},
        "Secrets of its job",
    ),
    "a-secret-projected": (
        "spec/volumes/0",
        {"name": "s", "projected": {"sources": [{"secret": {"name": THEIRS}}]}},
        "Secrets of its job",
    ),
    "an-init-container": (
        "spec/initContainers",
        [
            {
                "name": "i",
                "image": "i",
                "envFrom": [{"secretRef": {"name": THEIRS}}],
                "securityContext": CONTAINER_SECURITY,
            }
        ],
        "Secrets of its job",
    ),
    "no-owner": ("metadata/ownerReferences", [], "its own pod owns"),
    "another-name": ("metadata/name", "victim-1-1-driver", "named after its driver"),
    "another-job": ("metadata/labels/emberlake.dev~name", "another", "labels emberlake.dev/name"),
    "another-attempt": ("metadata/labels/emberlake.dev~attempt", "2", "labels emberlake.dev/name"),
    "another-role": ("metadata/labels/emberlake.dev~role", "driver", "executors alone"),
    "sparks-role": ("metadata/labels/spark-role", "driver", "executors alone"),
}


@pytest.mark.parametrize("name", PODS)
def test_a_driver_makes_no_other_pods(ground: Ground, name: str) -> None:
    path, value, says = PODS[name]
    document = changed(ground.executor(), path, value)
    said = ground.tries("driver", document)
    assert "denied request" in said
    assert says in said


def test_the_name_of_a_driver_is_read_in_one_way(ground: Ground) -> None:
    """A driver said to be of a job that is not there would have no list of Secrets."""
    document = ground.executor()
    document["metadata"]["labels"] |= {"emberlake.dev/name": "lawful", "emberlake.dev/run": "1-1"}
    assert "labels emberlake.dev/name" in ground.tries("driver", document)


def test_an_executor_is_of_its_driver_and_of_nobody_else(ground: Ground) -> None:
    """As a child of another job it would pass for that job's driver."""
    document = ground.executor()
    owner = {"apiVersion": "emberlake.dev/v1alpha1", "kind": "SparkJob", "name": "victim", "uid": "1"}
    document["metadata"]["ownerReferences"].append(owner)
    assert "its own pod owns" in ground.tries("driver", document)
    kube.kubectl("create", "--dry-run=server", "-n", ground.namespace, "-f", "-", stdin=json.dumps(document))
    for patch in (
        {"metadata": {"ownerReferences": None}},
        {"metadata": {"labels": {"emberlake.dev/role": "executor"}}},
    ):
        with pytest.raises(kube.KubectlError, match=r"labels emberlake|whose pods are"):
            ground.as_(
                "driver", "patch", "pod", DRIVER, "--dry-run=server", "--type=merge", "-p", json.dumps(patch)
            )


def test_a_driver_changes_nothing_that_is_not_its_own(ground: Ground) -> None:
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "spark-exec-1-conf-map"},
        "data": {},
    }
    assert "what Spark made" in ground.tries("driver", config_map)
    spark = changed(
        config_map, "metadata/labels", {"spark-app-selector": "spark-1", "spark-role": "executor"}
    )
    assert ground.tries("driver", spark) == ""
    forged = changed(spark, "metadata/labels/emberlake.dev~kind", "Warehouse")
    assert "that the operator made" in ground.tries("driver", forged)
    for arguments in (
        ("delete", "configmap", "lawful-1-1-1-conf"),
        ("delete", "configmap", "kube-root-ca.crt"),
        ("label", "pod", DRIVER, "emberlake.dev/name-"),
        (
            "annotate",
            "--overwrite",
            "configmap",
            "lawful-1-1-1-conf",
            f"emberlake.dev/executor-secrets={THEIRS}",
        ),
    ):
        with pytest.raises(kube.KubectlError, match=r"denied|orbidden"):
            ground.as_("driver", *arguments, "--dry-run=server")
    ground.as_("driver", "annotate", "pod", DRIVER, "spark.exit-exception=x", "--dry-run=server")


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "secrets"),
        ("get", "secret", OURS),
        ("get", "sparkjobs"),
        ("create", "token", "emberlake-operator"),
        ("exec", DRIVER, "--", "id"),
        ("debug", DRIVER, "--image=i", "--profile=restricted"),
        ("get", "pods", "-n", "kube-system"),
        ("delete", "sparkjob", JOB),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_driver_may_not(ground: Ground, arguments: tuple[str, ...]) -> None:
    with pytest.raises(kube.KubectlError, match="orbidden"):
        ground.as_("driver", *arguments)


def test_a_token_that_no_pod_has_makes_nothing(ground: Ground, tmp_path: Path) -> None:
    stray = as_account(ground.namespace, "emberlake-driver", tmp_path)
    with pytest.raises(kube.KubectlError, match=r"its own pod owns|the driver of this attempt"):
        kube.kubectl(
            f"--kubeconfig={stray}",
            "create",
            "--dry-run=server",
            "-f",
            "-",
            stdin=json.dumps(ground.executor()),
        )
