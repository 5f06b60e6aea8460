"""What a check's Job and pod say about the bucket. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emberlake.catalog.build import DEADLINE_SECONDS
from emberlake.core.model import Manifest
from emberlake.core.pods import containers, image_failure, terminated, unconfigured, unscheduled, written

PASSED, FAILED, RUNNING = "Passed", "Failed", "Running"
_LIMIT = 1500
_REASON_LIMIT = 128


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check; of a running one what it waits for, and whether its container started."""

    outcome: str
    reason: str = ""
    message: str = ""
    started: bool = False


def read(job: Manifest, pods: Iterable[Manifest]) -> Verdict:
    """The verdict of a check, from its Job and the pods of its Catalog."""
    name = job["metadata"]["name"]
    pod = next((p for p in pods if p["metadata"].get("labels", {}).get("job-name") == name), None)
    ended = _ended(pod) if pod is not None else None
    if ended is not None and (said := _said(ended.get("message") or "")):
        return said
    if failed := _condition(job, "Failed") or _condition(job, "FailureTarget"):
        if failed.get("reason") == "DeadlineExceeded":
            return _timed_out(pod)
        if ended is None:
            return Verdict(FAILED, "CheckLost", failed.get("message") or "the check's pod was lost")
    if pod is not None and ended is not None and not pod["metadata"].get("deletionTimestamp"):
        return _crashed(ended)
    if _condition(job, "Complete"):
        return Verdict(FAILED, "CheckLost", "the check's pod was deleted before its verdict was read")
    return _waiting(pod) if pod is not None else Verdict(RUNNING)


def _ended(pod: Manifest) -> Mapping[str, Any] | None:
    return next((end for container in containers(pod) if (end := terminated(container))), None)


def _said(message: str) -> Verdict | None:
    """The verdict that the check wrote, None when it wrote none."""
    document = written(message) or {}
    if not {"outcome", "reason"} <= document.keys():
        return None
    outcome = PASSED if document["outcome"] == "Succeeded" else FAILED
    return Verdict(outcome, str(document["reason"])[:_REASON_LIMIT], _tail(str(document.get("message", ""))))


def _crashed(ended: Mapping[str, Any]) -> Verdict:
    text = _tail(ended.get("message") or "") or ended.get("reason") or "it wrote nothing"
    return Verdict(FAILED, "CheckCrashed", f"the check ended with exit code {ended.get('exitCode')}: {text}")


def _timed_out(pod: Manifest | None) -> Verdict:
    """A deadline ends the pod, whose exit code then says nothing."""
    waiting = _waiting(pod) if pod is not None else Verdict(RUNNING)
    if waiting.reason:
        return Verdict(FAILED, waiting.reason, waiting.message)
    text = (
        f"the check did not end within {DEADLINE_SECONDS} s: see the events of its Job"
        " (missing ServiceAccount, quota, no room on the nodes), and whether the endpoint answers"
    )
    return Verdict(FAILED, "CheckTimedOut", text)


def _waiting(pod: Manifest) -> Verdict:
    """Why a pod does not start, as far as Kubernetes says so."""
    if any("running" in container.get("state", {}) for container in containers(pod)):
        return Verdict(RUNNING, started=True)
    if lacks := unconfigured(pod):
        return Verdict(RUNNING, "SecretNotFound", f"spec.s3.credentials: {lacks.message}")
    if unpullable := image_failure(pod):
        return Verdict(RUNNING, "ImagePullFailed", unpullable.message)
    if waits := unscheduled(pod):
        return Verdict(RUNNING, "CheckUnschedulable", waits.message)
    return Verdict(RUNNING)


def _condition(job: Manifest, kind: str) -> Mapping[str, Any] | None:
    found = job.get("status", {}).get("conditions") or ()
    return next((c for c in found if c["type"] == kind and c["status"] == "True"), None)


def _tail(text: str) -> str:
    return text.strip()[-_LIMIT:]
