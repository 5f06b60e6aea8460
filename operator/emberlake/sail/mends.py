"""How an expression is put to Sail so that its value and type are Spark's. Pure.

Sail's integers wrap around, its quotients and averages of decimals are cut off, and a choice between values
has the type of the first. Casts around operands and result give it room to calculate exactly; the last cast
rounds half up, or fails where the value has no place in the type, as Spark does (ANSI).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emberlake.sail import decimals
from emberlake.sail.decimals import Digits, named

if TYPE_CHECKING:
    from emberlake.sail.kinds import Kind

# holds each sum, difference and product of two of these
_WIDER = {"tinyint": "INT", "smallint": "INT", "int": "BIGINT", "bigint": "DECIMAL(20,0)"}
# Sail divides a decimal by one to this many digits more after the point than the first has, and cuts off
_CUT_OFF = 4
# Spark rounds a quotient to so many digits after the point before it gives it its type (Decimal./)
_FIRST_ROUNDED = 39
# the gateway's own function, see rounding
HALF_UP = "emberlake_round_half_up"
# Sail moves a cast that is compared with a literal to the literal, as if it lost nothing: CAST(1.5001 AS
# DECIMAL(4,3)) > 1.5 is true. And it plans three times as long for each operator between casts that stands in
# another one. A function around the cast ends both; this one gives back its only argument
SCREEN = "greatest"
# the number of rows has 13 digits at most, see kinds.MOST_ROWS
_ROWS = 13


@dataclass(frozen=True, slots=True)
class Mend:
    """`operands`: the types that the operands are cast to, in their order, empty as they are.

    `result`: the type that the whole is cast to, empty as it is. `function`: the name that is called instead,
    empty for its own. `optional`: without it overflows are not told, or casts of the script are moved.
    `apart`: SCREEN stands around the whole though it is not cast. Of queries: `sealed`, it ends with LIMIT 1;
    `counted`, groups without rows are left out.
    """

    operands: tuple[str, ...]
    result: str = ""
    function: str = ""
    optional: bool = False
    apart: bool = False
    sealed: bool = False
    counted: bool = False

    @property
    def screened(self) -> bool:
        """Whether SCREEN stands around the whole."""
        return bool(self.result) or self.apart


# of a cast in the script that does not keep each value
CAST = Mend(("",), optional=True, apart=True)
# of queries, see totals
SEALED = Mend((), sealed=True)
COUNTED = Mend((), counted=True)


def whole(name: str, operands: int) -> Mend:
    """Of + - * with integers of this type at most, and of a sign before one."""
    return Mend((_WIDER[name],) * operands, name.upper(), optional=True)


def calculated(sign: str, left: Kind, right: Kind, *, strict: bool) -> Mend | None:
    """Of an operator with a decimal; None where nothing is to mend or it cannot be done.

    `strict`: a quotient fails where the last of twenty digits may be another, as one in 10^14 is.
    """
    first, second = left.as_decimal, right.as_decimal
    if first is None or second is None:
        return None
    if sign == "/":
        return _quotient(first, second, right, strict)
    exact, result = decimals.exactly(sign, first, second), decimals.result(sign, first, second)
    operands = named(first) if left.whole else "", named(second) if right.whole else ""
    mend = Mend(operands, "" if exact == result else named(result))
    return mend if any((*mend.operands, mend.result)) else None


def _quotient(left: Digits, right: Digits, divisor: Kind, strict: bool) -> Mend | None:
    result = decimals.result("/", left, right)
    # one digit more than Spark has; what is cut off behind it does not change how that one rounds
    after = max(result[1] + 1 - _CUT_OFF, left[1])
    # a divisor of no more digits leaves each quotient so far from a half that the first rounding makes none
    most = _FIRST_ROUNDED - result[1] if strict else decimals.MOST
    if after > decimals.MOST or most <= right[1] or result[1] + right[1] < left[1]:
        return None
    dividend = min(left[0], decimals.MOST - after), after
    narrow = min(right[0], most - right[1]), right[1]
    return Mend((named(dividend), named(narrow) if divisor.whole or narrow != right else ""), named(result))


def condition(operands: int) -> Mend:
    """Of an equality that may not become the key of a join."""
    return Mend(("",) * operands, apart=True)


def average(rows: Kind) -> Mend | None:
    """Of avg() of decimals; None where it cannot be done."""
    digits = rows.digits
    result = decimals.average(digits) if digits else None
    if digits is None or result is None or sum(digits) + 1 + _ROWS > decimals.MOST:
        return None
    return Mend((named((digits[0], digits[1] + 1)),), named(result))


def total(rows: Kind) -> Mend:
    """Of sum() of integers."""
    return Mend((named(decimals.OF_INTEGERS[rows.name]),), "BIGINT", optional=True)


def without_room(sign: str, left: Digits, right: Digits) -> bool:
    """Whether a result may have more digits than there are without an error of Sail."""
    exact = decimals.exactly(sign, left, right)
    # with another number of digits after the point the last cast tells
    return sum(exact) > decimals.MOST and decimals.result(sign, left, right)[1] == exact[1]


def may_overflow(rows: Digits) -> bool:
    """Whether sum() of decimals may have more digits than there are, which Sail does not tell."""
    return sum(rows) + _ROWS > decimals.MOST


def rounded() -> Mend:
    """Of round() of a double to a number of digits."""
    return Mend(("", ""), function=HALF_UP)


def chosen(branches: Sequence[Kind | None], written: Sequence[bool], common: Kind | None) -> Mend | None:
    """Of CASE, if() and coalesce(), whose value is one of the branches; None where all are of one type.

    `written`: which branches are numbers that stand in the text, and are doubles if they are read as such.
    """
    void = [kind is not None and kind.name == "void" for kind in branches]
    if common is None or any(kind is None for kind in branches) or common.unfollowed:
        return None
    decimal = [
        kind and kind.digits and not (kind.whole or known)
        for kind, known in zip(branches, written, strict=True)
    ]
    if common.name == "double" and any(decimal):
        # Spark rounds a decimal to the nearest double, Sail to one beside it
        return None
    same = [kind and kind.type == common.type for kind in branches]
    operands = tuple("" if one or other else common.written for one, other in zip(void, same, strict=True))
    return Mend(operands) if any(operands) else None
