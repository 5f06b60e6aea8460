"""Writes planned entries, one after the other: the problem of one is kept, and the others go on."""

from emberlake.clients.metastore_tables import MetastoreErrors
from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.entry.conversion import is_loaded
from emberlake.crawler.entry.diff import ALTER, DROP, TablePlan
from emberlake.crawler.entry.journal import JournaledTables
from emberlake.crawler.entry.write import write
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import ObjectStore
from emberlake.crawler.progress import Progress


class Delivery:
    """Writes the entries of one run."""

    def __init__(self, config: CrawlConfig, metastore: JournaledTables, progress: Progress) -> None:
        self._config, self._metastore, self._progress = config, metastore, progress

    def deliver(self, name: str, plan: TablePlan) -> Problem | None:
        """Write one table; what kept it from being written."""
        if plan.empty:
            return None
        full = f"{self._config.database}.{name}"
        try:
            self._ensure_database()
            write(
                self._metastore,
                plan,
                lambda done: self._progress.say("Writing", f"{done} partitions of {full}", partitions=done),
            )
        except Problem as problem:
            self._progress.say(problem.reason, str(problem))
            return problem
        self._progress.say("Written", f"{full}: {'; '.join(plan.changes) or 'partitions only'}")
        return None

    def load(self, store: ObjectStore, name: str, decision: Decision) -> Problem | None:
        """Load the rows of a folder into an Iceberg table; what kept them from it."""
        from emberlake.crawler.entry.convert import convert  # noqa: PLC0415  # 60 MB that other crawls do without

        full = f"{self._config.database}.{name}"
        try:
            self._ensure_database()
            self._metastore.note(self._config.database, name)
            convert(self._config, store, decision, name)
        except Problem as problem:
            self._progress.say(problem.reason, str(problem))
            return problem
        self._progress.say("Loaded", f"{full}: {decision.candidate.uri} as an Iceberg table")
        return None

    def take_back(self, name: str, plan: TablePlan) -> Problem | None:
        """Carry out what a rollback does to one table; what kept it from that."""
        if not is_loaded(plan.table) or plan.action not in {ALTER, DROP}:
            return self.deliver(name, plan)
        from emberlake.crawler.entry.unload import check_untouched, take_back  # noqa: PLC0415  # as in load

        try:
            if plan.action == DROP:
                check_untouched(self._config, plan.table)
                return self.deliver(name, plan)
            self._metastore.note(plan.table.database, name)
            take_back(self._config, plan.table)
        except Problem as problem:
            self._progress.say(problem.reason, str(problem))
            return problem
        self._progress.say("Written", f"{self._config.database}.{name}: {'; '.join(plan.changes)}")
        return None

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
