"""Metrics of kinds that run and end, from the status fields that they share: run, finishedAt, failure."""

from typing import get_args

from prometheus_client import Counter, Histogram

from emberlake.api.v1alpha1 import KINDS
from emberlake.api.v1alpha1.common import Category
from emberlake.core import states
from emberlake.core.metrics import LONG
from emberlake.core.model import Transition

FINISHED = Counter(
    "emberlake_runs_finished_total",
    "Runs that ended, by outcome; category None unless Failed",
    ["kind", "outcome", "category"],
)
DURATION = Histogram(
    "emberlake_run_duration_seconds",
    "From the start of a run's first attempt to its end",
    ["kind", "outcome"],
    buckets=LONG,
)
WAITED = Histogram(
    "emberlake_waiting_seconds", "Time spent in Pending or Queued, once it is over", ["kind"], buckets=LONG
)
OUTCOMES = ("Succeeded", "Failed", "Cancelled")
NO_CATEGORY = "None"


def _prepare() -> None:
    """Let the counters begin at 0, so that a first failure is an increase."""
    for kind in (model.kind for model in KINDS if "finished_at" in model.status_model.model_fields):
        for outcome in OUTCOMES:
            for category in get_args(Category) if outcome == "Failed" else (NO_CATEGORY,):
                FINISHED.labels(kind, outcome, category)


_prepare()


def measure(transition: Transition) -> None:
    """Count a run that ended and time a wait that is over."""
    if _ended(transition):
        _measure_end(transition)
    waited = transition.before.get("state") in states.WAITING
    if waited and transition.after.get("state") not in states.WAITING:
        began = states.began(transition.before) or transition.owner.created
        WAITED.labels(transition.owner.kind).observe(transition.seconds_since(began))


def _ended(transition: Transition) -> bool:
    after = transition.after
    ended = bool(after.get("finishedAt")) and after.get("state") in OUTCOMES
    return ended and transition.changed("run", "finishedAt")


def _measure_end(transition: Transition) -> None:
    kind, status = transition.owner.kind, transition.after
    outcome = status["state"]
    category = (status.get("failure") or {}).get("category") if outcome == "Failed" else None
    FINISHED.labels(kind, outcome, category or NO_CATEGORY).inc()
    # A run that ended before its first attempt leaves the time of the run before it.
    stale = transition.changed("run") and not transition.changed("startedAt")
    if (started := status.get("startedAt")) and not stale:
        DURATION.labels(kind, outcome).observe(transition.seconds_since(started))
