"""The tables that the writers of the tests write, looked at by the test itself."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from hive_metastore.ttypes import LockState, ShowLocksRequest, UnlockRequest
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError
from pyiceberg.table import Table

from emberlake.clients.hivelock import HiveSession, TableLock
from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import Location
from emberlake.sail.commit import Committer
from emberlake.sail.config import SailCatalog
from emberlake.sail.lakecatalog import LakeCatalog, places
from emberlake.sail.tables import WRITE_ID
from emberlake.sail.writes import Mode, NewTable, PartitionedBy, Target, Write

FIRST_DAY = dt.date(2024, 1, 1)
# Spark and Trino plan a commit anew when another was faster: by default four times, and wait up to a minute
BY_DAY = NewTable(
    (PartitionedBy("day"),), {"commit.retry.num-retries": "20", "commit.retry.max-wait-ms": "2000"}
)
# what the engines call themselves in a request for a lock; Trino gives the id of its query
_AGENTS = {"Iceberg": "spark", "emberlake": "sail"}


def rows(ids: Iterable[int], text: str = "") -> pa.Table:
    """A row for each id, ten to a day."""
    numbers = list(ids)
    days = [FIRST_DAY + dt.timedelta(days=number // 10) for number in numbers]
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "day": pa.array(days, pa.date32()),
            "text": pa.array([text] * len(numbers), pa.string()),
        }
    )


@dataclass
class Lake:
    """One database of a metastore."""

    catalog: SailCatalog
    database: str
    tables: LakeCatalog = field(init=False)
    committer: Committer = field(init=False)

    def __post_init__(self) -> None:
        self.tables, self.committer = LakeCatalog(self.catalog), Committer([self.catalog])

    def make(self, location: str) -> None:
        """Create the database."""
        with suppress(NamespaceAlreadyExistsError):
            self.tables.create_namespace(self.database, {"location": location})

    def drop(self) -> None:
        """Drop the database and its tables; their files stay."""
        with closing(HiveSession(self.catalog.metastore_uris)) as session:
            session.call(lambda client: client.drop_database(self.database, deleteData=False, cascade=True))

    def target(self, name: str = "") -> Target:
        """A table by its name, or by a new one."""
        return Target(self.catalog.sql_name, self.database, name or f"t{uuid.uuid4().hex[:8]}")

    def based(self, ids: Iterable[int], name: str = "") -> Target:
        """A table by day with these rows."""
        target = self.target(name)
        rows_ = rows(ids, "base")
        self.committer.write(
            Write(target, Mode.CREATE, "base/0", new=BY_DAY), rows_.to_batches(), rows_.schema
        )
        return target

    def seen(self, target: Target) -> list[tuple[int, str]] | None:
        """The rows as id and text, sorted; None without a table."""
        try:
            table = self._table(target)
        except NoSuchTableError:
            return None
        found = table.scan(selected_fields=("id", "text")).to_arrow()
        return sorted(zip(found["id"].to_pylist(), found["text"].to_pylist(), strict=True))

    def files(self, target: Target) -> list[str]:
        """Keys of all that lies in the folder of a table."""
        at = Location.parse(self._table(target).location())
        store = S3Store(make_client(self.catalog.s3))
        return [item.key for item in store.list_page(at.bucket, at.prefix).objects]

    def strays(self, target: Target) -> set[str]:
        """Keys in the folder of a table that is no part of it, as it stands or stood."""
        table = self._table(target)
        parts = places(table.metadata_location, table.metadata)
        for snapshot in table.snapshots():
            parts.add(snapshot.manifest_list)
            for manifest in snapshot.manifests(table.io):
                parts.add(manifest.manifest_path)
                entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
                parts.update(entry.data_file.file_path for entry in entries)
        return set(self.files(target)) - {Location.parse(part).prefix.rstrip("/") for part in parts}

    def commits(self, target: Target, write_id: str) -> int:
        """How many snapshots this write made."""
        return [summary.get(WRITE_ID) for summary in self._summaries(target)].count(write_id)

    def engines(self, target: Target) -> list[str]:
        """Which engine made each snapshot, from the first on."""
        return [
            "trino" if "trino_query_id" in summary else summary["engine-name"]
            for summary in self._summaries(target)
        ]

    def _summaries(self, target: Target) -> list[dict[str, str]]:
        snapshots = sorted(self._table(target).snapshots(), key=lambda one: one.sequence_number or 0)
        return [one.summary.additional_properties if one.summary else {} for one in snapshots]

    def _table(self, target: Target) -> Table:
        return self.tables.load_table((target.database, target.table))

    @contextmanager
    def closed(self, target: Target) -> Iterator[None]:
        """Hold the table's lock: writers go on up to their commits and wait there."""
        with (
            closing(HiveSession(self.catalog.metastore_uris)) as session,
            TableLock(session, target.database, target.table),
        ):
            yield

    def waiting(self, target: Target) -> list[str]:
        """The engines that wait for the table's lock, sorted, one for each request."""
        with closing(HiveSession(self.catalog.metastore_uris)) as session:
            agents = [lock.agentInfo for lock in _locks(session, target) if lock.state == LockState.WAITING]
        return sorted(_AGENTS.get(agent.split("-")[0], "trino") for agent in agents)

    def expire_locks(self, target: Target) -> None:
        """What the metastore does by itself, five to six minutes after the last sign of life of a writer."""
        with closing(HiveSession(self.catalog.metastore_uris)) as session:
            for lock in _locks(session, target):
                session.call(lambda client, number=lock.lockid: client.unlock(UnlockRequest(lockid=number)))  # type: ignore[misc]


def _locks(session: HiveSession, target: Target) -> list[Any]:
    asked = ShowLocksRequest(dbname=target.database, tablename=target.table, isExtended=True)
    return session.call(lambda client: client.show_locks(asked)).locks or []
