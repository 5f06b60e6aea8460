"""round() of doubles as Spark has it: half up by the decimal digits that Java writes the number with.

Sail runs it in its own process. What Sail itself rounds by multiplication and division goes up or down by
chance where the number is next to a half: 1.005 is 1.0 there and 1.01 in Spark.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# no double has more digits
_EXACT = Context(prec=800, rounding=ROUND_HALF_UP)
# the powers of ten that are doubles
_MOST_PLACES = 21
# numbers below are at most one unit in the last place of a double apart
_PRECISE = 2.0**52


def half_up(values: pa.Array, places: pa.Array) -> pa.Array:
    """Doubles, and the number of digits after the point to keep, the same for all (int)."""
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    if len(values) == 0 or places[0].as_py() is None:
        return pa.nulls(len(values), pa.float64())
    digits = places[0].as_py()
    numbers = values.to_numpy(zero_copy_only=False).astype(np.float64)
    missing = np.asarray(values.is_null())
    return pa.array(_rounded(numbers, digits), pa.float64(), mask=missing)


def _rounded(numbers: np.ndarray, places: int) -> np.ndarray:
    import numpy as np  # noqa: PLC0415

    sizes = np.abs(numbers)
    fast = np.zeros(len(numbers), dtype=bool)
    out = numbers.copy()
    if 0 <= places <= _MOST_PLACES:
        one, finer = 10.0**places, 10.0 ** (places + 1)
        # the number is the half itself exactly when its digits are
        fast = sizes < _PRECISE / finer
        whole = np.floor(sizes[fast] * one)
        up = sizes[fast] >= (10 * whole + 5) / finer
        rounded = (whole + up) / one
        out[fast] = np.where(numbers[fast] < 0, 0.0 - rounded, rounded)
    for at in np.flatnonzero(~fast & np.isfinite(numbers)):
        out[at] = _by_digits(float(numbers[at]), places)
    return out


def _by_digits(number: float, places: int) -> float:
    exact = Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), context=_EXACT)
    # no zero has a sign
    return float(exact) + 0.0
