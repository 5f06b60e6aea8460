from datetime import UTC, datetime, timedelta

import pytest

from emberlake.core.conditions import bounded, serving
from emberlake.core.model import Decision

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WHY = Decision("Because", "a message")


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("Pending", {"Succeeded": "Unknown", "Ready": "False", "Reconciling": "True"}),
        ("Running", {"Succeeded": "Unknown", "Ready": "False", "Reconciling": "True"}),
        ("Retrying", {"Succeeded": "Unknown", "Ready": "False", "Reconciling": "True"}),
        ("Succeeded", {"Succeeded": "True", "Ready": "True"}),
        ("Failed", {"Succeeded": "False", "Ready": "False", "Stalled": "True"}),
        ("Cancelled", {"Succeeded": "False", "Ready": "False", "Stalled": "True"}),
        ("Suspended", {"Succeeded": "Unknown", "Ready": "True"}),
    ],
)
def test_the_table_of_bounded_work(state: str, wanted: dict[str, str]) -> None:
    status = bounded(state, WHY, 3, [], NOW)
    assert {c["type"]: c["status"] for c in status["conditions"]} == wanted
    assert status["state"] == state


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("Starting", {"Ready": "False", "Reconciling": "True"}),
        ("NotReady", {"Ready": "False", "Reconciling": "True"}),
        ("Ready", {"Ready": "True"}),
        ("Failed", {"Ready": "False", "Stalled": "True"}),
        ("Suspended", {"Ready": "True"}),
    ],
)
def test_the_table_of_what_serves(state: str, wanted: dict[str, str]) -> None:
    status = serving(state, WHY, 3, [], NOW)
    assert {c["type"]: c["status"] for c in status["conditions"]} == wanted


def test_the_decision_goes_through_unchanged() -> None:
    status = bounded("Failed", WHY, 3, [], NOW)
    assert (status["reason"], status["message"]) == ("Because", "a message")
    assert all((c["reason"], c["message"]) == ("Because", "a message") for c in status["conditions"])


def test_transition_times_move_only_with_the_status() -> None:
    first = bounded("Running", WHY, 1, [], NOW)
    later = NOW + timedelta(hours=1)
    second = bounded("Succeeded", Decision("Done", "ended"), 1, first["conditions"], later)
    times = {c["type"]: c["lastTransitionTime"] for c in second["conditions"]}
    assert times == {"Succeeded": "2026-01-02T04:04:05Z", "Ready": "2026-01-02T04:04:05Z"}
    third = bounded("Running", Decision("Other", "reason only"), 1, first["conditions"], later)
    assert {c["lastTransitionTime"] for c in third["conditions"]} == {"2026-01-02T03:04:05Z"}
