"""What is stored is what was written: a column fits exactly, or the write is refused."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DecimalType,
    DoubleType,
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
    UUIDType,
)

from emberlake.sail import columns
from emberlake.sail.writes import RejectedWriteError, UnsupportedWriteError

LIST = ListType(10, LongType(), element_required=False)
MAP = MapType(11, StringType(), 12, LongType(), value_required=False)
STRUCT = StructType(NestedField(13, "a", LongType()), NestedField(14, "b", StringType()))
FITS: list[tuple[pa.DataType, IcebergType, Any, Any]] = [
    (pa.int8(), IntegerType(), 5, 5),
    (pa.int32(), LongType(), -1, -1),
    (pa.float32(), DoubleType(), 0.5, 0.5),
    (pa.decimal128(5, 1), DecimalType(7, 2), Decimal("12.5"), Decimal("12.50")),
    (pa.large_string(), StringType(), "x", "x"),
    (pa.string_view(), StringType(), "x", "x"),
    (pa.null(), StringType(), None, None),
    (pa.list_(pa.int32()), LIST, [1, None], [1, None]),
    (pa.map_(pa.string(), pa.int64()), MAP, [("k", 1)], [("k", 1)]),
    (pa.struct([("a", pa.int64()), ("b", pa.string())]), STRUCT, {"a": 1, "b": None}, {"a": 1, "b": None}),
]
DIFFERS: list[tuple[pa.DataType, IcebergType]] = [
    (pa.int64(), IntegerType()),
    (pa.int64(), DoubleType()),
    (pa.int64(), StringType()),
    (pa.string(), LongType()),
    (pa.decimal128(7, 2), DecimalType(7, 1)),
    (pa.decimal128(7, 1), DecimalType(7, 2)),
    (pa.timestamp("us"), TimestamptzType()),
    (pa.timestamp("us", "UTC"), TimestampType()),
    (pa.timestamp("ns"), TimestampType()),
    (pa.list_(pa.string()), LIST),
    (pa.struct([("b", pa.string()), ("a", pa.int64())]), STRUCT),
    (pa.string(), UUIDType()),
]


def one(kind: IcebergType, *, required: bool = False) -> Schema:
    return Schema(NestedField(1, "c", kind, required=required))


@pytest.mark.parametrize(("have", "want", "value", "stored"), FITS)
def test_a_value_that_fits_is_stored_as_it_is(
    have: pa.DataType, want: IcebergType, value: Any, stored: Any
) -> None:
    schema, incoming = one(want), pa.schema([("C", have)])
    order = columns.matched(incoming, schema, by_name=True)
    batch = pa.record_batch([pa.array([value], have)], incoming)
    target = columns.file_schema(schema)
    found = columns.converted(batch, order, target)
    assert found.schema.equals(target, check_metadata=True)
    assert found.to_pylist() == [{"c": stored}]


@pytest.mark.parametrize(("have", "want"), DIFFERS)
def test_a_value_that_would_be_cast_is_refused(have: pa.DataType, want: IcebergType) -> None:
    with pytest.raises(UnsupportedWriteError, match="'c") as refused:
        columns.matched(pa.schema([("c", have)]), one(want), by_name=True)
    assert refused.value.feature == "write.cast"


def test_a_column_that_may_be_null_does_not_go_into_a_required_one() -> None:
    nullable = pa.schema([pa.field("c", pa.int64())])
    with pytest.raises(UnsupportedWriteError, match="NULL"):
        columns.matched(nullable, one(LongType(), required=True), by_name=True)
    never = pa.schema([pa.field("c", pa.int64(), nullable=False)])
    assert columns.matched(never, one(LongType(), required=True), by_name=True) == [0]


TWO = Schema(NestedField(1, "a", LongType()), NestedField(2, "b", LongType()))


@pytest.mark.parametrize(
    ("names", "by_name", "condition"),
    [
        (["a"], True, "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA"),
        (["a", "b", "c"], True, "INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_COLUMNS"),
        (["a", "b", "A"], True, "COLUMN_ALREADY_EXISTS"),
        (["a"], False, "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"),
        (["a", "b", "c"], False, "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"),
    ],
)
def test_columns_that_are_not_those_of_the_table_are_rejected_as_spark_does(
    names: list[str], by_name: bool, condition: str
) -> None:
    with pytest.raises(RejectedWriteError) as rejected:
        columns.matched(pa.schema([(name, pa.int64()) for name in names]), TWO, by_name=by_name)
    assert rejected.value.condition == condition


def test_columns_are_found_by_name_or_by_position() -> None:
    incoming = pa.schema([("B", pa.int64()), ("A", pa.int64())])
    assert columns.matched(incoming, TWO, by_name=True) == [1, 0]
    others = pa.schema([("B", pa.int64()), ("C", pa.int64())])
    assert columns.matched(others, TWO, by_name=False) == [0, 1]


def test_columns_of_the_table_in_another_order_are_not_stored_by_position() -> None:
    """Sail shows a table's partition columns last, where Spark shows them in their place."""
    with pytest.raises(UnsupportedWriteError, match="another order"):
        columns.matched(pa.schema([("B", pa.int64()), ("A", pa.int64())]), TWO, by_name=False)
