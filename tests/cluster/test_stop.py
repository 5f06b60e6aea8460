"""The emergency stop on real objects."""

import json

import pytest
from demo import kube

from cluster.commandline import Run
from cluster.conftest import OperatorProcess
from cluster.jobs import job, names, one_driver, set_phase, state

pytestmark = pytest.mark.cluster

STOP = "emberlake.dev/reconcile"


def annotate(namespace: str, name: str, text: str) -> None:
    kube.kubectl("annotate", "sparkjob", name, "-n", namespace, text)


def test_a_stopped_job_is_left_as_it_is_until_it_is_started_again(
    operator: OperatorProcess, emberlake: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace = operator.namespace
    kube.apply(job(), namespace)
    kube.apply({**job("new"), "metadata": {"name": "new", "annotations": {STOP: "disabled"}}}, namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Running")
    state(namespace, "Running")
    annotate(namespace, "etl", f"{STOP}=disabled")
    kube.wait("the Event of the stop", 30, lambda: _told(namespace, "etl") or None)

    # Its driver ends, and nobody tells of it.
    set_phase(namespace, "etl-1-1-driver", "Failed", 1)
    kube.apply(job("witness"), namespace)
    one_driver(namespace, "witness-1-1-driver")
    left = kube.get("sparkjob", "etl", namespace)
    assert left["status"]["state"] == "Running"
    assert "state" not in kube.get("sparkjob", "new", namespace)["status"]
    assert names("configmaps", namespace, "new") == set()
    assert emberlake("describe", "etl") == 0
    assert "Reconcile:    disabled by annotation" in capsys.readouterr().out
    assert _told(namespace, "etl") == 1

    annotate(namespace, "etl", f"{STOP}-")
    state(namespace, "Failed")
    annotate(namespace, "new", f"{STOP}-")
    one_driver(namespace, "new-1-1-driver")
    log = [json.loads(line) for line in (operator.folder / "operator.log").read_text().splitlines()]
    assert [line["name"] for line in log if line["message"] == "reconcile disabled"].count("etl") == 1


def _told(namespace: str, name: str) -> int:
    events = kube.items("events", namespace)
    return sum(
        event["count"]
        for event in events
        if event["reason"] == "ReconcileDisabled" and event["involvedObject"]["name"] == name
    )
