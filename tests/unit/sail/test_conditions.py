"""What is written in a call tells whether its result may differ."""

import pytest

from emberlake.sail import callsites
from emberlake.sail.inference import Kinds
from emberlake.sail.kinds import of_type
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqlshape import parsed

HOLD = {
    "substring:position": [
        "substring(s, n)",
        "substring(s, -2, 1)",
        "substring(s, 1, n)",
        "substring(s, NULL)",
    ],
    "substr:position": ["substr(s, 1 + 1)", "substr(s, 1, -1)"],
    "left:position": ["left(s, -1)", "left(s, n)"],
    "right:position": ["right(s, CAST(2 AS INT))"],
    "slice:position": ["slice(a, 0, 1)", "slice(a, 1, n)"],
    "locate:position": ["locate('x', s, 0)", "locate('', s, 1)", "locate(s, 'x', 1)", "locate('x', s, n)"],
    "split:empty": ["split(s, '')", "split(s, s)", "split(s, '', 2)"],
    "regexp_replace:empty": ["regexp_replace(s, '', 'x')"],
    "regexp_replace:pattern": [
        r"regexp_replace(s, '\\w', 'x')",
        r"regexp_replace(s, 'a', '\\$')",
        "regexp_replace(s, '(?i)a', 'x')",
        "regexp_replace(s, 'a', s)",
    ],
    "rlike:pattern": [r"s RLIKE '\\d+'", "s RLIKE s", r"rlike(s, '\\b')"],
    "percentile:frequency": ["percentile(n, 0.5, 2)", "percentile(n, 0.5, n)"],
    "date_trunc:fraction": ["date_trunc('MICROSECOND', t)", "date_trunc(s, t)"],
    "trunc:day": ["trunc(t, 'DAY')", "trunc(t, s)"],
    "like:errors": [r"s LIKE '\\%a'", "s LIKE s"],
}
NONE_HOLD = [
    "substring(s, 1, 2)",
    "substring(s, 0, 5)",
    "substring(s, -3)",
    "substring(s FROM 2 FOR 1)",
    "left(s, 0)",
    "slice(a, 2, 1)",
    "locate('x', s)",
    "locate('x', s, 2)",
    "split(s, ',')",
    "split(s, ',', 2)",
    r"regexp_replace(s, '\\.csv$', '$1x')",
    r"s RLIKE '^a\\.[0-9]+$'",
    "percentile(n, 0.5)",
    "percentile(n, 0.5, 1)",
    "date_trunc('MONTH', t)",
    "date_trunc('second', t)",
    "trunc(t, 'mm')",
    "s LIKE '%a_'",
]
COLUMNS = {"s": "string", "n": "int", "t": "timestamp", "a": "array"}


def _may(text: str) -> frozenset[str]:
    tree = parsed(f"SELECT {text}")
    kinds = Kinds(lambda column: of_type(COLUMNS[column.name]))
    return frozenset(
        name for node in tree.walk() for call in callsites.calls(node, kinds) for name in call.may
    )


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in HOLD.items() for text in texts])
def test_a_condition_that_cannot_be_ruled_out_may_hold(name: str, text: str) -> None:
    assert name in _may(text)


@pytest.mark.parametrize("text", ["nvl2(s, n)", "timestamp()", "locate('a')", "date_trunc()", "substring()"])
def test_too_few_arguments_are_for_the_engine_to_tell_of(text: str) -> None:
    try:
        _may(text)
    except RefusedError as error:
        assert error.refusal.feature == "sql.parse"  # noqa: PT017


@pytest.mark.parametrize("text", NONE_HOLD)
def test_what_is_written_rules_conditions_out(text: str) -> None:
    assert not _may(text)
