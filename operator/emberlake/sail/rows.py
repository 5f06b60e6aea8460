"""The gateway's own calls of Sail: the rows of a relation, and small questions to a session.

Arrow and pandas are loaded where they are needed: a script waits for what is loaded before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, dropwhile, takewhile
from typing import TYPE_CHECKING, TypeVar

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError
from pyspark.sql.connect.proto import base_pb2, relations_pb2, types_pb2

from emberlake.sail import ownfunctions
from emberlake.sail.passing import SERVICE
from emberlake.sail.sqllex import quoted
from emberlake.sail.wire import Node, encoded

if TYPE_CHECKING:
    import pyarrow as pa

    from emberlake.sail.kinds import Kind

T = TypeVar("T")
_REQUEST = base_pb2.ExecutePlanRequest.DESCRIPTOR
_ANALYZE = base_pb2.AnalyzePlanRequest.DESCRIPTOR
_PLAN = base_pb2.Plan.DESCRIPTOR
# a query that the gateway reads is not to be reattached
_NOT_KEPT = frozenset({"plan", "request_options"})
_SESSION = frozenset({"session_id", "user_context", "client_type"})
# questions about tables
_AT_ONCE = 8
# a look at the metadata takes less; a table with deletes is read
_COUNTING_SECONDS = 5.0
_DETAILS = "# Detailed Table Information"
# the protocol's names of types that Spark writes otherwise
_TYPE_NAMES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "null": "void",
    "var_char": "varchar",
}


@dataclass(frozen=True)
class Session:
    """The session of a request. The request's user, tags and operation hold for what is asked here too.

    `provided`: the sessions, by their ids, that have the gateway's own function. `counted`: how many rows
    tables had when they were asked for first.
    """

    request: bytes
    channel: grpc.Channel
    kind: Descriptor = _REQUEST
    provided: set[str] = field(default_factory=set, compare=False)
    counted: dict[tuple[str, ...], int | None] = field(default_factory=dict, compare=False)
    # columns of relations: each expression over a table asks for them
    _known: dict[bytes, Sequence[tuple[str, Kind | None]] | None] = field(default_factory=dict, compare=False)

    def rows(self, relation: bytes) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The schema, and the batches, each asked for when it is read. grpc.RpcError where Sail fails."""
        batches = self._batches(relation, frozenset(_REQUEST.fields_by_name) - _NOT_KEPT)
        first = next(batches, None)
        if first is None:
            return self.schema(relation), iter(())
        return first.schema, chain([first], batches)

    def provide(self, data: bytes) -> None:
        """Give the session the gateway's own function, if a plan calls it. grpc.RpcError if Sail fails."""
        if not ownfunctions.called_in(data):
            return
        name = Node(self.kind, memoryview(self.request)).text("session_id")
        if name not in self.provided:
            for _ in self._executed(ownfunctions.registration(), _SESSION):
                pass
            self.provided.add(name)

    def schema(self, relation: bytes) -> pa.Schema:
        """The schema that Sail finds for the relation."""
        from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type  # noqa: PLC0415
        from pyspark.sql.pandas.types import to_arrow_schema  # noqa: PLC0415

        return to_arrow_schema(proto_schema_to_pyspark_data_type(self._analyzed(relation)))

    def _analyzed(self, relation: bytes) -> types_pb2.DataType:
        self.provide(relation)
        plan = encoded(_PLAN.fields_by_name["root"].number, relation)
        schema = encoded(_ANALYZE.fields_by_name["schema"].number, encoded(1, plan))
        answer = self.channel.unary_unary(f"/{SERVICE}/AnalyzePlan")(self._kept(_SESSION, _ANALYZE) + schema)
        found: types_pb2.DataType = base_pb2.AnalyzePlanResponse.FromString(answer).schema.schema
        return found

    def relation(self, relation: bytes) -> Mapping[str, Kind | None] | None:
        """The columns of a relation by their names in lower case; None where Sail cannot tell them."""
        found = self._columns(relation)
        if found is None:
            return None
        names = Counter(name.lower() for name, _ in found)
        return {name.lower(): kind if names[name.lower()] == 1 else None for name, kind in found}

    def names(self, relation: bytes) -> Sequence[str] | None:
        """The names of a relation's columns in their order; None where Sail cannot tell them."""
        found = self._columns(relation)
        return None if found is None else [name for name, _ in found]

    def _columns(self, relation: bytes) -> Sequence[tuple[str, Kind | None]] | None:
        """Each relation is asked for once in the life of this object."""
        if relation not in self._known:
            self._known[relation] = self._asked(relation)
        return self._known[relation]

    def _asked(self, relation: bytes) -> Sequence[tuple[str, Kind | None]] | None:
        from emberlake.sail.kinds import of_type  # noqa: PLC0415  # loads the parser of SQL

        try:
            found = self._analyzed(relation)
        except (grpc.RpcError, DecodeError):
            # what is wrong with it is told when it is run; of columns that are not known nothing is concluded
            return None
        return [(field.name, of_type(type_name(field.data_type))) for field in found.struct.fields]

    def table(self, name: tuple[str, ...]) -> Mapping[str, Kind | None] | None:
        """The same of a table or view."""
        relation = relations_pb2.Relation()
        relation.read.named_table.unparsed_identifier = _quoted(name)
        return self.relation(relation.SerializeToString())

    def format(self, name: tuple[str, ...]) -> str:
        """What a table is made of: `iceberg`, `csv` and so on, `temporary` for a view of the session.

        Empty where there is no such table, the kind of the entry where it names no format.
        """
        relation = relations_pb2.Relation()
        relation.sql.query = f"DESCRIBE TABLE EXTENDED {_quoted(name)}"
        try:
            batches = list(self._batches(relation.SerializeToString(), _SESSION))
        except grpc.RpcError:
            return ""
        rows = [tuple(row.values())[:2] for batch in batches for row in batch.to_pylist()]
        # columns come first, and may have any name
        told = dict(dropwhile(lambda row: row[0] != _DETAILS, rows))
        return str(told.get("Provider") or told.get("Type") or "unknown").lower()

    def look_up(self, names: Collection[tuple[str, ...]]) -> None:
        """Ask for the columns of these tables side by side; of one alone it is enough to ask when needed."""
        if len(names) > 1:
            _side_by_side(self.table, names)

    def sizes(self, names: Sequence[tuple[str, ...]]) -> Sequence[int | None]:
        """How many rows Iceberg tables have, or had; None of others, and where only columns are asked for."""
        if self.kind is _REQUEST:
            asked = [name for name in {*names} if name not in self.counted]
            self.counted.update(zip(asked, _side_by_side(self._size, asked), strict=True))
        return [self.counted.get(name) for name in names]

    def _size(self, name: tuple[str, ...]) -> int | None:
        if self.format(name) != "iceberg":
            return None
        relation = relations_pb2.Relation()
        relation.sql.query = f"SELECT count(*) FROM {_quoted(name)}"  # noqa: S608  # a quoted name
        try:
            return int(self._one(relation, _COUNTING_SECONDS))
        except grpc.RpcError:
            # it would take long, or something is wrong with it, which is told when it is run
            return None

    def moves_columns(self, name: tuple[str, ...]) -> bool:
        """Whether the engine shows the columns of a table in another order than the metastore has them."""
        relation = relations_pb2.Relation()
        relation.sql.query = f"DESCRIBE TABLE {_quoted(name)}"
        batches = self._batches(relation.SerializeToString(), _SESSION)
        described = [str(value) for batch in batches for value in batch.column(0).to_pylist()]
        shown = self.table(name)
        # what cannot be opened is told when it is run
        return shown is not None and [column.lower() for column in takewhile(bool, described)] != [*shown]

    def has_database(self, name: tuple[str, ...]) -> bool:
        """Whether there is such a database, in the current catalog if the name has none."""
        relation = relations_pb2.Relation()
        relation.catalog.database_exists.db_name = _quoted(name)
        return self._one(relation) == "True"

    def current(self) -> tuple[str, str]:
        """The current catalog and database."""
        catalog, database = relations_pb2.Relation(), relations_pb2.Relation()
        catalog.catalog.current_catalog.SetInParent()
        database.catalog.current_database.SetInParent()
        return self._one(catalog), self._one(database)

    def _one(self, relation: relations_pb2.Relation, seconds: float | None = None) -> str:
        batch = next(self._batches(relation.SerializeToString(), _SESSION, seconds))
        return str(batch.column(0)[0].as_py())

    def _batches(
        self, relation: bytes, kept: frozenset[str], seconds: float | None = None
    ) -> Iterator[pa.RecordBatch]:
        self.provide(relation)
        plan = encoded(_PLAN.fields_by_name["root"].number, relation)
        for answer in self._executed(plan, kept, seconds):
            yield from _batches(answer)

    def _executed(self, plan: bytes, kept: frozenset[str], seconds: float | None = None) -> Iterable[bytes]:
        request = self._kept(kept, _REQUEST) + encoded(_REQUEST.fields_by_name["plan"].number, plan)
        answers: Iterable[bytes] = self.channel.unary_stream(f"/{SERVICE}/ExecutePlan")(
            request, timeout=seconds
        )
        return answers

    def _kept(self, names: frozenset[str], target: Descriptor) -> bytes:
        kept = b""
        for part, value in Node(self.kind, memoryview(self.request)).fields():
            if part.name in names and isinstance(value, memoryview):
                kept += encoded(target.fields_by_name[part.name].number, bytes(value))
        return kept


def _side_by_side(ask: Callable[[tuple[str, ...]], T], names: Iterable[tuple[str, ...]]) -> list[T]:
    """What is found for each of the names. An answer waits for the metastore and the store."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(ask, names))


def _quoted(name: tuple[str, ...]) -> str:
    return ".".join(map(quoted, name))


def type_name(kind: types_pb2.DataType) -> str:
    """The type as `kinds.of_type` takes it: Spark's name, of nested types and intervals the first word."""
    name = kind.WhichOneof("kind") or ""
    if name == "decimal":
        return f"decimal({kind.decimal.precision},{kind.decimal.scale})"
    if name == "string" and kind.string.collation not in {"", "UTF8_BINARY"}:
        return f"string collate {kind.string.collation}"
    return "interval" if name.endswith("_interval") else _TYPE_NAMES.get(name, name)


def _batches(answer: bytes) -> Iterator[pa.RecordBatch]:
    found = Node(base_pb2.ExecutePlanResponse.DESCRIPTOR, memoryview(answer)).child("arrow_batch")
    data = [value for field, value in found.fields() if field.name == "data"] if found else []
    import pyarrow as pa  # noqa: PLC0415

    for part in data:
        yield from pa.ipc.open_stream(pa.py_buffer(part))
