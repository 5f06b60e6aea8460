"""What is mended gives Spark's value and type on a real Sail, by exact evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from sqlglot import exp

from emberlake.sail import decimals, sqlmend, sqlshape
from emberlake.sail.inference import Kinds, operands
from emberlake.sail.kinds import INTEGERS, Kind, of_type
from emberlake.sail.refusal import RefusedError
from unit.sail.served import kept

Value: TypeAlias = Fraction | None
COLUMNS = {
    "t": "tinyint",
    "i": "int",
    "b": "bigint",
    "c": "decimal(3,3)",
    "d": "decimal(7,2)",
    "e": "decimal(12,4)",
    "h": "decimal(38,10)",
}
KINDS = {name: kind for name, written in COLUMNS.items() if (kind := of_type(written))}
# in the integers of decimals: what fits each of them, and no product of a few is beyond Sail's 128 bits
_DIGITS = {"c": 999, "d": 10**7 - 1, "e": 10**9, "h": 10**16}


class OverflowedError(Exception):
    """Spark raises ARITHMETIC_OVERFLOW or NUMERIC_VALUE_OUT_OF_RANGE."""


def _values(name: str) -> st.SearchStrategy[Value]:
    kind = KINDS[name]
    if kind.whole:
        low, high = INTEGERS[kind.name]
        edges = st.sampled_from([low, high, -1, 0, 1, 7])
        return st.builds(Fraction, edges | st.integers(low, high) | st.integers(-99, 99))
    assert kind.digits
    unit = 10 ** kind.digits[1]
    most = _DIGITS[name]
    return st.integers(-most, most).map(lambda value: Fraction(value, unit))


FULL = st.fixed_dictionaries({name: _values(name) for name in COLUMNS})
ROWS = st.lists(
    FULL | st.fixed_dictionaries({name: st.none() | _values(name) for name in COLUMNS}),
    min_size=1,
    max_size=4,
)
LEAVES = [*COLUMNS, "2", "100", "0.05", "1.5", "12345678901"]
EXPRESSIONS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda text: f"(- {text})"),
        st.tuples(inner, st.sampled_from(["DECIMAL(9,1)", "DECIMAL(20,6)", "SMALLINT", "BIGINT"])).map(
            lambda parts: f"CAST({parts[0]} AS {parts[1]})"
        ),
        st.tuples(inner, inner).map(lambda parts: f"coalesce({parts[0]}, {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"CASE WHEN i > 0 THEN {parts[0]} ELSE {parts[1]} END"),
        st.tuples(inner, inner).map(lambda parts: f"if(i > 0, {parts[0]}, {parts[1]})"),
    ),
    max_leaves=5,
)


def _rounded(value: Fraction, places: int) -> Fraction:
    """Half up."""
    whole = int(abs(value) * 10**places + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)


def _typed(value: Value, kind: Kind) -> Value:
    """The value in the type, as Spark makes it of the exact one."""
    if value is None:
        return None
    if kind.whole:
        low, high = INTEGERS[kind.name]
        if not low <= value <= high:
            raise OverflowedError
        return value
    assert kind.digits
    value = _rounded(value, kind.digits[1])
    if abs(value) >= 10 ** kind.digits[0]:
        raise OverflowedError
    return value


class Exact:
    """The value of an expression in one row, by Spark's rules."""

    def __init__(self, kinds: Kinds, row: Mapping[str, Value]) -> None:
        self.kinds, self.row = kinds, row

    def of(self, node: exp.Expr) -> Value:
        if isinstance(node, exp.Column):
            return self.row[node.name]
        if isinstance(node, exp.Literal):
            return Fraction(node.this)
        if isinstance(node, exp.Paren):
            return self.of(node.this)
        kind = self.kinds.of(node)
        assert kind is not None
        return _typed(self._of(node), kind)

    def _of(self, node: exp.Expr) -> Value:
        if isinstance(node, exp.Neg):
            inner = self.of(node.this)
            return None if inner is None else -inner
        if isinstance(node, exp.Cast):
            return self._cast(node)
        if isinstance(node, exp.Coalesce):
            return next((found for it in operands(node) if (found := self.of(it)) is not None), None)
        if isinstance(node, exp.Case | exp.If):
            first = self.row["i"] is not None and self.row["i"] > 0
            return self.of(operands(node)[0 if first else 1])
        left, right = self.of(node.this), self.of(node.expression)
        return None if left is None or right is None else _calculated(node, left, right)

    def _cast(self, node: exp.Cast) -> Value:
        inner, kind = self.of(node.this), self.kinds.of(node)
        assert kind is not None
        return Fraction(int(inner)) if inner is not None and kind.whole else inner


