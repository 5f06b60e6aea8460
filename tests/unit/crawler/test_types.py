"""Column types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.crawler.decide import types as t

SCALARS = st.sampled_from(
    [t.BOOLEAN, t.INT, t.BIGINT, t.DOUBLE, t.STRING, t.DATE, t.TIMESTAMP, t.decimal(10, 2)]
)
TYPES = st.recursive(
    SCALARS,
    lambda kinds: st.one_of(
        kinds.map(t.array),
        st.tuples(kinds, kinds).map(lambda pair: t.mapping(*pair)),
        st.lists(kinds, min_size=1, max_size=3).map(
            lambda ks: t.struct([(f"f{n}", k) for n, k in enumerate(ks)])
        ),
    ),
    max_leaves=6,
)


@given(TYPES)
def test_types_are_read_back(kind: t.HiveType) -> None:
    assert t.parse(str(kind)) == kind


@pytest.mark.parametrize(
    "text", ["varchar(10)", "struct<a:int", "array<>", "map<int>", "int x", "", "uniontype<int>"]
)
def test_unknown_types_are_none(text: str) -> None:
    assert t.parse(text) is None


@given(TYPES, TYPES)
def test_widening_text_is_symmetric_and_holds_both(one: t.HiveType, other: t.HiveType) -> None:
    merged = t.widen(one, other, text=True)
    if merged is not None:
        assert t.widen(merged, one, text=True) == merged
        assert t.widen(merged, other, text=True) == merged
    assert (merged is None) == (t.widen(other, one, text=True) is None)


@pytest.mark.parametrize(
    ("one", "other", "text", "stored"),
    [
        (t.INT, t.BIGINT, t.BIGINT, t.BIGINT),
        (t.BIGINT, t.DOUBLE, t.DOUBLE, None),
        (t.DATE, t.TIMESTAMP, t.STRING, None),
        (t.BIGINT, t.STRING, t.STRING, None),
        (t.array(t.INT), t.array(t.BIGINT), t.array(t.BIGINT), t.array(t.BIGINT)),
        (t.array(t.INT), t.INT, None, None),
    ],
)
def test_widening(
    one: t.HiveType, other: t.HiveType, text: t.HiveType | None, stored: t.HiveType | None
) -> None:
    assert t.widen(one, other, text=True) == text
    assert t.widen(one, other, text=False) == stored


def test_spark_writes_types_in_its_own_words() -> None:
    kind = t.struct([("a", t.INT), ("b", t.array(t.BIGINT)), ("c", t.mapping(t.STRING, t.SMALLINT))])
    fields = t.spark_type(kind)["fields"]
    assert fields[0] == {"name": "a", "type": "integer", "nullable": True, "metadata": {}}
    assert fields[1]["type"] == {"type": "array", "elementType": "long", "containsNull": True}
    assert fields[2]["type"]["valueType"] == "short"
