"""What people want to know about a SparkJob, read from its document. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from emberlake.api import GROUP, REQUESTED_AT

Document = Mapping[str, Any]

FINAL = ("Succeeded", "Failed", "Cancelled")
NAME_LABEL = f"{GROUP}/name"
KIND_LABEL = f"{GROUP}/kind"
RUN_LABEL = f"{GROUP}/run"
ATTEMPT_LABEL = f"{GROUP}/attempt"
ROLE_LABEL = f"{GROUP}/role"
EXECUTOR_LABEL = "spark-exec-id"
DRIVER_CONTAINER = "spark-kubernetes-driver"
EXECUTOR_CONTAINER = "spark-kubernetes-executor"


def status_of(job: Document) -> Mapping[str, Any]:
    """The status, empty before the operator's first."""
    found: Mapping[str, Any] = job.get("status") or {}
    return found


def state_of(job: Document) -> str:
    """The state; Pending before the operator's first."""
    return str(status_of(job).get("state") or "Pending")


def is_settled(job: Document) -> bool:
    """Whether the state is final, speaks of the present spec, and no requested run is due."""
    meta, status = job["metadata"], status_of(job)
    request = (meta.get("annotations") or {}).get(REQUESTED_AT)
    return (
        state_of(job) in FINAL
        and status.get("observedGeneration") == meta.get("generation")
        and request in (None, status.get("lastHandledRequest"))
    )


def attempt_of(job: Document) -> int | None:
    """Number of the current or last attempt."""
    attempt = status_of(job).get("attempt")
    return int(attempt["number"]) if attempt else None


def message_of(job: Document) -> str:
    """Why it is in its state: the failure when it failed."""
    status = status_of(job)
    failure = status.get("failure")
    if failure and state_of(job) == "Failed":
        return f"{failure['category']}, {failure['reason']}: {failure['message']}"
    return str(status.get("message") or "waits for the operator")


def of_job(name: str) -> dict[str, str]:
    """Labels of everything the operator made for the job."""
    return {KIND_LABEL: "SparkJob", NAME_LABEL: name}


def attempt_key(child: Document) -> tuple[int, int]:
    """Run and attempt of a pod."""
    labels = child["metadata"].get("labels") or {}
    return int(labels.get(RUN_LABEL, 0)), int(labels.get(ATTEMPT_LABEL, 0))


def attempts(children: Sequence[Document]) -> str:
    """The attempts that these pods or ConfigMaps belong to, for people."""
    keys = sorted({attempt_key(child) for child in children})
    return ", ".join(f"run {run} attempt {attempt}" for run, attempt in keys) or "none"


def wanted_attempt(
    job: Document,
    children: Sequence[Document],
    *,
    run: int | None = None,
    attempt: int | None = None,
    previous: bool = False,
) -> tuple[int, int]:
    """Run and attempt that were asked for: by number, last of a run, last but one, or last.

    What is not counted in the status (attempts of past runs) is taken from the children that are left.
    """
    current = (int(status_of(job).get("run") or 1), attempt_of(job) or 1)
    keys = sorted(attempt_key(child) for child in children)
    if attempt is not None:
        return run or current[0], attempt
    if run is not None and run != current[0]:
        current = max((key for key in keys if key[0] == run), default=(run, 1))
    if not previous:
        return current
    return max((key for key in keys if key < current), default=(current[0], current[1] - 1))
