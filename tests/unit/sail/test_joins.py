"""Joins have the rows that SQL gives them: SQLite runs the same queries."""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from unit.sail.oracle import Oracle, Row, oracle
from unit.sail.served import served

TABLES: dict[str, list[Row]] = {
    "t0": [(0, 3, 1), (None, 2, 2), (2, 0, None), (2, 1, 0), (1, None, 3)],
    "t1": [(1, 3, 3), (2, 3, 0), (2, None, 2), (None, 3, 3), (2, 1, 2), (0, 2, 1)],
    "t2": [(None, None, 1), (1, 1, 0), (3, 0, 2), (0, 2, None)],
    "t3": [(0, 0, 0), (3, None, 3), (1, 2, 1)],
}


@pytest.fixture(scope="module")
def both(sail: str) -> Iterator[Oracle]:
    with served(sail, "Sail") as session:
        yield oracle(session.spark, TABLES)


class Query:
    """A random query: three to five relations, some joined by nothing, and conditions between them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.names = ["x0"]
        self.where: list[str] = []

    def text(self) -> str:
        source = self.relation("x0")
        for number in range(1, self.chance.randint(3, 5)):
            source += self.joined(f"x{number}")
            self.names.append(f"x{number}")
        where = f" WHERE {' AND '.join(self.where)}" if self.where else ""
        columns = ", ".join(f"{name}.{column}" for name in self.names for column in "abc")
        return f"SELECT {columns} FROM {source}{where}"

    def relation(self, name: str) -> str:
        table = self.chance.choice(list(TABLES))
        grouped = f"(SELECT b AS a, max(a) AS b, count(*) AS c FROM {table} GROUP BY b)"
        crossed = f"(SELECT p.a, q.b, q.c FROM {table} p, t2 q WHERE p.b < 3)"
        forms = (table, table, table, grouped, crossed)
        return f"{self.chance.choice(forms)} {name}"

    def joined(self, name: str) -> str:
        kind = self.chance.choice(("JOIN", "JOIN", "CROSS JOIN", "CROSS JOIN", "LEFT JOIN", "FULL JOIN"))
        conditions = [self.condition(name) for _ in range(self.chance.randint(1, 3))]
        if kind == "CROSS JOIN":
            self.where += conditions if self.chance.random() < 0.7 else []
            return f" CROSS JOIN {self.relation(name)}"
        return f" {kind} {self.relation(name)} ON {' AND '.join(conditions)}"

    def condition(self, name: str) -> str:
        other, another = self.column(), self.column()
        own = f"{name}.{self.chance.choice('abc')}"
        return self.chance.choice(
            (
                f"{other} = {own}",
                f"{other} = {own}",
                f"{other} + {another} = {own} + 1",
                f"{other} * {another} = {own}",
                f"{other} + 1 = {own}",
                f"{other} <= {own}",
                f"({other} = {own} OR {another} = 2)",
                f"coalesce({other}, {own}) = 1",
            )
        )

    def column(self) -> str:
        return f"{self.chance.choice(self.names)}.{self.chance.choice('abc')}"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_each_join_has_its_rows(both: Oracle, chance: random.Random) -> None:
    both.check(Query(chance).text())


@pytest.mark.parametrize(
    "text",
    [
        # the last condition was lost: x1 has no other to x0
        "SELECT * FROM t0 x CROSS JOIN t1 y JOIN t3 z ON x.b = z.b AND x.a + y.a = z.c + 1",
        "SELECT * FROM t0 x JOIN t1 y ON x.b > y.b JOIN t3 z ON x.b = z.b AND z.c + 1 = y.a + x.a",
        # NULL is equal to NULL in the second condition alone
        "SELECT * FROM t1 x JOIN t0 y ON x.b = y.c, t2 z WHERE y.a IS NOT DISTINCT FROM z.c",
        "SELECT x.a FROM t1 x, t0 y WHERE x.b = y.c AND (SELECT max(z.c) FROM t2 z) IS NOT DISTINCT FROM y.a",
    ],
)
def test_conditions_hold_for_every_row(both: Oracle, text: str) -> None:
    both.check(text)


FRAMES: list[tuple[Callable[..., DataFrame], str]] = [
    (
        lambda x, y, z: x.crossJoin(y).join(z, (x.b == z.b) & (x.a + y.a == z.c + 1)).select(x.a, y.b, z.c),
        "SELECT x.a, y.b, z.c FROM t0 x CROSS JOIN t1 y JOIN t3 z ON x.b = z.b AND x.a + y.a = z.c + 1",
    ),
    (
        lambda x, y, z: (
            x.alias("x")
            .crossJoin(y.alias("y"))
            .join(z.alias("z"), f.expr("x.b = z.b AND x.a + y.a = z.c + 1"))
            .select("x.a", "y.b", "z.c")
        ),
        "SELECT x.a, y.b, z.c FROM t0 x CROSS JOIN t1 y JOIN t3 z ON x.b = z.b AND x.a + y.a = z.c + 1",
    ),
    (
        lambda x, y, z: x.join(y, x.b == y.c).crossJoin(z).filter(y.a.eqNullSafe(z.b)).select(x.a, y.b, z.c),
        "SELECT x.a, y.b, z.c FROM t0 x JOIN t1 y ON x.b = y.c, t3 z WHERE y.a IS z.b",
    ),
    (
        lambda x, y, z: x.join(y, x.b == y.c).join(z, y.a.eqNullSafe(z.b), "left_anti"),
        "SELECT * FROM t0 x JOIN t1 y ON x.b = y.c WHERE NOT EXISTS (SELECT 1 FROM t3 z WHERE y.a IS z.b)",
    ),
]


@pytest.mark.parametrize(("build", "text"), FRAMES)
def test_conditions_of_dataframes_hold(both: Oracle, build: Callable[..., DataFrame], text: str) -> None:
    both.check(text, build(*(both.spark.table(name) for name in ("t0", "t1", "t3"))))


@pytest.mark.parametrize(
    "build",
    [
        lambda spark: spark.sql("SELECT 1 FROM t0 JOIN t1 ON t0.a <=> t1.a"),
        lambda spark: spark.sql("SELECT 1 FROM t0 LEFT JOIN t1 ON t0.b = t1.b AND equal_null(t0.a, t1.a)"),
        lambda spark: spark.table("t0").join(spark.table("t1"), f.expr("t0.a <=> t1.a")),
        lambda spark: spark.table("t0").join(spark.table("t1"), f.col("t0.a").eqNullSafe(f.col("t1.a"))),
    ],
)
def test_null_safe_keys_of_joins_are_refused(both: Oracle, build: Callable[..., DataFrame]) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"join\.null-safe"):
        build(both.spark).collect()
