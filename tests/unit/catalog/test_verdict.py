"""What the pod of a check leaves behind, whoever wrote it."""

import json

import pytest

from emberlake.catalog.verdict import FAILED, read


@pytest.mark.parametrize("message", ["[" * 4096, "null", "[1]", json.dumps({"outcome": "Succeeded"})])
def test_what_is_no_verdict_is_a_crash(message: str) -> None:
    """A message that ended the reconcile left the Catalog unready for ever."""
    verdict = read(JOB, [pod(message)])
    assert (verdict.outcome, verdict.reason) == (FAILED, "CheckCrashed")


def test_a_reason_fits_into_the_status() -> None:
    verdict = read(JOB, [pod(json.dumps({"outcome": "Failed", "reason": "R" * 2000, "message": "m"}))])
    assert len(verdict.reason) == 128


JOB = {"metadata": {"name": "lake-check-1-1"}, "status": {}}


def pod(message: str) -> dict[str, object]:
    ended = {"terminated": {"exitCode": 1, "message": message}}
    meta = {"name": "p", "labels": {"job-name": "lake-check-1-1"}}
    return {"metadata": meta, "status": {"containerStatuses": [{"name": "check", "state": ended}]}}
