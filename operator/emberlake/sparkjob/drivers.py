"""What a driver pod says about its driver. Pure."""

from datetime import datetime

from emberlake.api.v1alpha1.common import Failure
from emberlake.core.model import Manifest
from emberlake.core.objects import parse_time
from emberlake.core.pods import containers, disruption, is_live, terminated

DRIVER_CONTAINER = "spark-kubernetes-driver"
_OVER = ("Succeeded", "Failed")


def phase(pod: Manifest) -> str:
    """Phase of the driver: the pod's, unless a sidecar outlives the driver."""
    told = str(pod.get("status", {}).get("phase") or "Pending")
    driver = next((found for found in containers(pod) if found.get("name") == DRIVER_CONTAINER), {})
    ended = terminated(driver)
    if told in _OVER or ended is None:
        return told
    return "Succeeded" if ended.get("exitCode") == 0 else "Failed"


def is_over(pod: Manifest) -> bool:
    """Whether the driver itself has ended, whatever else still runs in its pod."""
    return phase(pod) in _OVER


def is_ending(pod: Manifest) -> bool:
    """Whether somebody deleted the pod; its containers may run for some time yet, or for ever."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def lost(pod: Manifest) -> Failure | None:
    """Why a driver ends, or ended, whose pod somebody wants gone; None when nobody does."""
    if is_live(pod) and not is_ending(pod):
        # Announced at most, and it may be called off.
        return None
    found = disruption(pod)
    if found is not None or not is_ending(pod):
        return found
    message = f"driver pod {pod['metadata']['name']} was deleted while it ran"
    return Failure(category="Infrastructure", reason="DriverDeleted", message=message)


def scheduled_at(pod: Manifest) -> datetime | None:
    """When the pod got its node."""
    for found in pod.get("status", {}).get("conditions") or ():
        if (found["type"], found["status"]) == ("PodScheduled", "True") and found.get("lastTransitionTime"):
            return parse_time(found["lastTransitionTime"])
    return None


def ended_at(pod: Manifest) -> datetime:
    """When a pod that is over ended, as nearly as its status tells."""
    ends = [(terminated(found) or {}).get("finishedAt") for found in containers(pod)]
    changes = [found.get("lastTransitionTime") for found in pod.get("status", {}).get("conditions") or ()]
    told = [time for time in ends if time] or [time for time in changes if time]
    return max(map(parse_time, told), default=parse_time(pod["metadata"]["creationTimestamp"]))