def _calculated(node: exp.Expr, left: Fraction, right: Fraction) -> Fraction:
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return {exp.Add: left + right, exp.Sub: left - right, exp.Mul: left * right}[type(node)]
    if right == 0:
        raise OverflowedError
    if isinstance(node, exp.Div):
        return _rounded(left / right, 39)
    whole = abs(left / right)
    cut = whole.numerator // whole.denominator
    return left - right * (cut if left / right >= 0 else -cut)


@pytest.fixture(scope="module")
def spark(sail: str) -> Iterator[SparkSession]:
    session = kept(SparkSession.builder.remote(f"sc://{sail}").create())
    yield session
    session.stop()


def _table(rows: list[dict[str, Value]]) -> str:
    """The rows as a table `r` of COLUMNS."""
    texts = [
        ", ".join(
            "NULL" if row[name] is None else f"CAST('{_written(row[name], kind)}' AS {COLUMNS[name]})"
            for name, kind in KINDS.items()
        )
        for row in rows
    ]
    casts = ", ".join(f"CAST({name} AS {written}) AS {name}" for name, written in COLUMNS.items())
    values = ", ".join(f"({text})" for text in texts)
    return f"(SELECT {casts} FROM VALUES {values} AS v({', '.join(COLUMNS)}))"


def _written(value: Value, kind: Kind) -> str:
    assert value is not None
    return str(int(value)) if kind.whole else f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


def _mended(text: str, names: list[str] | None = None) -> str:
    shape = sqlshape.query(
        text, sqlshape.parsed(text), lambda name: KINDS if name == ("r",) else None, strict=True
    )
    assert shape.doubts == []
    return sqlmend.applied(text, shape.mended, lambda: names)


def _asked(spark: SparkSession, query: str, rows: list[dict[str, Value]]) -> tuple[str, list[Value]]:
    """The type and the values that Sail gives for the one column of a query of r."""
    found = spark.sql(f"WITH r AS {_table(rows)} {query}")
    (column,) = found.schema.fields
    values = [row[0] for row in found.collect()]
    return column.dataType.simpleString(), [None if it is None else Fraction(it) for it in values]


def _named(kind: Kind) -> str:
    return decimals.named(kind.digits).lower() if kind.digits and not kind.whole else kind.name


def _check(spark: SparkSession, text: str, rows: list[dict[str, Value]]) -> bool:
    """Compare one expression, if it is mended or needs no mend; whether that was so."""
    (tree,) = sqlmend.parse(f"SELECT {text} AS x FROM r")
    assert isinstance(tree, exp.Select)
    kinds = Kinds(lambda column: KINDS[column.name])
    node = tree.selects[0].this
    parts = (exp.Identifier, exp.DataType, exp.DataTypeParam)
    found = [
        kinds.of(it) for it in node.walk() if not it.find_ancestor(exp.DataType) and not isinstance(it, parts)
    ]
    kind = found[0]
    told = all(it and it.name != "double" and (it.whole or it.digits or it.name == "boolean") for it in found)
    quotients = list(node.find_all(exp.Div))
    if kind is None or kinds.doubts or not told or any(id(it) not in kinds.mended for it in quotients):
        return False
    query = f"SELECT {text} AS x FROM r"
    try:
        expected = [Exact(kinds, row).of(node) for row in rows]
    except OverflowedError:
        with pytest.raises(PySparkException):
            _asked(spark, _mended(query), rows)
        return True
    try:
        asked = _asked(spark, _mended(query), rows)
    except PySparkException as error:
        # what it calculates on the way has more digits than there are: an error is no other value
        if not any(word in str(error) for word in ("verflow", "too large", "exceed")):
            raise
        return False
    assert asked == (_named(kind), expected)
    above = [it for it in expected if it is not None and it > 1]
    # where Sail moves casts to the other side
    for filtered in (f"{query} WHERE {text} > 1", f"SELECT x FROM ({query}) WHERE x > 1"):
        assert _asked(spark, _mended(filtered), rows) == (_named(kind), above), filtered
    return True


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, ROWS)
def test_what_is_calculated_is_spark_s_value_and_type(
    spark: SparkSession, text: str, rows: list[dict[str, Value]]
) -> None:
    event(f"compared: {_check(spark, text, rows)}")


