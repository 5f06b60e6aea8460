"""Why a Trino pod does not run, from what Kubernetes says about it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from emberlake.core.model import Decision, Manifest
from emberlake.core.objects import ROLE_LABEL
from emberlake.core.pods import containers, image_failure, terminated, unconfigured, unscheduled


def problem(pods: Iterable[Manifest], role: str, memory_field: str) -> Decision | None:
    """The first thing that keeps a pod of `role` from running, None when nothing is known.

    Args:
        memory_field: the field to raise when a pod was killed for memory.
    """
    for pod in pods:
        if (pod["metadata"].get("labels") or {}).get(ROLE_LABEL) != role:
            continue
        if pod["metadata"].get("deletionTimestamp"):
            continue
        if found := _problem(pod, role, memory_field):
            return found
    return None


def _problem(pod: Manifest, role: str, memory_field: str) -> Decision | None:
    if unpullable := image_failure(pod):
        return Decision("ImagePullFailed", f"{role}: {unpullable.message}")
    if lacks := unconfigured(pod):
        return Decision("SecretNotFound", f"{role}: {lacks.message}; see spec.s3.credentials of the Catalogs")
    for container in containers(pod):
        if found := _crash(container, role, memory_field):
            return found
    waits = unscheduled(pod)
    return Decision("Unschedulable", f"{role}: {waits.message}") if waits else None


def _crash(container: Mapping[str, Any], role: str, memory_field: str) -> Decision | None:
    ended = terminated(container) or container.get("lastState", {}).get("terminated")
    if container.get("ready") or not ended:
        return None
    if ended.get("reason") == "OOMKilled":
        return Decision("OutOfMemory", f"{role} was killed at its memory limit: raise {memory_field}")
    code = ended.get("exitCode")
    return Decision("Crashed", f"{role} ended with exit code {code}: see kubectl logs --previous")
