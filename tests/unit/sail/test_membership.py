"""IN with a query has Spark's rows or is refused: SQLite, which has the same, runs the same queries."""

from collections.abc import Iterator

import pytest
from pyspark.errors import UnsupportedOperationException

from unit.sail.oracle import Oracle, Row, oracle
from unit.sail.served import served

TABLES: dict[str, list[Row]] = {
    "t": [(0, 1, 2), (1, None, 0), (None, 2, 1), (2, 1, 2), (3, 3, 3)],
    "u": [(1, 2, 3), (3, 0, 1), (2, None, 2), (None, 1, 1)],
}
SAME = [
    "a IN (SELECT b FROM u)",
    "a IN (SELECT b FROM u) OR b = 1",
    "a IN (SELECT y.b FROM u y WHERE y.c < t.c)",
    "1 IN (SELECT b FROM u)",
    "a NOT IN (SELECT b FROM u)",
    "a NOT IN (SELECT b FROM u WHERE b IS NOT NULL)",
    "NOT (a IN (SELECT b FROM u WHERE c > 1))",
    "b > 0 AND a + 1 NOT IN (SELECT max(b) FROM u GROUP BY c)",
    "b > 0 AND (a NOT IN (SELECT b FROM u WHERE c > 2) AND c NOT IN (SELECT x.b FROM t x WHERE x.b > 1))",
    "NOT EXISTS (SELECT 1 FROM u y WHERE y.b = t.a AND y.c < t.c)",
]
REFUSED = [
    "1 NOT IN (SELECT b FROM u)",
    "a NOT IN (SELECT b FROM u) OR b = 1",
    "NOT (a IN (SELECT b FROM u) AND b = 1)",
    "(a, b) NOT IN (SELECT b, c FROM u)",
    "a NOT IN (SELECT y.b FROM u y WHERE y.c < t.c)",
    "a NOT IN (SELECT a FROM (SELECT b AS a FROM u WHERE u.c < t.c))",
    "(a IN (SELECT b FROM u)) IS NULL",
    "CASE WHEN a IN (SELECT b FROM u) THEN b ELSE 1 END = 1",
]


@pytest.fixture(scope="module")
def both(sail: str) -> Iterator[Oracle]:
    with served(sail, "Sail") as session:
        yield oracle(session.spark, TABLES)


@pytest.mark.parametrize("condition", SAME)
def test_rows_are_those_of_sql(both: Oracle, condition: str) -> None:
    both.check(f"SELECT * FROM t WHERE {condition}")


@pytest.mark.parametrize("condition", REFUSED)
def test_what_tells_null_from_false_is_refused(both: Oracle, condition: str) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"sql\.subquery-in:null"):
        both.spark.sql(f"SELECT * FROM t WHERE {condition}").collect()


def test_values_of_memberships_are_refused(both: Oracle) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"sql\.subquery-in:null"):
        both.spark.sql("SELECT a IN (SELECT b FROM u) AS k FROM t").collect()


def test_dataframes_may_only_ask_for_members(both: Oracle) -> None:
    t, u = both.spark.table("t"), both.spark.table("u").select("b")
    assert [row.a for row in t.filter(t.a.isin(u) & (t.c > 0)).collect()] == [0, 2]
    for asked in (t.filter(~t.a.isin(u)), t.select(t.a.isin(u).alias("k"))):
        with pytest.raises(UnsupportedOperationException, match=r"sql\.subquery-in:null"):
            asked.collect()
