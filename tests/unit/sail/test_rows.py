import pytest
from pyspark.sql import types as t
from pyspark.sql.connect.types import pyspark_types_to_proto_types

from emberlake.sail.kinds import of_type
from emberlake.sail.rows import type_name

TYPES = [
    *(
        t.NullType(),
        t.BinaryType(),
        t.BooleanType(),
        t.ByteType(),
        t.ShortType(),
        t.IntegerType(),
        t.LongType(),
    ),
    *(
        t.LongType(),
        t.FloatType(),
        t.DoubleType(),
        t.DecimalType(10, 2),
        t.DecimalType(38, 0),
        t.StringType(),
    ),
    *(t.StringType("UNICODE_CI"), t.CharType(3), t.VarcharType(3), t.DateType(), t.TimestampType()),
    *(t.TimestampNTZType(), t.CalendarIntervalType(), t.YearMonthIntervalType(), t.DayTimeIntervalType()),
    *(t.ArrayType(t.LongType()), t.MapType(t.StringType(), t.LongType()), t.StructType([]), t.VariantType()),
]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_a_type_of_the_protocol_has_the_kind_of_its_name_in_spark(kind: t.DataType) -> None:
    assert of_type(type_name(pyspark_types_to_proto_types(kind))) == of_type(kind.simpleString())
