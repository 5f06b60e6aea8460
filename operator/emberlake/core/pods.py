"""What the status of a pod says about why it does not run. Pure."""

from collections.abc import Mapping
from typing import Any

from emberlake.api.v1alpha1.common import Failure
from emberlake.core.model import Decision, Manifest

PULL_REASONS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
MESSAGE_LIMIT = 1500


def image_failure(pod: Manifest) -> Failure | None:
    """The failure of a pod whose image cannot be pulled, None when that is not what it waits for."""
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason") in PULL_REASONS:
            message = f"image {container.get('image')!r}: {waiting.get('message', waiting['reason'])}"
            return Failure(category="Image", reason=waiting["reason"], message=cut(message))
    return None


def pending_reason(pod: Manifest) -> Decision | None:
    """What a pending pod waits for, as far as Kubernetes says so."""
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("message"):
            return Decision(waiting["reason"], cut(waiting["message"]))
    for condition in pod.get("status", {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return Decision(condition.get("reason", "Unschedulable"), cut(condition.get("message", "")))
    return None


def is_live(pod: Manifest) -> bool:
    """Whether its containers may still run."""
    return pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def cut(text: str) -> str:
    """The text, shortened to what fits into a condition."""
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + " …"


def _containers(pod: Manifest) -> list[Mapping[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
