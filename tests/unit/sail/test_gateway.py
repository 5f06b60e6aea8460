"""A script's session through the gateway, beside the same without it."""

import threading
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from pyspark.errors import ArithmeticException, PySparkException, UnsupportedOperationException
from pyspark.sql import SparkSession

from unit.sail import statements
from unit.sail.served import served


@pytest.fixture(scope="module")
def spark(sail: str) -> Iterator[SparkSession]:
    with served(sail, "Sail") as served_:
        yield served_.spark


def test_a_query_has_its_rows_in_order_when_they_come_in_many_messages(spark: SparkSession) -> None:
    assert spark.range(100_000).toArrow().column("id") == pa.chunked_array([range(100_000)])


def test_rows_of_the_script_reach_the_engine_in_messages_of_megabytes(spark: SparkSession) -> None:
    rows = pa.table({"n": range(2_000_000)})
    assert spark.createDataFrame(rows).selectExpr("sum(n)").collect() == [(1_999_999_000_000,)]


@pytest.mark.parametrize(
    ("statement", "raised", "text"),
    [
        ("SELECT 1 / 0", ArithmeticException, "divide by zero"),
        ("SELECT no_such_function(1)", UnsupportedOperationException, "unknown function: no_such_function"),
    ],
)
def test_an_error_of_the_engine_is_the_same_exception(
    spark: SparkSession, statement: str, raised: type[Exception], text: str
) -> None:
    with pytest.raises(raised, match=text):
        spark.sql(statement).collect()


def test_python_functions_and_views_of_the_session_work(spark: SparkSession) -> None:
    def twice(number: int) -> int:
        return 2 * number

    spark.udf.register("twice", twice, "bigint")
    spark.range(3).createOrReplaceTempView("numbers")
    assert spark.sql("SELECT twice(id) FROM numbers ORDER BY 1").collect() == [(0,), (2,), (4,)]


@pytest.mark.parametrize("around", statements.NESTED)
def test_the_engine_takes_no_statement_in_the_place_of_a_query(spark: SparkSession, around: str) -> None:
    for change in statements.CHANGES:
        with pytest.raises(PySparkException, match=r"found .* expected|inside another statement"):
            spark.sql(around.replace("{c}", change)).collect()


def test_queries_of_several_threads_run_side_by_side(spark: SparkSession) -> None:
    counted: list[int] = []
    threads = [threading.Thread(target=_count(spark, counted)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted == [1000] * 12


def _count(spark: SparkSession, counted: list[int]) -> Callable[[], None]:
    return lambda: counted.append(spark.range(1000).count())
