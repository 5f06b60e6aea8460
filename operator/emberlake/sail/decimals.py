"""How many digits decimals have, before and after the point. Pure.

Rules: org.apache.spark.sql.catalyst.analysis.DecimalPrecision of Spark 4.1. Where a type is not known to the
digit, what is told is the most that it may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# before and after the point
Digits = tuple[int, int]
# a decimal with as many, or with more by Spark's rules, loses some of those after the point
MOST = 38
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
    return len(before.lstrip("0")), len(after)


def result(sign: str, left: Digits, right: Digits) -> Digits:
    """Of `left sign right`, sign one of + - * / %."""
    before, after = zip(left, right, strict=True)
    if sign in {"+", "-"}:
        return max(before) + 1, max(after)
    if sign == "*":
        return sum(before) + 1, sum(after)
    if sign == "/":
        return left[0] + right[1], max(_QUOTIENT, left[1] + sum(right) + 1)
    return min(before), max(after)


def total(rows: Digits) -> Digits:
    """Of sum()."""
    return rows[0] + _SUM, rows[1]


def average(rows: Digits) -> Digits:
    """Of avg()."""
    return rows[0], rows[1] + _AVERAGE


def common(kinds: Iterable[Digits]) -> Digits:
    """Of a value that is one of these."""
    before, after = zip(*kinds, strict=True)
    return max(before), max(after)
