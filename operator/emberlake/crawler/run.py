"""One run of a crawl: list, decide everything, plan everything, then write table by table."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from emberlake.api.v1alpha1.crawl import CrawlCounts
from emberlake.clients.hive import HiveTable
from emberlake.clients.metastore_tables import MetastoreErrors, MetastoreTables
from emberlake.crawler.config import CrawlConfig, Target
from emberlake.crawler.decision import Decision
from emberlake.crawler.diff import CREATE, check_ours, plan, with_view
from emberlake.crawler.failure import Problem
from emberlake.crawler.find import Finder, Found
from emberlake.crawler.listing import Listing
from emberlake.crawler.merge import merge
from emberlake.crawler.names import assign, table_name, with_hash
from emberlake.crawler.progress import Progress
from emberlake.crawler.readable import readable_by
from emberlake.crawler.render import render
from emberlake.crawler.report import TableResult, report
from emberlake.crawler.store import ObjectStore
from emberlake.crawler.summary import Summary, conclude
from emberlake.crawler.view import free_name, render_view, view_name
from emberlake.crawler.write import write


class Run:
    """A crawl over one store and one metastore."""

    def __init__(
        self, config: CrawlConfig, store: ObjectStore, metastore: MetastoreTables, progress: Progress
    ) -> None:
        self._config, self._store, self._metastore, self._progress = config, store, metastore, progress

    def execute(self) -> Summary:
        """Do the run and put its report; raises RetryableError when store or metastore cannot be reached."""
        found = Finder(self._config, self._store, self._progress).find()
        results = self._plan_tables(found)
        if not self._config.dry_run:
            results = [self._write(result) for result in results]
        problems = [
            *found.problems,
            *found.unreachable,
            *(result.problem for result in results if result.problem),
        ]
        failed = len(problems) - found.target_problems
        done = [result.name for result in results if result.plan and not result.problem]
        written = [f"{self._config.database}.{name}" for name in done]
        uri = f"s3://{self._config.catalog.system.bucket}/{self._config.report_key}"
        counts = count(found.listings, results, failed)
        summary = conclude(counts, written, problems, uri, dry_run=self._config.dry_run)
        if found.unreachable:
            summary = replace(summary, category="Infrastructure")  # another attempt may read them
        document = report(self._config, found.listings, results, found.skipped, summary)
        self._put_report(document | ({"tablesFound": found.too_many} if found.too_many else {}))
        return summary

    def _plan_tables(self, found: Found) -> list[TableResult]:
        """Read what is there and plan each table; nothing is written yet."""
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
        assigned = assign(wanted, {name: table.location for name, table in existing.items()})
        results = []
        for decision, target in found.decisions:
            name = assigned[decision.candidate.uri]
            result = self._plan_table(decision, target, name, existing)
            results.append(self._with_view(result, existing, assigned.values()))
        return results

    def _plan_table(self, decision: Decision, target: Target, name: str, existing: dict) -> TableResult:  # type: ignore[type-arg]
        before = existing.get(name)
        try:
            if before is not None:
                check_ours(before, decision.candidate.uri)
            decision = merge(decision, before)
            if not readable_by(decision).somewhere:
                self._progress.say("NotReadable", f"{decision.candidate.uri}: {readable_by(decision)}")
                return TableResult(decision, name)
            table, partitions = render(
                decision, self._config.database, name, self._config.crawler_id, target.exclude, before
            )
            known = self._metastore.partitions(before) if before is not None and partitions else {}
            return TableResult(decision, name, plan(table, partitions, before, known))
        except Problem as problem:
            self._progress.say(problem.reason, str(problem))
            return TableResult(decision, name, problem=problem)

    def _with_view(
        self, result: TableResult, existing: Mapping[str, HiveTable], names: Collection[str]
    ) -> TableResult:
        """`result` with the Trino view beside its table, where it needs one."""
        if result.plan is None:
            return result
        table = result.plan.table
        name = free_name(table, existing, names)
        before = existing.get(name)
        catalog = self._config.catalog.trino_catalog
        view = render_view(result.decision, table, name, catalog, stands=before is not None)
        return replace(result, plan=with_view(result.plan, view, before))

    def _write(self, result: TableResult) -> TableResult:
        """Write one table; its problem is kept and the other tables go on."""
        if result.plan is None or result.plan.empty:
            return result
        full = f"{self._config.database}.{result.name}"
        try:
            self._ensure_database()
            write(
                self._metastore,
                result.plan,
                lambda done: self._progress.say("Writing", f"{done} partitions of {full}", partitions=done),
            )
        except Problem as problem:
            self._progress.say(problem.reason, str(problem))
            return replace(result, problem=problem)
        self._progress.say("Written", f"{full}: {'; '.join(result.plan.changes) or 'partitions only'}")
        return result

    def _ensure_database(self) -> None:
        warehouse = self._config.catalog.warehouse
        location = warehouse.uri(f"{warehouse.prefix}{self._config.database}.db")
        try:
            if self._metastore.ensure_database(self._config.database, location):
                self._progress.say("DatabaseCreated", f"database {self._config.database} at {location}")
        except MetastoreErrors as error:
            raise Problem(
                location, "MetastoreRefused", f"database {self._config.database}: {error}"
            ) from error

    def _put_report(self, document: dict) -> None:  # type: ignore[type-arg]
        body = json.dumps(document, ensure_ascii=False, indent=1).encode()
        self._store.put(self._config.catalog.system.bucket, self._config.report_key, body)


def count(listings: Sequence[Listing], results: Sequence[TableResult], tables_failed: int) -> CrawlCounts:
    """What a run did; in a dry run what it would do."""
    done = [result.plan for result in results if result.plan is not None and not result.problem]
    created = sum(each.action == CREATE for each in done)
    unchanged = sum(each.action != CREATE and each.empty for each in done)
    return CrawlCounts(
        tables_created=created,
        tables_updated=len(done) - created - unchanged,
        tables_unchanged=unchanged,
        tables_failed=tables_failed,
        partitions_added=sum(len(each.add) for each in done),
        partitions_updated=sum(len(each.alter) for each in done),
        partitions_unchanged=sum(each.unchanged for each in done),
        files=sum(len(listing.data) for listing in listings),
        bytes=sum(listing.bytes for listing in listings),
    )
