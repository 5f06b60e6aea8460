"""Why a Trino pod does not run, from what Kubernetes says about it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from emberlake.core.model import Decision, Manifest
from emberlake.core.objects import ROLE_LABEL
from emberlake.core.pods import PULL_REASONS

_LIMIT = 1000


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
        if found := _problem(pod.get("status") or {}, role, memory_field):
            return found
    return None


def _problem(status: Mapping[str, Any], role: str, memory_field: str) -> Decision | None:
    for container in status.get("containerStatuses") or ():
        if found := _container(container, role, memory_field):
            return found
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return Decision("Unschedulable", f"{role}: {_cut(condition.get('message', ''))}")
    return None


def _container(container: Mapping[str, Any], role: str, memory_field: str) -> Decision | None:
    waiting = container.get("state", {}).get("waiting") or {}
    reason, message = waiting.get("reason", ""), _cut(waiting.get("message", ""))
    if reason in PULL_REASONS:
        return Decision("ImagePullFailed", f"{role}: image {container.get('image')!r}: {message or reason}")
    if reason == "CreateContainerConfigError":
        return Decision("SecretNotFound", f"{role}: {message}; see spec.s3.credentials of the Catalogs")
    ended = _ended(container)
    if container.get("ready") or not ended:
        return None
    if ended.get("reason") == "OOMKilled":
        return Decision("OutOfMemory", f"{role} was killed at its memory limit: raise {memory_field}")
    code = ended.get("exitCode")
    return Decision("Crashed", f"{role} ended with exit code {code}: see kubectl logs --previous")


def _ended(container: Mapping[str, Any]) -> Mapping[str, Any]:
    last: Mapping[str, Any] = (
        container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated") or {}
    )
    return last


def _cut(text: str) -> str:
    return text.strip()[:_LIMIT]
