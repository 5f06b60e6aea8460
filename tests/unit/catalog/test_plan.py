"""What a Catalog does in each situation."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emberlake.api.v1alpha1.catalog import CatalogStatus
from emberlake.catalog.build import check_job, check_name
from emberlake.catalog.observe import Answer, Observed
from emberlake.catalog.plan import plan, retry_seconds
from emberlake.core.model import Apply, Create, Delete, Owner, Plan
from emberlake.core.objects import timestamp
from emberlake.settings import Settings
from unit.catalog.catalogs import spec

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IMAGES = {"spark": "s:1", "sail": "l:1", "crawler": "emberlake/crawler:1", "trino": "t:1"}
SETTINGS = Settings.model_validate(
    {
        "defaults": {"release": "r1", "imagePullSecrets": ["pull"]},
        "releases": {"r1": {"spark": "4", "iceberg": "1", "java": "21", "python": "3", "images": IMAGES}},
    }
)
OWNER = Owner("emberlake.dev/v1alpha1", "Catalog", "demo", "lake", "uid-1", 1, {}, False)
PASSED = {"outcome": "Succeeded", "reason": "CheckPassed", "message": "s3://lake was reached"}
DENIED = {"outcome": "Failed", "reason": "InvalidCredentials", "message": "the access key is unknown"}


def observed(status: Mapping[str, Any] | None = None, **fields: Any) -> Observed:
    found = Observed(
        now=NOW,
        owner=OWNER,
        spec=spec(),
        status=CatalogStatus.model_validate(status or {}),
        metastore=Answer(NOW, ("thrift://m:9083",), None),
        conditions=tuple((status or {}).get("conditions") or ()),
    )
    return replace(found, **fields)


def check(outcome: str, reason: str = "", attempt: int = 1, **fields: Any) -> dict[str, Any]:
    document = {"generation": 1, "attempt": attempt, "outcome": outcome, "reason": reason, "message": "why"}
    return {"check": {**document, **fields}}


def job(attempt: int = 1, **conditions: str) -> dict[str, Any]:
    manifest = check_job(OWNER, spec(), SETTINGS, "crawler:1", check_name(OWNER, 1, attempt))
    found = [{"type": kind, "status": "True", "reason": reason} for kind, reason in conditions.items()]
    metadata = {**manifest["metadata"], "uid": f"job-{attempt}"}
    return {**manifest, "metadata": metadata, "status": {"conditions": found}}


def pod(state: dict[str, Any], attempt: int = 1, **status: Any) -> dict[str, Any]:
    name = check_name(OWNER, 1, attempt)
    return {
        "kind": "Pod",
        "metadata": {"name": f"{name}-x", "namespace": "demo", "labels": {"job-name": name}},
        "status": {"containerStatuses": [{"state": state}], **status},
    }


def ended(verdict: Mapping[str, Any] | str, code: int = 0) -> dict[str, Any]:
    message = verdict if isinstance(verdict, str) else json.dumps(verdict)
    return {"terminated": {"exitCode": code, "message": message}}


def story(found: Plan) -> tuple[str, str]:
    assert found.status is not None
    return found.status["state"], found.status["reason"]


def created(found: Plan) -> list[str]:
    return [action.manifest["metadata"]["name"] for action in found.actions if isinstance(action, Create)]


def deleted(found: Plan) -> list[str]:
    return [action.ref.name for action in found.actions if isinstance(action, Delete)]


def test_a_new_catalog_is_published_and_checked() -> None:
    found = plan(observed(), SETTINGS)
    assert story(found) == ("Pending", "CheckRunning")
    applied = [a.manifest["metadata"]["name"] for a in found.actions if isinstance(a, Apply)]
    assert applied == ["lake-catalog", "lake-check-1-1"]
    assert created(found) == ["lake-check-1-1"]
    assert found.status is not None
    assert found.status["sqlName"] == "lake"


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [
        (PASSED, 0, ("Ready", "CatalogReady")),
        (DENIED, 3, ("NotReady", "InvalidCredentials")),
        ("Traceback: no module", 1, ("NotReady", "CheckCrashed")),
        ("", 137, ("NotReady", "CheckCrashed")),
        ('["not a verdict"]', 1, ("NotReady", "CheckCrashed")),
    ],
)
def test_the_verdict_of_the_pod_is_the_state(state: Any, code: int, expected: tuple[str, str]) -> None:
    at = observed(check("Running"), jobs=(job(),), pods=(pod(ended(state, code)),))
    assert story(plan(at, SETTINGS)) == expected


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (
            {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "lake-s3" not found'}},
            ("NotReady", "SecretNotFound"),
        ),
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
            ("NotReady", "ImagePullFailed"),
        ),
        ({"waiting": {"reason": "ContainerCreating"}}, ("Pending", "CheckRunning")),
        ({"running": {}}, ("Pending", "CheckRunning")),
    ],
)
def test_a_pod_that_does_not_start_says_why(waiting: dict[str, Any], expected: tuple[str, str]) -> None:
    found = plan(observed(check("Running"), jobs=(job(),), pods=(pod(waiting),)), SETTINGS)
    assert story(found) == expected
    assert created(found) == []


def test_an_unschedulable_check_says_so() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: insufficient cpu"}
    pending = pod({}, conditions=[condition])
    found = plan(observed(check("Running"), jobs=(job(),), pods=(pending,)), SETTINGS)
    assert story(found) == ("NotReady", "CheckUnschedulable")


@pytest.mark.parametrize(("before", "after"), [("", "CheckTimedOut"), ("SecretNotFound", "SecretNotFound")])
def test_the_deadline_keeps_what_the_pod_waited_for(before: str, after: str) -> None:
    at = observed(check("Running", before), jobs=(job(Failed="DeadlineExceeded"),))
    assert story(plan(at, SETTINGS)) == ("NotReady", after)


@pytest.mark.parametrize("condition", ["Failed", "FailureTarget"])
def test_a_pod_that_the_deadline_killed_did_not_crash(condition: str) -> None:
    killed = pod({"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown", "message": "gone"}})
    late = job(**{condition: "DeadlineExceeded"})
    at = observed(check("Running", "SecretNotFound"), jobs=(late,), pods=(killed,))
    assert story(plan(at, SETTINGS)) == ("NotReady", "SecretNotFound")


def test_a_pod_that_is_being_deleted_says_nothing_before_its_job_does() -> None:
    killed = pod({"terminated": {"exitCode": 137, "message": "gone"}})
    killed["metadata"]["deletionTimestamp"] = "now"
    found = plan(observed(check("Running"), jobs=(job(),), pods=(killed,)), SETTINGS)
    assert story(found) == ("Pending", "CheckRunning")


@pytest.mark.parametrize("conditions", [{"Complete": ""}, {"Failed": "BackoffLimitExceeded"}])
def test_a_check_whose_pod_is_gone_is_repeated(conditions: dict[str, str]) -> None:
    found = plan(observed(check("Running"), jobs=(job(**conditions),)), SETTINGS)
    assert story(found) == ("NotReady", "CheckLost")
    assert found.requeue_after == 15


def test_a_started_container_clears_what_an_earlier_attempt_waited_for() -> None:
    at = observed(check("Running", "SecretNotFound", 2), jobs=(job(2),), pods=(pod({"running": {}}, 2),))
    assert story(plan(at, SETTINGS)) == ("Pending", "CheckRunning")


@pytest.mark.parametrize(
    ("error", "status", "reason", "words"),
    [
        ("refused", check("Passed", "CheckPassed"), "MetastoreUnreachable", ["metastore: refused"]),
        (None, check("Failed", "AccessDenied"), "AccessDenied", ["bucket: why"]),
        ("refused", check("Failed", "AccessDenied"), "MetastoreUnreachable", ["refused", "bucket: why"]),
    ],
)
def test_the_condition_says_which_of_the_two_failed(
    error: str | None, status: dict[str, Any], reason: str, words: list[str]
) -> None:
    status["check"]["finishedAt"] = timestamp(NOW)
    found = plan(observed(status, metastore=Answer(NOW, ("thrift://m:9083",), error)), SETTINGS)
    assert story(found) == ("NotReady", reason)
    assert found.status is not None
    assert all(word in found.status["message"] for word in words)


@pytest.mark.parametrize(("seconds", "again"), [(14, False), (15, True)])
def test_a_failed_check_is_repeated_after_its_backoff(seconds: int, again: bool) -> None:
    failed = check("Failed", "AccessDenied", finishedAt=timestamp(NOW - timedelta(seconds=seconds)))
    found = plan(observed(failed, jobs=(job(),)), SETTINGS)
    assert created(found) == (["lake-check-1-2"] if again else [])
    assert story(found) == ("NotReady", "AccessDenied")
    assert deleted(found) == (["lake-check-1-1"] if again else [])


def test_backoff_doubles_from_15_s_to_5_minutes() -> None:
    assert [retry_seconds(n) for n in range(1, 8)] == [15, 30, 60, 120, 240, 300, 300]
    assert retry_seconds(10**9) == 300


def test_a_passed_check_is_not_repeated_until_asked() -> None:
    passed = check("Passed", "CheckPassed")
    assert created(plan(observed(passed), SETTINGS)) == []
    asked = replace(OWNER, annotations={"emberlake.dev/requested-at": "now"})
    found = plan(observed(passed, owner=asked), SETTINGS)
    assert created(found) == ["lake-check-1-2"]
    assert story(found) == ("Ready", "CatalogReady"), "a catalog in use stays ready while it is checked again"
    assert found.status is not None
    assert found.status["lastHandledRequest"] == "now"
    again = plan(observed(dict(found.status), owner=asked, jobs=(job(2),)), SETTINGS)
    assert created(again) == []


def test_a_new_generation_is_checked_afresh() -> None:
    changed = replace(OWNER, generation=2)
    found = plan(observed(check("Passed", "CheckPassed"), owner=changed, jobs=(job(),)), SETTINGS)
    assert created(found) == ["lake-check-2-1"]
    assert deleted(found) == ["lake-check-1-1"]
    assert story(found) == ("Pending", "CheckRunning")


def test_a_job_that_was_never_made_is_made_under_the_same_name() -> None:
    assert created(plan(observed(check("Running")), SETTINGS)) == ["lake-check-1-1"]


@pytest.mark.parametrize("name", ["1lake", "raw-hive", "a.b"])
def test_a_name_that_sql_refuses_stalls(name: str) -> None:
    found = plan(observed(owner=replace(OWNER, name=name)), SETTINGS)
    assert story(found) == ("Failed", "InvalidSqlName")
    assert found.actions == ()


def test_a_release_that_is_not_served_stalls() -> None:
    settings = SETTINGS.model_copy(update={"releases": {}})
    assert story(plan(observed(), settings)) == ("Failed", "ReleaseNotServed")


def test_a_catalog_that_is_being_deleted_is_left_alone() -> None:
    assert plan(observed(owner=replace(OWNER, deleting=True)), SETTINGS) == Plan()


def test_the_same_look_twice_writes_the_same_status() -> None:
    first = plan(observed(check("Passed", "CheckPassed")), SETTINGS)
    assert first.status is not None
    later = NOW + timedelta(seconds=40)
    second = plan(observed(dict(first.status), now=later), SETTINGS)
    assert second.status == first.status


@pytest.mark.parametrize(
    ("error", "status", "seconds"),
    [
        (None, check("Passed", "CheckPassed"), 45),
        ("refused", check("Passed", "CheckPassed"), 10),
        (None, check("Running"), 15),
        (None, check("Failed", "AccessDenied", 2, finishedAt=timestamp(NOW)), 30),
    ],
)
def test_when_to_look_again(error: str | None, status: dict[str, Any], seconds: float) -> None:
    found = plan(observed(status, metastore=Answer(NOW, (), error), jobs=(job(),)), SETTINGS)
    assert found.requeue_after == seconds
