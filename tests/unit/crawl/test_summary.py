"""What a crawl pod leaves behind, whoever wrote it."""

import json
from typing import Any

import pytest

from emberlake.api.v1alpha1.common import BaseStatus
from emberlake.crawl.summary import summary

SAID = {"outcome": "Failed", "category": "User", "reason": "NoTables", "message": "none found"}


def pod(message: str) -> dict[str, Any]:
    ended = {"terminated": {"exitCode": 3, "message": message}}
    return {
        "kind": "Pod",
        "metadata": {"name": "p"},
        "status": {"containerStatuses": [{"name": "crawler", "state": ended}]},
    }


def test_a_summary_is_read() -> None:
    found = summary([pod(json.dumps(SAID))])
    assert found is not None
    assert (found.category, found.reason) == ("User", "NoTables")


@pytest.mark.parametrize(
    "message",
    [
        "[" * 4096,
        '{"a":' * 800,
        "null",
        "[1]",
        json.dumps({**SAID, "reason": "R" * 2000}),
        json.dumps({**SAID, "reason": ""}),
        json.dumps({**SAID, "counts": {"files": 10**30}}),
        json.dumps({**SAID, "tables": ["t" * 2000]}),
        json.dumps({**SAID, "reportUri": "s3://" + "u" * 2000}),
        json.dumps({**SAID, "category": "Nobody"}),
    ],
)
def test_what_no_status_could_hold_is_no_summary(message: str) -> None:
    """A message that ended the reconcile, or made a status that is refused, stopped a crawl for ever."""
    assert summary([pod(message)]) is None


def test_the_bound_of_a_reason_is_that_of_the_status() -> None:
    at_most = json.dumps({**SAID, "reason": "R" * 128})
    found = summary([pod(at_most)])
    assert found is not None
    BaseStatus.model_validate({"reason": found.reason})