@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "%"])
@given(st.data())
def test_an_operator_is_spark_s_for_types_of_all_kinds(
    spark: SparkSession, sign: str, data: st.DataObject
) -> None:
    left, right = data.draw(st.sampled_from(LEAVES)), data.draw(st.sampled_from(LEAVES))
    row = data.draw(FULL)
    event(f"compared: {_check(spark, f'{left} {sign} {right}', [row])}")


def _total(values: list[Value]) -> Value:
    found = [it for it in values if it is not None]
    return sum(found, Fraction(0)) if found else None


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["t", "i", "b"]), ROWS)
def test_a_sum_of_integers_is_right_or_fails(
    spark: SparkSession, name: str, rows: list[dict[str, Value]]
) -> None:
    query = _mended(f"SELECT sum({name}) AS x FROM r")
    total = _total([row[name] for row in rows])
    low, high = INTEGERS["bigint"]
    if total is not None and not low <= total <= high:
        with pytest.raises(PySparkException):
            _asked(spark, query, rows)
    else:
        assert _asked(spark, query, rows) == ("bigint", [total])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["c", "d", "e", "d + i", "100 * d"]), st.sampled_from(["", "DISTINCT "]), ROWS)
def test_an_average_of_decimals_is_rounded_half_up(
    spark: SparkSession, text: str, distinct: str, rows: list[dict[str, Value]]
) -> None:
    (tree,) = sqlmend.parse(f"SELECT {text}")
    assert isinstance(tree, exp.Select)
    kinds = Kinds(lambda column: KINDS[column.name])
    values = [Exact(kinds, row).of(tree.selects[0]) for row in rows]
    known = [it for it in values if it is not None]
    known = [*{*known}] if distinct else known
    kind = kinds.of(tree.selects[0])
    assert kind
    assert kind.digits
    digits = decimals.average(kind.digits)
    assert digits
    expected = _rounded(sum(known, Fraction(0)) / len(known), digits[1]) if known else None
    query = _mended(f"SELECT avg({distinct}{text}) AS x FROM r")
    assert _asked(spark, query, rows) == (decimals.named(digits).lower(), [expected])


