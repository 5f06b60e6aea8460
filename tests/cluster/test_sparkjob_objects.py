"""The API server, which enforces Pod Security `restricted`, takes every object of a SparkJob."""

import json
from dataclasses import replace
from typing import Any

import pytest
from demo import kube

from cluster import jobs
from cluster.conftest import OperatorProcess
from emberlake.sparkjob.build import Attempt, children
from unit.sparkjob.fixtures import CATALOG, EVERYTHING, SETTINGS, owner, spec

pytestmark = pytest.mark.cluster

# Breaks nothing, and says too little to be taken as it is.
LOOSE = {
    "securityContext": {"runAsUser": 1000},
    "initContainers": [{"name": "init", "image": "i:1", "securityContext": {"privileged": False}}],
    "containers": [
        {"name": "proxy", "image": "p:1", "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}},
        {"name": "spark-kubernetes-driver"},
        {"name": "spark-kubernetes-executor", "image": "e:1"},
    ],
}
# These belong to what is not there: an account, a PriorityClass.
WHOLE = {
    **EVERYTHING,
    "serviceAccountName": None,
    "driver": {**EVERYTHING["driver"], "priorityClassName": None},
}


@pytest.mark.parametrize(
    "fields",
    [{}, WHOLE, {"driver": {"template": {"spec": LOOSE}}, "executor": {"template": {"spec": LOOSE}}}],
    ids=["small", "everything", "loose-template"],
)
def test_they_are_taken(fields: dict[str, Any], namespace: str) -> None:
    job = replace(owner(), namespace=namespace)
    made = [dict(m) for m in children(job, spec(**fields), [("lake", CATALOG)], SETTINGS, Attempt(1, 1))]
    template = json.loads(made[0]["data"]["pod-spec-template.yml"])
    template["metadata"].update(name="executor", namespace=namespace)
    for container in template["spec"]["containers"]:
        container.setdefault("image", "spark:1")
    answer = kube.kubectl(
        "create",
        "--dry-run=server",
        "--validate=strict",
        "--output=name",
        "-f-",
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [*made, template]}),
    )
    assert len(answer.splitlines()) == len(made) + 1


def test_a_job_gets_what_it_asks_for_beside_its_pods(operator: OperatorProcess, namespace: str) -> None:
    job = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": "etl"},
        "spec": {
            "type": "Python",
            "mainApplicationFile": "local:///opt/app/etl.py",
            "driver": {"podDisruptionBudget": True, "template": {"spec": {"schedulerName": "none"}}},
            "ui": {"ingress": {"host": "etl.example.com"}},
        },
    }
    kube.apply(job, namespace)
    uid = kube.get("sparkjob", "etl", namespace)["metadata"]["uid"]
    for kind, name in (("service", "etl-ui"), ("ingress", "etl-ui"), ("poddisruptionbudget", "etl-driver")):
        found = kube.wait(f"{kind} {name}", 30, lambda k=kind: next(iter(kube.items(k, namespace)), None))
        assert found["metadata"]["name"] == name
        assert [reference["uid"] for reference in found["metadata"]["ownerReferences"]] == [uid]


def test_an_unknown_field_of_a_template_is_told(operator: OperatorProcess, namespace: str) -> None:
    """It was dropped without a word, and the job ran without what it asked for."""
    kube.apply(jobs.job(driver={"template": {"spec": {"nodeSelectr": {"disk": "ssd"}}}}), namespace)
    failure = jobs.state(namespace, "Failed")["failure"]
    assert (failure["category"], failure["reason"]) == ("Validation", "InvalidPod")
    assert 'unknown field "spec.nodeSelectr"; mend that field in spec.driver' in failure["message"]
