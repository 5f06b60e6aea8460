"""Which engine runs a SparkJob, and the way from Sail to Spark, with the test as kubelet."""

import json
from typing import Any

import pytest
from demo import kube

from cluster.conftest import OperatorProcess
from cluster.jobs import drivers, job, one_driver, patch, set_phase, state

pytestmark = pytest.mark.cluster

SCRIPT = {"mainApplicationFile": "s3://lake/jobs/etl.py"}
MERGE = {"feature": "sql.merge", "message": "MERGE INTO runs on Spark"}


def report(commits: int, unsupported: dict[str, str] | None) -> str:
    return json.dumps({"engine": "Sail", "version": "0.7.2", "commits": commits, "unsupported": unsupported})


def image(pod: dict[str, Any]) -> str:
    found: str = pod["spec"]["containers"][0]["image"]
    return found


def config_map(namespace: str, name: str) -> dict[str, str]:
    data: dict[str, str] = kube.get("configmap", name, namespace)["data"]
    return data


def ends(namespace: str, pod: str, commits: int, unsupported: dict[str, str] | None = MERGE) -> None:
    set_phase(namespace, pod, "Running")
    set_phase(namespace, pod, "Failed", 3, report(commits, unsupported))


def test_auto_goes_from_sail_to_spark_while_the_operator_dies(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    kube.apply(job("auto", engine="Auto", **SCRIPT), namespace)
    first = one_driver(namespace, "auto-1-1-driver")
    assert image(first) == "emberlake/sail:test"
    told = json.loads(config_map(namespace, "auto-1-1-conf")["sail.json"])
    assert (told["engine"], told["attempt"], told["application"]) == (
        "Auto",
        1,
        SCRIPT["mainApplicationFile"],
    )
    assert state(namespace, "Starting", "auto")["engine"] == "Sail"
    set_phase(namespace, "auto-1-1-driver", "Running")
    state(namespace, "Running", "auto")

    shared.kill()
    set_phase(namespace, "auto-1-1-driver", "Failed", 3, report(0, MERGE))
    shared.start()

    second = one_driver(namespace, "auto-1-2-driver")
    assert image(second) == "emberlake/spark:test"
    assert "sail.json" not in config_map(namespace, "auto-1-2-conf")
    found = state(namespace, "Starting", "auto")
    assert (found["engine"], found["attempt"]["engine"]) == ("Spark", "Spark")
    assert found["handedOver"]["reason"] == "UnsupportedByEngine"
    assert found["handedOver"]["message"] == "MERGE INTO runs on Spark (sql.merge)"
    assert not {"retries", "pastAttempts"} & found.keys()
    set_phase(namespace, "auto-1-2-driver", "Succeeded", 0)
    assert state(namespace, "Succeeded", "auto")["attempt"]["number"] == 2


def test_what_sail_cannot_do_ends_a_run_that_asked_for_sail_or_that_wrote(shared: OperatorProcess) -> None:
    namespace = shared.namespace
    for name, engine, commits in (("sail", "Sail", 0), ("wrote", "Auto", 1)):
        kube.apply(job(name, engine=engine, **SCRIPT), namespace)
        one_driver(namespace, f"{name}-1-1-driver")
        ends(namespace, f"{name}-1-1-driver", commits)
    asked = state(namespace, "Failed", "sail")["failure"]
    assert (asked["category"], asked["reason"]) == ("User", "UnsupportedByEngine")
    assert "sql.merge" in asked["message"]
    assert "set spec.engine: Spark, or Auto" in asked["message"]
    wrote = state(namespace, "Failed", "wrote")["failure"]
    assert (wrote["category"], wrote["reason"]) == ("User", "UnsupportedAfterWrite")
    assert len(drivers(namespace, "wrote")) == 1


def test_a_suspended_run_does_not_write_by_spark_what_it_may_have_written_on_sail(
    shared: OperatorProcess,
) -> None:
    namespace = shared.namespace
    kube.apply(job("paused", engine="Auto", **SCRIPT), namespace)
    one_driver(namespace, "paused-1-1-driver")
    set_phase(namespace, "paused-1-1-driver", "Running")
    state(namespace, "Running", "paused")
    patch(namespace, "paused", {"suspend": True})
    assert state(namespace, "Suspended", "paused")["sailWrites"] == "Unknown"
    patch(namespace, "paused", {"suspend": False})
    again = one_driver(namespace, "paused-1-2-driver")
    assert image(again) == "emberlake/sail:test"
    ends(namespace, "paused-1-2-driver", 0)
    assert state(namespace, "Failed", "paused")["reason"] == "UnsupportedAfterWrite"


def test_what_only_spark_has_is_told_before_anything_is_made(shared: OperatorProcess) -> None:
    namespace, deps = shared.namespace, {"jars": ["s3://lake/a.jar"]}
    kube.apply(job("unfit", engine="Sail", deps=deps, **SCRIPT), namespace)
    found = state(namespace, "Failed", "unfit")
    assert (found["failure"]["category"], found["reason"]) == ("Validation", "UnfitForSail")
    assert found["failure"]["message"].startswith("spec.deps.jars")
    assert drivers(namespace, "unfit") == []

    kube.apply(job("fit", engine="Auto", deps=deps, **SCRIPT), namespace)
    assert image(one_driver(namespace, "fit-1-1-driver")) == "emberlake/spark:test"
    handed = state(namespace, "Starting", "fit")["handedOver"]
    assert handed["reason"] == "UnfitForSail"
    assert handed["message"].startswith("spec.deps.jars")
