"""What stood in the metastore before each write, kept in S3 so that a run can be undone.

An entry is put before its write: killed between the two, undoing restores what is there anyway. Entries of
a run are numbered on by each try of it, and the first one that tells of a thing tells what the run found.
"""

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from emberlake.clients.hive import HivePartition, HiveTable
from emberlake.clients.metastore_tables import MetastoreTables
from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.entry.entries import Before, Entry, decode, encode
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import ObjectStore, StoredObject

BATCH = 10_000
T = TypeVar("T")


class Journal:
    """The entries of one Crawl's runs."""

    def __init__(self, store: ObjectStore, config: CrawlConfig) -> None:
        self._store, self._bucket = store, config.catalog.system.bucket
        self._prefix, self._run = config.history_prefix, config.run
        self._number: int | None = None

    def keep(self, entry: Entry) -> None:
        """Put an entry of the present run."""
        folder = f"{self._prefix}{self._run:08d}/"
        if self._number is None:
            self._number = sum(1 for _ in self._objects(folder))
        self._number += 1
        self._store.put(self._bucket, f"{folder}{self._number:06d}.json.gz", encode(entry))

    def after(self, run: int) -> Iterator[Entry]:
        """The entries of all runs after `run`, in the order of their writes."""
        for item in self._objects(self._prefix):
            number = item.key[len(self._prefix) :].partition("/")[0]
            if int(number) > run:
                yield self._read(item)

    def _read(self, item: StoredObject) -> Entry:
        try:
            return decode(self._store.get_range(self._bucket, item.key, 0, item.size))
        except (ValueError, OSError, EOFError, zlib.error) as error:
            raise Problem(
                f"s3://{self._bucket}/{item.key}",
                "HistoryNotReadable",
                f"this entry of the history cannot be read, so nothing was taken back: {error}",
            ) from error

    def _objects(self, prefix: str) -> Iterator[StoredObject]:
        """All objects under `prefix` in the order of their keys."""
        page = self._store.list_page(self._bucket, prefix)
        yield from page.objects
        while page.more:
            page = self._store.list_page(self._bucket, prefix, page.objects[-1].key)
            yield from page.objects


class JournaledTables(MetastoreTables):
    """A metastore whose every write is preceded by an entry in the journal."""

    journal: Journal

    def note(self, database: str, name: str) -> None:
        """Keep a table's definition before another client writes it."""
        self.journal.keep(Entry(name, defined=True, definition=self.tables(database, [name]).get(name)))

    def create_table(self, table: HiveTable) -> None:
        """As the metastore does."""
        self.journal.keep(Entry(table.name, defined=True))
        super().create_table(table)

    def alter_table(self, table: HiveTable) -> None:
        """As the metastore does."""
        self.note(table.database, table.name)
        super().alter_table(table)

    def drop_table(self, table: HiveTable) -> None:
        """As the metastore does; all partitions go with the table."""
        now = self._now(table)
        known = self.partitions(now).values() if now is not None and now.partition_keys else ()
        for batch in _batches(known):
            before = tuple(Before(each.values, each) for each in batch)
            self.journal.keep(Entry(table.name, partitions=before))
        self.journal.keep(Entry(table.name, defined=True, definition=now))
        super().drop_table(table)

    def add_partitions(self, table: HiveTable, partitions: Iterable[HivePartition]) -> Iterator[int]:
        """As the metastore does."""
        for batch in _batches(partitions):
            self.journal.keep(Entry(table.name, partitions=tuple(Before(each.values) for each in batch)))
            yield from super().add_partitions(table, batch)

    def alter_partitions(self, table: HiveTable, partitions: Iterable[HivePartition]) -> Iterator[int]:
        """As the metastore does."""
        for batch in _batches(partitions):
            self._keep_partitions(table, [each.values for each in batch])
            yield from super().alter_partitions(table, batch)

    def drop_partitions(self, table: HiveTable, values: Iterable[tuple[str, ...]]) -> Iterator[int]:
        """As the metastore does."""
        for batch in _batches(values):
            self._keep_partitions(table, batch)
            yield from super().drop_partitions(table, batch)

    def _now(self, table: HiveTable) -> HiveTable | None:
        return self.tables(table.database, [table.name]).get(table.name)

    def _keep_partitions(self, table: HiveTable, values: list[tuple[str, ...]]) -> None:
        known = self.partitions_of(table, values)
        self.journal.keep(
            Entry(table.name, partitions=tuple(Before(each, known.get(each)) for each in values))
        )


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
