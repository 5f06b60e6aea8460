"""Objects as an API server returns them."""

from typing import Any

OWNER = "11111111-1111-1111-1111-111111111111"
NOW = "2026-01-02T03:04:05Z"


def job(state: str = "Succeeded", **conditions: str) -> dict[str, Any]:
    """A SparkJob at generation 2 with these conditions."""
    told = [
        {"type": kind, "status": status, "observedGeneration": 2, "lastTransitionTime": NOW}
        for kind, status in conditions.items()
    ]
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": "etl", "uid": OWNER, "generation": 2, "creationTimestamp": NOW},
        "spec": {"type": "Python"},
        "status": {"state": state, "observedGeneration": 2, "conditions": told},
    }


def pod(uid: str, phase: str = "Running", owner: str | None = OWNER, **meta: Any) -> dict[str, Any]:
    """A driver pod."""
    labels = {
        "app.kubernetes.io/managed-by": "emberlake",
        "emberlake.dev/role": "driver",
        "emberlake.dev/name": "etl",
    }
    found = {
        "name": f"etl-{uid}",
        "uid": uid,
        "labels": labels,
        "creationTimestamp": NOW,
        **({"ownerReferences": [{"uid": owner, "kind": "SparkJob", "name": "etl"}]} if owner else {}),
        **meta,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": found, "status": {"phase": phase}}
