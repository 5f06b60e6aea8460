"""Metrics of runs: each counted once, from the status that the operator itself wrote."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from emberlake.core import runs
from unit.core.transitions import text, transition

RUNNING = {"state": "Running", "run": 1, "startedAt": text(10)}
SUCCEEDED = {**RUNNING, "state": "Succeeded", "finishedAt": text(70)}
FAILURE = {"category": "Image", "reason": "ErrImagePull", "message": "no such image"}
FAILED = {**RUNNING, "state": "Failed", "finishedAt": text(70), "failure": FAILURE}


def finished(outcome: str, category: str = "None", kind: str = "SparkJob") -> float:
    labels = {"kind": kind, "outcome": outcome, "category": category}
    return REGISTRY.get_sample_value("emberlake_runs_finished_total", labels) or 0


def total(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"{name}_sum", labels) or 0


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"{name}_count", labels) or 0


@pytest.mark.parametrize(
    ("after", "outcome", "category"),
    [
        (SUCCEEDED, "Succeeded", "None"),
        (FAILED, "Failed", "Image"),
        ({**SUCCEEDED, "state": "Cancelled"}, "Cancelled", "None"),
    ],
)
def test_a_run_that_ends_is_counted_once(after: dict[str, Any], outcome: str, category: str) -> None:
    before = finished(outcome, category)
    runs.measure(transition({}, RUNNING, 10))
    assert finished(outcome, category) == before
    runs.measure(transition(RUNNING, after, 70))
    assert finished(outcome, category) == before + 1
    # A later write of the same end, as after a restart, changes something else.
    runs.measure(transition(after, {**after, "releasedAt": text(900)}, 900))
    assert finished(outcome, category) == before + 1


def test_the_next_run_counts_even_when_it_ends_in_the_same_second() -> None:
    before = finished("Succeeded")
    runs.measure(transition(SUCCEEDED, {**SUCCEEDED, "run": 2}, 70))
    assert finished("Succeeded") == before + 1


def test_a_stopped_crawl_is_no_finished_run() -> None:
    suspended = {**SUCCEEDED, "state": "Suspended"}
    before = [finished(outcome, kind="Crawl") for outcome in runs.OUTCOMES]
    runs.measure(transition(RUNNING, suspended, 70, "Crawl"))
    assert [finished(outcome, kind="Crawl") for outcome in runs.OUTCOMES] == before


def test_the_duration_runs_from_the_first_attempt_to_the_end() -> None:
    labels = {"kind": "SparkJob", "outcome": "Succeeded"}
    before = total("emberlake_run_duration_seconds", **labels)
    runs.measure(transition(RUNNING, SUCCEEDED, 70.25))
    assert total("emberlake_run_duration_seconds", **labels) - before == pytest.approx(60.25)


def test_a_run_that_never_began_has_no_duration() -> None:
    """It carries the start of the run before it."""
    labels = {"kind": "SparkJob", "outcome": "Failed"}
    before = count("emberlake_run_duration_seconds", **labels)
    runs.measure(transition(SUCCEEDED, {**FAILED, "run": 2, "finishedAt": text(500)}, 500))
    assert count("emberlake_run_duration_seconds", **labels) == before


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({"state": "Pending", "waitingSince": text(5)}, 15),
        ({"state": "Queued", "waitingSince": text(5)}, 15),
        ({"state": "Pending"}, 20),
    ],
)
def test_a_wait_is_timed_when_it_is_over(before: dict[str, Any], expected: float) -> None:
    told = total("emberlake_waiting_seconds", kind="SparkJob")
    runs.measure(transition(before, {**before, "reason": "CatalogNotReady"}, 15))
    assert total("emberlake_waiting_seconds", kind="SparkJob") == told
    runs.measure(transition(before, RUNNING, 20))
    assert total("emberlake_waiting_seconds", kind="SparkJob") - told == pytest.approx(expected)


def test_clocks_that_differ_give_no_negative_time() -> None:
    told = total("emberlake_waiting_seconds", kind="SparkJob")
    runs.measure(transition({"state": "Pending", "waitingSince": text(5)}, RUNNING, 4))
    assert total("emberlake_waiting_seconds", kind="SparkJob") == told


def test_counters_of_kinds_that_run_are_there_before_the_first_run() -> None:
    def told(kind: str) -> bool:
        labels = {"kind": kind, "outcome": "Failed", "category": "Infrastructure"}
        return REGISTRY.get_sample_value("emberlake_runs_finished_total", labels) is not None

    assert [told(kind) for kind in ("SparkJob", "Crawl", "Catalog", "Warehouse")] == [
        True,
        True,
        False,
        False,
    ]
