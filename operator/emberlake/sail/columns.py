"""Which column of a write goes into which column of a table, and whether it fits. Pure.

What Spark's store assignment (ANSI) stores unchanged is stored; a value that would be cast to another is not
this engine's to write.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema, sanitize_column_names
from pyiceberg.types import FixedType, NestedField, PrimitiveType, TimeType, UUIDType

from emberlake.sail.writes import RejectedWriteError, UnsupportedWriteError

_CAST = "write.cast"
# a value of the first fits every one of the second exactly
_WIDER = {
    pa.int8(): (pa.int16(), pa.int32(), pa.int64()),
    pa.int16(): (pa.int32(), pa.int64()),
    pa.int32(): (pa.int64(),),
    pa.float32(): (pa.float64(),),
}
_SPARK_HAS_NONE = (TimeType, UUIDType, FixedType)


def file_schema(table: Schema) -> pa.Schema:
    """The columns as a data file has them: sanitized names, field ids."""
    return schema_to_pyarrow(sanitize_column_names(table))


def matched(incoming: pa.Schema, table: Schema, *, by_name: bool) -> list[int]:
    """For each column of the table, the index of the one of the write that goes there.

    Raises RejectedWriteError where Spark finds no such column, UnsupportedWriteError where it would cast.
    """
    order = _by_name(incoming, table) if by_name else _by_position(incoming, table)
    target = schema_to_pyarrow(table)
    for index, wanted, column in zip(order, target, table.fields, strict=True):
        _check_field(column.name, incoming.field(index), wanted, column)
    return order


def _by_name(incoming: pa.Schema, table: Schema) -> list[int]:
    places: dict[str, int] = {}
    for index, name in enumerate(incoming.names):
        if places.setdefault(name.lower(), index) != index:
            raise RejectedWriteError("COLUMN_ALREADY_EXISTS", f"the write has column {name!r} twice")
    names = [column.name.lower() for column in table.fields]
    if missing := [name for name in names if name not in places]:
        raise RejectedWriteError(
            "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA", f"the write has no column {missing[0]!r}"
        )
    if extra := [name for name in places if name not in names]:
        raise RejectedWriteError(
            "INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS", f"the table has no column {extra[0]!r}"
        )
    return [places[name] for name in names]


def _by_position(incoming: pa.Schema, table: Schema) -> list[int]:
    have, want = len(incoming), len(table.fields)
    if have != want:
        kind = "TOO_MANY_DATA_COLUMNS" if have > want else "NOT_ENOUGH_DATA_COLUMNS"
        raise RejectedWriteError(
            f"INSERT_COLUMN_ARITY_MISMATCH.{kind}", f"the write has {have} columns, the table {want}"
        )
    given = [name.lower() for name in incoming.names]
    wanted = [column.name.lower() for column in table.fields]
    if given != wanted and sorted(given) == sorted(wanted):
        # SELECT * of a table partitioned by one of its first columns: Sail has that last, Spark in its place
        raise UnsupportedWriteError(
            "write.by-position", "the columns of the write are those of the table in another order: name them"
        )
    return list(range(want))


def _check_field(path: str, have: pa.Field, want: pa.Field, column: NestedField) -> None:
    if have.nullable and not want.nullable:
        raise UnsupportedWriteError(
            "write.required", f"column {path!r} takes no NULL, and the write does not rule them out"
        )
    _check_type(path, have.type, want.type, column)


def _check_type(path: str, have: pa.DataType, want: pa.DataType, column: NestedField) -> None:
    if isinstance(column.field_type, _SPARK_HAS_NONE):
        raise UnsupportedWriteError(_CAST, f"column {path!r} is of type {column.field_type}")
    if pa.types.is_null(have) or (isinstance(column.field_type, PrimitiveType) and _fits(have, want)):
        return
    inner: Any = column.field_type
    if pa.types.is_struct(have) and pa.types.is_struct(want):
        _check_struct(path, have, want, inner)
    elif _is_list(have) and _is_list(want):
        _check_field(f"{path}.element", have.value_field, want.value_field, inner.element_field)
    elif pa.types.is_map(have) and pa.types.is_map(want):
        _check_field(f"{path}.key", have.key_field, want.key_field, inner.key_field)
        _check_field(f"{path}.value", have.item_field, want.item_field, inner.value_field)
    else:
        raise UnsupportedWriteError(
            _CAST, f"column {path!r} of the table is {inner}, that of the write {have}: cast it in the job"
        )


def _check_struct(path: str, have: pa.StructType, want: pa.StructType, inner: Any) -> None:
    if [field.name for field in have] != [field.name for field in want]:
        raise UnsupportedWriteError(_CAST, f"the fields of {path!r} are others than those of the table")
    for field, wanted, column in zip(have, want, inner.fields, strict=True):
        _check_field(f"{path}.{field.name}", field, wanted, column)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _fits(have: pa.DataType, want: pa.DataType) -> bool:
    if pa.types.is_decimal128(have) and pa.types.is_decimal128(want):
        whole = want.precision - want.scale >= have.precision - have.scale
        return bool(whole and want.scale >= have.scale)
    if pa.types.is_timestamp(have) and pa.types.is_timestamp(want):
        # an instant is stored alike whatever zone it is shown in
        return have.unit == want.unit == "us" and (have.tz is None) == (want.tz is None)
    if _is_string(have) and _is_string(want):
        return True
    if _is_binary(have) and _is_binary(want):
        return True
    return bool(have == want or want in _WIDER.get(have, ()))


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def converted(batch: pa.RecordBatch, order: Sequence[int], target: pa.Schema) -> pa.RecordBatch:
    """The columns of a batch that was `matched`, in the types, names and order of the data file."""
    arrays = [_cast(batch.column(index), field.type) for index, field in zip(order, target, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=target)


def _cast(array: pa.Array, want: pa.DataType) -> pa.Array:
    if array.type == want:
        return array
    return array.cast(want)
