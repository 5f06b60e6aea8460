import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emberlake.api.v1alpha1.classifier import ClassifierSpec
from emberlake.api.v1alpha1.crawl import CrawlSpec, CrawlStatus
from emberlake.core.model import Create, Delete, Owner, Plan
from emberlake.crawl.observe import Observed
from emberlake.crawl.plan import plan
from unit.sparkjob.fixtures import CATALOG, NOW, SETTINGS

SPEC: dict[str, Any] = {
    "catalog": "lake",
    "database": "raw",
    "targets": [{"s3": {"uri": "s3://lake/raw/", "exclude": ["**/_tmp/**"]}}],
}
SUMMARY = {
    "outcome": "Succeeded",
    "category": "",
    "reason": "TablesWritten",
    "message": "5 tables created",
    "counts": {"tablesCreated": 5, "files": 381},
    "tables": ["raw.flights"],
    "reportUri": "s3://lake/_emberlake/reports/crawl/demo/raw/1.json",
}


def spec(**fields: Any) -> CrawlSpec:
    return CrawlSpec.model_validate({**SPEC, **fields})


def owner(**annotations: str) -> Owner:
    return Owner(
        "emberlake.dev/v1alpha1",
        "Crawl",
        "demo",
        "raw",
        "uid-1",
        1,
        annotations,
        False,
        "2026-01-02T00:00:00Z",
    )


def observed(status: dict[str, Any] | None = None, **fields: Any) -> Observed:
    raw = status or {}
    base = Observed(
        now=NOW,
        owner=owner(),
        spec=spec(),
        status=CrawlStatus.model_validate(raw),
        raw_status=raw,
        catalog=CATALOG,
        conditions=tuple(raw.get("conditions") or ()),
    )
    return replace(base, **fields)


def after(found: Plan, **fields: Any) -> Observed:
    assert found.status is not None
    return observed(dict(found.status), **fields)


def job(ended: str | None = None, name: str = "raw-1", failed: int = 0) -> dict[str, Any]:
    conditions = [{"type": ended, "status": "True", "reason": "BackoffLimitExceeded", "message": "m"}]
    return {
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": "demo",
            "uid": f"uid-{name}",
            "labels": {"emberlake.dev/run": name.rpartition("-")[2]},
        },
        "status": {"conditions": conditions if ended else [], "failed": failed},
    }


def pod(phase: str, message: dict[str, Any] | None = None, **terminated: Any) -> dict[str, Any]:
    state = {"terminated": {**terminated, "message": json.dumps(message) if message else ""}}
    return {"metadata": {"name": "p"}, "status": {"phase": phase, "containerStatuses": [{"state": state}]}}


def preempted(manifest: dict[str, Any]) -> dict[str, Any]:
    target = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
    return {**manifest, "status": {**manifest["status"], "conditions": [target]}}


def names(found: Plan) -> list[str]:
    return [action.manifest["metadata"]["name"] for action in found.actions if isinstance(action, Create)]


def deleted(found: Plan) -> list[str]:
    return [action.ref.name for action in found.actions if isinstance(action, Delete)]


def state(found: Plan) -> tuple[str, str]:
    assert found.status is not None
    return found.status["state"], found.status["reason"]


def started() -> Plan:
    return plan(observed(), SETTINGS)


def done() -> Plan:
    return plan(after(started(), jobs=(job("Complete"),), pods=(pod("Succeeded", SUMMARY),)), SETTINGS)


def test_a_pod_that_ended_does_not_start() -> None:
    running = plan(after(started(), jobs=(job(),), pods=(pod("Running"),)), SETTINGS)
    found = plan(after(running, jobs=(job(),), pods=(pod("Succeeded", SUMMARY),)), SETTINGS)
    assert state(found) == ("Running", "CrawlRunning")


@pytest.mark.parametrize("schedule", [None, {"cron": "0 5 * * *"}])
def test_a_crawl_that_was_invalid_looks_again(schedule: dict[str, str] | None) -> None:
    """What it names was mended, while it stayed as it is."""
    found = spec(schedule=schedule)
    settled = plan(after(done(), spec=found), SETTINGS).status or {}
    invalid = {**settled, "state": "Failed", "reason": "InvalidSpec"}
    again = plan(observed(invalid, spec=found), SETTINGS)
    assert state(again) == (("Pending", "Scheduled") if schedule else ("Starting", "CrawlStarted"))


def test_a_new_crawl_runs_as_a_job() -> None:
    found = started()
    assert names(found) == ["raw-1", "raw-1"]
    assert state(found) == ("Starting", "CrawlStarted")
    config, manifest = (action.manifest for action in found.actions if isinstance(action, Create))
    told = json.loads(config["data"]["crawl.json"])
    assert told["targets"] == [{"s3": {"uri": "s3://lake/raw/", "exclude": ["**/_tmp/**"]}}]
    assert told["catalog"]["metastoreUris"] == ["thrift://emberlake-metastore.emberlake.svc:9083"]
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert "lake-s3" in json.dumps(container["env"])


