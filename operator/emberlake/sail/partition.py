"""Splits rows by the partitions of an Iceberg table, with all of Iceberg's transforms. Pure."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    IdentityTransform,
    TimeTransform,
    Transform,
    TruncateTransform,
    UnknownTransform,
    VoidTransform,
)
from pyiceberg.typedef import Record
from pyiceberg.types import DoubleType, FloatType, IcebergType, UUIDType

from emberlake.sail.writes import UnsupportedWriteError

_HOUR_MICROS = 3_600_000_000


def check_spec(spec: PartitionSpec, schema: Schema) -> None:
    """Raises UnsupportedWriteError for partitions that cannot be told here as Spark tells them."""
    for field in spec.fields:
        column = schema.find_column_name(field.source_id)
        source = schema.find_type(field.source_id)
        if isinstance(field.transform, UnknownTransform) or isinstance(source, UUIDType):
            raise UnsupportedWriteError(
                "write.partition", f"partition field {field.name!r} is {field.transform} of {source}"
            )
        if isinstance(source, (FloatType, DoubleType)):
            raise UnsupportedWriteError(
                "write.partition", f"partition field {field.name!r} is of floating point column {column!r}"
            )
        if field.source_id not in {column.field_id for column in schema.fields}:
            raise UnsupportedWriteError(
                "write.partition", f"partition field {field.name!r} is of {column!r}, which is no column"
            )


def split(
    batch: pa.RecordBatch, spec: PartitionSpec, schema: Schema
) -> Iterator[tuple[Record, pa.RecordBatch]]:
    """The rows of each partition, in their order. `batch` has the table's columns in the table's order."""
    fields = [field for field in spec.fields if not isinstance(field.transform, VoidTransform)]
    if not fields:
        yield Record(*(None for _ in spec.fields)), batch
        return
    values = [_values(batch, field, schema) for field in fields]
    keys = [f"k{index}" for index in range(len(fields))]
    rows = pa.table([*values, pa.array(range(batch.num_rows), pa.int64())], names=[*keys, "row"])
    groups = rows.group_by(keys, use_threads=False).aggregate([("row", "list")]).combine_chunks()
    members = groups.column("row_list")
    for number, group in enumerate(groups.select(keys).to_pylist()):
        found = {field.field_id: value for field, value in zip(fields, group.values(), strict=True)}
        record = Record(*(found.get(field.field_id) for field in spec.fields))
        yield record, batch if len(groups) == 1 else batch.take(members[number].values)


def _values(batch: pa.RecordBatch, field: PartitionField, schema: Schema) -> pa.Array:
    """The partition value of each row, as the manifest has it: days and microseconds as numbers."""
    index = [column.field_id for column in schema.fields].index(field.source_id)
    # what comes over the wire lies anywhere, which the grouping warns of
    column = batch.column(index).copy_to(pa.default_cpu_memory_manager())
    source, array = schema.fields[index].field_type, _stored(column)
    if isinstance(field.transform, IdentityTransform):
        return array
    return _transformed(field.transform, source, array)


def _stored(array: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(array.type):
        return array.cast(pa.int64())
    return array.cast(pa.int32()) if pa.types.is_date(array.type) else array


def _transformed(transform: Transform, source: IcebergType, array: pa.Array) -> pa.Array:  # type: ignore[type-arg]
    """By the transform of each value that occurs; a time is first cut to its hour, of which there are few."""
    if isinstance(transform, TimeTransform) and pa.types.is_int64(array.type):
        array = pc.multiply(_floor_divided(array, _HOUR_MICROS), _HOUR_MICROS)
    coded = array.dictionary_encode()
    of = transform.transform(source)
    kind = array.type if isinstance(transform, TruncateTransform) else pa.int32()
    try:
        values = pa.array([of(value) for value in coded.dictionary.to_pylist()], kind)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise UnsupportedWriteError(
            "write.partition", f"{transform} of a value at the end of {source} is none of {source}: {error}"
        ) from error
    return values.take(coded.indices)


def _floor_divided(array: pa.Array, by: int) -> pa.Array:
    whole = pc.divide(array, by)
    below = pc.less(array, pc.multiply(whole, by))
    return pc.subtract(whole, below.cast(pa.int64()))
