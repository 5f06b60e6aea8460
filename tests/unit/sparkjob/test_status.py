import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus
from emberlake.core.model import Decision
from emberlake.sparkjob.endings import fail_attempt
from emberlake.sparkjob.engine import handed_over
from emberlake.sparkjob.status import MESSAGE_BYTES, fit, resumed, steady
from unit.sparkjob.fixtures import NOW, observed, owner, spec

# As the API server stores it: Go escapes < > and & too.
GO_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
LIMIT_BYTES = 16 * 1024


def stored_bytes(document: Any) -> int:
    text = json.dumps(document, ensure_ascii=False)
    return len("".join(GO_ESCAPES.get(character, character) for character in text).encode())


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4000) | st.sampled_from(
    ["<" * 5000, "\x1b" * 5000, "я" * 5000, "🔥" * 5000, "line\n" * 2000, '"' * 5000]
)


@given(TEXT)
def test_a_message_is_cut_to_what_it_costs_as_json(text: str) -> None:
    found = fit(text)
    assert stored_bytes(found) <= MESSAGE_BYTES + len('""')
    assert text.startswith(found.removesuffix(" …"))
    assert found == text or stored_bytes(text) > MESSAGE_BYTES


@given(TEXT, st.booleans())
def test_the_status_stays_below_16_kib(text: str, retried: bool) -> None:
    """Whatever the number of attempts and executors, and whatever an application says at its end."""
    past = {
        "number": 100,
        "pod": "x" * 72,
        "createdAt": "2026-01-02T03:04:05Z",
        "finishedAt": "2026-01-02T03:04:05Z",
        "category": "Infrastructure",
        "reason": "R" * 128,
    }
    handed = handed_over(observed(), "UnsupportedByEngine", text)
    raw = {
        "run": 10**9,
        "engine": "Spark",
        "handedOver": handed.model_dump(by_alias=True),
        "sailWrites": "Committed",
        "attempt": {
            "number": 10**9,
            "pod": "x" * 72,
            "podUid": "u" * 36,
            "applicationId": "a" * 38,
            "engine": "Spark",
            "secrets": ["s" * 197] * 8,
            **dict.fromkeys(("createdAt", "runningAt", "executorsAt"), "2026-01-02T03:04:05Z"),
        },
        "pastAttempts": [past] * 10,
        "retries": {"counted": 99, "recent": ["2026-01-02T03:04:05Z"] * 60},
        "lastHandledRequest": "r" * 64,
        "lastHandledCancel": "c" * 64,
        "specHash": "h" * 16,
        "startedAt": "2026-01-02T03:04:05Z",
    }
    retry = {"limit": 100, "categories": ["User"]} if retried else {}
    found = fail_attempt(
        observed(raw, spec=spec(retry=retry)), Failure(category="User", reason="E" * 128, message=text[:2048])
    )
    assert found.status is not None
    assert found.status["state"] == ("Retrying" if retried else "Failed")
    SparkJobStatus.model_validate(found.status)
    assert stored_bytes(found.status) < LIMIT_BYTES


def test_time_in_suspension_adds_up() -> None:
    status = {"suspendedAt": "2026-01-02T03:03:05Z", "suspendedSeconds": 5}
    assert resumed(status, NOW) == {"suspendedSeconds": 65}
    assert resumed({}, NOW) == {}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"reason": "QuotaExceeded", "message": "used: 1", "observedGeneration": 1}, "used: 1"),
        ({"reason": "QuotaExceeded", "message": "used: 1", "observedGeneration": 0}, "used: 2"),
        ({"reason": "CatalogNotFound", "message": "no lake", "observedGeneration": 1}, "used: 2"),
        ({}, "used: 2"),
    ],
)
def test_other_numbers_in_a_message_are_no_news(status: dict[str, Any], message: str) -> None:
    found = steady(observed(status, owner=owner()), Decision("QuotaExceeded", "used: 2"))
    assert found == Decision("QuotaExceeded", message)
