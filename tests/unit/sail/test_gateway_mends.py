"""What Sail calculates otherwise has Spark's values, types and names, because the plan is mended on its way.

Expected values are calculated exactly here, and rounded half up where Spark gives them a type.
"""

import datetime
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import add
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as f
from pyspark.sql.types import DoubleType

from unit.sail.served import Served, served


class Item(NamedTuple):
    a: Decimal
    b: Decimal
    i: int
    n: int


SCHEMA = "a decimal(10,2), b decimal(5,3), i int, n bigint"
ITEMS = [
    Item(Decimal("10.00"), Decimal("3.000"), 7, 2**31 - 1),
    Item(Decimal("-0.05"), Decimal("7.001"), 2, 5),
    Item(Decimal("99999999.99"), Decimal("0.013"), -3, 2**62),
    Item(Decimal("20.01"), Decimal("-6.000"), 7, -(2**40)),
]


def half_up(value: Fraction, after: int) -> Decimal:
    """The value with so many digits after the point."""
    whole = int(abs(value) * 10**after + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-after)


def _quotient(item: Item) -> Decimal:
    return half_up(Fraction(item.a) / Fraction(item.b), 8)


def _average(values: list[Decimal], after: int) -> Decimal:
    return half_up(sum(map(Fraction, values), Fraction(0)) / len(values), after)


A, B, C, N = f.col("a"), f.col("b"), f.col("i"), f.col("n")
ALL = Window.partitionBy()
# of each row: the program, name and type of its last column, the value
CASES: list[tuple[Callable[[DataFrame], DataFrame], str, str, Callable[[Item], object]]] = [
    (lambda df: df.select(A / B), "(a / b)", "decimal(19,8)", _quotient),
    (lambda df: df.select("*", A / B), "(a / b)", "decimal(19,8)", _quotient),
    (lambda df: df.selectExpr("i", "a / b"), "(a / b)", "decimal(19,8)", _quotient),
    (lambda df: df.selectExpr("a / b AS q"), "q", "decimal(19,8)", _quotient),
    (lambda df: df.select(df.a / df["b"]), "(a / b)", "decimal(19,8)", _quotient),
    (lambda df: df.withColumn("q", A / B), "q", "decimal(19,8)", _quotient),
    (lambda df: df.select(C * A), "(i * a)", "decimal(21,2)", lambda it: it.i * it.a),
    (lambda df: df.select(A - C), "(a - i)", "decimal(13,2)", lambda it: it.a - it.i),
    (lambda df: df.select(A * 2), "(a * 2)", "decimal(12,2)", lambda it: it.a * 2),
    (lambda df: df.select(C + 1), "(i + 1)", "int", lambda it: it.i + 1),
    (lambda df: df.select(-C), "negative(i)", "int", lambda it: -it.i),
    (lambda df: df.select(N - C), "(n - i)", "bigint", lambda it: it.n - it.i),
    (
        lambda df: df.select(f.when(C > 2, f.lit(1)).otherwise(A)),
        "CASE WHEN (i > 2) THEN 1 ELSE a END",
        "decimal(12,2)",
        lambda it: Decimal("1.00") if it.i > 2 else it.a,
    ),
    (lambda df: df.select(f.coalesce(C, A)), "coalesce(i, a)", "decimal(12,2)", lambda it: Decimal(it.i)),
    (
        lambda df: df.withColumn("q", A / B).filter(f.col("q") * 2 > -(10**12)).select(f.col("q") * C),
        "(q * i)",
        "decimal(30,8)",
        lambda it: _quotient(it) * it.i,
    ),
    (
        lambda df: df.select((A / B).alias("q")).select(f.col("q") / 3),
        "(q / 3)",
        "decimal(21,10)",
        lambda it: half_up(Fraction(_quotient(it)) / 3, 10),
    ),
    (
        lambda df: df.select("i", f.avg("a").over(ALL).alias("m")),
        "m",
        "decimal(14,6)",
        lambda _: _average([it.a for it in ITEMS], 6),
    ),
    (
        lambda df: df.select("i", f.sum("i").over(ALL).alias("s")),
        "s",
        "bigint",
        lambda _: sum(it.i for it in ITEMS),
    ),
    (lambda df: df.orderBy(A / B).select(C + 1), "(i + 1)", "int", lambda it: it.i + 1),
    # of a depth that the engine would plan for hours
    (lambda df: df.select(reduce(add, [C] * 15).alias("s")), "s", "int", lambda it: 15 * it.i),
    (lambda df: df.selectExpr("+".join("i" * 30) + " AS s"), "s", "int", lambda it: 30 * it.i),
    (
        lambda df: reduce(lambda it, _: it.withColumn("s", f.col("s") + 1), range(30), df.withColumn("s", N)),
        "s",
        "bigint",
        lambda it: it.n + 30,
    ),
]
OF_SEVEN = [it for it in ITEMS if it.i == 7]
# of the rows whose i is 7
GROUPS: list[tuple[Callable[[DataFrame], DataFrame], str, str, object]] = [
    (lambda df: df.groupBy("i").avg("a"), "avg(a)", "decimal(14,6)", _average([it.a for it in OF_SEVEN], 6)),
    (
        lambda df: df.groupBy(C).agg(f.avg(A / B)),
        "avg((a / b))",
        "decimal(23,12)",
        _average([_quotient(it) for it in OF_SEVEN], 12),
    ),
    (lambda df: df.groupBy("i").agg(f.sum("i")), "sum(i)", "bigint", 14),
    (lambda df: df.groupBy("i").agg(f.sum_distinct(C)), "sum(DISTINCT i)", "bigint", 7),
    (lambda df: df.groupBy((C + 0).alias("i")).agg(f.sum("n")), "sum(n)", "bigint", 2**31 - 1 - 2**40),
    (lambda df: df.groupBy("i").agg(f.max(N) - f.min("n")), "(max(n) - min(n))", "bigint", 2**31 - 1 + 2**40),
    (
        lambda df: df.groupBy("i").agg(f.avg("a").alias("m")).select("i", f.col("m") / 3),
        "(m / 3)",
        "decimal(16,8)",
        half_up(Fraction(_average([it.a for it in OF_SEVEN], 6)) / 3, 8),
    ),
    (
        lambda df: df.join(df.groupBy("i").agg(f.avg("a").alias("m")), "i").select("i", A - f.col("m")),
        "(a - m)",
        "decimal(15,6)",
        OF_SEVEN[0].a - _average([it.a for it in OF_SEVEN], 6),
    ),
]


