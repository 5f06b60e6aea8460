"""The tables that the writers of the tests write, looked at by the test itself."""

import datetime as dt
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
from hive_metastore.ttypes import ShowLocksRequest, UnlockRequest
from pyiceberg.exceptions import NamespaceAlreadyExistsError, NoSuchTableError

from emberlake.clients.hivelock import HiveSession
from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import Location
from emberlake.sail.commit import Committer
from emberlake.sail.config import SailCatalog
from emberlake.sail.lakecatalog import LakeCatalog
from emberlake.sail.tables import WRITE_ID
from emberlake.sail.writes import Mode, NewTable, PartitionedBy, Target, Write

FIRST_DAY = dt.date(2024, 1, 1)
# Spark and Trino start a commit anew when another was faster, and give up after four by default
BY_DAY = NewTable((PartitionedBy("day"),), {"commit.retry.num-retries": "50"})


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
        for identifier in self.tables.list_tables(self.database):
            self.tables.drop_table(identifier)
        self.tables.drop_namespace(self.database)

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
            table = self.tables.load_table((target.database, target.table))
        except NoSuchTableError:
            return None
        found = table.scan(selected_fields=("id", "text")).to_arrow()
        return sorted(zip(found["id"].to_pylist(), found["text"].to_pylist(), strict=True))

    def files(self, target: Target) -> list[str]:
        """Keys of all that lies in the folder of a table."""
        at = Location.parse(self.tables.load_table((target.database, target.table)).location())
        store = S3Store(make_client(self.catalog.s3))
        return [item.key for item in store.list_page(at.bucket, at.prefix).objects]

    def commits(self, target: Target, write_id: str) -> int:
        """How many snapshots this write made."""
        table = self.tables.load_table((target.database, target.table))
        ids = [
            snapshot.summary.additional_properties.get(WRITE_ID)
            for snapshot in table.snapshots()
            if snapshot.summary
        ]
        return ids.count(write_id)

    def expire_locks(self, target: Target) -> None:
        """What the metastore does by itself, five to six minutes after the last sign of life of a writer."""
        session = HiveSession(self.catalog.metastore_uris)
        asked = ShowLocksRequest(dbname=target.database, tablename=target.table, isExtended=True)
        for lock in session.call(lambda client: client.show_locks(asked)).locks or ():
            session.call(lambda client, number=lock.lockid: client.unlock(UnlockRequest(lockid=number)))  # type: ignore[misc]
        session.close()
