"""What a Warehouse does in each situation."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emberlake.api.v1alpha1.warehouse import WarehouseStatus
from emberlake.core.model import Plan
from emberlake.warehouse.observe import CatalogView, Probe, Reply
from emberlake.warehouse.plan import plan
from unit.catalog.catalogs import spec as catalog_spec
from unit.warehouse.warehouses import (
    LAKE,
    LISTED,
    NOW,
    OWNER,
    PROD,
    SETTINGS,
    deployed,
    manifests,
    observed,
    pod,
    running,
    spec,
)


def story(found: Plan) -> tuple[str, str]:
    assert found.status is not None
    return found.status["state"], found.status["reason"]


def message(found: Plan) -> str:
    assert found.status is not None
    return str(found.status["message"])


def replicas(found: Plan) -> tuple[int, int]:
    made = manifests(found)
    coordinator, workers = made["Deployment", "wh-coordinator"], made["Deployment", "wh-worker"]
    return coordinator["spec"]["replicas"], workers["spec"]["replicas"]


def test_a_new_warehouse_makes_everything() -> None:
    found = plan(observed(), SETTINGS)
    assert story(found) == ("Starting", "CoordinatorStarting")
    assert len(found.actions) == 6
    assert found.status is not None
    assert found.status["url"] == "http://wh.demo.svc:8080"
    assert found.status["catalogs"] == ["lake", "lake_hive", "lake_delta"]


def test_ready_once_a_query_was_answered_and_every_catalog_is_listed() -> None:
    found = plan(running(observed()), SETTINGS)
    assert story(found) == ("Ready", "WarehouseReady")
    assert found.requeue_after == 60


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        (None, "CoordinatorStarting"),
        (Probe(NOW, 1, Reply(error="NO_NODES_AVAILABLE")), "QueryFailed"),
        (Probe(NOW, 1, Reply(LISTED - {"lake_hive"})), "CatalogsMissing"),
    ],
)
def test_not_ready_before_that(probe: Probe | None, reason: str) -> None:
    found = plan(running(observed(), probe=probe), SETTINGS)
    assert story(found) == ("Starting", reason)
    assert found.requeue_after == 3


def test_a_lost_coordinator_is_not_ready_then_ready_again() -> None:
    up = running(observed())
    served = WarehouseStatus.model_validate(dict(plan(up, SETTINGS).status or {}))
    gone = deployed(plan(observed(), SETTINGS), "coordinator", ready=0)
    down = plan(replace(up, status=served, coordinator=gone, probe=None), SETTINGS)
    assert story(down) == ("NotReady", "CoordinatorStarting")
    assert (
        story(plan(replace(up, status=WarehouseStatus.model_validate(down.status)), SETTINGS))[0] == "Ready"
    )


@pytest.mark.parametrize(
    ("container", "reason", "word"),
    [
        (
            {"state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}},
            "ImagePullFailed",
            "emberlake/trino:1",
        ),
        (
            {
                "state": {
                    "waiting": {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}
                }
            },
            "SecretNotFound",
            "Secret x",
        ),
        (
            {"state": {"waiting": {}}, "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}},
            "OutOfMemory",
            "spec.coordinator.memory",
        ),
        ({"state": {"terminated": {"reason": "Error", "exitCode": 3}}}, "Crashed", "exit code 3"),
        ({"state": {"running": {}}, "ready": False}, "CoordinatorStarting", "not ready"),
    ],
)
def test_a_coordinator_that_does_not_run_says_why(container: dict[str, Any], reason: str, word: str) -> None:
    gone = deployed(plan(observed(), SETTINGS), "coordinator", ready=0)
    look = running(observed(), coordinator=gone, probe=None, pods=(pod("coordinator", container),))
    found = plan(look, SETTINGS)
    assert found.status is not None
    assert found.status["reason"] == reason
    assert word in message(found)


def test_an_unschedulable_coordinator_says_so() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: insufficient memory"}
    gone = deployed(plan(observed(), SETTINGS), "coordinator", ready=0)
    pending = pod("coordinator", {}, conditions=[condition])
    found = plan(running(observed(), coordinator=gone, probe=None, pods=(pending,)), SETTINGS)
    assert story(found) == ("Starting", "Unschedulable")


def test_workers_follow_the_spec_and_do_not_decide_readiness() -> None:
    assert replicas(plan(observed(), SETTINGS)) == (1, 0)
    scaled = observed(spec=spec(workers={"replicas": 2}))
    assert replicas(plan(scaled, SETTINGS)) == (1, 2)
    waiting = running(scaled, workers=deployed(plan(scaled, SETTINGS), "worker", ready=1))
    found = plan(waiting, SETTINGS)
    assert story(found) == ("Ready", "WarehouseReady")
    assert "1 of 2 workers" in message(found)
    assert found.status is not None
    assert found.status["workers"]["replicas"] == 2
    assert found.status["workers"]["ready"] == 1
    assert "emberlake.dev/role=worker" in found.status["workers"]["selector"]


def test_suspend_stops_all_pods_and_resume_starts_them() -> None:
    up = running(observed(spec=spec(workers={"replicas": 2})))
    stopped = plan(replace(up, spec=spec(workers={"replicas": 2}, suspend=True), probe=None), SETTINGS)
    assert story(stopped) == ("Suspended", "Suspended")
    assert replicas(stopped) == (0, 0)
    resumed = replace(
        up,
        status=WarehouseStatus.model_validate(dict(stopped.status or {})),
        coordinator=deployed(stopped, "coordinator"),
        probe=None,
    )
    found = plan(resumed, SETTINGS)
    assert story(found) == ("Starting", "CoordinatorStarting")
    assert replicas(found) == (1, 2)


def test_a_missing_catalog_is_waited_for() -> None:
    found = plan(observed(catalogs={}), SETTINGS)
    assert story(found) == ("Pending", "CatalogNotFound")
    assert found.actions == ()
    assert "'lake'" in message(found)


def test_a_catalog_named_later_that_does_not_exist_leaves_what_runs_alone() -> None:
    up = running(observed(), spec=spec(catalogs=["lake", "prod"]))
    found = plan(up, SETTINGS)
    assert story(found) == ("NotReady", "CatalogNotFound")
    assert found.actions == ()
    assert found.status is not None
    assert found.status["catalogs"] == ["lake", "lake_hive", "lake_delta"]
    arrived = plan(replace(up, catalogs={"lake": LAKE, "prod": PROD}), SETTINGS)
    assert story(arrived) == ("Starting", "ConfigurationChanged")


def test_a_warehouse_that_waits_for_a_catalog_can_be_suspended() -> None:
    up = running(observed(), spec=spec(catalogs=["lake", "prod"], suspend=True))
    assert replicas(plan(up, SETTINGS)) == (0, 0)


def test_a_deleted_catalog_is_kept_in_service_and_named() -> None:
    up = running(observed())
    before = manifests(plan(up, SETTINGS))
    found = plan(replace(up, catalogs={}), SETTINGS)
    assert story(found) == ("Ready", "CatalogDeleted")
    assert "'lake' was deleted" in message(found)
    assert manifests(found) == before


def test_a_changed_catalog_restarts_the_coordinator() -> None:
    changed = CatalogView(catalog_spec(metastore={"uris": ["thrift://other:9083"]}))
    found = plan(running(observed(), catalogs={"lake": changed}), SETTINGS)
    assert story(found) == ("Starting", "ConfigurationChanged")


def test_a_catalog_that_is_not_ready_is_named_and_keeps_nobody_from_answering() -> None:
    both = observed(
        spec=spec(catalogs=["lake", "prod"]),
        catalogs={"lake": LAKE, "prod": replace(PROD, reason="MetastoreUnreachable")},
    )
    found = plan(running(both), SETTINGS)
    assert story(found) == ("Ready", "WarehouseReady")
    assert "Catalog 'prod': MetastoreUnreachable" in message(found)


@pytest.mark.parametrize(
    ("fields", "reason", "word"),
    [
        ({"spec": spec(coordinator={"memory": "512Mi"})}, "InvalidMemory", "spec.coordinator.memory"),
        ({"spec": spec(workers={"memory": "1Gi"})}, "InvalidMemory", "spec.workers.memory"),
        ({"spec": spec(release="r9")}, "ReleaseNotServed", "'r9'"),
        ({"owner": replace(OWNER, name="1wh")}, "InvalidName", "'1wh'"),
        ({"owner": replace(OWNER, name="a.b")}, "InvalidName", "'a.b'"),
        ({"catalogs": {"lake": CatalogView(catalog_spec(sqlName="system"))}}, "InvalidSqlName", "system"),
    ],
)
def test_what_cannot_run_stalls_with_the_mend(fields: dict[str, Any], reason: str, word: str) -> None:
    found = plan(observed(**fields), SETTINGS)
    assert story(found) == ("Failed", reason)
    assert word in message(found)
    assert found.actions == ()


def test_what_runs_stays_in_status_while_the_spec_is_wrong() -> None:
    up = running(observed(), spec=spec(coordinator={"memory": "512Mi"}))
    found = plan(up, SETTINGS)
    assert found.status is not None
    assert found.status["url"] == "http://wh.demo.svc:8080"
    assert found.status["configHash"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, ("Failed", "NameConflict")),
        ({"emberlake.dev/kind": "Warehouse", "emberlake.dev/name": "wh"}, ("Pending", "Replacing")),
    ],
)
def test_a_taken_name_is_not_taken_over(labels: dict[str, str], expected: tuple[str, str]) -> None:
    service = {"kind": "Service", "metadata": {"name": "wh", "namespace": "demo", "labels": labels}}
    found = plan(observed(taken=service), SETTINGS)
    assert story(found) == expected
    assert found.actions == ()


def test_a_warehouse_that_is_being_deleted_is_left_alone() -> None:
    assert plan(observed(owner=replace(OWNER, deleting=True)), SETTINGS) == Plan()


def test_a_second_look_changes_nothing() -> None:
    up = running(observed())
    first = plan(up, SETTINGS)
    status = dict(first.status or {})
    again = replace(
        up,
        now=NOW + timedelta(minutes=1),
        status=WarehouseStatus.model_validate(status),
        conditions=tuple(status["conditions"]),
    )
    second = plan(again, SETTINGS)
    assert second.status == first.status
    assert second.actions == first.actions