@pytest.fixture(scope="module")
def session(sail: str) -> Iterator[Served]:
    with served(sail, "Sail") as session:
        yield session


@pytest.fixture
def items(session: Served) -> DataFrame:
    return session.spark.createDataFrame(ITEMS, SCHEMA)


@pytest.mark.parametrize(("build", "name", "kind", "value"), CASES)
def test_each_row_has_the_value_of_spark(
    items: DataFrame,
    build: Callable[[DataFrame], DataFrame],
    name: str,
    kind: str,
    value: Callable[[Item], object],
) -> None:
    rows = build(items)
    column = rows.schema.fields[-1]
    assert (column.name, column.dataType.simpleString()) == (name, kind)
    assert sorted(row[-1] for row in rows.collect()) == sorted(map(value, ITEMS))  # type: ignore[type-var]


@pytest.mark.parametrize(("build", "name", "kind", "value"), GROUPS)
def test_each_group_has_the_value_of_spark(
    items: DataFrame, build: Callable[[DataFrame], DataFrame], name: str, kind: str, value: object
) -> None:
    rows = build(items)
    column = rows.schema.fields[-1]
    assert (column.name, column.dataType.simpleString()) == (name, kind)
    assert value in [row[-1] for row in rows.collect() if row["i"] == 7]


OVERFLOWS: list[Callable[[DataFrame], DataFrame]] = [
    lambda df: df.select(C * f.lit(2**30)),
    lambda df: df.select(N * N),
    lambda df: df.select(-(N * 2)),
    lambda df: df.selectExpr("n + n", "i"),
    lambda df: df.orderBy(N * 4),
    lambda df: df.select(f.lit(-(2**31)).alias("x")).select(-f.col("x")),
    lambda df: df.union(df).union(df).groupBy().agg(f.sum("n")),
    lambda df: df.withColumn("x", f.sum("n").over(ALL) + N + N),
]


