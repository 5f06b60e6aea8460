"""PyIceberg's Hive catalog with what concurrent writers and lost answers need.

PyIceberg 0.12 gives up after four looks at its lock, writes the metadata while it holds it, has no time limit
for a call, takes an error on the way back for a failed commit, leaves the statistics of the entry as they
were, and does not ask whether its lock still stands.
"""

import logging
from types import TracebackType
from typing import Any

from hive_metastore.ttypes import AlreadyExistsException, EnvironmentContext
from pyiceberg.catalog.hive import HIVE2_COMPATIBLE, HiveCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    CommitStateUnknownException,
    NoSuchTableError,
)
from pyiceberg.io import FileIO
from pyiceberg.table import CommitTableResponse, StagedTable, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import EMPTY_DICT, Identifier, Properties
from thrift.Thrift import TException

from emberlake.clients import metastore, storeio
from emberlake.clients.hivelock import HiveSession, LockLostError, LockTimeoutError, TableLock, user
from emberlake.clients.retry import Backoff
from emberlake.clients.storeio import StoreIO
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.sail import hiveentry
from emberlake.sail.config import SailCatalog
from emberlake.sail.writes import WriteFailedError

# how long a change without an answer is looked for, its lock held
_LOOKED_FOR = Backoff(first=0.25, longest=5.0, total=60.0)
# Hive's own owner of the retention of a table: Spark and Trino write it so
_FOREVER = 2147483647

_UNSEEN = (TException, *metastore.TRANSPORT_ERRORS, RetryableError, Problem)
# how a commit fails of which it is known that it was not made
NOT_COMMITTED = (CommitFailedException, WriteFailedError, *_UNSEEN)
_LOG = logging.getLogger(__name__)


class _NotThereError(Exception):
    """The metastore shows the table as it was before the change."""


