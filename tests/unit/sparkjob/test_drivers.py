from typing import Any

import pytest

from emberlake.sparkjob.drivers import ended_at, lost, phase
from unit.sparkjob.fixtures import NOW, ended, later, pod

GONE = {"deletionTimestamp": "2026-01-02T03:05:00Z"}


def disrupted(reason: str) -> list[dict[str, Any]]:
    return [{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "told"}]


@pytest.mark.parametrize(
    ("told", "status", "expected"),
    [
        ("Pending", {}, "Pending"),
        ("Running", {"containerStatuses": [{"name": "spark-kubernetes-driver", "state": {}}]}, "Running"),
        ("Running", {"containerStatuses": [ended(0)]}, "Succeeded"),
        ("Running", {"containerStatuses": [ended(1)]}, "Failed"),
        ("Running", {"containerStatuses": [ended(1, name="proxy")]}, "Running"),
        ("Failed", {"containerStatuses": []}, "Failed"),
        ("Failed", {}, "Failed"),
        ("Succeeded", {"containerStatuses": []}, "Succeeded"),
    ],
)
def test_a_driver_is_judged_by_its_pod_and_not_by_its_sidecars(
    told: str, status: dict[str, Any], expected: str
) -> None:
    """A terminal pod need not list its containers, and a sidecar may go on for ever."""
    assert phase(pod(told, **status)) == expected


@pytest.mark.parametrize(
    ("told", "meta", "status", "expected"),
    [
        ("Running", {}, {}, None),
        ("Running", {}, {"conditions": disrupted("PreemptionByScheduler")}, None),
        ("Running", GONE, {}, ("Infrastructure", "DriverDeleted")),
        (
            "Running",
            GONE,
            {"conditions": disrupted("DeletionByTaintManager")},
            ("Infrastructure", "NodeLost"),
        ),
        ("Running", GONE, {"conditions": disrupted("EvictionByEvictionAPI")}, ("Evicted", "Evicted")),
        ("Pending", GONE, {"conditions": disrupted("PreemptionByScheduler")}, ("Evicted", "Preempted")),
        ("Failed", {}, {"conditions": disrupted("DeletionByPodGC")}, ("Infrastructure", "NodeLost")),
        ("Failed", {}, {"reason": "Evicted", "message": "memory"}, ("Evicted", "Evicted")),
        ("Failed", GONE, {"containerStatuses": [ended(137)]}, ("Infrastructure", "DriverDeleted")),
        ("Failed", {}, {"containerStatuses": [ended(1)]}, None),
    ],
)
def test_a_driver_is_lost_when_somebody_wants_its_pod_gone(
    told: str, meta: dict[str, Any], status: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    found = lost(pod(told, meta=meta, **status))
    assert (found and (found.category, found.reason)) == expected


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        ({"containerStatuses": [ended(0, 60), ended(0, 90, name="proxy")]}, 90),
        ({"conditions": [{"type": "Ready", "lastTransitionTime": "2026-01-02T03:04:35Z"}]}, 30),
        ({}, 0),
    ],
)
def test_when_a_pod_ended(status: dict[str, Any], seconds: int) -> None:
    assert ended_at(pod("Failed", **status)) == later(seconds=seconds)
    assert ended_at(pod("Failed")) == NOW
