"""Tables and partitions in a Hive metastore (3.1, 4.0): raw calls on generated stubs, retried over fresh
connections.

The stubs are those of hive-metastore-client; its own helpers are not used, because they lose table
parameters and force `key=value` paths.
"""

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue
from typing import Any, TypeVar

from thrift_files.libraries.thrift_hive_metastore_client import ThriftHiveMetastore, ttypes

from emberlake.clients import metastore
from emberlake.clients.hive import HiveColumn, HivePartition, HiveTable, Storage
from emberlake.clients.retry import Backoff

BATCH = 1000
WRITERS = 2
# what Trino writes there: its views have one text, which no other engine can expand
VIEW_EXPANDED = "/* Presto View */"
_KEEP_STATISTICS = {"DO_NOT_UPDATE_STATS": "true"}
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
T = TypeVar("T")
# A metastore answers like this while its database restarts.
_DATABASE_TROUBLE = re.compile(
    r"JDOException|JDODataStore|SQLTransient|onnection (refused|is not available|reset)"
)

AlreadyExistsError = ttypes.AlreadyExistsException
MetastoreErrors = (
    ttypes.MetaException,
    ttypes.InvalidObjectException,
    ttypes.InvalidOperationException,
    ttypes.NoSuchObjectException,
    ttypes.AlreadyExistsException,
)


