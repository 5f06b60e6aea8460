"""What the states of all kinds have in common: which are final, and when one began. Pure."""

from collections.abc import Mapping
from typing import Any

NEW = "New"
WAITING = ("Pending", "Queued")
FINAL = ("Succeeded", "Failed", "Cancelled", "Ready")


def state_of(manifest: Mapping[str, Any]) -> str:
    """The state of an object; New when no operator has seen it yet."""
    return str((manifest.get("status") or {}).get("state") or NEW)


def since(manifest: Mapping[str, Any]) -> str:
    """RFC 3339 time since when an object is in its state, as nearly as its status tells."""
    status = manifest.get("status") or {}
    return began(status) or str(manifest["metadata"]["creationTimestamp"])


def began(status: Mapping[str, Any]) -> str | None:
    """When the state of `status` began; None when nothing but the object's creation can tell."""
    attempt = status.get("attempt") or {}
    past, handed = status.get("pastAttempts") or [{}], status.get("handedOver") or {}
    told = {
        "Pending": (status.get("waitingSince"),),
        "Queued": (status.get("waitingSince"),),
        "Starting": (attempt.get("createdAt"), status.get("startedAt")),
        "Running": (attempt.get("runningAt"), attempt.get("createdAt"), status.get("startedAt")),
        "Suspended": (status.get("suspendedAt"), status.get("waitingSince")),
        "Retrying": (max(past[-1].get("finishedAt") or "", handed.get("at") or ""), status.get("startedAt")),
    }.get(str(status.get("state")), ())
    return next((time for time in (*told, _settled(status)) if time), None)


def _settled(status: Mapping[str, Any]) -> str | None:
    ready = (c for c in status.get("conditions") or () if c["type"] == "Ready")
    return next((str(condition["lastTransitionTime"]) for condition in ready), None)