MENDS = [
    ("i + 1", "greatest(CAST(CAST(i AS BIGINT) + CAST(1 AS BIGINT) AS INT))"),
    ("-b", "greatest(CAST(-CAST(b AS DECIMAL(20,0)) AS BIGINT))"),
    (
        "'ä', d /* a */ / -- b\n e",
        "'ä', greatest(CAST(CAST(d AS DECIMAL(17,12)) /* a */ / -- b\n e AS DECIMAL(24,15)))",
    ),
    (
        "avg(d) OVER (ORDER BY i)",
        "greatest(CAST(avg(CAST(d AS DECIMAL(8,3))) OVER (ORDER BY i) AS DECIMAL(11,6)))",
    ),
    (
        "sum(i) FILTER (WHERE i > 1)",
        "greatest(CAST(sum(CAST(i AS DECIMAL(10,0))) FILTER (WHERE i > 1) AS BIGINT))",
    ),
    ("round(e, 2)", "greatest(CAST(round(e, 2) AS DECIMAL(11,2)))"),
    ("avg(DISTINCT d)", "greatest(CAST(avg(DISTINCT CAST(d AS DECIMAL(8,3))) AS DECIMAL(11,6)))"),
    ("`round`(CAST(i AS DOUBLE), 2)", "emberlake_round_half_up(CAST(i AS DOUBLE), 2)"),
    (
        "coalesce(t, b, 1.5)",
        "coalesce(CAST(t AS DECIMAL(21,1)), CAST(b AS DECIMAL(21,1)), CAST(1.5 AS DECIMAL(21,1)))",
    ),
    ("d * (-5L)", "d * (-5L)"),
    ("CAST(d AS DECIMAL(4,1)) + i", "greatest(CAST(d AS DECIMAL(4,1))) + CAST(i AS DECIMAL(10,0))"),
    ("ifnull(i, d)", "coalesce(CAST(i AS DECIMAL(12,2)), CAST(d AS DECIMAL(12,2)))"),
    (
        "CASE WHEN i > 0 THEN 0 WHEN i < 0 THEN NULL ELSE d END",
        (
            "CASE WHEN i > 0 THEN CAST(0 AS DECIMAL(12,2)) WHEN i < 0 THEN NULL"
            " ELSE CAST(d AS DECIMAL(12,2)) END"
        ),
    ),
    ("sum(CASE WHEN i > 0 THEN 1 ELSE 0 END)", "sum(CASE WHEN i > 0 THEN 1 ELSE 0 END)"),
    (
        "(SELECT avg(d) FROM r) > d",
        "(SELECT greatest(CAST(avg(CAST(d AS DECIMAL(8,3))) AS DECIMAL(11,6))) FROM r) > d",
    ),
]
NEGATIVE = MENDS[1][1]
PLACES = [
    ("SELECT -b FROM r", ["one"], f"SELECT {NEGATIVE} AS `one` FROM r"),
    ("SELECT *, -b FROM r", [*COLUMNS, "a`b"], f"SELECT *, {NEGATIVE} AS `a``b` FROM r"),
    ("SELECT -b, * FROM r", ["one", *COLUMNS], f"SELECT {NEGATIVE} AS `one`, * FROM r"),
    (
        "(SELECT -b FROM r) UNION ALL (SELECT -b FROM r)",
        ["one"],
        f"(SELECT {NEGATIVE} AS `one` FROM r) UNION ALL (SELECT {NEGATIVE} FROM r)",
    ),
    (
        "WITH c(y) AS (SELECT -b FROM r) SELECT y FROM c",
        ["y"],
        f"WITH c(y) AS (SELECT {NEGATIVE} FROM r) SELECT y FROM c",
    ),
    (
        "SELECT i FROM r WHERE i IN (SELECT -b FROM r) ORDER BY -b",
        ["i"],
        f"SELECT i FROM r WHERE i IN (SELECT {NEGATIVE} FROM r) ORDER BY {NEGATIVE}",
    ),
]


@pytest.mark.parametrize(("text", "mended"), MENDS)
def test_a_mend_stands_around_what_it_is_for(text: str, mended: str) -> None:
    assert _mended(f"SELECT {text} AS x FROM r GROUP BY s") == f"SELECT {mended} AS x FROM r GROUP BY s"


@pytest.mark.parametrize(("text", "names", "mended"), PLACES)
def test_a_column_keeps_its_name(text: str, names: list[str], mended: str) -> None:
    assert _mended(text, names) == mended


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM (SELECT - b FROM r) s",
        "WITH c AS (SELECT - b FROM r) SELECT * FROM c",
        "SELECT 'a' || i + 1 AS x FROM r",
    ],
)
def test_what_cannot_be_put_into_the_text_is_refused(text: str) -> None:
    shape = sqlshape.query(text, sqlshape.parsed(text), lambda _: KINDS, strict=True)
    with pytest.raises(RefusedError):
        sqlmend.applied(text, shape.mended, lambda: ["x"])
