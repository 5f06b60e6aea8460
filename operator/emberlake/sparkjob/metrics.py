"""Metrics of SparkJobs that other kinds do not have: how fast drivers come, retries, and engines."""

import functools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, get_args

from prometheus_client import Counter, Histogram

from emberlake.api import REQUESTED_AT
from emberlake.api.quantity import duration_seconds
from emberlake.api.v1alpha1.common import Category
from emberlake.api.v1alpha1.sparkstatus import Engine
from emberlake.core.metrics import WAIT
from emberlake.core.model import Manifest, Transition
from emberlake.core.objects import parse_time, timestamp
from emberlake.core.states import began, state_of
from emberlake.sparkjob.engine import OUT_OF_MEMORY, UNFIT, UNSUPPORTED

CREATED = Histogram(
    "sparkjob_submit_to_driver_created_seconds",
    "From the submission of a run that nothing held back to its driver pod",
    buckets=WAIT,
)
RUNNING = Histogram(
    "sparkjob_submit_to_driver_running_seconds",
    "From a job's creation, or a later run's start, to its first driver running; with waits, not suspensions",
    buckets=WAIT,
)
RETRIES = Counter("sparkjob_retries_total", "Attempts that failed and are tried again", ["category"])
ATTEMPTS = Counter("sparkjob_attempts_total", "Attempts that were started", ["engine"])
HANDED_OVER = Counter("sparkjob_handed_over_total", "Runs with engine Auto that went to Spark", ["cause"])

_HELD_BACK = {"waitingSince", "suspendedAt"}

for _category in get_args(Category):
    RETRIES.labels(_category)
for _engine in get_args(Engine):
    ATTEMPTS.labels(_engine)
for _reason in (UNFIT, UNSUPPORTED, OUT_OF_MEMORY):
    HANDED_OVER.labels(_reason)


def measure(transition: Transition) -> None:
    """Time the first driver of a run; count attempts, hand-overs and retries."""
    attempt = _attempt(transition.after)
    before = {} if transition.changed("run") else _attempt(transition.before)
    if attempt.get("number", 0) > before.get("number", 0):
        ATTEMPTS.labels(attempt.get("engine", "Spark")).inc()
    if (handed := transition.after.get("handedOver")) and transition.changed("handedOver"):
        HANDED_OVER.labels(handed["reason"]).inc()
    if attempt.get("number") == 1:
        if not before:
            _measure_created(transition)
        if attempt.get("runningAt") and not before.get("runningAt"):
            _measure_running(transition)
    for failed in _new_failures(transition):
        RETRIES.labels(failed["category"]).inc()


def deadline(manifest: Manifest) -> datetime | None:
    """When the job must have left its state at the latest; None where nothing bounds it.

    Told by its timeouts and times alone, without the plan: who watches the plan must not ask it.
    """
    status, state = manifest.get("status") or {}, state_of(manifest)
    timeouts: Mapping[str, str] = manifest["spec"].get("timeouts") or {}
    match state:
        case "Pending" | "Queued":
            return _after(began(status), timeouts.get("pending"))
        case "Starting":
            return _after(began(status), timeouts.get("driverStart"))
        case "Running":
            suspended = timedelta(seconds=status.get("suspendedSeconds") or 0)
            return _after(status.get("startedAt"), timeouts.get("run"), suspended)
        case "Retrying":
            again = (status.get("retries") or {}).get("at") or (status.get("handedOver") or {}).get("at")
            return _after(again, "1s")
    return None


def _after(time: str | None, bound: str | None, more: timedelta = timedelta()) -> datetime | None:
    if time is None or bound is None:
        return None
    return parse_time(time) + _length(bound) + more


@functools.cache
def _length(bound: str) -> timedelta:
    return timedelta(seconds=duration_seconds(bound))


def _attempt(status: Mapping[str, Any]) -> Mapping[str, Any]:
    return status.get("attempt") or {}


def _run(transition: Transition) -> int:
    return int(transition.after.get("run") or 0)


def _measure_created(transition: Transition) -> None:
    submitted = _submitted(transition)
    if submitted is not None and not _HELD_BACK & transition.before.keys():
        CREATED.observe(transition.seconds_since(submitted))


def _measure_running(transition: Transition) -> None:
    began = transition.owner.created if _run(transition) == 1 else transition.after["startedAt"]
    suspended = transition.after.get("suspendedSeconds") or 0
    RUNNING.observe(max(0.0, transition.seconds_since(began) - suspended))


def _submitted(transition: Transition) -> str | None:
    """When somebody asked for this run; None when nobody did, or in words that tell no time."""
    if _run(transition) == 1:
        return transition.owner.created
    asked = transition.owner.annotations.get(REQUESTED_AT)
    if asked is None or asked != transition.after.get("lastHandledRequest"):
        return None
    try:
        moment = parse_time(asked)
    except ValueError:
        return None
    # A request that came while the run before was active had to wait for its end.
    free = transition.before.get("finishedAt")
    return None if moment.tzinfo is None else max(timestamp(moment), free or "")


def _new_failures(transition: Transition) -> list[Mapping[str, Any]]:
    known = set() if transition.changed("run") else _numbers(transition.before)
    return [past for past in transition.after.get("pastAttempts") or () if past["number"] not in known]


def _numbers(status: Mapping[str, Any]) -> set[int]:
    return {past["number"] for past in status.get("pastAttempts") or ()}
