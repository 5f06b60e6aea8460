"""What a SparkJob's document says: settled or not, and which attempt is meant."""

from typing import Any

import pytest

from emberlake.cli import jobs
from emberlake.cli.errors import ExitCode
from emberlake.cli.progress import ended, finished, reaches
from unit.cli.documents import attempt, job, pod


def requested(found: dict[str, Any], stamp: str) -> dict[str, Any]:
    return {**found, "metadata": {**found["metadata"], "annotations": {"emberlake.dev/requested-at": stamp}}}


@pytest.mark.parametrize(
    ("found", "settled"),
    [
        (job(), False),
        (job("Running"), False),
        (job("Suspended"), False),
        (job("Retrying"), False),
        (job("Succeeded"), True),
        (job("Failed"), True),
        (job("Cancelled"), True),
        (job("Succeeded", observedGeneration=0), False),
        (requested(job("Succeeded"), "t2"), False),
        (requested(job("Succeeded", lastHandledRequest="t1"), "t2"), False),
        (requested(job("Succeeded", lastHandledRequest="t2"), "t2"), True),
    ],
)
def test_a_job_is_settled_when_its_last_requested_run_ended(found: dict[str, Any], settled: bool) -> None:
    assert jobs.is_settled(found) is settled


@pytest.mark.parametrize(
    ("state", "goals"),
    [
        ("Pending", (None, None, None, None)),
        ("Running", (None, None, ExitCode.OK, None)),
        ("Suspended", (None, None, None, ExitCode.OK)),
        ("Succeeded", (ExitCode.OK, ExitCode.OK, ExitCode.OK, ExitCode.FAILED)),
        ("Failed", (ExitCode.FAILED, ExitCode.OK, ExitCode.FAILED, ExitCode.FAILED)),
        ("Cancelled", (ExitCode.FAILED, ExitCode.OK, ExitCode.FAILED, ExitCode.FAILED)),
    ],
)
def test_goals(state: str, goals: tuple[ExitCode | None, ...]) -> None:
    found = job(state)
    assert (finished(found), ended(found), reaches("Running")(found), reaches("Suspended")(found)) == goals


def test_a_message_before_the_operators_first_and_of_a_failure() -> None:
    assert jobs.message_of(job()) == "waits for the operator"
    failure = {"category": "User", "reason": "ValueError", "message": "ValueError: no such month"}
    assert jobs.message_of(job("Failed", failure=failure)) == "User, ValueError: ValueError: no such month"
    # The failure of an attempt that is tried again is not why the job is in its state.
    assert jobs.message_of(job("Retrying", failure=failure, message="tries again")) == "tries again"


CURRENT = job("Running", run=2, attempt=attempt(2, run=2))
PODS = [pod(1, 1), pod(1, 2), pod(2, 1), pod(2, 2)]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, (2, 2)),
        ({"attempt": 1}, (2, 1)),
        ({"run": 1}, (1, 2)),
        ({"run": 1, "attempt": 1}, (1, 1)),
        ({"run": 2}, (2, 2)),
        ({"run": 7}, (7, 1)),
        ({"previous": True}, (2, 1)),
        ({"run": 1, "previous": True}, (1, 1)),
    ],
)
def test_the_attempt_that_was_asked_for(options: dict[str, Any], wanted: tuple[int, int]) -> None:
    assert jobs.wanted_attempt(CURRENT, PODS, **options) == wanted


def test_the_attempt_before_the_first_of_a_run_is_the_last_of_the_run_before() -> None:
    found = job("Running", run=2, attempt=attempt(1, run=2))
    assert jobs.wanted_attempt(found, [pod(1, 1), pod(1, 2), pod(2, 1)], previous=True) == (1, 2)
    assert jobs.wanted_attempt(found, [pod(2, 1)], previous=True) == (2, 0)


def test_attempts_are_listed_once_and_in_order() -> None:
    executors = [pod(1, 1, "executor", 2), pod(1, 1, "executor", 1)]
    assert jobs.attempts([pod(2, 1), *executors]) == "run 1 attempt 1, run 2 attempt 1"
    assert jobs.attempts([]) == "none"