def test_success_carries_the_crawlers_own_words() -> None:
    found = done()
    assert state(found) == ("Succeeded", "TablesWritten")
    assert found.status is not None
    assert found.status["counts"]["tablesCreated"] == 5
    assert found.status["reportUri"].endswith("/1.json")


@pytest.mark.parametrize(
    ("change", "again"), [({}, False), ({"database": "other"}, True), ({"suspend": False}, False)]
)
def test_a_crawl_without_schedule_runs_again_when_its_spec_changed(
    change: dict[str, Any], again: bool
) -> None:
    found = plan(after(done(), jobs=(job("Complete"),), spec=spec(**change)), SETTINGS)
    assert bool(names(found)) == again


def test_a_request_runs_it_again_once() -> None:
    asked = owner(**{"emberlake.dev/requested-at": "t1"})
    again = plan(after(done(), jobs=(job("Complete"),), owner=asked), SETTINGS)
    assert names(again) == ["raw-2", "raw-2"]
    ended = plan(
        after(again, jobs=(job("Complete", "raw-2"),), pods=(pod("Succeeded", SUMMARY),), owner=asked),
        SETTINGS,
    )
    assert names(plan(after(ended, owner=asked), SETTINGS)) == []


def test_it_waits_for_its_catalog() -> None:
    assert state(plan(observed(catalog=None), SETTINGS)) == ("Pending", "CatalogNotFound")
    assert state(plan(observed(catalog_problem="no bucket"), SETTINGS)) == ("Pending", "CatalogNotReady")


def test_a_users_mistake_fails_with_the_crawlers_reason() -> None:
    told = {
        **SUMMARY,
        "outcome": "Failed",
        "category": "User",
        "reason": "BucketNotFound",
        "message": "no such bucket",
    }
    found = plan(after(started(), jobs=(job("Failed"),), pods=(pod("Failed", told),)), SETTINGS)
    assert state(found) == ("Failed", "BucketNotFound")
    assert found.status is not None
    assert found.status["failure"] == {
        "category": "User",
        "reason": "BucketNotFound",
        "message": "no such bucket",
    }


def test_a_failed_try_is_shown_while_kubernetes_tries_again() -> None:
    found = plan(after(started(), jobs=(job(failed=1),), pods=(pod("Failed"),)), SETTINGS)
    assert state(found) == ("Retrying", "CrawlRetrying")


@pytest.mark.parametrize(
    ("broken", "category"),
    [
        (pod("Failed", reason="OOMKilled"), "OutOfMemory"),
        (pod("Failed"), "Infrastructure"),
        (preempted(pod("Failed", exitCode=143)), "Evicted"),
    ],
)
def test_a_pod_without_a_summary_is_still_explained(broken: dict[str, Any], category: str) -> None:
    found = plan(after(started(), jobs=(job("Failed"),), pods=(broken,)), SETTINGS)
    assert found.status is not None
    assert found.status["failure"]["category"] == category


def test_cancel_and_suspend_stop_the_job() -> None:
    running = after(started(), jobs=(job(),))
    cancelled = plan(replace(running, owner=owner(**{"emberlake.dev/cancel-requested-at": "t"})), SETTINGS)
    assert (state(cancelled), deleted(cancelled)) == (("Cancelled", "Cancelled"), ["raw-1"])
    suspended = plan(replace(running, spec=spec(suspend=True)), SETTINGS)
    assert (state(suspended), deleted(suspended)) == (("Suspended", "Suspended"), ["raw-1"])
    assert names(plan(after(suspended), SETTINGS)) == ["raw-2", "raw-2"]


def test_a_schedule_runs_at_its_times_and_not_on_a_changed_spec() -> None:
    scheduled = spec(schedule={"cron": "15 * * * *"})
    late = owner().__class__(**{**vars(owner()), "created": "2026-01-02T03:04:00Z"})
    first = plan(observed(spec=scheduled, owner=late), SETTINGS)
    assert state(first) == ("Pending", "Scheduled")
    assert first.status is not None
    assert first.status["nextRunAt"] == "2026-01-02T03:15:00Z"
    assert first.requeue_after == 655
    due = plan(after(first, spec=scheduled, owner=late, now=NOW + timedelta(minutes=11)), SETTINGS)
    assert names(due) == ["raw-1", "raw-1"]


@pytest.mark.parametrize(
    "schedule", [{"cron": "99 * * * *"}, {"cron": "15 * * * *", "timeZone": "Mars/Olympus"}]
)
def test_a_bad_schedule_says_so_once(schedule: dict[str, str]) -> None:
    bad = spec(schedule=schedule)
    found = plan(observed(spec=bad), SETTINGS)
    assert state(found) == ("Failed", "InvalidSchedule")
    assert plan(after(found, spec=bad), SETTINGS).status is None


