"""A run that takes other runs back: the metastore as it was after run N, by the journal of later runs."""

import json
from dataclasses import replace

from emberlake.clients.hive import HiveTable
from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.counting import count
from emberlake.crawler.entry.delivery import Delivery
from emberlake.crawler.entry.diff import NONE, TablePlan
from emberlake.crawler.entry.journal import Journal, JournaledTables
from emberlake.crawler.entry.policy import Writer, signed
from emberlake.crawler.entry.undo import Undo, fold, undone
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import ObjectStore
from emberlake.crawler.progress import Progress
from emberlake.crawler.report import EntryResult, entry_line, rollback_report
from emberlake.crawler.summary import Summary, conclude_rollback


class Rollback:
    """Takes the runs after `config.rollback_to` back; a run itself, which another can take back."""

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
        """Do it and put the report; raises RetryableError when store or metastore cannot be reached."""
        config = self._config
        if config.rollback_to is None:
            raise ValueError("a rollback needs the run to go back to")
        undo = fold(Journal(self._store, config).after(config.rollback_to))
        now = self._metastore.tables(config.database, [each.name for each in undo])
        planned = [result for each in undo if (result := self._plan(each, now.get(each.name)))]
        delivery = Delivery(config, self._metastore, self._progress)
        results = [
            result
            if result.problem
            else replace(result, problem=delivery.take_back(result.name, result.plan))
            for result in planned
        ]
        for line in map(entry_line, results):
            self._progress.say("RolledBack", f"{line['action']} {line['name']}", table=line)
        problems = [result.problem for result in results if result.problem]
        uri = f"s3://{config.catalog.system.bucket}/{config.report_key}"
        names = [f"{config.database}.{each.name}" for each in results if not each.problem]
        summary = conclude_rollback(
            count([], results, len(problems)), names, problems, uri, run=config.rollback_to
        )
        body = json.dumps(rollback_report(config, results, summary), ensure_ascii=False, indent=1).encode()
        self._store.put(config.catalog.system.bucket, config.report_key, body)
        return summary

    def _plan(self, undo: Undo, now: HiveTable | None) -> EntryResult | None:
        known = self._metastore.partitions(now) if now is not None and now.partition_keys else {}
        try:
            plan = undone(undo, now, known, self._config.crawler_id)
        except Problem as problem:
            self._progress.say(problem.reason, str(problem))
            return EntryResult(undo.name, TablePlan(NONE, now), problem) if now else None
        return EntryResult(undo.name, signed(plan, self._writer)) if plan else None
