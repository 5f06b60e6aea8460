"""Rows are split as Iceberg's transforms say, value by value, and none is lost."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from pyiceberg.types import (
    BinaryType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    UUIDType,
)

from emberlake.sail import columns, partition
from emberlake.sail.writes import UnsupportedWriteError

EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
MICRO = dt.timedelta(microseconds=1)
INSTANTS = st.integers(-(2 * 10**15), 4 * 10**15).map(lambda micros: EPOCH + micros * MICRO)
DECIMALS = st.integers(-(10**9) + 51, 10**9 - 1).map(lambda number: Decimal(number).scaleb(-2))


def _micros(value: dt.datetime) -> int:
    return (value.replace(tzinfo=dt.UTC) - EPOCH) // MICRO


# a type, its values, and what Iceberg makes of a value before it transforms it
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "int": (IntegerType(), st.integers(-(2**31) + 10, 2**31 - 1), lambda v: v),
    "long": (LongType(), st.integers(-(2**63) + 10, 2**63 - 1), lambda v: v),
    "string": (StringType(), st.text(max_size=6), lambda v: v),
    "binary": (BinaryType(), st.binary(max_size=6), lambda v: v),
    "decimal": (DecimalType(9, 2), DECIMALS, lambda v: v),
    "date": (DateType(), INSTANTS.map(dt.datetime.date), lambda v: (v - EPOCH.date()).days),
    "timestamp": (TimestampType(), INSTANTS.map(lambda v: v.replace(tzinfo=None)), _micros),
    "timestamptz": (TimestamptzType(), INSTANTS, _micros),
}  # fmt: skip
TRANSFORMS = {
    "int": ("identity", "bucket[7]", "truncate[10]", "void"),
    "long": ("identity", "bucket[7]", "truncate[10]"),
    "string": ("identity", "bucket[7]", "truncate[2]"),
    "binary": ("identity", "bucket[7]", "truncate[2]"),
    "decimal": ("identity", "bucket[7]", "truncate[50]"),
    "date": ("identity", "bucket[7]", "year", "month", "day"),
    "timestamp": ("identity", "bucket[7]", "year", "month", "day", "hour"),
    "timestamptz": ("identity", "bucket[7]", "year", "month", "day", "hour"),
}


def table(kind: Any) -> Schema:
    return Schema(NestedField(1, "row", LongType()), NestedField(2, "value", kind))


@settings(max_examples=25, deadline=None)
@given(st.data())
@pytest.mark.parametrize(
    ("kind", "transform"), [(kind, each) for kind, all_ in TRANSFORMS.items() for each in all_]
)
def test_each_row_goes_to_the_partition_of_its_value(kind: str, transform: str, data: st.DataObject) -> None:
    iceberg_type, values, stored = KINDS[kind]
    column = data.draw(st.lists(st.none() | values, min_size=1, max_size=8))
    schema, of = table(iceberg_type), parse_transform(transform)
    spec = PartitionSpec(PartitionField(2, 1000, of, "p"))
    batch = pa.record_batch([list(range(len(column))), column], columns.file_schema(schema))
    seen: list[int] = []
    for record, part in partition.split(batch, spec, schema):
        for row in part["row"].to_pylist():
            raw = None if column[row] is None else stored(column[row])
            assert record[0] == of.transform(iceberg_type)(raw)
        # the order inside a partition is that of the write
        assert part["row"].to_pylist() == sorted(part["row"].to_pylist())
        seen += part["row"].to_pylist()
    assert sorted(seen) == list(range(len(column)))


def test_a_partition_of_several_fields_has_them_in_their_order() -> None:
    schema = table(StringType())
    spec = PartitionSpec(
        PartitionField(2, 1000, parse_transform("truncate[1]"), "t"),
        PartitionField(1, 1001, parse_transform("void"), "gone"),
        PartitionField(1, 1002, parse_transform("identity"), "row"),
    )
    batch = pa.record_batch([[1, 1, 2], ["ab", "ac", "ab"]], columns.file_schema(schema))
    parts = [
        (tuple(record[i] for i in range(3)), part.num_rows)
        for record, part in partition.split(batch, spec, schema)
    ]
    assert parts == [(("a", None, 1), 2), (("a", None, 2), 1)]


@pytest.mark.parametrize("kind", [DoubleType(), UUIDType()])
def test_a_column_whose_values_do_not_tell_partitions_apart_is_refused(kind: Any) -> None:
    spec = PartitionSpec(PartitionField(2, 1000, parse_transform("identity"), "p"))
    with pytest.raises(UnsupportedWriteError, match="'p'"):
        partition.check_spec(spec, table(kind))


@pytest.mark.parametrize(
    ("kind", "value"), [(IntegerType(), -(2**31)), (DecimalType(4, 2), Decimal("-99.99"))]
)
def test_a_truncated_value_beyond_its_type_is_refused(kind: Any, value: Any) -> None:
    schema = table(kind)
    spec = PartitionSpec(PartitionField(2, 1000, parse_transform("truncate[10]"), "p"))
    batch = pa.record_batch([[1], [value]], columns.file_schema(schema))
    with pytest.raises(UnsupportedWriteError, match="at the end"):
        list(partition.split(batch, spec, schema))