class MetastoreTables:
    """One metastore, several addresses. Calls that fail on the way are repeated on a fresh connection.

    `told` hears of each failed try. Raises metastore.MetastoreUnreachableError or a transport error when
    `backoff` is over; errors that the metastore itself answers (`MetastoreErrors`) are raised at once.
    """

    def __init__(
        self,
        uris: Sequence[str],
        *,
        backoff: Backoff | None = None,
        told: Callable[[Exception], None] = lambda _: None,
        connect_seconds: float = 10.0,
        call_seconds: float = 120.0,
    ) -> None:
        self._uris = tuple(uris)
        self._backoff = backoff or Backoff()
        self._told = told
        self._timeouts = {"connect_seconds": connect_seconds, "call_seconds": call_seconds}
        self._client: Any = None

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._client is not None:
            self._client._iprot.trans.close()  # noqa: SLF001  # the stubs offer no other way
            self._client = None

    def _call(self, call: Callable[[Any, int], T]) -> T:
        def attempt(number: int) -> T:
            try:
                if self._client is None:
                    self._client = ThriftHiveMetastore.Client(metastore.connect(self._uris, **self._timeouts))
                return call(self._client, number)
            except metastore.TRANSPORT_ERRORS:
                self.close()
                raise
            except ttypes.MetaException as error:
                if _DATABASE_TROUBLE.search(error.message or ""):
                    raise metastore.MetastoreUnreachableError([f"its database: {error.message}"]) from error
                raise

        return self._backoff.run(attempt, metastore.TRANSPORT_ERRORS, self._told)

    def ensure_database(self, name: str, location: str) -> bool:
        """Create the database when it is absent; True when it was made here."""
        database = ttypes.Database(
            name=name, description="", locationUri=location, parameters={}, ownerName="emberlake"
        )

        def create(client: Any, _: int) -> bool:
            try:
                client.get_database(name)
            except ttypes.NoSuchObjectException:
                client.create_database(database)
                return True
            return False

        try:
            return self._call(create)
        except ttypes.AlreadyExistsException:
            return False

    def tables(self, database: str, names: Iterable[str]) -> dict[str, HiveTable]:
        """Those of `names` that exist."""
        found: dict[str, HiveTable] = {}
        for batch in _batches(names):
            request = ttypes.GetTablesRequest(dbName=database, tblNames=batch)
            try:
                reply = self._call(lambda client, _, r=request: client.get_table_objects_by_name_req(r))  # type: ignore[misc]
            except (ttypes.UnknownDBException, ttypes.NoSuchObjectException):
                return {}
            found |= {raw.tableName: table_of(raw) for raw in reply.tables or []}
        return found

    def create_table(self, table: HiveTable) -> None:
        """Create an external table. Raises AlreadyExistsError when it was there before this call."""
        raw = thrift_table(table)
        context = ttypes.EnvironmentContext(properties=dict(_KEEP_STATISTICS))

        def create(client: Any, attempt: int) -> None:
            try:
                client.create_table_with_environment_context(raw, context)
            except ttypes.AlreadyExistsException:
                if not attempt:  # else the first try was done before its answer was lost
                    raise

        self._call(create)

    def alter_table(self, table: HiveTable) -> None:
        """Replace the table's definition, keeping what `HiveTable` does not model."""
        raw = thrift_table(table)
        context = ttypes.EnvironmentContext(properties=dict(_KEEP_STATISTICS))
        self._call(
            lambda client, _: client.alter_table_with_environment_context(
                table.database, table.name, raw, context
            )
        )

    def drop_table(self, table: HiveTable) -> None:
        """Drop the table's entry, its partitions with it; its files stay. One that is gone is no error."""
        try:
            self._call(lambda client, _: client.drop_table(table.database, table.name, False))
        except ttypes.NoSuchObjectException:
            return

    def tables_with(self, database: str, parameter: str, value: str) -> list[HiveTable]:
        """The tables of `database` whose `parameter` is `value`, by name; none without the database."""
        condition = f'hive_filter_field_params__{parameter} = "{value}"'
        try:
            names = self._call(lambda client, _: client.get_table_names_by_filter(database, condition, -1))
        except (ttypes.UnknownDBException, ttypes.NoSuchObjectException):
            return []
        return list(self.tables(database, sorted(names)).values())

    def partition_names(self, table: HiveTable) -> list[str]:
        """Names (`year=2013/month=1`) of all partitions."""
        return list(self._call(lambda client, _: client.get_partition_names(table.database, table.name, -1)))

    def partitions(self, table: HiveTable) -> dict[tuple[str, ...], HivePartition]:
        """All partitions by their values."""
        return self._partitions_named(table, self.partition_names(table))

    def partitions_of(
        self, table: HiveTable, values: Iterable[tuple[str, ...]]
    ) -> dict[tuple[str, ...], HivePartition]:
        """Those partitions with `values` that exist."""
        keys = [key.name for key in table.partition_keys]
        return self._partitions_named(table, (partition_name(keys, each) for each in values))

    def _partitions_named(
        self, table: HiveTable, names: Iterable[str]
    ) -> dict[tuple[str, ...], HivePartition]:
        found: dict[tuple[str, ...], HivePartition] = {}
        for batch in _batches(names):
            raws = self._call(
                lambda client, _, names=batch: client.get_partitions_by_names(
                    table.database, table.name, names
                )  # type: ignore[misc]
            )
            found |= {tuple(raw.values): partition_of(raw) for raw in raws}
        return found

    def add_partitions(self, table: HiveTable, partitions: Iterable[HivePartition]) -> Iterator[int]:
        """Add in batches; those that are there already are left as they are. Yields the size of each batch
        done.
        """

        def add(client: Any, batch: list[HivePartition]) -> None:
            request = ttypes.AddPartitionsRequest(
                dbName=table.database,
                tblName=table.name,
                parts=[thrift_partition(table, partition) for partition in batch],
                ifNotExists=True,
                needResult=False,
            )
            client.add_partitions_req(request)

        yield from self._side_by_side(add, partitions)

    def alter_partitions(self, table: HiveTable, partitions: Iterable[HivePartition]) -> Iterator[int]:
        """Replace partitions in batches; yields the size of each batch done."""
        context = ttypes.EnvironmentContext(properties=dict(_KEEP_STATISTICS))

        def alter(client: Any, batch: list[HivePartition]) -> None:
            client.alter_partitions_with_environment_context(
                table.database, table.name, [thrift_partition(table, each) for each in batch], context
            )

        yield from self._side_by_side(alter, partitions)

    def _side_by_side(
        self, send: Callable[[Any, list[HivePartition]], None], partitions: Iterable[HivePartition]
    ) -> Iterator[int]:
        """Send batches over `WRITERS` connections, repeating each that fails on the way; yields their sizes.

        The metastore checks each partition's folder in S3, so that a second connection halves the time; more
        bring nothing. After an error no further batch is begun.
        """
        batches = list(_batches(partitions))
        others = [self._another() for _ in range(min(WRITERS, len(batches)) - 1)]
        idle: SimpleQueue[MetastoreTables] = SimpleQueue()
        for writer in (self, *others):
            idle.put(writer)

        def one(batch: list[HivePartition]) -> int:
            writer = idle.get()
            try:
                writer._call(lambda client, _: send(client, batch))  # noqa: SLF001  # another of this class
            finally:
                idle.put(writer)
            return len(batch)

        pool = ThreadPoolExecutor(WRITERS)
        try:
            yield from pool.map(one, batches)
        finally:
            pool.shutdown(cancel_futures=True)
            for writer in others:
                writer.close()

    def _another(self) -> "MetastoreTables":
        """The same metastore over a connection of its own."""
        return MetastoreTables(self._uris, backoff=self._backoff, told=self._told, **self._timeouts)

    def drop_partitions(self, table: HiveTable, values: Iterable[tuple[str, ...]]) -> Iterator[int]:
        """Drop the entries of partitions in batches, their files stay; yields the size of each batch done."""
        keys = [key.name for key in table.partition_keys]
        for batch in _batches(values):
            request = ttypes.DropPartitionsRequest(
                dbName=table.database,
                tblName=table.name,
                parts=ttypes.RequestPartsSpec(names=[partition_name(keys, each) for each in batch]),
                deleteData=False,
                ifExists=True,
                needResult=False,
            )
            self._call(lambda client, _, r=request: client.drop_partitions_req(r))  # type: ignore[misc]
            yield len(batch)


