"""Plans and rollbacks that annotations ask for, progress while a run goes on, and the last runs."""

import json
from typing import Any

import pytest

from emberlake.api import PLAN_REQUESTED_AT, ROLLBACK_TO
from emberlake.core.model import Create, Plan
from emberlake.crawl.plan import KEPT_HISTORY, plan
from emberlake.crawl.progress import parse
from unit.crawl.test_plan import SUMMARY, after, done, job, names, observed, owner, pod, spec, state
from unit.sparkjob.fixtures import SETTINGS


def told(found: Plan) -> dict[str, Any]:
    config = next(action.manifest for action in found.actions if isinstance(action, Create))
    document: dict[str, Any] = json.loads(config["data"]["crawl.json"])
    return document


def status(found: Plan) -> dict[str, Any]:
    assert found.status is not None
    return dict(found.status)


def finished(started: Plan, annotations: dict[str, str], reason: str) -> Plan:
    number = status(started)["run"]
    summary = {**SUMMARY, "reason": reason}
    world = after(
        started,
        owner=owner(**annotations),
        jobs=(job("Complete", f"raw-{number}"),),
        pods=(pod("Succeeded", summary),),
    )
    return plan(world, SETTINGS)


def test_a_plan_is_a_dry_run_that_leaves_the_crawl_as_done_as_it_was() -> None:
    annotations = {PLAN_REQUESTED_AT: "now"}
    started = plan(after(done(), owner=owner(**annotations)), SETTINGS)
    assert names(started) == ["raw-2", "raw-2"]
    assert told(started)["dryRun"] is True
    ended = finished(started, annotations, "Planned")
    assert state(ended) == ("Succeeded", "Planned")
    assert plan(after(ended, owner=owner(**annotations)), SETTINGS).actions == ()
    assert status(ended)["specHash"] == status(done())["specHash"]


def test_a_plan_before_the_first_run_is_followed_by_it() -> None:
    annotations = {PLAN_REQUESTED_AT: "now"}
    started = plan(observed(owner=owner(**annotations)), SETTINGS)
    assert told(started)["dryRun"] is True
    found = plan(after(finished(started, annotations, "Planned"), owner=owner(**annotations)), SETTINGS)
    assert names(found) == ["raw-2", "raw-2"]
    assert told(found)["dryRun"] is False


def test_a_run_of_a_dry_crawl_is_a_plan_in_the_history() -> None:
    started = plan(observed(spec=spec(dry_run=True)), SETTINGS)
    assert status(started)["mode"] == "Plan"
    ended = finished(started, {}, "Planned")
    assert status(ended)["history"][0]["mode"] == "Plan"
    assert plan(after(ended, spec=spec(dry_run=True)), SETTINGS).actions == ()
    assert told(plan(after(ended), SETTINGS))["dryRun"] is False


@pytest.mark.parametrize("value", ["1", "0", "1@2026-01-02T03:04:05Z"])
def test_a_rollback_is_a_run_of_its_own(value: str) -> None:
    annotations = {ROLLBACK_TO: value}
    started = plan(after(done(), owner=owner(**annotations)), SETTINGS)
    assert told(started)["rollbackTo"] == int(value[0])
    assert (status(started)["mode"], status(started)["run"]) == ("Rollback", 2)
    ended = finished(started, annotations, "RolledBack")
    assert state(ended) == ("Succeeded", "RolledBack")
    assert plan(after(ended, owner=owner(**annotations)), SETTINGS).actions == ()


def test_a_job_that_was_not_made_is_made_for_what_was_asked() -> None:
    started = plan(after(done(), owner=owner(**{ROLLBACK_TO: "1"})), SETTINGS)
    assert told(plan(after(started), SETTINGS))["rollbackTo"] == 1


@pytest.mark.parametrize("value", ["7", "-1", "last", "1.5", "²"])
def test_a_rollback_to_no_run_is_told_once(value: str) -> None:
    annotations = {ROLLBACK_TO: value}
    found = plan(after(done(), owner=owner(**annotations)), SETTINGS)
    assert state(found) == ("Failed", "InvalidRollback")
    assert "0 to 1" in status(found)["message"]
    again = plan(after(found, owner=owner(**annotations)), SETTINGS)
    assert (again.actions, again.decision) == ((), None)


@pytest.mark.parametrize("annotations", [{ROLLBACK_TO: "1"}, {PLAN_REQUESTED_AT: "now"}])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_suspended_crawl_still_plans_and_rolls_back(annotations: dict[str, str], dry_run: bool) -> None:
    suspended = spec(suspend=True, dry_run=dry_run)
    started = plan(after(done(), owner=owner(**annotations), spec=suspended), SETTINGS)
    assert state(started)[0] == "Starting"
    running = after(started, owner=owner(**annotations), spec=suspended, jobs=(job(name="raw-2"),))
    assert state(plan(running, SETTINGS))[0] == "Starting"


def test_a_running_crawl_says_how_far_it_is_and_a_finished_one_no_more() -> None:
    line = {
        "event": "Decided",
        "progress": {"phase": "Deciding", "tables": 3, "tablesFound": 9, "secondsLeft": 8},
    }
    progress = parse(f"{json.dumps({'event': 'x'})}\n{json.dumps(line)}\n")
    started = plan(observed(), SETTINGS)
    world = after(started, jobs=(job(),), pods=(pod("Running"),), progress=progress)
    running = plan(world, SETTINGS)
    assert status(running)["progress"]["tables"] == 3
    assert status(running)["progress"]["secondsLeft"] == 8
    assert running.requeue_after
    assert "progress" not in status(finished(running, {}, "Crawled"))


@pytest.mark.parametrize(
    "log", ["", "no json\n", '{"event": "x"}\n', '{"progress": 3}', '{"progress": {"tables": "x"}}']
)
def test_a_log_without_progress(log: str) -> None:
    assert parse(log) is None


def test_the_last_runs_are_kept() -> None:
    found = done()
    assert status(found)["history"] == [
        {
            "run": 1,
            "mode": "Crawl",
            "state": "Succeeded",
            "reason": "TablesWritten",
            "startedAt": status(found)["startedAt"],
            "finishedAt": status(found)["finishedAt"],
            "created": 5,
            "updated": 0,
            "deleted": 0,
        }
    ]
    for number in range(KEPT_HISTORY + 3):
        annotations = {PLAN_REQUESTED_AT: str(number)}
        found = finished(plan(after(found, owner=owner(**annotations)), SETTINGS), annotations, "Planned")
    runs = [run["run"] for run in status(found)["history"]]
    assert runs == list(range(5, 5 + KEPT_HISTORY))
