"""When two engines gave the same result, and what is said of a name for which they did not."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import canon, document, verdicts
from compat.compare import Verdict, judge
from compat.reading import Case

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def outcome(*rows: Any, kind: str = "double") -> dict[str, Any]:
    return {
        "schema": {"type": "struct", "fields": [{"name": "c", "type": kind}]},
        "rows": canon.rows([[row] for row in rows]),
    }


def kind(spark: Any, sail: Any, **how: Any) -> str:
    return judge(spark, sail, **{"ordered": False, **how}).kind


def test_a_decimal_of_the_smallest_step_is_itself_however_it_is_written() -> None:
    assert kind(outcome(Decimal("-1.0E-38")), outcome(Decimal("-1E-38"))) == "same"
    assert kind(outcome(Decimal("-1.0E-38")), outcome(Decimal("-2E-38"))) == "differs"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (1, True),
        (1, 1.0),
        (1.0, None),
        (Decimal("1.0"), Decimal("1.00")),
        ("1", 1),
        (b"a", "a"),
        (float("nan"), None),
        (dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)),  # noqa: DTZ001 - a value as an engine gives it
        ([], None),
        ([1], [1, None]),
        ({"a": 1}, {"a": 2}),
    ],
)
def test_tells_apart_what_is_not_the_same(ours: Any, theirs: Any) -> None:
    assert kind(outcome(ours), outcome(theirs)) == "differs"


@given(VALUES)
def test_a_value_is_the_same_as_itself_through_json(value: Any) -> None:
    assert kind(outcome(value), json.loads(json.dumps(outcome(value)))) == "same"


def test_nan_is_nan_and_a_map_has_no_order() -> None:
    assert kind(outcome(float("nan")), outcome(float("nan"))) == "same"
    assert kind(outcome({"a": 1, "b": 2}), outcome({"b": 2, "a": 1})) == "same"


def test_rows_count_each_and_have_an_order_only_where_asked() -> None:
    assert kind(outcome(1, 2), outcome(2, 1)) == "same"
    assert kind(outcome(1, 2), outcome(2, 1), ordered=True) == "differs"
    assert kind(outcome(1, 1, 2), outcome(1, 2, 2)) == "differs"
    assert kind(outcome(1), outcome(1, 1)) == "differs"


def test_the_sign_of_zero_and_the_last_digit_are_noted() -> None:
    assert judge(outcome(0.0), outcome(-0.0), ordered=True) == Verdict("same", "but for the sign of zero")
    assert judge(outcome(0.1 + 0.2), outcome(0.3), ordered=True) == Verdict(
        "same", "but for the last digit of doubles"
    )
    assert kind(outcome([0.1, 1]), outcome([0.1001, 1])) == "differs"


def test_sums_of_doubles_may_differ_in_the_last_digits_where_said() -> None:
    assert kind(outcome(1e6), outcome(1e6 + 1e-7), exact=False) == "same"
    assert kind(outcome(1e6), outcome(1e6 + 1e-7)) == "differs"
    assert kind(outcome(0.1), outcome(0.1001), exact=False) == "differs"


def test_a_type_is_part_of_the_result() -> None:
    verdict = judge(outcome(1, kind="bigint"), outcome(1, kind="integer"), ordered=False)
    assert verdict.note == "type bigint in Spark, integer in Sail"
    assert kind(outcome(1), outcome(2), types_only=True) == "same"


def test_errors() -> None:
    error = {"error": "ArithmeticException: [DIVIDE_BY_ZERO] Division by zero"}
    assert kind(error, error) == "refused"
    assert kind(outcome(1), error) == "fails"
    assert judge(error, outcome(1), ordered=False) == Verdict("lenient", "DIVIDE_BY_ZERO in Spark, 1 in Sail")


def said(name: str, *outcomes: tuple[Any, Any], kinds: str = "") -> dict[str, str]:
    judged = [
        (Case(f"case {n}", name, kinds=kinds), judge(*pair, ordered=True)) for n, pair in enumerate(outcomes)
    ]
    return verdicts.functions(verdicts.gathered(judged))


EQUAL, OTHER = (outcome(1), outcome(1)), (outcome(1), outcome(2))
FAILS, REFUSED = (outcome(1), {"error": "no"}), ({"error": "[X] a"}, {"error": "no"})
OVERFLOW = ({"error": "[ARITHMETIC_OVERFLOW] long overflow"}, outcome(-1))


def test_one_difference_is_enough_and_few_equal_results_are_not() -> None:
    assert said("f", *[EQUAL] * 9, OTHER) == {"f": "differs: case 9: 1 in Spark, 2 in Sail"}
    assert said("f", *[EQUAL] * 2) == {}
    assert said("f", *[EQUAL] * 3) == {"f": "same"}


def test_an_input_that_only_sail_refuses_takes_nothing_away() -> None:
    assert said("f", *[EQUAL] * 3, FAILS, REFUSED) == {"f": "same"}
    assert said("f", FAILS, REFUSED) == {"f": "fails: case 0: no"}
    assert said("f", REFUSED, REFUSED) == {}


def test_kinds_that_differ_stand_apart_from_those_that_do_not() -> None:
    whole = [(Case(f"int {n}", "f", kinds="int"), Verdict("same")) for n in range(3)]
    parts = [(Case("f(1.5)", "f", kinds="decimal"), Verdict("differs", "x"))]
    assert verdicts.functions(verdicts.gathered([*whole, *parts])) == {
        "f": "same",
        "f:decimal": "differs: f(1.5): x",
    }
    assert verdicts.functions(verdicts.gathered(parts)) == {"f": "differs: f(1.5): x"}


def test_an_error_that_sail_does_not_raise_stands_apart() -> None:
    found = said("+", *[EQUAL] * 3, OVERFLOW, kinds="int")
    assert found == {"+": "same", "+:errors": "differs: case 3: ARITHMETIC_OVERFLOW in Spark, -1 in Sail"}


def test_a_cast_is_judged_by_its_types_alone() -> None:
    assert said("cast:string:int", *[EQUAL] * 3) == {"cast:string:int": "same"}
    assert said("cast:string:int", *[EQUAL] * 3, OVERFLOW)["cast:string:int"].startswith("differs")


def test_the_page_shows_every_name() -> None:
    functions = {
        "abs": "same",
        "bround": "differs: bround(2.5): 2 in Spark, 3 in Sail",
        "cast:int:string": "same",
        "nope": "fails: x",
    }
    verified = document.verified(
        {"sail": "1", "spark": "2"}, functions, {"read.csv": "same"}, ["abs", "later"], {"abs": "int"}
    )
    assert verified["compared"] == {"abs": "int"}
    versions = {"sail": "1", "spark": "2"}
    page = document.page(verified, {**versions, "suites": {}}, {**versions, "engines": {}})
    assert all(name in page for name in ("`abs`", "`bround`", "`nope`", "`read.csv`", "`later`"))
    assert "| | string |\n|---|---|\n| int | = |" in page
