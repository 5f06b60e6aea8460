"""Metrics of SparkJobs: how fast drivers come, what is tried again, and what stands too long."""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY

from emberlake.api import REQUESTED_AT
from emberlake.core.model import Transition
from emberlake.core.states import began
from emberlake.sparkjob.metrics import deadline, measure
from unit.core.transitions import moment, text, transition

CREATED, RUNNING = "sparkjob_submit_to_driver_created_seconds", "sparkjob_submit_to_driver_running_seconds"
TIMEOUTS = {"pending": "1h", "driverStart": "10m", "run": "2h"}


def status(run: int = 1, number: int = 1, **fields: Any) -> dict[str, Any]:
    attempt = {"number": number, "pod": "p", "createdAt": text(2)}
    return {"state": "Starting", "run": run, "startedAt": text(2), "attempt": attempt, **fields}


def running(of: dict[str, Any], at: float) -> dict[str, Any]:
    return {**of, "state": "Running", "attempt": {**of["attempt"], "runningAt": text(at)}}


def observed(name: str, told: Transition) -> float | None:
    """The seconds that `told` adds to a histogram, None when it adds no observation."""

    def read(suffix: str) -> float:
        return REGISTRY.get_sample_value(f"{name}_{suffix}") or 0

    count, total = read("count"), read("sum")
    measure(told)
    return round(read("sum") - total, 3) if read("count") > count else None


def requested(at: str, told: Transition) -> Transition:
    return replace(told, owner=replace(told.owner, annotations={REQUESTED_AT: at}))


def test_the_first_driver_is_timed_from_the_creation_of_the_job() -> None:
    assert observed(CREATED, transition({}, status(), 2.5)) == 2.5


@pytest.mark.parametrize(
    "before",
    [
        {"state": "Pending", "waitingSince": text(1)},
        {"state": "Suspended", "suspendedAt": text(1)},
        status(),
        status(number=1, state="Failed"),
    ],
    ids=["waited", "suspended", "told before", "tried again"],
)
def test_what_the_operator_did_not_hold_up_is_not_its_latency(before: dict[str, Any]) -> None:
    number = 2 if before["state"] == "Failed" else 1
    assert observed(CREATED, transition(before, status(number=number), 900)) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(text(100), 3.0), ("1970-01-01T00:00:00Z", 13.0), ("now", None), ("20260101", None)],
    ids=["in time", "while the run before was active", "words", "no zone"],
)
def test_a_later_run_is_timed_from_its_request(asked: str, expected: float | None) -> None:
    before = status(state="Succeeded", finishedAt=text(90))
    told = transition(before, status(run=2, lastHandledRequest=asked), 103)
    assert observed(CREATED, requested(asked, told)) == expected


def test_a_run_that_nobody_asked_for_has_no_submission() -> None:
    before = status(state="Succeeded", finishedAt=text(90))
    assert observed(CREATED, transition(before, status(run=2), 103)) is None


def test_the_first_running_driver_is_timed_with_the_wait_before_it() -> None:
    assert observed(RUNNING, transition(status(), running(status(), 30), 30.5)) == 30.5
    assert observed(RUNNING, transition(running(status(), 30), running(status(), 30), 60)) is None


def test_the_time_of_a_suspension_is_nobody_s_latency() -> None:
    held = status(suspendedSeconds=20)
    assert observed(RUNNING, transition(held, running(held, 30), 30)) == 10


def test_a_later_run_is_timed_from_its_start() -> None:
    later = status(run=2, startedAt=text(100))
    assert observed(RUNNING, transition(later, running(later, 130), 130)) == 30
    # Both were told in one status: the driver ran before the operator looked again.
    assert observed(RUNNING, transition(running(status(), 30), running(later, 130), 140)) == 40


def test_drivers_of_retries_are_not_timed() -> None:
    again = status(number=2)
    assert observed(RUNNING, transition(again, running(again, 30), 30)) is None


def retries(category: str) -> float:
    return REGISTRY.get_sample_value("sparkjob_retries_total", {"category": category}) or 0