def partition_name(keys: Sequence[str], values: Sequence[str]) -> str:
    """The name that a metastore gives a partition (Hive's `FileUtils.makePartName`)."""
    return "/".join(
        f"{_escaped(key)}={_escaped(value) or _NO_VALUE}" for key, value in zip(keys, values, strict=True)
    )


def _escaped(text: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in _ESCAPED or ord(c) < 32 else c for c in text)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def table_of(raw: Any) -> HiveTable:
    """From Thrift."""
    return HiveTable(
        database=raw.dbName,
        name=raw.tableName,
        location=(raw.sd.location or "").rstrip("/"),
        columns=_columns_of(raw.sd.cols),
        partition_keys=_columns_of(raw.partitionKeys),
        storage=_storage_of(raw.sd),
        parameters=dict(raw.parameters or {}),
        table_type=raw.tableType,
        view=raw.viewOriginalText or "",
        raw=raw,
    )


def partition_of(raw: Any) -> HivePartition:
    """From Thrift."""
    return HivePartition(
        values=tuple(raw.values),
        location=(raw.sd.location or "").rstrip("/"),
        columns=_columns_of(raw.sd.cols),
        storage=_storage_of(raw.sd),
        parameters=dict(raw.parameters or {}),
        raw=raw,
    )


def _columns_of(raws: Any) -> tuple[HiveColumn, ...]:
    return tuple(HiveColumn(raw.name, raw.type, raw.comment or None) for raw in raws or [])


def _storage_of(sd: Any) -> Storage:
    return Storage(
        sd.inputFormat or "",  # a view has none of the three
        sd.outputFormat or "",
        sd.serdeInfo.serializationLib or "",
        dict(sd.serdeInfo.parameters or {}),
    )


def thrift_table(table: HiveTable) -> Any:
    """To Thrift: over a copy of what the metastore sent before, or new."""
    raw = (
        copy.deepcopy(table.raw)
        if table.raw is not None
        else ttypes.Table(
            tableName=table.name,
            dbName=table.database,
            owner="emberlake",
            createTime=0,
            lastAccessTime=0,
            retention=0,
        )
    )
    raw.sd = _thrift_storage(raw.sd, table.location, table.columns, table.storage)
    raw.partitionKeys = _thrift_columns(table.partition_keys)
    raw.parameters = dict(table.parameters)
    raw.tableType = table.table_type
    if table.view:
        raw.viewOriginalText, raw.viewExpandedText = table.view, VIEW_EXPANDED
    return raw


def thrift_partition(table: HiveTable, partition: HivePartition) -> Any:
    """To Thrift, as `thrift_table`."""
    raw = (
        copy.deepcopy(partition.raw)
        if partition.raw is not None
        else ttypes.Partition(dbName=table.database, tableName=table.name, createTime=0, lastAccessTime=0)
    )
    raw.values = list(partition.values)
    raw.sd = _thrift_storage(raw.sd, partition.location, partition.columns, partition.storage)
    raw.parameters = dict(partition.parameters)
    return raw


def _thrift_columns(columns: Sequence[HiveColumn]) -> list[Any]:
    return [ttypes.FieldSchema(name=c.name, type=c.type, comment=c.comment) for c in columns]


def _thrift_storage(raw: Any, location: str, columns: Sequence[HiveColumn], storage: Storage) -> Any:
    sd = raw or ttypes.StorageDescriptor(
        compressed=False,
        numBuckets=-1,
        bucketCols=[],
        sortCols=[],
        parameters={},
        storedAsSubDirectories=False,
    )
    sd.serdeInfo = sd.serdeInfo or ttypes.SerDeInfo()
    sd.cols = _thrift_columns(columns)
    # a view has none of them
    sd.location, sd.inputFormat, sd.outputFormat = (
        text or None for text in (location, storage.input_format, storage.output_format)
    )
    sd.serdeInfo.serializationLib = storage.serde or None
    sd.serdeInfo.parameters = dict(storage.serde_parameters)
    return sd
