"""What a driver pod says about its driver. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emberlake.api.v1alpha1.common import Failure
from emberlake.core import pods
from emberlake.core.model import Manifest
from emberlake.core.objects import parse_time

DRIVER_CONTAINER = "spark-kubernetes-driver"
_OVER = ("Succeeded", "Failed")


def phase(pod: Manifest) -> str:
    """Phase of the driver: the pod's, unless a sidecar outlives the driver."""
    told = str(pod.get("status", {}).get("phase") or "Pending")
    ended = _state(pod).get("terminated")
    if told in _OVER or ended is None:
        return told
    return "Succeeded" if ended.get("exitCode") == 0 else "Failed"


def is_over(pod: Manifest) -> bool:
    """Whether the driver has ended."""
    return phase(pod) in _OVER


def is_live(pod: Manifest) -> bool:
    """Whether any container of the pod may still run."""
    return pod.get("status", {}).get("phase") not in _OVER


def is_ending(pod: Manifest) -> bool:
    """Whether somebody deleted the pod; its containers may run for some time yet, or for ever."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_disrupted(pod: Manifest) -> bool:
    """Whether the driver ends, or ended, because somebody wants its pod gone."""
    return is_ending(pod) or _condition(pod, "DisruptionTarget") is not None


def disruption(pod: Manifest) -> Failure:
    """Why a driver is lost whose pod somebody wants gone."""
    if found := pods.disruption(pod):
        return found
    message = f"driver pod {pod['metadata']['name']} was deleted while it ran"
    return Failure(category="Infrastructure", reason="DriverDeleted", message=message)


def scheduled_at(pod: Manifest) -> datetime | None:
    """When the pod got its node."""
    told = _condition(pod, "PodScheduled")
    return parse_time(told["lastTransitionTime"]) if told and told.get("lastTransitionTime") else None


def ended_at(pod: Manifest) -> datetime:
    """When a pod that is over ended, as nearly as its status tells."""
    status = pod.get("status", {})
    ends = [
        found["state"]["terminated"].get("finishedAt")
        for found in status.get("containerStatuses") or ()
        if found.get("state", {}).get("terminated")
    ]
    changes = [found.get("lastTransitionTime") for found in status.get("conditions") or ()]
    told = [time for time in ends if time] or [time for time in changes if time]
    return max(map(parse_time, told), default=parse_time(pod["metadata"]["creationTimestamp"]))


def _state(pod: Manifest) -> Mapping[str, Any]:
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    states = (status.get("state") for status in statuses if status.get("name") == DRIVER_CONTAINER)
    return next(states, None) or {}


def _condition(pod: Manifest, name: str) -> Mapping[str, Any] | None:
    conditions = pod.get("status", {}).get("conditions") or ()
    return next((c for c in conditions if c.get("type") == name and c.get("status") == "True"), None)
