"""Conditions on the arguments of a call by which its result differs from Spark's. Pure.

Each has the name of a verdict in `verified.json`, and tells by what is written whether it may hold: an
argument that is no literal may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from sqlglot import exp

# of a date, those that trunc() knows (TruncDate)
_LONG_UNITS = frozenset({"YEAR", "YYYY", "YY", "QUARTER", "MONTH", "MM", "MON", "WEEK"})
# and of a time, those that are no part of a second
_UNITS = frozenset({"DAY", "DD", "HOUR", "MINUTE", "SECOND"})


def _text(arguments: list[exp.Expr], place: int) -> str | None:
    """The literal that stands there; None where it is none."""
    found = arguments[place] if place < len(arguments) else None
    # units are written without quotes, too
    literal = found is not None and found.is_string and found.meta.get("kind", "string") == "string"
    return found.name if found is not None and (literal or isinstance(found, exp.Var)) else None


def _escaped(arguments: list[exp.Expr]) -> bool:
    """Whether the pattern may have a backslash."""
    pattern = _text(arguments, 1)
    return pattern is None or "\\" in pattern


def _of_java(arguments: list[exp.Expr]) -> bool:
    """Whether Java may read a part of a regular expression, or of what is put in its place, otherwise."""
    pattern, *put = [_text(arguments, place) for place in range(1, min(3, len(arguments)))]
    # \w, \d and the like mean Unicode on Sail
    other = pattern is None or re.search(r"\\[A-Za-z0-9]|\(\?", pattern)
    return bool(other) or any(it is None or re.search(r"\\|\$\{", it) for it in put)


def _empty(arguments: list[exp.Expr]) -> bool:
    """Whether the text to look for may be empty."""
    return not _text(arguments, 1)


def _weighed(arguments: list[exp.Expr]) -> bool:
    """Whether values may count more than once."""
    return len(arguments) > 2 and _number(arguments[2]) != 1


def _not_of(units: frozenset[str], arguments: list[exp.Expr]) -> bool:
    """Whether the unit may be none of these. sqlglot has it in either place, and takes a column for one."""
    return not any((_text(arguments, place) or "").upper() in units for place in (0, 1))


def _number(node: exp.Expr) -> int | None:
    """The whole number that is written there."""
    literal = node.this if isinstance(node, exp.Neg) else node
    if not isinstance(literal, exp.Literal) or literal.is_string or not literal.this.isdecimal():
        return None
    return int(literal.this) if literal is node else -int(literal.this)


def _below(least: int, arguments: list[exp.Expr]) -> bool:
    """Whether a number among the arguments behind the first may be less, or NULL."""
    numbers = [_number(it) for it in arguments[1:]]
    return any(it is None or it < least for it in numbers)


def _from_the_end(arguments: list[exp.Expr]) -> bool:
    """Whether so many characters may be taken from a place before the end, which a short text has not."""
    to_the_end = len(arguments) == 2 and _number(arguments[1]) is not None
    return not to_the_end and _below(0, arguments)


def _searched(arguments: list[exp.Expr]) -> bool:
    """Whether locate() may begin at no place, or look for an empty text, here the second argument."""
    return len(arguments) > 2 and (_below(1, arguments[1:]) or not _text(arguments, 1))


CONDITIONS: Mapping[str, Callable[[list[exp.Expr]], bool]] = {
    "like:errors": _escaped,
    "ilike:errors": _escaped,
    "substring:position": _from_the_end,
    "substr:position": _from_the_end,
    "left:position": partial(_below, 0),
    "right:position": partial(_below, 0),
    "slice:position": partial(_below, 1),
    "locate:position": _searched,
    "percentile:frequency": _weighed,
    "split:empty": _empty,
    "regexp_replace:empty": _empty,
    "regexp_replace:pattern": _of_java,
    "rlike:pattern": _of_java,
    "date_trunc:fraction": partial(_not_of, _LONG_UNITS | _UNITS),
    "trunc:day": partial(_not_of, _LONG_UNITS),
    # by the kinds of the arguments, see callsites
    **dict.fromkeys(("case:errors", "case:mixed", "coalesce:mixed"), lambda _: False),
    **dict.fromkeys(("extract:dow", "extract:errors"), lambda _: False),
}


def conditions(names: Iterable[str], arguments: list[exp.Expr]) -> frozenset[str]:
    """The conditions that may hold for a call with these arguments."""
    wanted = {name: it for name, it in CONDITIONS.items() if name.split(":")[0] in set(names)}
    return frozenset(name for name, holds in wanted.items() if holds(arguments))
