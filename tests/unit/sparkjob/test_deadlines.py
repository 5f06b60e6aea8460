"""The watchdog: how long each state may last, and what then."""

from datetime import datetime
from typing import Any

import pytest

from emberlake.core.objects import timestamp
from emberlake.sparkjob.deadlines import next_change, run_limit, stage_limit
from emberlake.sparkjob.observe import Observed
from unit.sparkjob.fixtures import NOW, later, observed, spec

ATTEMPT = {
    "number": 1,
    "pod": "etl-1-1-driver",
    "applicationId": "spark-1",
    "createdAt": timestamp(NOW),
}
RAN = {**ATTEMPT, "runningAt": timestamp(later(minutes=1))}
WITH_EXECUTORS = {**RAN, "executorsAt": timestamp(later(minutes=2))}
STARTED = {"run": 1, "startedAt": timestamp(NOW)}
PENDING = {"run": 1, "waitingSince": timestamp(NOW)}
RETRYING = {
    **STARTED,
    "attempt": {**ATTEMPT, "ended": "Evicted"},
    "retries": {"infrastructure": 1, "at": timestamp(later(seconds=10))},
}
TIMEOUTS = {"pending": "1h", "driverStart": "2m", "executorStart": "3m", "run": "5h"}


def job(status: dict[str, Any], *, timeouts: dict[str, str] | None = None, **fields: Any) -> Observed:
    suspend = fields.pop("suspend", False)
    limits = {key: value for key, value in TIMEOUTS.items() if key != "run"}
    return observed(
        status, spec=spec(timeouts=limits if timeouts is None else timeouts, suspend=suspend), **fields
    )


@pytest.mark.parametrize(
    ("status", "fields", "expected"),
    [
        (PENDING, {}, later(hours=1)),
        ({**STARTED, "attempt": ATTEMPT}, {}, later(minutes=2)),
        ({**STARTED, "attempt": RAN}, {"needs_executors": True}, later(minutes=4)),
        ({**STARTED, "attempt": RAN}, {"needs_executors": False}, None),
        ({**STARTED, "attempt": WITH_EXECUTORS}, {"needs_executors": True}, None),
        (RETRYING, {}, later(seconds=10)),
        # Its time has come: what it waits for since then has a limit of its own.
        ({**RETRYING, **PENDING}, {"now": later(minutes=1)}, later(hours=1)),
        # Suspended, or over.
        (PENDING, {"suspend": True}, None),
        ({**STARTED, "attempt": RAN}, {"suspend": True}, None),
        (RETRYING, {"suspend": True}, None),
        ({**STARTED, "attempt": RAN, "finishedAt": timestamp(later(minutes=9))}, {}, None),
        ({}, {}, None),
    ],
)
def test_every_state_has_its_limit(
    status: dict[str, Any], fields: dict[str, Any], expected: datetime | None
) -> None:
    assert next_change(job(status, **fields)) == expected


@pytest.mark.parametrize("status", [{**STARTED, "attempt": RAN}, RETRYING, {**RETRYING, **PENDING}])
def test_the_run_has_one_over_all_its_attempts(status: dict[str, Any]) -> None:
    limit = run_limit(job(status, timeouts={"run": "5h"}))
    assert limit is not None
    assert (limit.at, limit.failure.reason) == (later(hours=5), "RunTimeout")


def test_time_in_suspension_is_not_counted() -> None:
    """A job that Kueue held back for a weekend must not die of it on Monday."""
    status = {**STARTED, "attempt": RAN, "suspendedSeconds": 3600, "suspendedAt": timestamp(later(hours=2))}
    limit = run_limit(job(status, timeouts={"run": "5h"}, now=later(hours=4)))
    assert limit is not None
    assert limit.at == later(hours=5 + 1 + 2)


def test_a_duration_without_measure_is_no_error() -> None:
    assert next_change(job(PENDING, timeouts={"pending": "999999999999999d"})) is not None


UNSCHEDULABLE = {
    "metadata": {"name": "etl-exec-1"},
    "status": {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "0/1 nodes are available",
            }
        ],
    },
}


def test_the_message_says_why_no_executor_runs() -> None:
    limit = stage_limit(
        job({**STARTED, "attempt": RAN}, timeouts=TIMEOUTS, needs_executors=True, executor=UNSCHEDULABLE)
    )
    assert limit is not None
    assert (limit.failure.category, limit.failure.reason) == ("Timeout", "ExecutorStartTimeout")
    assert "timeouts.executorStart 3m" in limit.failure.message
    assert "etl-exec-1: Unschedulable: 0/1 nodes are available" in limit.failure.message
