"""Schema, partitions and properties of tables that a write creates or replaces. Pure.

What Iceberg's Spark catalog makes of the same statement: SparkSchemaUtil for the types, and
TableMetadata.buildReplacement (iceberg-core 1.11) for the ids.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

import pyarrow as pa
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    AddSortOrderUpdate,
    RemoveSnapshotRefUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSortOrderUpdate,
    SetDefaultSpecUpdate,
    SetLocationUpdate,
    SetPropertiesUpdate,
)
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
    parse_transform,
)
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from emberlake.sail.writes import NewTable, PartitionedBy, RejectedWriteError, UnsupportedWriteError

FORMAT_VERSION = "format-version"
DEFAULTS = {"write.parquet.compression-codec": "zstd"}
_SUFFIX: dict[type[Any], str] = {
    BucketTransform: "_bucket",
    TruncateTransform: "_trunc",
    YearTransform: "_year",
    MonthTransform: "_month",
    DayTransform: "_day",
    HourTransform: "_hour",
}
# Spark's byte and short are integers in Iceberg
_TYPES: tuple[tuple[Callable[[pa.DataType], bool], type[IcebergType]], ...] = (
    (pa.types.is_boolean, BooleanType),
    (pa.types.is_int8, IntegerType),
    (pa.types.is_int16, IntegerType),
    (pa.types.is_int32, IntegerType),
    (pa.types.is_int64, LongType),
    (pa.types.is_float32, FloatType),
    (pa.types.is_float64, DoubleType),
    (pa.types.is_date32, DateType),
    (pa.types.is_string, StringType),
    (pa.types.is_large_string, StringType),
    (pa.types.is_string_view, StringType),
    (pa.types.is_binary, BinaryType),
    (pa.types.is_large_binary, BinaryType),
    (pa.types.is_binary_view, BinaryType),
)


def new_schema(incoming: pa.Schema, base: TableMetadata | None = None) -> Schema:
    """The schema of a table with these columns, all of them optional, as Spark has it.

    In place of `base`, columns keep the ids that they have there by their name, others get new ones.

    Raises:
        UnsupportedWriteError: a type that Iceberg or Spark has not.
    """
    return _Ids(base).schema(incoming)


class _Ids:
    def __init__(self, base: TableMetadata | None) -> None:
        self._known: Schema | None = base.schema() if base else None
        self._next = count((base.last_column_id if base else 0) + 1)

    def schema(self, incoming: pa.Schema) -> Schema:
        return Schema(*self._fields("", incoming))

    def _fields(self, path: str, fields: Any) -> list[NestedField]:
        # the ids of a level come before those inside it
        made = [(self._id(path + field.name), field) for field in fields]
        return [
            NestedField(number, field.name, self._type(path + field.name, field.type), required=False)
            for number, field in made
        ]

    def _id(self, name: str) -> int:
        try:
            return int(self._known.find_field(name).field_id) if self._known else next(self._next)
        except ValueError:
            return next(self._next)

    def _type(self, path: str, kind: pa.DataType) -> IcebergType:
        if pa.types.is_struct(kind):
            return StructType(*self._fields(f"{path}.", kind))
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            number = self._id(f"{path}.element")
            return ListType(number, self._type(f"{path}.element", kind.value_type), element_required=False)
        if pa.types.is_map(kind):
            key, value = self._id(f"{path}.key"), self._id(f"{path}.value")
            return MapType(
                key,
                self._type(f"{path}.key", kind.key_type),
                value,
                self._type(f"{path}.value", kind.item_type),
                value_required=False,
            )
        return _primitive(path, kind)


def _primitive(path: str, kind: pa.DataType) -> IcebergType:
    if pa.types.is_decimal128(kind):
        return DecimalType(kind.precision, kind.scale)
    if pa.types.is_timestamp(kind) and kind.unit == "us":
        return TimestamptzType() if kind.tz else TimestampType()
    for is_it, made in _TYPES:
        if is_it(kind):
            return made()
    raise UnsupportedWriteError("write.type", f"column {path!r} is of type {kind}")


def new_spec(
    schema: Schema, by: tuple[PartitionedBy, ...], base: TableMetadata | None = None
) -> PartitionSpec:
    """The partitions of a new table, or in place of those of `base`, whose ids stay where they mean the same.

    Raises:
        RejectedWriteError: no such column. UnsupportedWriteError: no such transform.
    """
    specs = base.partition_specs if base else []
    known = {(field.source_id, str(field.transform)): field for spec in specs for field in spec.fields}
    last = (base.last_partition_id if base else None) or PARTITION_FIELD_ID_START - 1
    numbers, fields = count(last + 1), []
    for item in by:
        transform, source = _transform(item), _source(schema, item)
        name = source.name + _suffix(transform)
        same = known.get((source.field_id, str(transform)))
        number = same.field_id if same else next(numbers)
        fields.append(PartitionField(source.field_id, number, transform, name))
    for spec in specs:
        if list(spec.fields) == fields:
            return spec
    return PartitionSpec(*fields, spec_id=max((spec.spec_id for spec in specs), default=-1) + 1)


def _source(schema: Schema, item: PartitionedBy) -> NestedField:
    for column in schema.fields:
        if column.name.lower() == item.column.lower():
            return column
    raise RejectedWriteError(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION", f"the write has no column {item.column!r} to partition by"
    )


def _transform(item: PartitionedBy) -> Transform[Any, Any]:
    transform: Transform[Any, Any] = parse_transform(item.transform)
    if not isinstance(transform, (IdentityTransform, *_SUFFIX)):
        raise UnsupportedWriteError("write.partition", f"{item.transform!r} is no transform of a partition")
    return transform


def _suffix(transform: Transform[Any, Any]) -> str:
    return _SUFFIX.get(type(transform), "")


def new_properties(new: NewTable, owner: str) -> dict[str, str]:
    """Properties of a table that is created."""
    return DEFAULTS | {"owner": owner} | _asked(new)


def _asked(new: NewTable) -> dict[str, str]:
    comment = {"comment": new.comment} if new.comment is not None else {}
    # stands in the metadata itself
    return comment | {key: value for key, value in new.properties.items() if key != FORMAT_VERSION}


def replacement(base: TableMetadata, incoming: pa.Schema, new: NewTable) -> tuple[Any, ...]:
    """Updates that give a table other columns and partitions, and no rows; its history stays."""
    schema = new_schema(incoming, base)
    spec = new_spec(schema, new.partitioning, base)
    updates: list[Any] = [RemoveSnapshotRefUpdate(ref_name="main"), *_schema_updates(base, schema)]
    if spec.spec_id not in {standing.spec_id for standing in base.partition_specs}:
        updates.append(AddPartitionSpecUpdate(spec=spec))
    updates.append(SetDefaultSpecUpdate(spec_id=spec.spec_id))
    if base.sort_order_by_id(UNSORTED_SORT_ORDER.order_id) is None:
        updates.append(AddSortOrderUpdate(sort_order=UNSORTED_SORT_ORDER))
    updates.append(SetDefaultSortOrderUpdate(sort_order_id=UNSORTED_SORT_ORDER.order_id))
    if new.location:
        updates.append(SetLocationUpdate(location=new.location.rstrip("/")))
    if properties := _asked(new):
        updates.append(SetPropertiesUpdate(updates=properties))
    return tuple(updates)


def _schema_updates(base: TableMetadata, schema: Schema) -> list[Any]:
    for standing in base.schemas:
        if standing.as_struct() == schema.as_struct() and not standing.identifier_field_ids:
            return [SetCurrentSchemaUpdate(schema_id=standing.schema_id)]
    number = max(standing.schema_id for standing in base.schemas) + 1
    made = Schema(*schema.fields, schema_id=number)
    return [AddSchemaUpdate(schema_=made), SetCurrentSchemaUpdate(schema_id=number)]
