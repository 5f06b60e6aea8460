from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import grpc
import pytest
from pyspark.sql import types as t
from pyspark.sql.connect.proto import base_pb2
from pyspark.sql.connect.types import pyspark_types_to_proto_types

from emberlake.sail import decide
from emberlake.sail.kinds import of_type
from emberlake.sail.rows import Session, type_name
from emberlake.sail.rules import Rules
from emberlake.sail.verified import shipped
from unit.sail.served import served

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


class Counting(grpc.UnaryUnaryClientInterceptor):
    """Counts the calls of a channel."""

    def __init__(self) -> None:
        self.calls = 0

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        self.calls += 1
        return continuation(details, request)


def test_a_query_asks_for_the_columns_of_a_table_once(sail: str) -> None:
    counting = Counting()
    asked = base_pb2.ExecutePlanRequest()
    asked.plan.root.sql.query = (
        "SELECT d + 1.5D, d * e, sqrt(e) FROM t JOIN u ON d = e WHERE d / 2.0D > 1.0D AND e < d"
    )
    with served(sail, "Sail") as script, grpc.insecure_channel(sail) as channel:
        for table, column in (("t", "d"), ("u", "e")):
            script.spark.createDataFrame([(1.5,)], [column]).createTempView(table)
        asked.session_id = script.spark.session_id
        asked.user_context.user_id = script.spark.client._user_id or ""
        request = asked.SerializeToString()
        session = Session(request, grpc.intercept_channel(channel, counting))
        assert decide.execute(request, Rules("Auto", shipped(), columns=session)) == decide.PASS
    assert counting.calls == 2


class Garbled(grpc.UnaryUnaryClientInterceptor):
    """Answers what is no message."""

    def intercept_unary_unary(self, continuation: Callable[..., Any], details: Any, request: Any) -> Any:
        answer = Future[bytes]()
        answer.set_result(b"\xff")
        return answer


def test_columns_are_not_known_where_the_answer_cannot_be_read(sail: str) -> None:
    with grpc.insecure_channel(sail) as channel:
        session = Session(b"", grpc.intercept_channel(channel, Garbled()))
        assert session.relation(b"") is None
