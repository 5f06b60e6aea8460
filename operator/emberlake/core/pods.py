"""What the status of a pod says about why it does not run, or no longer does. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from emberlake.api.v1alpha1.common import Category, Failure
from emberlake.core.model import Decision, Manifest

_PULL_REASONS = (
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "ImageInspectError",
    "RegistryUnavailable",
)
_CONFIG_ERROR = "CreateContainerConfigError"
MESSAGE_LIMIT = 1500

# Reasons of the condition DisruptionTarget (Kubernetes, "Pod disruption conditions").
_DISRUPTIONS: Mapping[str, tuple[Category, str]] = {
    "PreemptionByScheduler": ("Evicted", "Preempted"),
    "EvictionByEvictionAPI": ("Evicted", "Evicted"),
    "TerminationByKubelet": ("Evicted", "Evicted"),
    "DeletionByTaintManager": ("Infrastructure", "NodeLost"),
    "DeletionByPodGC": ("Infrastructure", "NodeLost"),
}
# Reasons of a pod that the kubelet or the node controller ended.
_ENDS: Mapping[str, tuple[Category, str]] = {
    "Evicted": ("Evicted", "Evicted"),
    "Preempting": ("Evicted", "Preempted"),
    "NodeShutdown": ("Evicted", "NodeShutdown"),
    "Shutdown": ("Evicted", "NodeShutdown"),
    "Terminated": ("Evicted", "NodeShutdown"),
    "NodeLost": ("Infrastructure", "NodeLost"),
    "DeadlineExceeded": ("Timeout", "DeadlineExceeded"),
    "UnexpectedAdmissionError": ("Infrastructure", "NodeRefused"),
    "NodeAffinity": ("Infrastructure", "NodeRefused"),
    "NodePorts": ("Infrastructure", "NodeRefused"),
}
_NO_ROOM = re.compile(r"^OutOf\w+$")
# The kubelet evicts a pod for what the node lacks, and for a limit of the pod's own that it passed.
_OWN_LIMIT = re.compile(r"exceeds the (?:total )?limit|exceeded its local ephemeral storage limit")
_MISSING_KEY = re.compile(r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) \S*/(?P<name>\S+)")
_NOT_FOUND = re.compile(r"(?P<kind>secret|configmap) \"(?P<name>[^\"]+)\" not found")


def image_failure(pod: Manifest) -> Failure | None:
    """The failure of a pod whose image cannot be pulled, None when that is not what it waits for."""
    for container in containers(pod):
        reason, message = waiting(container)
        if reason in _PULL_REASONS:
            text = f"image {container.get('image')!r}: {message or reason}"
            return Failure(category="Image", reason=reason, message=cut(text))
    return None


def pending_reason(pod: Manifest) -> Decision | None:
    """What a pending pod waits for, as far as Kubernetes says so."""
    if found := unconfigured(pod):
        return found
    for container in containers(pod):
        reason, message = waiting(container)
        if message:
            return Decision(reason, cut(message))
    return unscheduled(pod)


def unconfigured(pod: Manifest) -> Decision | None:
    """What a container lacks that its spec refers to: a Secret, a ConfigMap, or a key of one."""
    for container in containers(pod):
        reason, message = waiting(container)
        if reason == _CONFIG_ERROR:
            return _missing(container.get("name", ""), message)
    return None


def unscheduled(pod: Manifest) -> Decision | None:
    """Why no node takes a pod, None when one does or none was sought yet."""
    condition = _condition(pod, "PodScheduled")
    if condition.get("status") != "False":
        return None
    return Decision(condition.get("reason") or "Unschedulable", cut(condition.get("message") or ""))


def disruption(pod: Manifest) -> Failure | None:
    """The failure of a pod that something outside ends or ended: an eviction, its node, its deadline."""
    status = pod.get("status") or {}
    message = status.get("message") or ""
    if status.get("reason") == "Evicted" and _OWN_LIMIT.search(message):
        text = f"evicted for its own limit: {message.strip()} Raise the limit, or write less to local disk"
        return Failure(category="User", reason="LocalStorageFull", message=cut(text))
    target = _condition(pod, "DisruptionTarget")
    found = _end(status.get("reason") or "")
    if found is None and target.get("status") == "True":
        found = _DISRUPTIONS.get(target.get("reason") or "", ("Evicted", "Evicted"))
    if found is None:
        return None
    category, reason = found
    told = (message or target.get("message") or f"{status.get('reason') or target.get('reason')}").strip()
    node = pod.get("spec", {}).get("nodeName") or "that it had"
    return Failure(category=category, reason=reason, message=cut(f"the pod was ended on node {node}: {told}"))


def containers(pod: Manifest) -> list[Mapping[str, Any]]:
    """The statuses of all containers, init containers first."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def waiting(container: Mapping[str, Any]) -> tuple[str, str]:
    """Reason and message of a container that waits; empty ones for any other."""
    found = container.get("state", {}).get("waiting") or {}
    return found.get("reason") or "", (found.get("message") or "").strip()


def terminated(container: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """How a container ended, None when it did not."""
    found: Mapping[str, Any] | None = container.get("state", {}).get("terminated")
    return found


def written(message: str) -> Mapping[str, Any] | None:
    """The JSON object in a termination message, None when it is none: any program may have written it."""
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_live(pod: Manifest) -> bool:
    """Whether its containers may still run."""
    return pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def cut(text: str) -> str:
    """The text, shortened to what fits into a condition."""
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + " …"


def _missing(container: str, message: str) -> Decision:
    if found := _MISSING_KEY.search(message):
        kind, text = found["kind"], f"{found['kind']} {found['name']} has no key {found['key']}"
        return Decision(f"{kind}KeyNotFound", f"{text}, which container {container} needs: add it")
    if found := _NOT_FOUND.search(message):
        kind = {"secret": "Secret", "configmap": "ConfigMap"}[found["kind"]]
        text = f"there is no {kind} {found['name']}, which container {container} needs"
        return Decision(f"{kind}NotFound", f"{text}: make it, or name another")
    return Decision(_CONFIG_ERROR, cut(f"container {container}: {message}"))


def _end(reason: str) -> tuple[Category, str] | None:
    return ("Infrastructure", "NodeRefused") if _NO_ROOM.match(reason) else _ENDS.get(reason)


def _condition(pod: Manifest, kind: str) -> Mapping[str, Any]:
    conditions = pod.get("status", {}).get("conditions") or ()
    return next((found for found in conditions if found["type"] == kind), {})
