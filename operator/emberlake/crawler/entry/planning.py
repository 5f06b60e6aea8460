"""What a run is going to write: reads what stands in the metastore and plans each table; writes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from emberlake.clients.hive import HiveTable
from emberlake.clients.metastore_tables import MetastoreTables
from emberlake.crawler.config import CrawlConfig, Target
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.entry.conversion import load_of, source_of
from emberlake.crawler.entry.diff import NONE, TablePlan, check_ours, with_view
from emberlake.crawler.entry.gone import gone_tables
from emberlake.crawler.entry.policy import (
    Writer,
    fit,
    lost_log,
    retired,
    settle,
    signed,
    unsettled,
    without_gone,
)
from emberlake.crawler.entry.readable import readable_by
from emberlake.crawler.entry.render import UPDATED_BY, render
from emberlake.crawler.entry.view import free_name, render_view, view_name
from emberlake.crawler.failure import Problem
from emberlake.crawler.find import Found
from emberlake.crawler.grouping.names import assign, table_name, with_hash
from emberlake.crawler.grouping.places import Folders
from emberlake.crawler.progress import Progress
from emberlake.crawler.report import EntryResult, TableResult


class Planner:
    """Plans the tables of one run."""

    def __init__(
        self, config: CrawlConfig, metastore: MetastoreTables, writer: Writer, progress: Progress
    ) -> None:
        self._config, self._metastore, self._progress = config, metastore, progress
        self._writer, self._changes = writer, config.changes

    def tables(self, found: Found, folders: Folders) -> list[TableResult]:
        """A result for each decided folder."""
        if not found.decisions:
            return []
        config = self._config
        wanted = [
            (table_name(config.table_prefix, d.candidate.prefix, d.candidate.bucket), d.candidate.uri)
            for d, _ in found.decisions
        ]
        names = {name for name, _ in wanted} | {with_hash(name, location) for name, location in wanted}
        names |= {view_name(name) for name in names}
        existing = self._metastore.tables(config.database, sorted(names))
        assigned = assign(wanted, {name: source_of(table) for name, table in existing.items()})
        results = []
        for decision, target in found.decisions:
            name = assigned[decision.candidate.uri]
            result = self._table(decision, target, name, existing.get(name), folders)
            results.append(self._with_view(result, existing, assigned.values()))
        return results

    def gone(self, found: Found, folders: Folders, results: list[TableResult]) -> list[EntryResult]:
        """What is done about the Crawl's tables that are no longer found."""
        config = self._config
        ours = self._metastore.tables_with(config.database, UPDATED_BY, config.crawler_id)
        return [
            EntryResult(table.name, self._retired(table, why))
            for table, why in gone_tables(config, found, folders, results, ours)
        ]

    def _retired(self, table: HiveTable, why: str) -> TablePlan:
        return signed(retired(table, why, self._changes, self._writer.millis), self._writer)

    def _table(
        self, decision: Decision, target: Target, name: str, before: HiveTable | None, folders: Folders
    ) -> TableResult:
        try:
            if before is not None:
                check_ours(before, decision.candidate.uri)
        except Problem as problem:
            return self._failed(decision, name, problem)
        if before is not None and (why := lost_log(decision, before)):
            return TableResult(decision, name, self._retired(before, why))
        if not readable_by(decision).somewhere:
            return self._not_readable(decision, name, before)
        try:
            decision = fit(decision, before, self._changes)
            return TableResult(decision, name, self._plan(decision, target, name, before, folders))
        except Problem as problem:
            if before is not None and self._changes.update == "Log":
                return TableResult(decision, name, unsettled(before, problem))
            return self._failed(decision, name, problem)

    def _not_readable(self, decision: Decision, name: str, before: HiveTable | None) -> TableResult:
        """No table, unless the rows are to be loaded into one."""
        self._progress.say("NotReadable", f"{decision.candidate.uri}: {readable_by(decision)}")
        if self._config.convert is None:
            return TableResult(decision, name)
        if before is not None and self._changes.update == "Log":
            return TableResult(decision, name, load=NONE)
        try:
            return TableResult(decision, name, load=load_of(decision, before))
        except Problem as problem:
            return self._failed(decision, name, problem)

    def _failed(self, decision: Decision, name: str, problem: Problem) -> TableResult:
        self._progress.say(problem.reason, str(problem))
        return TableResult(decision, name, problem=problem)

    def _plan(
        self, decision: Decision, target: Target, name: str, before: HiveTable | None, folders: Folders
    ) -> TablePlan:
        config, changes = self._config, self._changes
        table, partitions = render(decision, config.database, name, config.crawler_id, target.exclude, before)
        known = self._metastore.partitions(before) if before is not None and before.partition_keys else {}
        found = settle(table, partitions, before, known, changes)
        values = (partition.values for partition in partitions)
        found = without_gone(found, values, known, folders, changes, self._writer.millis)
        return signed(found, self._writer)

    def _with_view(
        self, result: TableResult, existing: Mapping[str, HiveTable], names: Collection[str]
    ) -> TableResult:
        """`result` with the Trino view beside its table, where it needs one."""
        if result.plan is None or lost_log(result.decision, existing.get(result.name)):
            return result
        table = result.plan.table
        name = free_name(table, existing, names)
        before = existing.get(name)
        if before is not None and self._changes.update == "Log":
            return result
        catalog = self._config.catalog.trino_catalog
        view = render_view(result.decision, table, name, catalog, stands=before is not None)
        return replace(result, plan=with_view(result.plan, view, before))
