"""One run of a crawl: list, decide everything, plan everything, then write table by table."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.counting import count
from emberlake.crawler.entry.delivery import Delivery
from emberlake.crawler.entry.diff import ALTER, CREATE
from emberlake.crawler.entry.journal import JournaledTables
from emberlake.crawler.entry.planning import Planner
from emberlake.crawler.entry.policy import Writer
from emberlake.crawler.failure import Problem
from emberlake.crawler.find import Finder, Found
from emberlake.crawler.grouping.places import Folders, overlap
from emberlake.crawler.listing.store import ObjectStore
from emberlake.crawler.progress import Progress
from emberlake.crawler.report import (
    EntryResult,
    TableResult,
    entry_line,
    problem_line,
    readable_lines,
    report,
    skipped_line,
    table_line,
)
from emberlake.crawler.summary import Summary, conclude

# of a plan; the report has them all
MOST_SKIPPED = 100


class Run:
    """A crawl over one store and one metastore."""

    def __init__(
        self,
        config: CrawlConfig,
        store: ObjectStore,
        metastore: JournaledTables,
        writer: Writer,
        progress: Progress,
    ) -> None:
        self._config, self._store, self._metastore, self._progress = config, store, metastore, progress
        self._writer = writer

    def execute(self) -> Summary:
        """Do the run and put its report; raises RetryableError when store or metastore cannot be reached."""
        config = self._config
        found = Finder(config, self._store, self._progress).find()
        planner = Planner(config, self._metastore, self._writer, self._progress)
        folders = Folders.of(found.listings)
        results = planner.tables(found, folders)
        gone = [] if found.too_many else planner.gone(found, folders, results)
        if config.dry_run:
            self._tell(found, results, gone)
        else:
            results, gone = self._deliver(results, gone)
        return self._conclude(found, results, gone)

    def _tell(self, found: Found, results: Sequence[TableResult], gone: Sequence[EntryResult]) -> None:
        lines = (
            *map(table_line, results),
            *map(entry_line, gone),
            *map(problem_line, (*found.problems, *found.unreachable)),
            *map(skipped_line, found.skipped[:MOST_SKIPPED]),
        )
        for line in lines:
            self._progress.say("Planned", f"{line['action']} {line['name'] or line['location']}", table=line)

    def _deliver(
        self, results: Sequence[TableResult], gone: Sequence[EntryResult]
    ) -> tuple[list[TableResult], list[EntryResult]]:
        """Write what is found before what is gone goes: a table whose heir failed stays."""
        delivery = Delivery(self._config, self._metastore, self._progress)
        done = [replace(result, problem=self._deliver_one(delivery, result)) for result in results]
        failed = [result.decision.candidate.uri for result in done if result.problem]
        stay = [any(overlap(entry.plan.table.location, uri) for uri in failed) for entry in gone]
        going = [entry for entry, stays in zip(gone, stay, strict=True) if not stays]
        return done, [replace(entry, problem=delivery.deliver(entry.name, entry.plan)) for entry in going]

    def _deliver_one(self, delivery: Delivery, result: TableResult) -> Problem | None:
        if result.plan:
            return delivery.deliver(result.name, result.plan)
        if result.load in {CREATE, ALTER} and not result.problem:
            return delivery.load(self._store, result.name, result.decision)
        return result.problem

    def _conclude(self, found: Found, results: Sequence[TableResult], gone: Sequence[EntryResult]) -> Summary:
        config = self._config
        entries: list[TableResult | EntryResult] = [*results, *gone]
        problems = [*found.problems, *found.unreachable, *(e.problem for e in entries if e.problem)]
        done = [result.name for result in results if result.written]
        written = [f"{config.database}.{name}" for name in done]
        uri = f"s3://{config.catalog.system.bucket}/{config.report_key}"
        counts = count(found.listings, entries, len(problems) - found.target_problems)
        summary = conclude(counts, written, problems, uri, dry_run=config.dry_run)
        summary = replace(summary, readable_by=readable_lines(config.database, results))
        if found.unreachable:
            summary = replace(summary, category="Infrastructure")  # another attempt may read them
        document = report(config, found.listings, results, found.skipped, gone, summary)
        self._put_report(document | ({"tablesFound": found.too_many} if found.too_many else {}))
        return summary

    def _put_report(self, document: dict[str, Any]) -> None:
        body = json.dumps(document, ensure_ascii=False, indent=1).encode()
        self._store.put(self._config.catalog.system.bucket, self._config.report_key, body)
