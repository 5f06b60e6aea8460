"""How many digits decimals have, before and after the point. Pure.

Rules: org.apache.spark.sql.catalyst.analysis.DecimalPrecision and org.apache.spark.sql.types.DecimalType of
Spark 4.1, with spark.sql.decimalOperations.allowPrecisionLoss as it is by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# before and after the point
Digits = tuple[int, int]
MOST = 38
# so many after the point are kept where there is no room for all of a result
_KEPT = 6
OF_INTEGERS: dict[str, Digits] = {"tinyint": (3, 0), "smallint": (5, 0), "int": (10, 0), "bigint": (20, 0)}
_DEFAULT: Digits = (10, 0)
_TYPE = re.compile(r"decimal(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?", re.IGNORECASE)
# what a quotient has at least after the point, and what an average and a sum have more than their rows
_QUOTIENT, _AVERAGE, _SUM = 6, 4, 10


def of_type(name: str) -> Digits | None:
    """Of a type as SQL writes it, `decimal(10,2)`; None for any other."""
    found = _TYPE.fullmatch(name.strip())
    if found is None:
        return None
    if found[1] is None:
        return _DEFAULT
    after = int(found[2] or 0)
    return int(found[1]) - after, after


def of_literal(text: str) -> Digits:
    """Of a number as SQL writes it, `0.05`."""
    before, _, after = text.partition(".")
    whole = len(before.lstrip("0"))
    return whole or int(not after), len(after)


def named(digits: Digits) -> str:
    """The type as SQL writes it."""
    return f"DECIMAL({sum(digits)},{digits[1]})"


def result(sign: str, left: Digits, right: Digits) -> Digits:
    """Of `left sign right`, sign one of + - * / %."""
    return _fitting(exactly(sign, left, right))


def exactly(sign: str, left: Digits, right: Digits) -> Digits:
    """The same, were there room for any number of digits."""
    before, after = zip(left, right, strict=True)
    if sign in {"+", "-"}:
        return max(before) + 1, max(after)
    if sign == "*":
        return sum(before) + 1, sum(after)
    if sign == "/":
        return left[0] + right[1], max(_QUOTIENT, left[1] + sum(right) + 1)
    return min(before), max(after)


def _fitting(digits: Digits) -> Digits:
    """With fewer digits after the point where there are too many."""
    before, after = digits
    if before + after <= MOST:
        return digits
    kept = max(MOST - before, min(after, _KEPT))
    return MOST - kept, kept


def _bounded(digits: Digits) -> Digits:
    """With fewer digits before the point where there are too many."""
    return min(digits[0], MOST - digits[1]), digits[1]


def total(rows: Digits) -> Digits:
    """Of sum()."""
    return _bounded((rows[0] + _SUM, rows[1]))


def average(rows: Digits) -> Digits | None:
    """Of avg(); None where it has no room for four more after the point."""
    digits = rows[0], rows[1] + _AVERAGE
    return digits if sum(digits) <= MOST else None


def rounded(digits: Digits, places: int) -> Digits | None:
    """Of round() to so many digits after the point, or before it; None where there is no room."""
    found = max(digits[0], -places) + 1, min(digits[1], max(0, places))
    return found if sum(found) <= MOST else None


def common(kinds: Iterable[Digits]) -> Digits | None:
    """Of a value that is one of these; None where there is no room for all their digits."""
    before, after = zip(*kinds, strict=True)
    digits = max(before), max(after)
    return digits if sum(digits) <= MOST else None
