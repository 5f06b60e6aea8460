"""What a run leaves behind: outcome, exit code, a termination message that always fits, the report, the
log.
"""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.v1alpha1.crawl import CrawlCounts
from emberlake.clients.hive import HivePartition, HiveTable, Storage
from emberlake.clients.metastore import MetastoreUnreachableError
from emberlake.crawler import main
from emberlake.crawler.counting import count
from emberlake.crawler.entry.diff import ALTER, CREATE, DEPRECATED, DROP, NONE, TablePlan
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.progress import Progress
from emberlake.crawler.report import TableResult
from emberlake.crawler.summary import MAX_BYTES, Summary, conclude
from unit.crawler.memory import listing

LIES = Problem("s3://lake/raw/x.parquet", "NotWhatNameSays", "the name says parquet")


def test_a_run_with_a_failed_table_is_failed_for_its_user() -> None:
    summary = conclude(CrawlCounts(tables_created=2), ["raw.a", "raw.b"], [LIES], "s3://r", dry_run=False)
    assert (summary.outcome, summary.category, summary.reason, summary.exit_code) == (
        "Failed",
        "User",
        "NotWhatNameSays",
        3,
    )
    assert "x.parquet" in summary.message
    assert "wrote 2 new" in summary.message


def test_several_reasons_become_one() -> None:
    other = Problem("s3://lake/raw/y", "EmptyLine", "row 2 is empty")
    summary = conclude(CrawlCounts(), [], [LIES, other], "", dry_run=False)
    assert summary.reason == "CrawlIncomplete"
    assert all(text in summary.message for text in ("x.parquet", "raw/y: row 2", "wrote 0 new"))


def test_of_many_problems_the_message_has_the_first_ones_and_the_number_of_the_others() -> None:
    problems = [Problem(f"s3://lake/raw/{n}", "EmptyLine", "x" * 999) for n in range(9)]
    message = conclude(CrawlCounts(), [], problems, "", dry_run=False).document()["message"]
    assert all(text in message for text in ("raw/0: xx", "raw/2: xx", "6 more", "wrote 0 new"))


@pytest.mark.parametrize(
    ("tables", "dry_run", "reason"),
    [([], False, "NothingFound"), (["raw.a"], False, "Crawled"), (["raw.a"], True, "Planned")],
)
def test_successes(tables: list[str], dry_run: bool, reason: str) -> None:
    summary = conclude(CrawlCounts(), tables, [], "", dry_run=dry_run)
    assert (summary.outcome, summary.reason, summary.exit_code) == ("Succeeded", reason, 0)
    assert "category" not in summary.document()


@pytest.mark.parametrize(
    ("error", "category", "reason", "code"),
    [
        (LIES, "User", "NotWhatNameSays", 3),
        (RetryableError("EndpointUnreachable", "no route"), "Infrastructure", "EndpointUnreachable", 1),
        (MetastoreUnreachableError(["refused"]), "Infrastructure", "MetastoreUnreachable", 1),
        (ConnectionResetError("reset"), "Infrastructure", "MetastoreUnreachable", 1),
    ],
)
def test_errors_become_outcomes(error: Exception, category: str, reason: str, code: int) -> None:
    def fail() -> Summary:
        raise error

    summary = main.guarded(fail)
    assert (summary.outcome, summary.category, summary.reason, summary.exit_code) == (
        "Failed",
        category,
        reason,
        code,
    )


TEXT = st.text(max_size=3000)


@given(TEXT, st.lists(TEXT, max_size=40), st.lists(st.tuples(TEXT, TEXT), max_size=10))
def test_the_termination_message_always_fits(
    message: str, tables: list[str], failures: list[tuple[str, str]]
) -> None:
    problems = tuple(Problem(path, "Reason", text) for path, text in failures)
    document = Summary(
        "Failed", "User", "Reason", message, CrawlCounts(), tuple(tables), problems, "s3://r"
    ).document()
    assert len(json.dumps(document).encode()) <= MAX_BYTES
    assert document["counts"]["tablesCreated"] == 0


def test_the_message_is_left_where_kubernetes_looks(tmp_path: Path) -> None:
    main.leave({"outcome": "Succeeded"}, tmp_path / "termination-log")
    assert json.loads((tmp_path / "termination-log").read_text()) == {"outcome": "Succeeded"}


def test_log_lines_are_json() -> None:
    stream = io.StringIO()
    Progress(stream).say("Listed", "2 files", files=2)
    line = json.loads(stream.getvalue())
    assert (line["event"], line["message"], line["files"]) == ("Listed", "2 files", 2)
    assert line["time"].endswith("Z")


def test_each_table_is_counted_once_and_the_failed_ones_apart() -> None:
    unknown: Any = None
    storage = Storage("in", "out", "serde")
    table = HiveTable("raw", "a", "s3://lake/raw/a", (), (), storage)
    day = HivePartition(("1",), "s3://lake/raw/a/1", (), storage)
    plans = [
        TablePlan(CREATE, table, add=(day, day)),
        TablePlan(ALTER, table),
        TablePlan(NONE, table, alter=(day,), unchanged=2),
        TablePlan(NONE, table, unchanged=3, drop=()),
        TablePlan(DROP, table),
        TablePlan(ALTER, replace(table, parameters={DEPRECATED: "1"}), drop=(("1",), ("2",))),
    ]
    results = [TableResult(unknown, "a", plan) for plan in plans]
    failed = TableResult(unknown, "b", TablePlan(CREATE, table, add=(day,)), LIES)
    listings = [listing({"raw/x": 5, "raw/y": 7}), listing([])]
    found = count(listings, [*results, failed], 1).model_dump(by_alias=True)
    assert found == {
        "tablesCreated": 1,
        "tablesUpdated": 2,
        "tablesDeleted": 1,
        "tablesDeprecated": 1,
        "tablesUnchanged": 1,
        "tablesFailed": 1,
        "partitionsAdded": 2,
        "partitionsUpdated": 1,
        "partitionsDeleted": 2,
        "partitionsUnchanged": 5,
        "files": 2,
        "bytes": 12,
    }


def test_each_line_says_how_far_the_run_is() -> None:
    stream, times = io.StringIO(), iter([10.0, 14.0, 16.0])
    progress = Progress(stream, lambda: next(times))
    progress.say("Listing", "10000 objects", objects=10_000)
    progress.say("Listed", "12000 files", files=12_000)
    progress.say("Looking", "3 of 7 folders", sampled=3)
    progress.say("Grouped", "3 folders to decide", tables=3)
    progress.say("Decided", "a is csv", records=5)
    progress.say("Decided", "b is csv", records=5)
    progress.say("Writing", "1000 partitions", partitions=1000)
    progress.say("Finished", "done")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert lines[0]["progress"] == {"phase": "Listing", "objects": 10_000}
    common = {"objects": 12_000, "files": 3, "tablesFound": 3}
    assert lines[4]["progress"] == {**common, "phase": "Deciding", "tables": 1, "secondsLeft": 8}
    assert lines[5]["progress"] == {**common, "phase": "Deciding", "tables": 2, "secondsLeft": 3}
    assert lines[6]["progress"] == {**common, "phase": "Writing", "tables": 2, "partitions": 1000}
    assert "progress" not in lines[7]
