from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emberlake.core.model import Create, Delete, Plan
from emberlake.sparkjob.observe import CatalogView, Observed
from emberlake.sparkjob.plan import plan
from emberlake.sparkjob.retention import SIDECAR_GRACE
from unit.sparkjob.fixtures import CATALOG, NOW, READY, SETTINGS, after, ended, observed, owner, pod, spec


def created(found: Plan) -> list[str]:
    return [action.manifest["metadata"]["name"] for action in found.actions if isinstance(action, Create)]


def deleted(found: Plan) -> list[str]:
    return [action.ref.name for action in found.actions if isinstance(action, Delete)]


def state(found: Plan) -> tuple[str, str]:
    assert found.status is not None
    return found.status["state"], found.status["reason"]


def started() -> Plan:
    return plan(observed(), SETTINGS)


def running(**fields: Any) -> Observed:
    first = plan(after(started(), drivers=(pod("Running"),)), SETTINGS)
    return after(first, drivers=(pod("Running"),), **fields)


def test_a_new_job_gets_its_configuration_first_and_then_its_driver() -> None:
    found = started()
    assert created(found) == ["etl-1-1-conf", "etl-1-1-driver"]
    assert state(found) == ("Starting", "DriverCreated")


def test_the_same_observation_gives_the_same_plan() -> None:
    assert started() == started()


def test_a_restart_before_the_status_was_written_names_the_same_driver() -> None:
    again = plan(observed(drivers=()), SETTINGS)
    assert created(again) == created(started())


def test_a_pod_that_was_never_seen_is_made_again_under_its_name() -> None:
    found = plan(after(started()), SETTINGS)
    assert created(found) == ["etl-1-1-conf", "etl-1-1-driver"]


def test_a_pod_that_was_seen_and_is_gone_is_a_lost_attempt() -> None:
    found = plan(replace(running(), drivers=()), SETTINGS)
    assert created(found) == []
    assert state(found) == ("Retrying", "DriverLost")
    assert found.status is not None
    assert found.status["pastAttempts"][0]["category"] == "Infrastructure"


@pytest.mark.parametrize(
    ("catalog", "reason"),
    [(None, "CatalogNotFound"), (CatalogView(CATALOG, False, "bucket lake is missing"), "CatalogNotReady")],
)
def test_a_job_waits_for_its_catalog_and_starts_by_itself(catalog: CatalogView | None, reason: str) -> None:
    waiting = plan(observed(catalogs={"lake": catalog}), SETTINGS)
    assert state(waiting) == ("Pending", reason)
    assert waiting.actions == ()
    assert created(plan(after(waiting, catalogs={"lake": READY}), SETTINGS))


def test_a_catalog_that_goes_does_not_touch_a_running_job() -> None:
    found = plan(running(catalogs={"lake": None}), SETTINGS)
    assert state(found) == ("Running", "DriverRunning")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"spec": spec(release="ember-9")}, "ReleaseNotFound"),
        (
            {
                "catalogs": {
                    "a": READY,
                    "b": CatalogView(CATALOG.model_copy(update={"s3": type(CATALOG.s3)()}), True, ""),
                }
            },
            "CredentialsDiffer",
        ),
        ({"catalogs": {"a-b": READY, "a_b": READY}}, "CatalogNameInvalid"),
    ],
)
def test_what_only_run_time_can_know_fails_as_validation(fields: dict[str, Any], reason: str) -> None:
    found = plan(observed(**fields), SETTINGS)
    assert state(found) == ("Failed", reason)
    assert found.status is not None
    assert found.status["failure"]["category"] == "Validation"


def test_success() -> None:
    found = plan(replace(running(), drivers=(pod("Succeeded"),)), SETTINGS)
    assert state(found) == ("Succeeded", "Succeeded")
    assert found.status is not None
    assert found.status["finishedAt"] == "2026-01-02T03:04:05Z"
    assert "failure" not in found.status


def test_a_driver_that_ended_keeps_its_pod_and_log_while_the_phase_follows() -> None:
    """The kubelet tells of the container first; the pod was deleted in between, and its log with it."""
    driver = pod("Running", containerStatuses=[ended(0)])
    first = plan(replace(running(), drivers=(driver,)), SETTINGS)
    assert state(first) == ("Succeeded", "Succeeded")
    assert deleted(first) == []
    assert first.requeue_after == SIDECAR_GRACE.total_seconds()
    outlived = after(first, drivers=(driver,), now=NOW + SIDECAR_GRACE)
    assert deleted(plan(outlived, SETTINGS)) == ["etl-1-1-driver"]