@pytest.mark.parametrize("build", OVERFLOWS)
def test_an_overflow_is_an_error(items: DataFrame, build: Callable[[DataFrame], DataFrame]) -> None:
    with pytest.raises(PySparkException, match=r"[Cc]ast|overflow"):
        build(items).collect()


def test_a_view_and_a_write_and_a_text_have_the_mended_rows(session: Served, items: DataFrame) -> None:
    mended = items.filter(C == 2).select(A / B)
    expected = _quotient(ITEMS[1])
    mended.createOrReplaceTempView("mended")
    assert session.spark.table("mended").collect() == [(expected,)]
    mended.writeTo("lake.sales.q").create()
    [(_, rows)] = session.tables.written
    assert (str(rows.schema), rows.to_pylist()) == ("(a / b): decimal128(19, 8)", [{"(a / b)": expected}])


def test_show_prints_the_mended_rows(items: DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    items.filter(C == 2).select(A / B).show()
    assert f"|{_quotient(ITEMS[1])}|" in capsys.readouterr().out


def test_where_names_depend_on_an_expression_that_cannot_be_named_it_is_refused(
    session: Served, items: DataFrame
) -> None:
    with pytest.raises(PySparkException, match=r"mend\.place"):
        items.groupBy("i").pivot("n", [5]).agg(f.avg("a")).collect()
    with pytest.raises(PySparkException, match=r"mend\.name"):
        items.select("*", A / B, "*").collect()


TYPED: list[tuple[str, str, object]] = [
    ("nvl(d, NULL)", "date", datetime.date(2020, 1, 2)),
    ("ifnull(NULL, m)", "decimal(2,1)", Decimal("1.5")),
    ("nvl(m, 2)", "decimal(11,1)", Decimal("1.5")),
    ("-2147483648", "int", -(2**31)),
    ("0 + CAST(m AS DECIMAL(10, 2))", "decimal(11,2)", Decimal("1.50")),
    ("0 + CAST(1.5 AS DECIMAL(10, 2))", "decimal(11,2)", Decimal("1.50")),
    ("round(m * 100, -2)", "decimal(6,0)", Decimal(200)),
    ("try_add(-2147483648, 1)", "int", 1 - 2**31),
]


@pytest.mark.parametrize(("text", "kind", "value"), TYPED)
@pytest.mark.parametrize("engine", ["Sail", "Auto"])
def test_a_value_has_the_type_of_spark(
    engines: dict[str, Served], engine: str, text: str, kind: str, value: object
) -> None:
    rows = "VALUES (DATE'2020-01-02', 1.5), (NULL, NULL) AS t (d, m)"
    found = engines[engine].spark.sql(f"SELECT {text} AS a FROM {rows} WHERE m > 1")
    assert found.schema.simpleString() == f"struct<a:{kind}>"
    assert found.collect() == [(value,)]


@pytest.mark.parametrize("engine", ["Sail", "Auto"])
@given(st.decimals(0, 10**17, places=17, allow_nan=False) | st.decimals(0, 10**9, places=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_decimal_in_the_text_is_the_nearest_double_beside_doubles(
    engines: dict[str, Served], engine: str, number: Decimal
) -> None:
    text = f"{number:f}"
    asked = f"if(x > 0, {text}, x) AS a, coalesce(CAST(NULL AS DOUBLE), {text}) AS b"
    asked += f", CASE WHEN x > 1 THEN x ELSE {text} END AS c"
    frame = engines[engine].spark.sql(f"SELECT {asked} FROM d")
    assert [tuple(row) for row in frame.collect()] == [(float(text),) * 3]
    assert {field.dataType for field in frame.schema} == {DoubleType()}


@pytest.fixture(scope="module")
def engines(sail: str) -> Iterator[dict[str, Served]]:
    with served(sail, "Sail") as one, served(sail, "Auto") as other:
        for session in (one, other):
            session.spark.createDataFrame([(1.0,)], "x double").createOrReplaceTempView("d")
        yield {"Sail": one, "Auto": other}