def test_a_crawl_forgets_a_bad_schedule_once_it_is_mended() -> None:
    """It stayed Failed with InvalidSchedule when the schedule was taken away or put right."""
    failed = plan(observed(spec=spec(schedule={"cron": "99 * * * *"})), SETTINGS)
    assert state(plan(after(failed, spec=spec()), SETTINGS)) == ("Starting", "CrawlStarted")
    late = owner().__class__(**{**vars(owner()), "created": "2026-01-02T03:04:00Z"})
    mended = plan(after(failed, spec=spec(schedule={"cron": "15 * * * *"}), owner=late), SETTINGS)
    assert state(mended) == ("Pending", "Scheduled")
    assert "failure" not in (mended.status or {})


def test_a_job_that_was_deleted_by_hand_is_lost_and_not_made_again() -> None:
    seen = plan(after(started(), jobs=(job(),)), SETTINGS)
    found = plan(after(seen), SETTINGS)
    assert (state(found), names(found)) == (("Failed", "JobLost"), [])


def test_old_jobs_go_after_the_last_three_runs() -> None:
    fifth = {**(started().status or {}), "run": 5}
    jobs = tuple(job("Complete", f"raw-{run}") for run in range(1, 6))
    found = plan(observed(fifth, jobs=jobs, pods=(pod("Succeeded", SUMMARY),)), SETTINGS)
    assert deleted(found) == ["raw-1", "raw-2"]


def test_configuration_goes_with_the_job_of_its_run() -> None:
    """The ConfigMap of each run stayed until its Crawl went: a crawl every hour left 9,000 a year."""
    maps = tuple({**job(name=f"raw-{run}"), "kind": "ConfigMap"} for run in range(1, 6))
    found = plan(observed({"run": 5}, jobs=(job("Complete", "raw-5"),), config_maps=maps), SETTINGS)
    assert deleted(found) == ["raw-1", "raw-2"]


def test_an_outdated_crawl_leaves_newer_runs_alone() -> None:
    """The Jobs were listed after their Crawl: the Job of a run that it did not know of was deleted."""
    jobs = (job("Complete", "raw-5"), job(name="raw-6"))
    assert deleted(plan(observed({"run": 5}, jobs=jobs), SETTINGS)) == []


CLASSIFIER = ClassifierSpec.model_validate({"xml": {"rowTag": "row"}})
OTHER = ClassifierSpec.model_validate({"xml": {"rowTag": "item"}})


def classified(status: dict[str, Any] | None = None, **classifiers: ClassifierSpec) -> Observed:
    return observed(status, spec=spec(classifiers=["rows"]), classifiers=classifiers)


def test_a_crawl_waits_for_its_classifier() -> None:
    waiting = plan(classified(), SETTINGS)
    assert state(waiting) == ("Pending", "ClassifierNotFound")
    assert waiting.status is not None
    found = plan(classified(dict(waiting.status), rows=CLASSIFIER), SETTINGS)
    assert state(found) == ("Starting", "CrawlStarted")
    config = next(action.manifest for action in found.actions if isinstance(action, Create))
    told = json.loads(config["data"]["crawl.json"])
    assert told["classifiers"] == [{"name": "rows", "xml": {"classification": "xml", "rowTag": "row"}}]


def ended(run: Plan) -> dict[str, Any]:
    status = dict(run.status or {})
    return {**status, "state": "Succeeded", "finishedAt": "2026-01-02T03:05:00Z"}


def test_a_changed_classifier_is_a_change_of_the_crawl() -> None:
    status = ended(plan(classified(rows=CLASSIFIER), SETTINGS))
    assert plan(classified(status, rows=CLASSIFIER), SETTINGS).actions == ()
    assert names(plan(classified(status, rows=OTHER), SETTINGS)) == ["raw-2", "raw-2"]


def test_a_changed_classifier_waits_for_the_schedule() -> None:
    status = ended(plan(classified(rows=CLASSIFIER), SETTINGS))
    scheduled = spec(classifiers=["rows"], schedule={"cron": "0 0 1 1 *"})
    before = {**status, "lastScheduledAt": "2026-01-02T03:04:05Z"}
    found = plan(observed(before, spec=scheduled, classifiers={"rows": OTHER}), SETTINGS)
    assert names(found) == []


def test_a_deleted_classifier_starts_nothing() -> None:
    status = ended(plan(classified(rows=CLASSIFIER), SETTINGS))
    found = plan(classified(status), SETTINGS)
    assert found.actions == ()
    assert state(found)[0] == "Succeeded"


def test_a_spec_that_goes_back_while_the_crawl_waits_is_run() -> None:
    missing = plan(observed(dict(done().status or {}), spec=spec(classifiers=["none"])), SETTINGS)
    assert state(missing) == ("Pending", "ClassifierNotFound")
    assert names(plan(after(missing), SETTINGS)) == ["raw-2", "raw-2"]
