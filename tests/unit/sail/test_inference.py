"""What passes as arithmetic of integers cannot overflow, by exact evaluation."""

from __future__ import annotations

import operator

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from emberlake.sail import callsites
from emberlake.sail.inference import Kinds
from emberlake.sail.kinds import INTEGERS, Kind, of_type

COLUMNS = {"t": "tinyint", "s": "smallint", "i": "int", "b": "bigint"}
VALUES = st.fixed_dictionaries(
    {
        name: st.one_of(st.sampled_from([*INTEGERS[kind], 0, 1, -1]), st.integers(*INTEGERS[kind]))
        for name, kind in COLUMNS.items()
    }
)
LITERALS = [0, 1, 7, 127, 32768, 2**31 - 1, 2**31]
EXPRESSIONS = st.recursive(
    st.sampled_from([*COLUMNS, *map(str, LITERALS)]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
        inner.map(lambda text: f"(- {text})"),
        inner.map(lambda text: f"CAST({text} AS BIGINT)"),
        st.tuples(inner, inner).map(lambda parts: f"coalesce({parts[0]}, {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"CASE WHEN true THEN {parts[0]} ELSE {parts[1]} END"),
    ),
    max_leaves=6,
)


def _kinds() -> Kinds:
    return Kinds(lambda column: of_type(COLUMNS[column.name]) if column.name in COLUMNS else None)


def _value(node: exp.Expr, row: dict[str, int]) -> int:
    """The exact value, as if integers had no bounds."""
    if isinstance(node, exp.Column):
        return row[node.name]
    if isinstance(node, exp.Literal):
        return int(node.this)
    if isinstance(node, exp.Case):
        return _value(node.args["ifs"][0].args["true"], row)
    inner = _value(node.this, row)
    if isinstance(node, exp.Neg):
        return -inner
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        apply = {exp.Add: operator.add, exp.Sub: operator.sub, exp.Mul: operator.mul}[type(node)]
        return apply(inner, _value(node.expression, row))
    return inner


@settings(max_examples=1000)
@given(EXPRESSIONS, VALUES)
def test_what_passes_stays_in_its_type_for_every_row(text: str, row: dict[str, int]) -> None:
    kinds = _kinds()
    tree = sqlglot.parse_one(text, dialect="spark")
    nodes = list(tree.find_all(exp.Add, exp.Sub, exp.Mul, exp.Neg))
    found = [(node, kinds.of(node)) for node in nodes]
    if kinds.doubts or kinds.mended:
        return
    for node, kind in found:
        assert kind is not None
        low, high = INTEGERS[kind.name]
        assert low <= _value(node, row) <= high, (text, node.sql())
        assert kind.low <= _value(node, row) <= kind.high


@pytest.mark.parametrize(
    "text",
    [
        "t + s",
        "t * CAST(2 AS TINYINT)",
        "i + 1",
        "b + 1",
        "i * i",
        "-b",
        "sum(i)",
        "sum(b)",
        "max(i) + 1",
        "nothing + 1",
        "sum(nothing)",
        "cast(nothing AS STRING)",
        "unknown_function(i) + (x.i + 1)",
        "2147483647 + 1",
    ],
)
def test_what_may_overflow_is_mended_and_what_is_not_known_is_a_doubt(text: str) -> None:
    kinds = _kinds()
    for node in sqlglot.parse_one(text, dialect="spark").walk():
        if isinstance(node, exp.Add | exp.Mul | exp.Neg | exp.Sum | exp.Cast):
            kinds.of(node)
    assert bool(kinds.mended) != bool(kinds.doubts) or "unknown" in text, text


MONEY = "CAST(1 AS DECIMAL(10, 2))"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CAST(i AS BIGINT) + 1", Kind("bigint", -(2**31) + 1, 2**31)),
        ("1 + 2 * 3", Kind("int", 7, 7)),
        ("i * 1.5", Kind("decimal", digits=(12, 1))),
        # as Spark has them: decimal(11,2), (21,4), (23,13), (10,2), (20,2), (14,6)
        (f"{MONEY} + {MONEY}", Kind("decimal", digits=(9, 2))),
        (f"{MONEY} * {MONEY}", Kind("decimal", digits=(17, 4))),
        (f"{MONEY} / {MONEY}", Kind("decimal", digits=(10, 13))),
        (f"{MONEY} % {MONEY}", Kind("decimal", digits=(8, 2))),
        (f"sum({MONEY})", Kind("decimal", digits=(18, 2))),
        (f"avg({MONEY})", Kind("decimal", digits=(8, 6))),
        (f"-({MONEY} * (1 - 0.05))", Kind("decimal", digits=(11, 4))),
        (f"CASE WHEN true THEN {MONEY} WHEN false THEN 1L ELSE 0.125 END", Kind("decimal", digits=(20, 3))),
        (f"coalesce({MONEY}, i, NULL)", Kind("decimal", digits=(10, 2))),
        (f"avg({MONEY} * {MONEY} * {MONEY} * 1.0)", Kind("decimal*")),
        ("CAST(1 AS DECIMAL(38, 6))", Kind("decimal38", digits=(32, 6))),
        ("CAST(1 AS DECIMAL)", Kind("decimal", digits=(10, 0))),
        ("b / 2", Kind("double")),
        ("avg(i)", Kind("double")),
        ("i % 10", Kind("int", *INTEGERS["int"])),
        ("count(*) * 100", Kind("bigint", 0, 100 * 2**43)),
        ("sum(CASE WHEN i > 1 THEN 1 ELSE 0 END)", Kind("bigint", 0, 2**43)),
        ("year(d) - 1", Kind("int", -300_001, 299_999)),
        ("DATE'2020-01-01' - INTERVAL 1 DAY", Kind("date")),
        ("DATE'2020-01-01' + INTERVAL 1 HOUR", None),
        ("upper(substr('a', 1, 1))", Kind("string")),
        ("substr(b, 1, 1)", None),
        ("stddev_samp(i) / avg(i)", Kind("double")),
        ("grouping(i) + grouping(s)", Kind("tinyint", *INTEGERS["tinyint"])),
        ("X'00'", Kind("binary")),
        ("CAST(NULL AS INTERVAL DAY TO SECOND)", Kind("interval")),
        ("INTERVAL '1-2' YEAR TO MONTH", Kind("interval of days")),
        ("CASE WHEN true THEN INTERVAL 1 DAY ELSE INTERVAL 1 HOUR END", None),
    ],
)
def test_what_is_known_has_its_type_and_its_bounds(text: str, kind: Kind | None) -> None:
    kinds = _kinds()
    assert (kinds.of(sqlglot.parse_one(text, dialect="spark")), kinds.doubts) == (kind, [])


def test_calls_are_told_with_the_kinds_of_their_arguments() -> None:
    kinds = _kinds()
    tree = sqlglot.parse_one("bround(CAST(i AS DOUBLE), 2) LIKE concat(t, no)", dialect="spark")
    found = {call.name: call for node in tree.walk() for call in callsites.calls(node, kinds)}
    assert found["bround"].signature == ("double", "int")
    assert found["concat"].signature == ("tinyint", None)
    assert (found["like"].signature, found["like"].may) == ((None, None), {"like:errors"})
    assert kinds.casts == {"cast:int:double"}