class LakeCatalog(HiveCatalog):
    """The tables of one Catalog. Not for several threads at once."""

    def __init__(self, catalog: SailCatalog) -> None:
        self._session = HiveSession(catalog.metastore_uris)
        io = {
            storeio.ENDPOINT: catalog.s3.endpoint or "",
            storeio.REGION: catalog.s3.region,
            storeio.PATH_STYLE: str(catalog.s3.path_style),
        }
        self._io = StoreIO(io)
        super().__init__(
            catalog.sql_name,
            uri=",".join(catalog.metastore_uris),
            warehouse=catalog.warehouse,
            # Spark's metastore client knows no zoned timestamps: all columns of that kind are `timestamp`
            **{HIVE2_COMPATIBLE: "true"},
        )

    def _create_hive_client(self, properties: dict[str, str]) -> Any:  # type: ignore[override]
        return _Stub(self._session)

    def _load_file_io(
        self,
        properties: Properties = EMPTY_DICT,
        location: str | None = None,
    ) -> FileIO:
        return self._io

    @property
    def files(self) -> FileIO:
        """The object store of all its tables."""
        return self._io

    def load_table(self, identifier: str | Identifier) -> Table:
        """The table as it stands. Raises NoSuchTableError, or what PyIceberg does for one of another kind."""
        database, name = self.identifier_to_database_and_table(identifier, NoSuchTableError)
        entry = self._session.call(lambda client: self._get_hive_table(client, database, name))
        return self._convert_hive_into_iceberg(entry)

    def commit_table(
        self, table: Table, requirements: tuple[Any, ...], updates: tuple[Any, ...]
    ) -> CommitTableResponse:
        """Commit what was planned on `table`, unless the metastore has another state of it by now.

        Only the comparison and the change of the entry are done under the lock: every commit that lands while
        Spark or Trino wait for it makes them plan anew, so that a lock held for longer shuts them out.

        Raises:
            CommitFailedException: nothing was committed; another try, planned anew, may do.
            NOT_COMMITTED: nothing was committed; the metastore or the object store says why.
            CommitStateUnknownException: nobody can tell; the lock is left to expire.
        """
        current = None if isinstance(table, StagedTable) else table
        staged = self._update_and_stage_table(current, table.name(), requirements, updates)
        self._write_metadata(metadata=staged.metadata, io=staged.io, metadata_path=staged.metadata_location)
        try:
            self._publish(current, staged)
        except NOT_COMMITTED:
            self._discard(staged)
            raise
        return CommitTableResponse(metadata=staged.metadata, metadata_location=staged.metadata_location)

    def _publish(self, current: Table | None, staged: StagedTable) -> None:
        database, name = staged.name()
        try:
            with TableLock(self._session, database, name) as lock:
                if current is None:
                    self._create_entry(lock, staged)
                else:
                    self._alter_entry(lock, current, staged)
        except (LockLostError, LockTimeoutError) as error:
            raise CommitFailedException(str(error)) from error

    def _discard(self, staged: StagedTable) -> None:
        try:
            self._io.delete(staged.metadata_location)
        except Exception as error:  # noqa: BLE001  # the commit has failed already, that is what is told
            _LOG.warning("%s is left behind: %s", staged.metadata_location, error)

    def _create_entry(self, lock: TableLock, staged: StagedTable) -> None:
        entry = self._convert_iceberg_into_hive(staged)
        entry.owner = staged.properties.get("owner") or user()
        entry.retention = _FOREVER
        entry.parameters = hiveentry.parameters({}, None, staged.metadata, staged.metadata_location, None)
        lock.renew()
        try:
            # done twice it is refused: an answer that got lost needs no more than another try
            self._session.call(lambda client: client.create_table(entry))
        except AlreadyExistsException as error:
            if not self._landed_for_sure(lock, staged):
                raise CommitFailedException(
                    f"{'.'.join(staged.name())} was created by another writer"
                ) from error
        except metastore.TRANSPORT_ERRORS as error:
            lock.keep = True
            raise CommitStateUnknownException(str(error)) from error
        except TException as error:
            if not self._landed_for_sure(lock, staged):
                raise _refused(error) from error

    def _alter_entry(self, lock: TableLock, current: Table, staged: StagedTable) -> None:
        database, name = staged.name()
        try:
            entry = self._session.call(lambda client: self._get_hive_table(client, database, name))
        except NoSuchTableError as error:
            raise CommitFailedException(f"{database}.{name} was dropped by another writer") from error
        if (entry.parameters or {}).get("metadata_location") != current.metadata_location:
            raise CommitFailedException(f"{database}.{name} was changed by another writer")
        fresh = self._convert_iceberg_into_hive(staged)
        # an engine that made the table for Hive's readers has set more than these
        entry.sd.cols, entry.sd.location = fresh.sd.cols, fresh.sd.location
        entry.parameters = hiveentry.parameters(
            entry.parameters or {},
            current.metadata,
            staged.metadata,
            staged.metadata_location,
            current.metadata_location,
        )
        # metastores since 2.3.10 and 4.0 compare for themselves (HIVE-26882), others pass over it
        context = EnvironmentContext(
            properties={
                "DO_NOT_UPDATE_STATS": "true",
                "expected_parameter_key": "metadata_location",
                "expected_parameter_value": current.metadata_location,
            }
        )
        lock.renew()
        try:
            self._session.once(
                lambda client: client.alter_table_with_environment_context(database, name, entry, context)
            )
        except metastore.TRANSPORT_ERRORS as error:
            lock.keep = True
            self._look_for(staged, error)
            lock.keep = False
        except TException as error:
            # answered, so it is over: with the change made, where only what follows it failed
            if not self._landed_for_sure(lock, staged):
                raise _refused(error) from error

    def _look_for(self, staged: StagedTable, lost: Exception) -> None:
        """Wait for a change that the metastore may still be busy with."""

        def look(_: int) -> None:
            if not self._landed(staged):
                raise _NotThereError

        try:
            _LOOKED_FOR.run(look, (_NotThereError, *_UNSEEN), lambda _: None)
        except (_NotThereError, *_UNSEEN) as error:
            raise CommitStateUnknownException(
                f"the metastore gave no answer to the commit ({lost}), and does not show it"
            ) from error

    def _landed_for_sure(self, lock: TableLock, staged: StagedTable) -> bool:
        try:
            return self._landed(staged)
        except _UNSEEN as error:
            lock.keep = True
            raise CommitStateUnknownException(f"the table cannot be looked at: {error}") from error

    def _landed(self, staged: StagedTable) -> bool:
        try:
            found = self.load_table(staged.name())
        except NoSuchTableError:
            return False
        return staged.metadata_location in places(found.metadata_location, found.metadata)


def places(location: str, metadata: TableMetadata) -> set[str]:
    """Where the metadata lies and where that before it lay."""
    return {location, *(entry.metadata_file for entry in metadata.metadata_log)}


def _refused(error: TException) -> Exception:
    if "has been modified" in str(error):
        return CommitFailedException(f"the metastore found another commit: {error}")
    return WriteFailedError(f"the metastore refused: {error}")


class _Stub:
    """What PyIceberg opens for each of its calls: here the session's connection, which stays open."""

    def __init__(self, session: HiveSession) -> None:
        self._session = session

    def __enter__(self) -> Any:
        return self._session.connected()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, metastore.TRANSPORT_ERRORS):
            self._session.close()
