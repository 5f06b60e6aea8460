"""Requests to Crawls: when their run ended, and what a plan's log becomes."""

import json
from typing import Any

import pytest

from emberlake.cli.crawls import Request, afterthought, hindrance, history_row, plan_row, planned
from emberlake.cli.errors import ExitCode
from emberlake.cli.main import main

PLAN = Request("a", "lastHandledPlan", "now", "Plan")
RUN = Request("a", "lastHandledRequest", "now", "Crawl")


def crawl(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "raw"}, "status": status}


def run(number: int, mode: str, state: str = "Succeeded") -> dict[str, Any]:
    counts = {"created": 1, "updated": 2, "deleted": 3}
    return {"run": number, "mode": mode, "state": state, "reason": "R", **counts}


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        ({}, None),
        ({"lastHandledPlan": "before", "history": [run(1, "Plan")], "finishedAt": "t"}, None),
        ({"lastHandledPlan": "now", "mode": "Plan", "history": [run(1, "Plan")]}, None),
        ({"lastHandledPlan": "now", "mode": "Plan", "finishedAt": "t", "history": [run(2, "Plan")]}, 0),
        ({"lastHandledPlan": "now", "mode": "Crawl", "history": [run(2, "Plan"), run(3, "Crawl")]}, 0),
        (
            {
                "lastHandledPlan": "now",
                "mode": "Plan",
                "finishedAt": "t",
                "history": [run(2, "Plan", "Failed")],
            },
            ExitCode.FAILED,
        ),
    ],
    ids=["new", "not taken up", "runs", "ended", "ended, and the next runs", "failed"],
)
def test_a_request_has_ended_when_the_run_that_took_it_up_has(
    status: dict[str, Any], ended: int | None
) -> None:
    assert PLAN.goal(crawl(**status)) == ended


def test_a_run_of_a_crawl_that_only_plans_ends_too() -> None:
    found = crawl(lastHandledRequest="now", mode="Plan", history=[run(1, "Plan")])
    assert RUN.goal(found) is None
    assert RUN.goal(crawl(**found["status"], finishedAt="t")) == 0


def test_what_was_before_a_request_is_not_told_as_its_outcome() -> None:
    found = crawl(lastHandledPlan="before", state="Failed", finishedAt="t")
    assert not PLAN.begun(found)
    assert PLAN.begun(crawl(lastHandledPlan="before", state="Running", mode="Crawl", run=1))
    assert PLAN.begun(crawl(lastHandledPlan="now", state="Failed", finishedAt="t"))


def test_what_keeps_a_request_from_being_of_use_is_told() -> None:
    suspended, active = {"spec": {"suspend": True}}, {"spec": {}}
    assert "suspend" in (hindrance(suspended) or "")
    assert hindrance(active) is None
    assert "next run" in (afterthought(active) or "")
    assert afterthought(suspended) is None


def test_a_rollback_that_is_refused_has_failed() -> None:
    request = Request("a", "lastHandledRollback", "9@now", "Rollback")
    assert request.goal(crawl(lastHandledRollback="9@now", reason="InvalidRollback")) is ExitCode.FAILED


def test_a_plan_is_read_from_the_log_of_the_pod() -> None:
    line = {
        "name": "days",
        "action": "alter",
        "format": "csv",
        "location": "s3://lake/raw/days",
        "changes": ["column n becomes double, was bigint", "column t bigint added"],
        "partitions": {"added": 2, "updated": 0, "dropped": 1, "unchanged": 9},
        "problem": None,
    }
    log = [
        b'{"event": "Decided"}\nTraceback: no json\n[1]\n{"event": "Pla',
        b'nned", "table": ' + json.dumps(line).encode() + b"}\n",
    ]
    (table,) = planned(log)
    assert plan_row(table) == (
        "alter",
        "days",
        "csv",
        "+2 -1",
        "s3://lake/raw/days",
        "column n becomes double, was bigint; column t bigint added",
    )


def test_what_a_rollback_took_back_is_read_from_the_log_too() -> None:
    lines = [{"event": "Planned", "table": {"name": "a"}}, {"event": "RolledBack", "table": {"name": "b"}}]
    log = [json.dumps(line).encode() + b"\n" for line in lines]
    assert [line["name"] for line in planned(log, "RolledBack")] == ["b"]
    row = {"action": "drop", "name": "b", "location": "s3://lake/raw/b", "changes": ["made since"]}
    nothing = {"added": 0, "updated": 0, "dropped": 0, "unchanged": 0}
    assert plan_row({**row, "partitions": nothing, "problem": None})[-1] == "made since"


def test_a_run_in_the_history() -> None:
    assert history_row({**run(4, "Rollback"), "startedAt": "s", "finishedAt": "f"}) == (
        "4", "Rollback", "Succeeded", "R", "1", "2", "3", "s", "f",
    )  # fmt: skip


@pytest.mark.parametrize("number", ["-1", "x", "1.5"])
def test_a_rollback_to_no_number_is_refused(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["crawl", "rollback", "raw", f"--to={number}"])
    assert "is not the number of a run" in capsys.readouterr().err
