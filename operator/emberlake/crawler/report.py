"""The full report of a run as a JSON document: what was decided for each table, on what evidence, and what
was changed. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.decide.decision import Decision, Skipped
from emberlake.crawler.entry.diff import ALTER, CREATE, DROP, TablePlan
from emberlake.crawler.entry.readable import Readability, readable_by
from emberlake.crawler.entry.typed import typed
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.listing import Listing
from emberlake.crawler.summary import Summary

FORMAT_VERSION = 1
MAX_PARTITIONS = 1000
NOT_READABLE = "not readable"


@dataclass(frozen=True)
class TableResult:
    """A decided table with what was planned for it, and the problem that kept it from being written. Neither:
    no engine reads it as it lies; `load` says how its rows come into an Iceberg table, where that is wanted.
    """

    decision: Decision
    name: str
    plan: TablePlan | None = None
    problem: Problem | None = None
    load: str = ""

    @property
    def written(self) -> bool:
        """Whether there is a table after the run."""
        planned = self.plan is not None and self.plan.action != DROP
        return (planned or bool(self.load)) and self.problem is None


@dataclass(frozen=True)
class EntryResult:
    """An entry that is written for another reason than files that were found: it is gone, or taken back."""

    name: str
    plan: TablePlan
    problem: Problem | None = None


def report(
    config: CrawlConfig,
    listings: Sequence[Listing],
    results: Sequence[TableResult],
    skipped: Sequence[Skipped],
    gone: Sequence[EntryResult],
    summary: Summary,
) -> dict[str, Any]:
    """The document that is put under `system`."""
    return {
        **_head(config, summary),
        "targets": [_target(listing) for listing in listings],
        "tables": [_table(result) for result in results],
        "gone": [entry_line(result) for result in gone],
        "skipped": [{"path": item.uri, "looksLike": item.looks_like} for item in skipped],
    }


def readable_lines(database: str, results: Sequence[TableResult]) -> tuple[str, ...]:
    """The tables that not both engines read natively, one line each."""
    told = [(result, readable_by(result.decision)) for result in results if not result.problem]
    return tuple(
        f"{database}.{result.name}: {'loaded into Iceberg' if result.load else readable}"
        for result, readable in told
        if readable != Readability()
    )


def rollback_report(config: CrawlConfig, results: Sequence[EntryResult], summary: Summary) -> dict[str, Any]:
    """The document of a run that takes others back."""
    return {
        **_head(config, summary),
        "rollbackTo": config.rollback_to,
        "tables": [entry_line(result) for result in results],
    }


def _head(config: CrawlConfig, summary: Summary) -> dict[str, Any]:
    return {
        "version": FORMAT_VERSION,
        "crawl": {"namespace": config.namespace, "name": config.name, "uid": config.uid, "run": config.run},
        "catalog": config.catalog.name,
        "database": config.database,
        "dryRun": config.dry_run,
        "outcome": summary.outcome,
        "reason": summary.reason,
        "message": summary.message,
        "counts": summary.counts.model_dump(by_alias=True),
        "failures": [{"path": p.path, "reason": p.reason, "message": p.message} for p in summary.problems],
    }


def table_line(result: TableResult) -> dict[str, Any]:
    """One table of a plan, short enough for a line of the log."""
    decision, plan = result.decision, result.plan
    return {
        "name": result.name,
        "location": decision.candidate.uri,
        "format": decision.format,
        "classification": decision.classification or decision.format,
        "confidence": decision.confidence,
        "action": _action(result),
        "changes": list(plan.changes) if plan else [_without_plan(result)],
        "partitions": _partition_counts(plan),
        "problem": str(result.problem.message) if result.problem else None,
    }


def _without_plan(result: TableResult) -> str:
    if not result.load:
        return str(readable_by(result.decision))
    loads = {CREATE: "loaded into an Iceberg table", ALTER: "loaded anew: the files changed"}
    return loads.get(result.load, "loaded already")


def problem_line(problem: Problem) -> dict[str, Any]:
    """The same of what could not be decided."""
    return _without_table(problem.path, "failed") | {"problem": problem.message}


def skipped_line(skipped: Skipped) -> dict[str, Any]:
    """The same of what is no table."""
    return _without_table(skipped.uri, "skipped") | {"changes": [skipped.looks_like]}


def _without_table(location: str, action: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"changes": [], "partitions": _partition_counts(None), "problem": None}
    return {"name": "", "location": location, "action": action, **nothing}


def entry_line(result: EntryResult) -> dict[str, Any]:
    """The same of an entry without files."""
    return {
        "name": result.name,
        "location": result.plan.table.location,
        "action": "failed" if result.problem else result.plan.action,
        "changes": list(result.plan.changes),
        "partitions": _partition_counts(result.plan),
        "problem": str(result.problem.message) if result.problem else None,
    }


def _action(result: TableResult) -> str:
    if result.problem:
        return "failed"
    return result.plan.action if result.plan else result.load or NOT_READABLE


def _partition_counts(plan: TablePlan | None) -> dict[str, int]:
    if plan is None:
        return {"added": 0, "updated": 0, "dropped": 0, "unchanged": 0}
    return {
        "added": len(plan.add),
        "updated": len(plan.alter),
        "dropped": len(plan.drop),
        "unchanged": plan.unchanged,
    }


def _target(listing: Listing) -> dict[str, Any]:
    return {
        "uri": listing.target.location.uri(),
        "exclude": list(listing.target.exclude),
        "files": len(listing.data),
        "excluded": listing.excluded,
        "ignored": listing.ignored,
        "lakehouseTables": [
            {"path": listing.target.location.uri(folder), "format": kind}
            for folder, kind in sorted(listing.lakehouse.items())
        ],
    }


def _table(result: TableResult) -> dict[str, Any]:
    decision, plan = result.decision, result.plan
    readable = readable_by(decision)
    return {
        "name": result.name,
        "location": decision.candidate.uri,
        "format": decision.format,
        "classification": decision.classification or decision.format,
        "confidence": decision.confidence,
        "compression": decision.compression,
        "records": {"count": decision.records, "kind": "exact" if decision.exact else "estimated"},
        "files": decision.objects,
        "bytes": decision.bytes,
        "columns": [
            {
                "name": column.name,
                "type": str(column.type),
                "typed": str(kind),
                "source": column.source,
                "why": column.why,
            }
            for column, kind in zip(decision.columns, typed(decision).types, strict=True)
        ],
        "partitionKeys": [{"name": key.name, "type": str(key.type)} for key in decision.keys],
        "evidence": _evidence(decision),
        "notes": list(decision.notes),
        "readableBy": {"spark": readable.spark, "trino": readable.trino},
        "convertedTo": "Iceberg" if result.load else None,
        "view": plan.view.name if plan and plan.view else None,
        "action": _action(result),
        "changes": list(plan.changes) if plan else [],
        "partitions": _partitions(plan),
        "failure": {"reason": result.problem.reason, "message": result.problem.message}
        if result.problem
        else None,
    }


def _evidence(decision: Decision) -> dict[str, Any]:
    """What the decisions rest on."""
    read = "every row was read" if decision.exact else "head, middle and tail of some files were read"
    evidence: dict[str, Any] = {"read": read, **decision.evidence}
    if decision.format == "parquet":
        evidence["read"] = "the footers of all files were read"
    if csv := decision.csv:
        evidence["nullValue"] = {"spark": csv.nulls.spark, "hive": csv.nulls.hive, "why": csv.nulls.why}
    if decision.timestamp_patterns:
        evidence["timestampFormats"] = list(decision.timestamp_patterns)
    return evidence


def _partitions(plan: TablePlan | None) -> dict[str, Any]:
    counts: dict[str, Any] = _partition_counts(plan)
    if plan is None:
        return counts
    return {
        **counts,
        "addedValues": [list(partition.values) for partition in plan.add[:MAX_PARTITIONS]],
        "updatedValues": [list(partition.values) for partition in plan.alter[:MAX_PARTITIONS]],
        "droppedValues": [list(values) for values in plan.drop[:MAX_PARTITIONS]],
    }
