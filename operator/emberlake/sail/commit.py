"""Carries out a write: rows become data files, and the files are committed once, planned anew as often as
another writer was faster.

Killed at any moment, the table has the whole write or nothing of it; another attempt of the run finds the
write by its id in the snapshot and does not write again.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchIcebergTableError,
    NoSuchNamespaceError,
    NoSuchPropertyException,
    NoSuchTableError,
)
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from thrift.Thrift import TException

from emberlake.clients import metastore
from emberlake.clients.hivelock import user
from emberlake.clients.retry import Backoff
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.sail import columns, definition, partition, tables
from emberlake.sail.config import SailCatalog
from emberlake.sail.lakecatalog import NOT_COMMITTED, LakeCatalog
from emberlake.sail.stage import MEMORY_BYTES, Stage
from emberlake.sail.writes import (
    DEFINING,
    Mode,
    RejectedWriteError,
    UnsupportedWriteError,
    Write,
    WriteFailedError,
    WriteUnknownError,
    Written,
)

# what a table's name without a catalog means, unless the script says otherwise
SESSION_CATALOG = "spark_catalog"
# the rows are stored, a try costs a plan of their files; short waits, since other writers come back soon, too
_TRIES = Backoff(first=0.1, longest=5.0, total=900.0)
_LOG = logging.getLogger(__name__)


class Committer:
    """Writes to the tables of some Catalogs. Not for several threads at once."""

    def __init__(self, catalogs: Sequence[SailCatalog], *, memory_bytes: int = MEMORY_BYTES) -> None:
        """`catalogs`: the first is Spark's session catalog too.

        `memory_bytes`: what rows and files that are not stored yet may take, all partitions together.
        """
        self._settings = {catalog.sql_name: catalog for catalog in catalogs}
        if catalogs:
            self._settings[SESSION_CATALOG] = catalogs[0]
        self._memory = memory_bytes
        self._open: dict[str, LakeCatalog] = {}

    def write(self, write: Write, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Written:
        """Write all rows of `batches`, which have `schema`; they are not asked for before the write is clear.

        Raises:
            UnsupportedWriteError: Spark does it, this engine does not. Nothing was written.
            RejectedWriteError: Spark refuses it too. Nothing was written.
            WriteFailedError: nothing was written, another attempt may succeed.
            WriteUnknownError: the next attempt finds out.
            Exception: what `batches` raised. Nothing was written.
        """
        return _Writing(self._catalog(write), write, self._memory).carry_out(batches, schema)

    def _catalog(self, write: Write) -> LakeCatalog:
        name = write.target.catalog
        if name not in self._settings:
            raise RejectedWriteError(
                "CATALOG_NOT_FOUND", f"the job has no catalog {name!r}: add it to spec.catalogs"
            )
        if name not in self._open:
            self._open[name] = LakeCatalog(self._settings[name])
        return self._open[name]


class _Writing:
    """One write."""

    def __init__(self, catalog: LakeCatalog, write: Write, memory: int) -> None:
        self._catalog, self._write, self._memory = catalog, write, memory
        # as the metastore has them
        self._name = (write.target.database.lower(), write.target.table.lower())

    def carry_out(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Written:
        with self._failing():
            begun = self._begin(schema)
        if isinstance(begun, Written):
            return begun
        planned, order = begun
        stage = Stage(planned, self._catalog.files, memory_bytes=self._memory)
        try:
            for batch in batches:
                with self._failing():
                    stage.add(batch, order)
            with self._failing():
                files = stage.finish()
        except BaseException:
            stage.discard()
            raise
        if self._write.mode is Mode.OVERWRITE_PARTITIONS and not files:
            return Written(None, 0)
        return self._end(stage, planned, schema, files)

    def _begin(self, schema: pa.Schema) -> Written | tuple[TableMetadata, list[int]]:
        """The table that the rows are for, and the places of its columns; or what there was to do, done."""
        if self._write.target.catalog == SESSION_CATALOG and self._write.mode in DEFINING:
            raise UnsupportedWriteError(
                "write.session-catalog",
                f"{self._write.target} need not become an Iceberg table: write CATALOG.DATABASE.TABLE",
            )
        base = self._load()
        if (done := self._done(base)) is not None:
            return done
        planned = self._plan(base, schema).table_metadata
        return planned, columns.matched(schema, planned.schema(), by_name=self._write.by_name)

    def _done(self, base: Table | None) -> Written | None:
        """How the write stands where nothing is left to do."""
        if base is None:
            return None
        if (found := tables.earlier(base.metadata, self._write.write_id)) is not None:
            return Written(found, 0, earlier=True)
        return Written(None, 0) if self._write.mode is Mode.CREATE_IF_ABSENT else None

    def _end(self, stage: Stage, planned: TableMetadata, schema: pa.Schema, files: list[DataFile]) -> Written:
        try:
            with self._failing():
                written = self._commit(planned, schema, files)
        except (RejectedWriteError, UnsupportedWriteError, WriteFailedError):
            stage.discard()
            raise
        except Exception as error:
            # the files may be the table's by now
            raise WriteUnknownError(f"{self._write.target}: {error}") from error
        if written.earlier or written.snapshot_id is None:
            stage.discard()
        return written

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Errors of the metastore and the object store as WriteFailedError: nothing was committed.

        The catalog tells a commit of which nobody knows by CommitStateUnknownException.
        """
        target = self._write.target
        try:
            yield
        except metastore.TRANSPORT_ERRORS as error:
            raise WriteFailedError(f"{target}: the metastore gives no answer: {error}") from error
        except TException as error:
            raise WriteFailedError(f"{target}: the metastore refused: {error}") from error
        except (Problem, RetryableError) as error:
            raise WriteFailedError(f"{target}: {error}") from error

    def _load(self) -> Table | None:
        try:
            return self._catalog.load_table(self._name)
        except (NoSuchIcebergTableError, NoSuchPropertyException) as error:
            raise UnsupportedWriteError(
                "write.hive-table", f"{self._write.target} is no Iceberg table"
            ) from error
        except NoSuchTableError:
            return None

    def _plan(self, base: Table | None, schema: pa.Schema) -> Transaction:
        """A transaction on the table as it stands, or on one to be created, without the rows yet."""
        mode, target = self._write.mode, self._write.target
        if base is None:
            if mode not in DEFINING or mode is Mode.REPLACE:
                raise RejectedWriteError("TABLE_OR_VIEW_NOT_FOUND", f"there is no table {target}")
            return self._creation(schema)
        if mode is Mode.CREATE:
            raise RejectedWriteError("TABLE_OR_VIEW_ALREADY_EXISTS", f"there is a table {target} already")
        tables.check(base.metadata)
        transaction = base.transaction()
        if mode in DEFINING:
            if base.metadata.format_version == 1:
                raise UnsupportedWriteError("write.replace-v1", f"{target} has format-version 1")
            tables.check_properties(self._write.new.properties)
            updates = definition.replacement(base.metadata, schema, self._write.new)
            transaction._stage(updates)  # noqa: SLF001  # PyIceberg has no transaction that replaces a table
            partition.check_spec(transaction.table_metadata.spec(), transaction.table_metadata.schema())
        return transaction

    def _creation(self, incoming: pa.Schema) -> Transaction:
        new = self._write.new
        tables.check_properties(new.properties)
        schema = definition.new_schema(incoming)
        spec = definition.new_spec(schema, new.partitioning)
        partition.check_spec(spec, schema)
        try:
            return self._catalog.create_table_transaction(
                self._name,
                schema,
                location=new.location,
                partition_spec=spec,
                properties=definition.new_properties(new, user()),
            )
        except NoSuchNamespaceError as error:
            raise RejectedWriteError(
                "SCHEMA_NOT_FOUND", f"there is no database {self._write.target.database!r}"
            ) from error

    def _commit(self, planned: TableMetadata, schema: pa.Schema, files: list[DataFile]) -> Written:
        try:
            return _TRIES.run(
                lambda _: self._commit_once(planned, schema, files), (CommitFailedException,), _tell
            )
        except CommitFailedException as error:
            raise WriteFailedError(f"{self._write.target}: {error}") from error

    def _commit_once(self, planned: TableMetadata, schema: pa.Schema, files: list[DataFile]) -> Written:
        base = self._load()
        if (done := self._done(base)) is not None:
            return done
        transaction = self._plan(base, schema)
        _check_unchanged(planned, transaction.table_metadata, str(self._write.target))
        producer = self._producer(transaction, files)
        producer.commit()
        try:
            # not its own commit, which tries again by itself; the catalog compares the whole state
            transaction._table._do_commit(transaction._updates, ())  # noqa: SLF001
        except NOT_COMMITTED:
            producer._clean_all_uncommitted()  # noqa: SLF001
            raise
        return Written(producer.snapshot_id, sum(file.record_count for file in files))

    def _producer(self, transaction: Transaction, files: list[DataFile]) -> Any:
        """What makes the one snapshot of the write."""
        summary = {tables.WRITE_ID: self._write.write_id, "engine-name": "sail"}
        update = transaction.update_snapshot(snapshot_properties=summary)
        replaced = self._replaced(transaction.table_metadata, files)
        producer = update.fast_append() if replaced is None else update.overwrite()
        for file in replaced or ():
            producer.delete_data_file(file)
        for file in files:
            producer.append_data_file(file)
        return producer

    def _replaced(self, metadata: TableMetadata, files: list[DataFile]) -> list[DataFile] | None:
        if self._write.mode is Mode.OVERWRITE_PARTITIONS:
            return tables.in_partitions(metadata, self._catalog.files, files)
        if self._write.mode is Mode.OVERWRITE:
            return tables.matching(metadata, self._catalog.files, self._write.where or AlwaysTrue())
        return None


def _check_unchanged(planned: TableMetadata, now: TableMetadata, name: str) -> None:
    """The files fit the columns and partitions of `planned`, and lie at its place."""
    same = (
        planned.schema().as_struct() == now.schema().as_struct()
        and planned.spec() == now.spec()
        and planned.location == now.location
    )
    if not same:
        raise WriteFailedError(f"{name}: its columns or partitions were changed while the rows were written")


def _tell(error: Exception) -> None:
    _LOG.warning("the write was not committed, trying again: %s", error)
