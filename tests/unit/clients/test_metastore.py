"""The metastore clients against a Thrift server on a local port that speaks the real protocol."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from thrift_files.libraries.thrift_hive_metastore_client import ttypes

from emberlake.clients import metastore
from emberlake.clients.hive import HiveColumn, HivePartition, HiveTable, Storage
from emberlake.clients.metastore_tables import (
    AlreadyExistsError,
    MetastoreTables,
    partition_name,
    partition_of,
    table_of,
    thrift_partition,
    thrift_table,
)
from emberlake.clients.retry import Backoff
from unit.clients.serving import serving

STORAGE = Storage("in", "out", "serde", {"header": "true"})
TABLE = HiveTable(
    "raw",
    "t",
    "s3://lake/raw/t",
    (HiveColumn("a", "int", "the a"),),
    (HiveColumn("p", "date"),),
    STORAGE,
    {"k": "v"},
)
PARTITION = HivePartition(
    ("2013-01-01",), "s3://lake/raw/t/p", (HiveColumn("a", "int"),), STORAGE, {"numFiles": "1"}
)


class Handler:
    """The calls the tests need, on dictionaries; `fail_next` closes the connection after the next calls
    took effect.
    """

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}
        self.partitions: dict[tuple[str, ...], Any] = {}
        self.calls: list[str] = []
        self.fail_next = 0
        self.database_down = 0

    def _called(self, name: str) -> None:
        self.calls.append(name)

    def get_all_databases(self) -> list[str]:
        self._called("get_all_databases")
        return ["default", "raw"]

    def create_table_with_environment_context(self, tbl: Any, environment_context: Any) -> None:
        self._called("create_table")
        if self.database_down:
            self.database_down -= 1
            raise ttypes.MetaException(message="javax.jdo.JDODataStoreException: connection refused")
        if tbl.tableName in self.tables:
            raise ttypes.AlreadyExistsException(message="there")
        self.tables[tbl.tableName] = tbl

    def get_table_objects_by_name_req(self, req: Any) -> Any:
        return ttypes.GetTablesResult(
            tables=[self.tables[name] for name in req.tblNames if name in self.tables]
        )

    def add_partitions_req(self, request: Any) -> Any:
        assert request.ifNotExists
        assert not request.needResult
        self._called(f"add {len(request.parts)}")
        for part in request.parts:
            self.partitions.setdefault(tuple(part.values), part)
        return ttypes.AddPartitionsResult()

    def get_partition_names(self, db_name: str, tbl_name: str, max_parts: int) -> list[str]:
        return [f"p={values[0]}" for values in self.partitions]

    def get_partitions_by_names(self, db_name: str, tbl_name: str, names: list[str]) -> list[Any]:
        return [self.partitions[(name.removeprefix("p="),)] for name in names]


def unused() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"thrift://127.0.0.1:{listener.getsockname()[1]}"


def client(
    *uris: str, told: Callable[[Exception], None] = lambda _: None, total: float = 60
) -> MetastoreTables:
    waits = Backoff(total=total, sleep=lambda _: None)
    return MetastoreTables(uris, backoff=waits, told=told, connect_seconds=2, call_seconds=5)


def test_ping_counts_databases_and_needs_one_address_that_answers() -> None:
    with serving(Handler()) as uri:
        assert metastore.ping([unused(), uri], 2) == 2


def test_ping_says_what_each_address_did() -> None:
    one, other = unused(), unused()
    with pytest.raises(metastore.MetastoreUnreachableError) as caught:
        metastore.ping([one, other], 1)
    assert one in str(caught.value)
    assert other in str(caught.value)


def test_ping_of_something_else_than_a_metastore() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(metastore.MetastoreUnreachableError):
        metastore.ping([f"thrift://127.0.0.1:{listener.getsockname()[1]}"], 1)
    listener.close()


@pytest.mark.parametrize("uri", ["http://x:1", "x:9083", "thrift://"])
def test_addresses_that_are_none(uri: str) -> None:
    with pytest.raises(ValueError, match="thrift://HOST:PORT"):
        metastore.parse_uri(uri)


@pytest.mark.parametrize("uri", ["thrift://metastore:99999", "thrift://a..b:9083"])
def test_an_address_that_cannot_be_one_is_passed_over(uri: str) -> None:
    """A Catalog with such an address was never brought to a status: each reconcile raised."""
    with pytest.raises(metastore.MetastoreUnreachableError) as caught:
        metastore.connect([uri, "thrift://127.0.0.1:1"], connect_seconds=1, call_seconds=1)
    assert [error.split(": ")[0] for error in caught.value.errors] == [uri, "thrift://127.0.0.1:1"]


def test_tables_and_partitions_go_through_thrift_unchanged() -> None:
    assert table_of(thrift_table(TABLE)) == TABLE
    assert partition_of(thrift_partition(TABLE, PARTITION)) == PARTITION


def test_what_is_not_modelled_survives_a_change() -> None:
    raw = thrift_table(TABLE)
    raw.owner, raw.sd.bucketCols, raw.retention = "someone", ["a"], 7
    again = thrift_table(table_of(raw))
    assert (again.owner, again.sd.bucketCols, again.retention) == ("someone", ["a"], 7)
    assert again.sd is not raw.sd


def test_a_lost_answer_is_asked_for_again_on_a_fresh_connection() -> None:
    handler, told = Handler(), []
    with serving(handler) as uri:
        tables = client(uri, told=told.append)
        assert tables.tables("raw", ["t"]) == {}
        handler.fail_next = 1
        tables.create_table(TABLE)
        assert handler.calls == ["create_table", "create_table"]
        assert len(told) == 1
        assert tables.tables("raw", ["t", "u"]) == {"t": TABLE}
        tables.close()


def test_a_database_that_restarts_is_waited_for() -> None:
    handler = Handler()
    handler.database_down = 2
    with serving(handler) as uri:
        tables = client(uri)
        tables.create_table(TABLE)
        assert handler.calls == ["create_table"] * 3
        tables.close()


def test_a_table_that_was_there_before_is_told() -> None:
    with serving(Handler()) as uri:
        tables = client(uri)
        tables.create_table(TABLE)
        with pytest.raises(AlreadyExistsError):
            tables.create_table(TABLE)
        tables.close()


def test_partitions_are_added_in_batches_once() -> None:
    handler = Handler()
    parts = [HivePartition((str(n),), f"s3://l/{n}", (), STORAGE) for n in range(2500)]
    with serving(handler) as uri:
        tables = client(uri)
        assert list(tables.add_partitions(TABLE, parts)) == [1000, 1000, 500]
        handler.fail_next = 1
        assert list(tables.add_partitions(TABLE, parts[:10])) == [10]
        assert tables.partitions(TABLE) == {part.values: part for part in parts}
        tables.close()


def test_waiting_ends() -> None:
    now = [0.0]
    waits = Backoff(
        first=1, longest=8, total=60, sleep=lambda s: now.__setitem__(0, now[0] + s), clock=lambda: now[0]
    )
    tables = MetastoreTables([unused()], backoff=waits, connect_seconds=1)
    with pytest.raises(metastore.MetastoreUnreachableError):
        tables.partition_names(TABLE)
    assert 40 < now[0] <= 60


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (("2013", "1"), "k=2013/d=1"),
        (("a b", "é"), "k=a b/d=é"),
        (("x/y%'\"", "=:?"), "k=x%2Fy%25%27%22/d=%3D%3A%3F"),
        (("[z]^{}", "q#*\t\\"), "k=%5Bz%5D%5E%7B}/d=q%23%2A%09%5C"),
        (("", "1"), "k=__HIVE_DEFAULT_PARTITION__/d=1"),
    ],
)
def test_partitions_are_named_as_the_metastore_names_them(values: tuple[str, str], name: str) -> None:
    assert partition_name(["k", "d"], values) == name
