"""What a check's Job and pod say about the bucket. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emberlake.catalog.build import DEADLINE_SECONDS
from emberlake.core.model import Manifest
from emberlake.core.pods import PULL_REASONS

PASSED, FAILED, RUNNING = "Passed", "Failed", "Running"
_LIMIT = 1500


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
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return next((end for s in statuses if (end := s.get("state", {}).get("terminated"))), None)


def _said(message: str) -> Verdict | None:
    """The verdict that the check wrote, None when it wrote none."""
    try:
        document = json.loads(message)
        outcome, reason = document["outcome"], document["reason"]
    except (ValueError, KeyError, TypeError):
        return None
    passed = outcome == "Succeeded"
    return Verdict(PASSED if passed else FAILED, str(reason), _tail(str(document.get("message", ""))))


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
    status = pod.get("status", {})
    for container in status.get("containerStatuses") or ():
        state = container.get("state", {})
        if "running" in state:
            return Verdict(RUNNING, started=True)
        waiting = state.get("waiting") or {}
        reason, message = waiting.get("reason", ""), waiting.get("message", "")
        if reason == "CreateContainerConfigError":
            return Verdict(RUNNING, "SecretNotFound", f"spec.s3.credentials: {_tail(message)}")
        if reason in PULL_REASONS:
            return Verdict(RUNNING, "ImagePullFailed", _tail(message) or reason)
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return Verdict(RUNNING, "CheckUnschedulable", _tail(condition.get("message", "")))
    return Verdict(RUNNING)


def _condition(job: Manifest, kind: str) -> Mapping[str, Any] | None:
    found = job.get("status", {}).get("conditions") or ()
    return next((c for c in found if c["type"] == kind and c["status"] == "True"), None)


def _tail(text: str) -> str:
    return text.strip()[-_LIMIT:]
