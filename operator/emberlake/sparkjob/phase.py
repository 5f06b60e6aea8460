"""Where a job stands, from the fields of its status that are not derived. Pure.

resting --begins--> between --starts an attempt--> driving --fails, is suspended--> between
A run ends, from wherever it is, by `finishedAt`.
"""

from emberlake.api.v1alpha1.sparkstatus import Attempt, SparkJobStatus

SUSPENDED = "Suspended"
HANDED_OVER = "HandedOver"
# Before the kind of an object that the API server did not take; no failure's reason has a colon.
_REFUSED = "Refused:"


def is_active(status: SparkJobStatus) -> bool:
    """Whether a run began and has not ended."""
    return status.run > 0 and status.finished_at is None


def is_driving(status: SparkJobStatus) -> bool:
    """Whether an attempt is under way: its driver is there, or about to be made."""
    return is_active(status) and status.attempt is not None and status.attempt.ended is None


def is_between(status: SparkJobStatus) -> bool:
    """Whether an active run has no driver: before its first attempt, and after each."""
    return is_active(status) and not is_driving(status)


def refused(kind: str) -> str:
    """How an attempt ended of which an object of this kind was not taken."""
    return _REFUSED + kind


def refused_kind(status: SparkJobStatus) -> str | None:
    """The kind of object that the API server did not take and that an attempt waits for."""
    if status.attempt is None or not (status.attempt.ended or "").startswith(_REFUSED):
        return None
    return (status.attempt.ended or "").removeprefix(_REFUSED)


def next_number(status: SparkJobStatus) -> int:
    """Number of the attempt that starts next; a refused one keeps its number."""
    if status.attempt is None:
        return 1
    return status.attempt.number + (1 if refused_kind(status) is None else 0)


def live_pod(status: SparkJobStatus) -> Attempt | None:
    """The attempt under way."""
    return status.attempt if is_driving(status) else None