def past(number: int, category: str) -> dict[str, Any]:
    return {"number": number, "category": category, "finishedAt": text(number)}


def test_each_retry_is_counted_once_by_category() -> None:
    evicted, lost = past(1, "Evicted"), past(2, "Infrastructure")
    before = retries("Evicted"), retries("Infrastructure")
    one = status(state="Retrying", pastAttempts=[evicted])
    two = status(state="Retrying", pastAttempts=[evicted, lost])
    measure(transition(status(), one))
    measure(transition(one, status(number=2, pastAttempts=[evicted])))
    measure(transition(one, two))
    assert (retries("Evicted"), retries("Infrastructure")) == (before[0] + 1, before[1] + 1)


def test_retries_beyond_the_kept_history_are_counted() -> None:
    before = retries("Evicted")
    history = [past(number, "Evicted") for number in range(1, 12)]
    measure(transition(status(pastAttempts=history[:10]), status(pastAttempts=history[1:])))
    assert retries("Evicted") == before + 1


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"state": "Pending", "waitingSince": text(60)}, 3660),
        ({"state": "Queued", "waitingSince": text(60)}, 3660),
        (status(), 602),
        (running(status(), 30), 7202),
        (running(status(suspendedSeconds=40), 30), 7242),
        (status(state="Retrying", retries={"at": text(500)}), 501),
        (status(state="Retrying"), None),
        (status(state="Suspended"), None),
    ],
)
def test_each_state_ends_within_the_timeouts_of_the_job(found: dict[str, Any], expected: int | None) -> None:
    limit = deadline({"spec": {"timeouts": TIMEOUTS}, "status": found})
    assert limit == (None if expected is None else moment(expected))


def test_a_run_without_a_timeout_has_no_deadline() -> None:
    assert deadline({"spec": {}, "status": running(status(), 30)}) is None


def counted(name: str, told: Transition, **labels: str) -> float:
    """What `told` adds to a counter."""

    def read() -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    before = read()
    measure(told)
    return read() - before


@pytest.mark.parametrize("engine", ["Spark", "Sail"])
def test_each_attempt_is_counted_once_under_its_engine(engine: str) -> None:
    begun = status()
    begun["attempt"]["engine"] = engine
    second = {**begun, "attempt": {**begun["attempt"], "number": 2}}
    name = "sparkjob_attempts_total"
    assert counted(name, transition({}, begun, 2), engine=engine) == 1
    assert counted(name, transition(begun, running(begun, 3), 3), engine=engine) == 0
    assert counted(name, transition(begun, second, 3), engine=engine) == 1
    assert counted(name, transition(second, {**begun, "run": 2}, 4), engine=engine) == 1


def test_a_hand_over_is_counted_once_and_is_no_retry() -> None:
    handed = {"reason": "UnsupportedByEngine", "message": "m", "at": text(3)}
    over = status(state="Retrying", handedOver=handed)
    name, reason = "sparkjob_handed_over_total", "UnsupportedByEngine"
    assert counted(name, transition(status(), over, 3), cause=reason) == 1
    second = {**status(number=2), "handedOver": handed}
    assert counted(name, transition(over, second, 4), cause=reason) == 0
    assert counted("sparkjob_retries_total", transition(status(), over, 3), category="User") == 0


@pytest.mark.parametrize(("failed", "handed", "since"), [(3, None, 3), (None, 4, 4), (3, 4, 4), (5, 4, 5)])
def test_a_run_is_tried_again_since_its_last_attempt_ended(
    failed: int | None, handed: int | None, since: int
) -> None:
    found = status(state="Retrying")
    found |= {"pastAttempts": [{"finishedAt": text(failed)}]} if failed else {}
    found |= {"handedOver": {"at": text(handed)}} if handed else {}
    assert began(found) == text(since)


def test_a_run_that_was_handed_over_must_go_on_at_once() -> None:
    over = status(
        state="Retrying", handedOver={"reason": "UnsupportedByEngine", "message": "m", "at": text(3)}
    )
    assert deadline({"spec": {"timeouts": TIMEOUTS}, "status": over}) == moment(4)
