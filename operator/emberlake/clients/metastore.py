"""The Hive metastore by raw Thrift calls, with the accelerated protocol, several addresses, and retries.

hive-metastore-client brings the stubs; its builders are not used because they drop table parameters and
rewrite partition locations.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from thrift.protocol.TBinaryProtocol import TBinaryProtocolAccelerated
from thrift.Thrift import TApplicationException
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TTransportException
from thrift_files.libraries.thrift_hive_metastore_client import ThriftHiveMetastore, ttypes

T = TypeVar("T")

BATCH = 500
_ALL = -1
_TIMEOUT_MS = 120_000
_DELAYS = (0.5, 1, 2, 4, 8, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15)
# Without it the metastore lists every location again at each write.
_KEEP_STATS = ttypes.EnvironmentContext(properties={"DO_NOT_UPDATE_STATS": "true"})


class MetastoreUnreachableError(Exception):
    """No address answered."""


def ping(uris: Sequence[str], timeout_seconds: float = 5) -> None:
    """Ask one of the metastores for its databases.

    Raises:
        MetastoreUnreachableError: says for each address what went wrong.
    """
    Metastore(uris, timeout_ms=int(timeout_seconds * 1000), delays=()).databases()


class Metastore:
    """A connection that is opened when it is needed and opened again when it breaks."""

    def __init__(
        self,
        uris: Sequence[str],
        *,
        timeout_ms: int = _TIMEOUT_MS,
        delays: Sequence[float] = _DELAYS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`delays`: seconds before each further try; by default they add up to about three minutes."""
        self._uris, self._timeout = tuple(uris), timeout_ms
        self._delays, self._sleep = tuple(delays), sleep
        self._client: Any = None
        self._transport: Any = None

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()
        self._client = self._transport = None

    def databases(self) -> list[str]:
        """Names of all databases."""
        return self._call(lambda c: list(c.get_all_databases()))

    def create_database(self, name: str, location: str) -> None:
        """Make a database; one that exists already is no error."""

        def create(client: Any) -> None:
            try:
                client.create_database(ttypes.Database(name=name, locationUri=location, parameters={}))
            except ttypes.AlreadyExistsException:
                return

        self._call(create)

    def table(self, database: str, name: str) -> Any | None:
        """The table, None when there is none."""

        def get(client: Any) -> Any | None:
            try:
                return client.get_table_req(ttypes.GetTableRequest(dbName=database, tblName=name)).table
            except ttypes.NoSuchObjectException:
                return None

        return self._call(get)

    def create_table(self, table: Any) -> None:
        """Make a table; a retry that finds it made by the lost try is content."""

        def create(client: Any) -> None:
            try:
                client.create_table(table)
            except ttypes.AlreadyExistsException:
                found = self.table(table.dbName, table.tableName)
                if found is None or found.sd.location != table.sd.location:
                    raise

        self._call(create)

    def alter_table(self, table: Any) -> None:
        """Replace a table's definition; statistics stay as they are."""
        self._call(
            lambda c: c.alter_table_with_environment_context(
                table.dbName, table.tableName, table, _KEEP_STATS
            )
        )

    def partition_names(self, database: str, table: str) -> list[str]:
        """Names (`key=value/...`) of all partitions."""
        return self._call(lambda c: list(c.get_partition_names(database, table, _ALL)))

    def partitions(self, database: str, table: str, names: Sequence[str]) -> Iterable[Any]:
        """The partitions of these names, a batch at a time."""
        for batch in _batches(names):
            wanted = list(batch)
            yield from self._call(partial(_by_names, database, table, wanted))

    def add_partitions(self, database: str, table: str, partitions: Sequence[Any]) -> None:
        """Add partitions; those that exist already stay."""
        for batch in _batches(partitions):
            request = ttypes.AddPartitionsRequest(
                dbName=database, tblName=table, parts=list(batch), ifNotExists=True, needResult=False
            )
            self._call(partial(_add, request))

    def alter_partitions(self, database: str, table: str, partitions: Sequence[Any]) -> None:
        """Replace the definitions of partitions."""
        for batch in _batches(partitions):
            self._call(partial(_alter, database, table, list(batch)))

    def _call(self, request: Callable[[Any], T]) -> T:
        for delay in (*self._delays, None):
            try:
                return request(self._connected())
            except (TTransportException, OSError, EOFError, MetastoreUnreachableError) as error:
                self.close()
                if delay is None:
                    raise MetastoreUnreachableError(str(error)) from error
                self._sleep(delay)
            except TApplicationException:
                self.close()
                raise
        raise AssertionError("unreachable: the last try returns or raises")

    def _connected(self) -> Any:
        if self._client is not None:
            return self._client
        problems = []
        for uri in self._uris:
            address = urlsplit(uri)
            socket = TSocket(address.hostname, address.port)
            socket.setTimeout(self._timeout)
            transport = TBufferedTransport(socket)
            try:
                transport.open()
            except (TTransportException, OSError) as error:
                problems.append(f"{uri}: {error}")
                continue
            self._transport = transport
            self._client = ThriftHiveMetastore.Client(TBinaryProtocolAccelerated(transport))
            return self._client
        raise MetastoreUnreachableError("; ".join(problems))


def _by_names(database: str, table: str, names: list[str], client: Any) -> list[Any]:
    return list(client.get_partitions_by_names(database, table, names))


def _add(request: Any, client: Any) -> None:
    client.add_partitions_req(request)


def _alter(database: str, table: str, partitions: list[Any], client: Any) -> None:
    client.alter_partitions_with_environment_context(database, table, partitions, _KEEP_STATS)


def _batches(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
