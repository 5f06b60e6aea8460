"""Metrics, log and Events of the operator's process over one job's life and a restart."""

import json
import urllib.request

import pytest
from demo import kube
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from cluster.conftest import OperatorProcess
from cluster.test_operator import job, one_driver, set_phase, state
from unit.core.contract import contract

pytestmark = pytest.mark.cluster


def scrape(operator: OperatorProcess) -> dict[str, Metric]:
    with urllib.request.urlopen(f"http://127.0.0.1:{operator.port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(operator: OperatorProcess, name: str, **labels: str) -> float:
    samples = [sample for family in scrape(operator).values() for sample in family.samples]
    return next((s.value for s in samples if (s.name, s.labels) == (name, labels)), 0.0)


def succeeded(operator: OperatorProcess) -> float:
    labels = {"kind": "SparkJob", "outcome": "Succeeded", "category": "None"}
    return value(operator, "emberlake_runs_finished_total", **labels)


def test_a_run_is_counted_once_and_not_again_after_a_restart(
    operator: OperatorProcess, namespace: str
) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Running")
    state(namespace, "Running")
    assert value(operator, "emberlake_objects", kind="SparkJob", state="Running") == 1
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded")
    kube.wait("the run to be counted", 10, lambda: succeeded(operator) == 1 or None)
    assert value(operator, "sparkjob_submit_to_driver_created_seconds_count") == 1
    assert value(operator, "sparkjob_submit_to_driver_running_seconds_count") == 1
    served = {
        f"{name}_total" if family.type == "counter" else name for name, family in scrape(operator).items()
    }
    assert served == set(contract())
    operator.kill()
    operator.start()

    def reconciled() -> bool | None:
        labels = {"controller": "SparkJob", "result": "success"}
        return value(operator, "controller_runtime_reconcile_total", **labels) >= 1 or None

    kube.wait("the new process to look at the job", 60, reconciled)
    assert succeeded(operator) == 0
    assert value(operator, "emberlake_objects", kind="SparkJob", state="Succeeded") == 1
    assert [e["reason"] for e in kube.items("events", namespace)].count("Succeeded") == 1


def test_every_line_of_the_log_is_json_and_names_the_object(
    operator: OperatorProcess, namespace: str
) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    state(namespace, "Starting")
    operator.terminate()
    lines = [json.loads(line) for line in (operator.folder / "operator.log").read_text().splitlines()]
    told = next(line for line in lines if line["message"] == "state changed")
    assert (told["kind"], told["namespace"], told["name"], told["attempt"]) == (
        "SparkJob",
        namespace,
        "etl",
        1,
    )
    assert {"uid", "generation", "reconcileID", "duration", "state", "reason"} <= told.keys()
