"""The sides of a union have one type for each column: the one that Spark gives it."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from emberlake.sail import sqlshape
from emberlake.sail.kinds import Kind, of_type
from emberlake.sail.unions import Side, casts, differ
from unit.sail.served import Served, served

TYPES = ["tinyint", "int", "bigint", "double", "decimal(5,2)", "decimal(20,10)", "void"]


@given(st.lists(st.tuples(*[st.sampled_from(TYPES)] * 3), min_size=1, max_size=4))
def test_all_sides_have_one_type_after_the_casts(rows: list[tuple[str, str, str]]) -> None:
    sides: list[Side] = [[of_type(name) for name in names] for names in zip(*rows, strict=True)]
    found = casts(sides)
    assert found is not None
    after = [
        [to or was for to, was in zip(*pair, strict=True)]
        for pair in zip(found, zip(*rows, strict=True), strict=True)
    ]
    assert all(
        len({name.lower().replace(" ", "") for name in column}) == 1 for column in zip(*after, strict=True)
    )
    kinds = [[of_type(name) for name in column] for column in after]
    assert not differ(kinds)
    assert casts(kinds) == [[""] * len(rows)] * 3


@pytest.mark.parametrize(
    ("left", "right", "known"),
    [
        (Kind("string"), Kind("int"), True),
        (Kind("date"), Kind("timestamp"), True),
        (None, Kind("int"), False),
        (Kind("array"), Kind("array"), False),
        (Kind("decimal*"), Kind("decimal*"), False),
        (of_type("decimal(38,0)"), of_type("decimal(38,10)"), True),
    ],
)
def test_what_has_no_type_in_common_is_not_cast(left: Kind | None, right: Kind | None, known: bool) -> None:
    assert casts([[left], [right]]) is None
    assert casts([[], []]) is None
    assert differ([[left], [right]]) == known


@pytest.fixture(scope="module", params=["Sail", "Auto"])
def session(sail: str, request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(sail, request.param) as session:
        frame = session.spark.createDataFrame(
            [(1, 2**40, 0.1, Decimal("1.25"), "x")], "i int, l bigint, d double, m decimal(5,2), s string"
        )
        frame.createOrReplaceTempView("t")
        yield session


# text, types, rows in order
QUERIES: list[tuple[str, str, list[tuple[object, ...]]]] = [
    ("SELECT 1 AS a UNION ALL SELECT 2.5", "decimal(11,1)", [(Decimal("1.0"),), (Decimal("2.5"),)]),
    ("SELECT i FROM t UNION ALL SELECT d FROM t", "double", [(0.1,), (1.0,)]),
    ("SELECT NULL AS a UNION ALL SELECT i FROM t", "int", [(None,), (1,)]),
    ("SELECT DISTINCT NULL AS a FROM t UNION ALL SELECT upper(s) FROM t WHERE i > 1", "string", [(None,)]),
    ("SELECT i FROM t UNION ALL SELECT l FROM t UNION ALL SELECT NULL", "bigint", [(None,), (1,), (2**40,)]),
    ("SELECT CAST(0.1 AS FLOAT) AS a UNION ALL SELECT d FROM t", "double", [(0.1,), (0.10000000149011612,)]),
    ("SELECT i FROM t UNION SELECT m FROM t", "decimal(12,2)", [(Decimal("1.00"),), (Decimal("1.25"),)]),
    ("SELECT i FROM t INTERSECT SELECT 1.0", "decimal(11,1)", [(Decimal("1.0"),)]),
    ("SELECT i FROM t EXCEPT SELECT m FROM t", "decimal(12,2)", [(Decimal("1.00"),)]),
    ("SELECT l + 1 FROM t INTERSECT SELECT CAST(l AS DOUBLE) FROM t", "double", []),
    ("SELECT a + 1 FROM (SELECT i AS a FROM t UNION ALL SELECT l FROM t)", "bigint", [(2,), (2**40 + 1,)]),
    (
        "WITH w AS (SELECT i, s FROM t UNION ALL SELECT l, 'y' FROM t) SELECT i FROM w",
        "bigint",
        [(1,), (2**40,)],
    ),
    (
        "SELECT max(i) AS a FROM t UNION ALL SELECT m / 2 FROM t",
        "decimal(16,6)",
        [(Decimal("0.625000"),), (Decimal(1),)],
    ),
]


@pytest.mark.parametrize(("text", "kind", "rows"), QUERIES)
def test_a_union_in_sql_has_the_type_of_both_sides(
    session: Served, text: str, kind: str, rows: list[tuple[object, ...]]
) -> None:
    found = session.spark.sql(text)
    assert found.schema.fields[0].dataType.simpleString() == kind
    assert sorted((tuple(it) for it in found.collect()), key=lambda it: it[0] or -math.inf) == rows


def test_a_union_of_any_length_is_read() -> None:
    text = " UNION ALL ".join(["SELECT 1 AS a"] * 1500 + ["SELECT 2.5"])
    found = sqlshape.query(text, sqlshape.parsed(text), lambda _: None, strict=True)
    assert ({mend.result for _, mend in found.mended}, found.features) == ({"DECIMAL(11,1)"}, {"sql.select"})


# program, types
FRAMES: list[tuple[Callable[[DataFrame], DataFrame], str, list[tuple[object, ...]]]] = [
    (lambda t: t.select("i").union(t.select("d")), "i:double", [(0.1,), (1.0,)]),
    (
        lambda t: t.select("i").union(t.select("l")).union(t.select("d")),
        "i:double",
        [(0.1,), (1.0,), (2.0**40,)],
    ),
    (
        lambda t: t.select("I").unionByName(t.select(t.m.alias("i"))),
        "I:decimal(12,2)",
        [(Decimal("1.00"),), (Decimal("1.25"),)],
    ),
    (
        lambda t: t.select("i", "l").unionByName(t.select("i", t.i.alias("l")).select("l", "i")),
        "i:int,l:bigint",
        [(1, 1), (1, 2**40)],
    ),
    (
        lambda t: t.select("i").union(t.select(t.m / 2)),
        "i:decimal(16,6)",
        [(Decimal("0.625000"),), (Decimal(1),)],
    ),
    (
        lambda t: t.select("i").union(t.select("l")).select(f.col("i") + 1),
        "(i + 1):bigint",
        [(2,), (2**40 + 1,)],
    ),
    (
        lambda t: t.select("m").union(t.select(t.m.cast("decimal(9,4)"))).filter("m >= 1.2501"),
        "m:decimal(9,4)",
        [],
    ),
    (lambda t: t.select(t.i.alias("a`b.c")).union(t.select("l")), "a`b.c:bigint", [(1,), (2**40,)]),
]


@pytest.mark.parametrize(("build", "types", "rows"), FRAMES)
def test_a_union_of_frames_has_the_type_of_both(
    session: Served, build: Callable[[DataFrame], DataFrame], types: str, rows: list[tuple[object, ...]]
) -> None:
    found = build(session.spark.table("t"))
    assert ",".join(f"{it.name}:{it.dataType.simpleString()}" for it in found.schema) == types
    assert sorted(tuple(it) for it in found.collect()) == rows  # type: ignore[type-var]


REFUSED: list[tuple[Callable[[SparkSession], DataFrame], str]] = [
    (lambda spark: spark.sql("SELECT s FROM t UNION ALL SELECT i FROM t"), "sql.union"),
    (lambda spark: spark.sql("SELECT * FROM (SELECT i FROM t) UNION SELECT l FROM t"), "sql.union"),
    # the numbers are told apart before they are cast
    (lambda spark: spark.sql("SELECT l FROM t UNION SELECT i FROM t UNION ALL SELECT d FROM t"), "sql.union"),
    (lambda spark: spark.sql("SELECT s FROM t EXCEPT SELECT i FROM t"), "sql.union"),
    (lambda spark: spark.sql("SELECT DISTINCT i FROM t UNION ALL SELECT d FROM t"), "sql.union"),
    (lambda spark: spark.table("t").select("s").union(spark.table("t").select("i")), "relation.set_op:types"),
]


@pytest.mark.parametrize(("ask", "feature"), REFUSED)
def test_types_that_no_cast_makes_one_are_refused(
    session: Served, ask: Callable[[SparkSession], DataFrame], feature: str
) -> None:
    with pytest.raises(PySparkException, match=feature):
        ask(session.spark).collect()
