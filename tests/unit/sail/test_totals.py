"""A condition above an aggregate of all rows takes its row away, or leaves it; no rows have no total."""

from collections.abc import Callable, Iterator

import pytest
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from unit.sail.served import Served, served

Y: list[tuple[object, ...]] = [("y",)]
LABELLED = "SELECT 'x' AS s, count(*) AS n FROM t UNION ALL SELECT 'y', sum(a) FROM t"


@pytest.fixture(scope="module")
def session(sail: str) -> Iterator[Served]:
    with served(sail, "Sail") as session:
        session.spark.createDataFrame([(1,), (2,)], "a int").createOrReplaceTempView("t")
        session.spark.sql(LABELLED).createOrReplaceTempView("labelled")
        yield session


TEXTS: list[tuple[str, list[tuple[object, ...]]]] = [
    (f"SELECT * FROM ({LABELLED}) WHERE s = 'y'", [("y", 3)]),
    (
        "SELECT s FROM ((SELECT 'x' s, count(*) FROM t) UNION (SELECT 'y', count(a) FROM t)) WHERE s = 'y'",
        Y,
    ),
    (f"WITH w AS ({LABELLED}) SELECT n FROM w WHERE s <> 'y'", [(2,)]),
    (f"SELECT * FROM ({LABELLED} ORDER BY s DESC LIMIT 1) WHERE s = 'x'", []),
    ("SELECT * FROM labelled WHERE s = 'x'", [("x", 2)]),
    ("SELECT * FROM (SELECT 7 AS k, m FROM (SELECT max(a) AS m FROM t)) WHERE k > 7", []),
    ("SELECT * FROM (SELECT 7 AS k, max(a) AS m FROM t HAVING max(a) > 1 ORDER BY m) WHERE k > 6", [(7, 2)]),
    ("SELECT * FROM (SELECT count(*) AS n FROM t) x JOIN (SELECT 5 AS k, min(a) FROM t) y ON y.k > 5", []),
    ("SELECT * FROM (SELECT sum(a) OVER () AS n, 5 AS k FROM t) WHERE k = 5", [(3, 5), (3, 5)]),
    ("SELECT (SELECT max(u.a) FROM t u WHERE u.a = t.a) AS m FROM t", [(1,), (2,)]),
    ("SELECT a, 'x' AS s FROM t GROUP BY a HAVING count(*) = 1", [(1, "x"), (2, "x")]),
    ("SELECT * FROM (SELECT count(*), 'x' AS s FROM t) WHERE s = 'x'", [(2, "x")]),
]


@pytest.mark.parametrize(("text", "rows"), TEXTS)
def test_conditions_of_queries_hold(session: Served, text: str, rows: list[tuple[object, ...]]) -> None:
    assert sorted(tuple(row) for row in session.spark.sql(text).collect()) == rows


ROLLUPS: list[tuple[str, list[tuple[object, ...]]]] = [
    ("SELECT a, count(*) FROM t WHERE a > 5 GROUP BY ROLLUP (a)", []),
    ("SELECT a, count(*) FROM t WHERE a > 5 GROUP BY GROUPING SETS ((a), ())", []),
    ("SELECT count(*) FROM t WHERE a > 5 GROUP BY GROUPING SETS (())", []),
    (
        "SELECT a, count(*) AS n FROM t GROUP BY GROUPING SETS ((a), ()) ORDER BY n",
        [(1, 1), (2, 1), (None, 2)],
    ),
    ("SELECT a, count(*) AS n FROM t GROUP BY CUBE (a) ORDER BY a LIMIT 5", [(None, 2), (1, 1), (2, 1)]),
    ("SELECT a, sum(a) FROM t WHERE a > 5 GROUP BY a WITH ROLLUP HAVING count(*) < 9", []),
    ("SELECT b FROM (SELECT a, a % 3 AS b, max(a) AS m FROM t GROUP BY ROLLUP (a, b)) WHERE b > 1", [(2,)]),
    ("SELECT 0, 0 UNION ALL SELECT a, count(*) FROM t WHERE a = 7 GROUP BY CUBE (a) ORDER BY 1", [(0, 0)]),
]


@pytest.mark.parametrize(("text", "rows"), ROLLUPS)
def test_no_rows_have_no_total(session: Served, text: str, rows: list[tuple[object, ...]]) -> None:
    assert [tuple(row) for row in session.spark.sql(text).collect()] == rows


FRAMES: list[tuple[Callable[[SparkSession], DataFrame], list[tuple[object, ...]]]] = [
    (lambda spark: spark.sql(LABELLED).filter(f.col("s") == "y"), [("y", 3)]),
    (
        lambda spark: (
            spark.table("t").agg(f.max("a").alias("m")).withColumn("s", f.lit("x")).filter("s = 'y'")
        ),
        [],
    ),
    (
        lambda spark: spark.table("t").agg(f.sum("a").alias("n"), f.lit(1).alias("k")).filter("k > 0"),
        [(3, 1)],
    ),
    (lambda spark: spark.table("t").groupBy().count().filter(f.lit(1) > f.lit(2)), []),
    (lambda spark: spark.table("t").filter("a > 5").rollup("a").count(), []),
    (lambda spark: spark.table("t").filter("a > 5").cube("a", f.col("a") % 2).agg(f.max("a")), []),
    (
        lambda spark: (
            spark.table("t").rollup("a").agg(f.sum("a").alias("n")).filter("n > 1").select("n", "a")
        ),
        [(2, 2), (3, None)],
    ),
    (lambda spark: spark.table("t").groupBy("a").agg(f.lit(1).alias("k")).filter("k > 0"), [(1, 1), (2, 1)]),
]


@pytest.mark.parametrize(("build", "rows"), FRAMES)
def test_conditions_of_dataframes_hold(
    session: Served, build: Callable[[SparkSession], DataFrame], rows: list[tuple[object, ...]]
) -> None:
    assert sorted(tuple(row) for row in build(session.spark).collect()) == rows


def test_columns_of_an_aggregate_are_found_by_the_dataframe(session: Served) -> None:
    one = session.spark.table("t").agg(f.max("a").alias("m"))
    assert one.select(one.m + 1).collect() == [(3,)]


@pytest.mark.parametrize("column", [f.explode(f.collect_list("a")), f.expr("explode(collect_list(a))")])
def test_rows_made_of_an_aggregate_are_all_there(session: Served, column: Column) -> None:
    assert session.spark.table("t").agg(column).count() == 2


@pytest.mark.parametrize("condition", ["(SELECT max(a) FROM t) > 5", "max(a) > 1 AND rand() > 2"])
def test_conditions_of_an_aggregate_without_its_columns_are_refused(session: Served, condition: str) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"sql\.having:constant"):
        session.spark.sql(f"SELECT max(a) FROM t HAVING {condition}").collect()
