"""A write of a script, by a command of the DataFrame API or a statement, as the request tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.descriptor import Descriptor

from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqllex import Kind, tokens
from emberlake.sail.sqlwrite import SIZED_TRANSFORMS, TRANSFORMS, Verb, WriteStatement
from emberlake.sail.wire import Node, encoded
from emberlake.sail.writes import Mode, NewTable, PartitionedBy

_VERBS = {
    Verb.INSERT: Mode.APPEND,
    Verb.OVERWRITE: Mode.OVERWRITE,
    Verb.CREATE: Mode.CREATE,
    Verb.CREATE_IF_ABSENT: Mode.CREATE_IF_ABSENT,
    Verb.REPLACE: Mode.REPLACE,
    Verb.CREATE_OR_REPLACE: Mode.CREATE_OR_REPLACE,
}
# spark.connect.WriteOperation.SaveMode, .SaveTable.TableSaveMethod and WriteOperationV2.Mode
_APPEND, _OVERWRITE, _ERROR, _IGNORE = 1, 2, 3, 4
_SAVED = {
    0: Mode.CREATE,
    _OVERWRITE: Mode.CREATE_OR_REPLACE,
    _ERROR: Mode.CREATE,
    _IGNORE: Mode.CREATE_IF_ABSENT,
}
# insertInto appends in every mode but overwrite
_INSERTED = dict.fromkeys((0, _APPEND, _ERROR, _IGNORE), Mode.APPEND) | {_OVERWRITE: Mode.OVERWRITE}
_SAVE_AS_TABLE, _INSERT_INTO = 1, 2
_V2 = {
    1: Mode.CREATE,
    3: Mode.OVERWRITE_PARTITIONS,
    4: Mode.APPEND,
    5: Mode.REPLACE,
    6: Mode.CREATE_OR_REPLACE,
}
# Spark's own default makes an Iceberg table of Parquet files in an Iceberg catalog
_PROVIDERS = frozenset({"", "iceberg", "parquet"})


@dataclass(frozen=True, slots=True)
class TableWrite:
    """`table`: one to three parts of a name. `relation`: the bytes of the Relation that makes the rows.

    `modes`: the second is for a table that is not there (saveAsTable in mode append).
    """

    table: tuple[str, ...]
    modes: tuple[Mode, ...]
    relation: bytes
    by_name: bool
    new: NewTable = field(default_factory=NewTable)


def of_statement(write: WriteStatement, sql: Node) -> TableWrite:
    """From INSERT and CREATE ... AS; `sql` is the SQL message, whose arguments go on with the query."""
    relation = reading(write.query, sql)
    if write.columns:
        relation = _renamed(relation, write.columns, sql.kind.file.message_types_by_name)
    new = NewTable(
        tuple(PartitionedBy(column, transform) for column, transform in write.partitioning),
        write.properties,
        write.comment,
        write.location,
    )
    return TableWrite(write.table, (_VERBS[write.verb],), relation, write.by_name, new)


def of_v1(write: Node) -> TableWrite:
    """From `df.write.saveAsTable` and `insertInto`."""
    table = write.child("table")
    if table is None:
        raise RefusedError("write.path", "writing files by path is not done on this engine, write a table")
    unknown = [name for name in ("sort_column_names", "clustering_columns") if write.texts(name)]
    if unknown or write.child("bucket_by") or write.mapping("options"):
        raise RefusedError("write.options", f"{', '.join(unknown) or 'bucketBy or options'} of a write")
    mode, method = write.number("mode"), table.number("save_method")
    _check_provider(write.text("source"))
    if method == _INSERT_INTO and mode in _INSERTED:
        modes: tuple[Mode, ...] = (_INSERTED[mode],)
    elif method == _SAVE_AS_TABLE and mode == _APPEND:
        modes = (Mode.APPEND, Mode.CREATE)
    elif method == _SAVE_AS_TABLE and mode in _SAVED:
        modes = (_SAVED[mode],)
    else:
        raise RefusedError("write.mode", "this mode of a write")
    new = NewTable(tuple(PartitionedBy(column) for column in write.texts("partitioning_columns")))
    return TableWrite(
        _name(table.text("table_name")), modes, _input(write), by_name=method == _SAVE_AS_TABLE, new=new
    )


def of_v2(write: Node) -> TableWrite:
    """From `df.writeTo`."""
    mode = write.number("mode")
    if mode not in _V2:
        raise RefusedError("write.overwrite-condition", "writeTo(...).overwrite(condition)")
    if write.mapping("options") or write.texts("clustering_columns"):
        raise RefusedError("write.options", "options or clusterBy of a write")
    _check_provider(write.text("provider"))
    new = NewTable(
        tuple(_partition(node) for name, node in write.children() if name == "partitioning_columns"),
        write.mapping("table_properties"),
    )
    return TableWrite(_name(write.text("table_name")), (_V2[mode],), _input(write), by_name=True, new=new)


def _check_provider(provider: str) -> None:
    if provider.lower() not in _PROVIDERS:
        raise RefusedError(
            "write.provider", f"a table of {provider}: only Iceberg's are written on this engine"
        )


def _input(write: Node) -> bytes:
    found = write.child("input")
    if found is None:
        raise RefusedError("plan.broken", "a write without rows")
    return bytes(found.data)


def _name(text: str) -> tuple[str, ...]:
    found = tokens(text)
    names, dots = found[::2], found[1::2]
    if len(found) % 2 == 0 or any(token.kind not in {Kind.WORD, Kind.QUOTED} for token in names):
        raise RefusedError("write.name", f"the table's name {text!r}")
    if any(token.text != "." for token in dots):
        raise RefusedError("write.name", f"the table's name {text!r}")
    return tuple(token.name for token in names)


def _partition(expression: Node) -> PartitionedBy:
    """column, years(column), bucket(8, column) ..."""
    if attribute := expression.child("unresolved_attribute"):
        return PartitionedBy(_column(attribute))
    function = expression.child("unresolved_function")
    if function is None:
        raise RefusedError(
            "write.partitioning", "a partition that is neither a column nor a transform of one"
        )
    name = function.text("function_name").lower()
    arguments = [node for field, node in function.children() if field == "arguments"]
    if name in TRANSFORMS and len(arguments) == 1:
        return PartitionedBy(_attribute(arguments[0]), TRANSFORMS[name])
    if name in SIZED_TRANSFORMS and len(arguments) == 2:
        literal = arguments[0].child("literal")
        size = literal.number("integer") if literal else 0
        return PartitionedBy(_attribute(arguments[1]), f"{name}[{size}]")
    raise RefusedError("write.partitioning", f"the partition transform {name}")


def _attribute(expression: Node) -> str:
    attribute = expression.child("unresolved_attribute")
    if attribute is None:
        raise RefusedError("write.partitioning", "a transform of anything but a column")
    return _column(attribute)


def _column(attribute: Node) -> str:
    name = _name(attribute.text("unparsed_identifier"))
    if len(name) != 1:
        raise RefusedError("write.partitioning", "a partition by a field of a struct")
    return name[0]


def reading(text: str, sql: Node) -> bytes:
    """A Relation of the query, with the arguments of the statement, which is an SQL message."""
    fields = sql.kind.fields_by_name
    body = encoded(fields["query"].number, text.encode())
    for kind, value in sql.fields():
        if kind.name != "query" and isinstance(value, memoryview):
            body += encoded(kind.number, bytes(value))
    relation = sql.kind.file.message_types_by_name["Relation"]
    return encoded(relation.fields_by_name["sql"].number, body)


def _renamed(relation: bytes, columns: tuple[str, ...], kinds: Mapping[str, Descriptor]) -> bytes:
    """The rows under the names of the table's columns."""
    fields = kinds["ToDF"].fields_by_name
    body = encoded(fields["input"].number, relation)
    for column in columns:
        body += encoded(fields["column_names"].number, column.encode())
    return encoded(kinds["Relation"].fields_by_name["to_df"].number, body)
