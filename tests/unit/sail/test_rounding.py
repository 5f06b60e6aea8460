"""Doubles are rounded as java.math.BigDecimal does it with the digits of Double.toString."""

import math
import sys
from decimal import ROUND_HALF_UP, Context, Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.sail.rounding import half_up

EXACT = Context(prec=800, rounding=ROUND_HALF_UP)
PLACES = st.integers(-3, 25) | st.sampled_from([-400, 300, 400])
# next to a number that ends in 5, where one digit decides
NEAR = st.builds(
    lambda units, places, step: _stepped(float(Decimal(10 * units + 5).scaleb(-places - 1)), step),
    st.integers(-(10**16), 10**16),
    st.integers(0, 20),
    st.sampled_from([-1, 0, 1]),
)


def _stepped(number: float, step: int) -> float:
    return math.nextafter(number, step * math.inf) if step else number


def rounded(numbers: list[float | None], places: int) -> list[float | None]:
    found = half_up(pa.array(numbers, pa.float64()), pa.array([places] * len(numbers), pa.int32()))
    return list(found.to_pylist())


@given(st.lists(st.floats() | NEAR | st.none(), max_size=8), PLACES)
def test_a_number_is_rounded_by_its_digits(numbers: list[float | None], places: int) -> None:
    for number, found in zip(numbers, rounded(numbers, places), strict=True):
        if number is None or not math.isfinite(number):
            assert repr(found) == repr(number)
        else:
            exact = Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), context=EXACT)
            assert found == float(exact), number


@pytest.mark.parametrize(
    ("number", "places", "found"),
    [
        (1.005, 2, 1.01),
        (2.675, 2, 2.68),
        (-0.285, 2, -0.29),
        (0.49999999999999994, 0, 0.0),
        (1250.0, -2, 1300.0),
        (sys.float_info.max, 2, sys.float_info.max),
    ],
)
def test_what_spark_gives(number: float, places: int, found: float) -> None:
    assert rounded([number, None], places) == [found, None]


def test_no_zero_has_a_sign() -> None:
    assert [repr(it) for it in rounded([-0.0, -0.001], 2)] == ["0.0", "0.0"]
