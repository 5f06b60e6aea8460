"""The outcome of a run: counts, failures, exit code, and the termination message of at most 4 KiB. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from emberlake.api.v1alpha1.crawl import CrawlCounts
from emberlake.crawler.failure import Problem

MAX_BYTES = 4096
MAX_TABLES = 20
MAX_FAILURES = 5
MAX_MESSAGE = 800
TOLD_PROBLEMS, MAX_PROBLEM = 3, 180
EXIT_SUCCEEDED, EXIT_RETRY, EXIT_FAILED = 0, 1, 3


@dataclass(frozen=True)
class Summary:
    """How a run ended. `category` is empty for a success. `readable_by`: the tables that not both engines
    read natively, with how they do.
    """

    outcome: str
    category: str
    reason: str
    message: str
    counts: CrawlCounts = field(default_factory=CrawlCounts)
    tables: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    report_uri: str = ""
    readable_by: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, 3 for a failure that a retry does not mend, 1 for one that it may mend."""
        if self.outcome == "Succeeded":
            return EXIT_SUCCEEDED
        return EXIT_FAILED if self.category == "User" else EXIT_RETRY

    def document(self) -> dict[str, Any]:
        """The termination message, lists and texts cut so that it stays below `MAX_BYTES`."""
        tables, failures, message = MAX_TABLES, MAX_FAILURES, MAX_MESSAGE
        while True:
            document = self._document(tables, failures, message)
            if len(json.dumps(document).encode()) <= MAX_BYTES or message <= 50:
                return document
            message = message * 2 // 3 if failures == 1 else message
            tables, failures = tables * 2 // 3, max(1, failures - 1)

    def _document(self, tables: int, failures: int, message: int) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            **({"category": self.category} if self.category else {}),
            "reason": self.reason,
            "message": cut(self.message, message),
            "counts": self.counts.model_dump(by_alias=True),
            "tables": [cut(table, 256) for table in self.tables[:tables]],
            "readableBy": [cut(text, 256) for text in self.readable_by[: tables // 2]],
            "failures": [
                {"path": cut(p.path, 256), "reason": p.reason, "message": cut(p.message, message // 4)}
                for p in self.problems[:failures]
            ],
            "reportUri": self.report_uri,
        }


def cut(text: str, length: int) -> str:
    """`text` of at most `length` characters."""
    return text if len(text) <= length else text[: length - 3] + "..."


def _told(problems: Sequence[Problem]) -> str:
    """The first problems, each short enough that what the run did stands behind them."""
    if len(problems) == 1:
        return cut(str(problems[0]), MAX_PROBLEM * TOLD_PROBLEMS)
    told = "; ".join(cut(str(problem), MAX_PROBLEM) for problem in problems[:TOLD_PROBLEMS])
    more = len(problems) - TOLD_PROBLEMS
    return f"{told} (and {more} more: see the report, or the log of the run)" if more > 0 else told


def conclude_rollback(
    counts: CrawlCounts, tables: Sequence[str], problems: Sequence[Problem], report_uri: str, *, run: int
) -> Summary:
    """The summary of a run that took back what came after `run`."""
    done = (
        f"dropped {counts.tables_deleted}, made anew {counts.tables_created} and took back "
        f"{counts.tables_updated} table(s), to what they were after run {run}"
    )
    common: dict[str, Any] = {
        "counts": counts, "tables": tuple(tables), "problems": tuple(problems), "report_uri": report_uri,
    }  # fmt: skip
    if problems:
        message = f"{problems[0]}. The rollback {done}."
        return Summary("Failed", "User", "RollbackIncomplete", message, **common)
    return Summary("Succeeded", "", "RolledBack", f"The rollback {done}.", **common)


def conclude(
    counts: CrawlCounts, tables: Sequence[str], problems: Sequence[Problem], report_uri: str, *, dry_run: bool
) -> Summary:
    """The summary of a run that came to its end: failed when a target or a table could not be done."""
    did = "would write" if dry_run else "wrote"
    done = (
        f"{did} {counts.tables_created} new and {counts.tables_updated} changed table(s), "
        f"{counts.partitions_added} new partition(s); {counts.tables_unchanged} table(s) unchanged"
    )
    if gone := counts.tables_deleted + counts.tables_deprecated + counts.partitions_deleted:
        done += f"; {gone} entries whose files are gone were dropped or deprecated"
    common: dict[str, Any] = {
        "counts": counts, "tables": tuple(tables), "problems": tuple(problems), "report_uri": report_uri,
    }  # fmt: skip
    if problems:
        reasons = {problem.reason for problem in problems}
        reason = reasons.pop() if len(reasons) == 1 else "CrawlIncomplete"
        return Summary("Failed", "User", reason, f"{_told(problems)}. The crawl {done}.", **common)
    if not tables:
        return Summary(
            "Succeeded", "", "NothingFound", "no file that could be a table lies under the targets", **common
        )
    return Summary("Succeeded", "", "Planned" if dry_run else "Crawled", f"The crawl {done}.", **common)