def test_the_end_is_final_until_it_is_asked_for_again() -> None:
    ended = plan(replace(running(), drivers=(pod("Succeeded"),)), SETTINGS)
    rest = plan(after(ended, drivers=(pod("Succeeded"),)), SETTINGS)
    assert rest.actions == ()
    assert rest.status == ended.status
    again = plan(
        after(ended, drivers=(pod("Succeeded"),), owner=owner(**{"emberlake.dev/requested-at": "t1"})),
        SETTINGS,
    )
    assert created(again) == ["etl-2-1-conf", "etl-2-1-driver"]
    assert again.status is not None
    assert again.status["lastHandledRequest"] == "t1"
    assert "finishedAt" not in again.status


def test_a_request_during_a_run_starts_the_next_run_after_it() -> None:
    asked = owner(**{"emberlake.dev/requested-at": "t2"})
    ended = plan(replace(running(), drivers=(pod("Succeeded"),), owner=asked), SETTINGS)
    again = plan(after(ended, drivers=(pod("Succeeded"),), owner=asked), SETTINGS)
    assert created(again) == ["etl-2-1-conf", "etl-2-1-driver"]


@pytest.mark.parametrize(("rerun_on", "again"), [("Request", False), ("Change", True)])
def test_a_changed_spec_runs_again_only_where_asked(rerun_on: str, again: bool) -> None:
    ended = plan(replace(running(), drivers=(pod("Succeeded"),)), SETTINGS)
    changed = spec(arguments=["--month", "2013-02"], rerunOn=rerun_on)
    found = plan(after(ended, drivers=(pod("Succeeded"),), spec=changed), SETTINGS)
    assert bool(created(found)) == again


def test_cancel_stops_the_driver() -> None:
    asked = owner(**{"emberlake.dev/cancel-requested-at": "t3"})
    found = plan(running(owner=asked), SETTINGS)
    assert state(found) == ("Cancelled", "Cancelled")
    assert deleted(found) == ["etl-1-1-driver"]
    rest = plan(after(found, owner=asked, drivers=()), SETTINGS)
    assert rest.actions == ()


def test_suspend_stops_the_driver_and_resume_is_a_new_attempt_once_it_ended() -> None:
    stopped = plan(running(spec=spec(suspend=True)), SETTINGS)
    assert state(stopped) == ("Suspended", "Suspended")
    assert deleted(stopped) == ["etl-1-1-driver"]
    early = plan(after(stopped, drivers=(pod("Running"),)), SETTINGS)
    assert state(early) == ("Pending", "PreviousDriverEnding")
    assert created(early) == []
    resumed = plan(after(early, drivers=()), SETTINGS)
    assert created(resumed) == ["etl-1-2-conf", "etl-1-2-driver"]


def test_an_image_that_cannot_be_pulled_fails_within_a_minute() -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
    stuck = pod("Pending", containerStatuses=[{"image": "nowhere/x:1", "state": waiting}])
    first = plan(after(started(), drivers=(stuck,)), SETTINGS)
    assert state(first) == ("Starting", "ErrImagePull")
    assert first.requeue_after is not None
    later = plan(after(first, drivers=(stuck,), now=NOW + timedelta(seconds=30)), SETTINGS)
    assert state(later) == ("Failed", "ErrImagePull")
    assert later.status is not None
    assert later.status["failure"]["category"] == "Image"
    assert deleted(later) == ["etl-1-1-driver"]


@pytest.mark.parametrize(
    ("phase", "timeouts", "reason"),
    [("Pending", {"driverStart": "30s"}, "DriverStartTimeout"), ("Running", {"run": "30s"}, "RunTimeout")],
)
def test_timeouts_stop_the_driver(phase: str, timeouts: dict[str, str], reason: str) -> None:
    limited = spec(timeouts=timeouts)
    late = {"spec": limited, "now": NOW + timedelta(seconds=31)}
    found = plan(after(started(), drivers=(pod(phase),), **late), SETTINGS)
    assert state(found) == ("Failed", reason)
    assert deleted(found) == ["etl-1-1-driver"]
