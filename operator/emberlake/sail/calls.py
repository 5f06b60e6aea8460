"""Which of a function's verdicts in `verified.json` may hold for a call, by the types of its arguments. Pure.

A verdict without a suffix holds for all calls but those with one of their own: `round:decimal,int` for
arguments of these types (one type where all are the same), any other suffix (`like:errors`,
`substring:position`) for a condition on values. What cannot be told apart is taken to hold.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from emberlake.sail.verified import Finding, Verdict, Verified

Signature = tuple[str | None, ...]
_INTEGERS = frozenset({"tinyint", "smallint", "int", "bigint"})
KINDS = _INTEGERS | {
    *(
        "boolean",
        "float",
        "double",
        "decimal",
        "decimal38",
        "string",
        "char",
        "varchar",
        "binary",
        "date",
        "time",
    ),
    *("timestamp", "timestamp_ntz", "interval", "array", "map", "struct", "void", "variant", "unknown"),
}
# a decimal whose digits are not followed: it may have 38
ANY_DECIMAL = "decimal*"
# the name of a call of a function that the script brings along
OWN_FUNCTION = "udf.python"
# arguments in which such a function may find a timestamp
TIMES = frozenset({None, "timestamp", "timestamp_ntz", "array", "map", "struct"})
# what has a rule of its own for integers that overflow
OVERFLOWING = frozenset({"+", "-", "*", "sum", "negative"})
# of functions with a verdict `other`, the kinds that were looked at: one of another kind may be the other
_LOOKED_AT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("bitmap_bit_position", "bitmap_bucket_number", "timestamp_seconds"), frozenset({"bigint"})
    ),
    **dict.fromkeys(("date_part", "datepart", "extract"), frozenset({"string", "date", "timestamp"})),
    **dict.fromkeys(("left", "overlay", "substr", "substring"), frozenset({"string", "int"})),
    **dict.fromkeys(("make_date", "try_add", "try_multiply", "try_subtract"), frozenset({"int"})),
    "date_trunc": frozenset({"string", "timestamp"}),
    "try_parse_url": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A function with the kinds of its arguments.

    `may`: which of `CONDITIONS` may hold for their values; `must`: which hold for certain.
    """

    name: str
    signature: Signature | None = None
    may: frozenset[str] = frozenset()
    must: frozenset[str] = frozenset()


def differing(call: Call, verified: Verified) -> tuple[str, Finding] | None:
    """The first verdict with a suffix that says `differs` and may hold for the call."""
    for suffix, finding in verified.apart.get(call.name, ()):
        name = f"{call.name}:{suffix}"
        if finding.verdict is Verdict.DIFFERS and _may_hold(call, suffix, name):
            return name, finding
    return None


def certainly_differing(call: Call, verified: Verified) -> tuple[str, Finding] | None:
    """The first such verdict that holds for types that are all known, or for a condition that must hold.

    A decimal that may have 38 digits is taken for one that has them, and for one that has fewer. A decimal of
    the same scale with room for another number of digits is no other result here.
    """
    for suffix, finding in verified.apart.get(call.name, ()):
        if f"{call.name}:{suffix}" in call.must and finding.verdict is Verdict.DIFFERS:
            return f"{call.name}:{suffix}", finding
    if call.signature is None or None in call.signature:
        return None
    decimals = [("decimal", "decimal38") if kind == ANY_DECIMAL else (kind,) for kind in call.signature]
    found = (_exactly(call.name, signature, verified) for signature in itertools.product(*decimals))
    return next(filter(None, found), None)


def _exactly(name: str, signature: Signature, verified: Verified) -> tuple[str, Finding] | None:
    for suffix, finding in verified.apart.get(name, ()):
        told = finding.verdict is Verdict.DIFFERS and not _of_digits_alone(finding.reason)
        if told and KINDS.issuperset(suffix.split(",")) and _matches(suffix.split(","), signature):
            return f"{name}:{suffix}", finding
    return None


def _of_digits_alone(reason: str) -> bool:
    found = re.search(r": type (.+) in Spark, (.+) in Sail$", reason)
    sides = found.groups() if found else ("", "other")
    return len({re.sub(r"decimal\(\d+,", "decimal(", side) for side in sides}) == 1


def _may_hold(call: Call, suffix: str, name: str) -> bool:
    parts = suffix.split(",")
    if KINDS.issuperset(parts):
        return call.signature is None or _matches(parts, call.signature)
    if suffix == "errors" and call.name in OVERFLOWING:
        # a decimal with all its digits has no negative in Spark
        return call.name == "negative" and not {"decimal38", ANY_DECIMAL}.isdisjoint(call.signature or ())
    if suffix == "other":
        return call.signature is None or None in call.signature or _not_looked_at(call.name, call.signature)
    return name not in CONDITIONS or name in call.may or call.signature is None


def _not_looked_at(name: str, signature: Signature) -> bool:
    return name in _LOOKED_AT and not _LOOKED_AT[name].issuperset(signature)


def _matches(parts: list[str], signature: Signature) -> bool:
    if len(parts) == 1:
        return all(
            kind == parts[0] or (kind not in _INTEGERS and _like(parts[0], kind)) for kind in signature
        )
    if len(parts) != len(signature):
        return False
    # the one who compared wrote one order of the operands of + or =
    orders = [parts, parts[::-1]] if len(parts) == 2 else [parts]
    return any(all(map(_like, order, signature)) for order in orders)


def _like(part: str, kind: str | None) -> bool:
    if kind == ANY_DECIMAL:
        return part in {"decimal", "decimal38"}
    return kind in {None, part} or (part in _INTEGERS and kind in _INTEGERS)


def _escaped(arguments: list[exp.Expr]) -> bool:
    """Whether the pattern may have a backslash."""
    pattern = arguments[1] if len(arguments) > 1 else None
    return not isinstance(pattern, exp.Literal) or not pattern.is_string or "\\" in pattern.this


def _not_counted_from_one(arguments: list[exp.Expr]) -> bool:
    """Whether a position or length may be 0 or negative."""
    numbers = [it.this for it in arguments[1:] if isinstance(it, exp.Literal)]
    return len(numbers) < len(arguments) - 1 or not all(it.isdecimal() and int(it) > 0 for it in numbers)


def _is_negative(node: exp.Expr) -> bool:
    literal = node.this if isinstance(node, exp.Neg) else node
    number = isinstance(literal, exp.Literal) and not literal.is_string
    return number and (node is not literal or literal.this.startswith("-"))


def _of_negative_length(arguments: list[exp.Expr]) -> bool:
    return len(arguments) > 1 and _is_negative(arguments[1])


def _from_the_end(arguments: list[exp.Expr]) -> bool:
    """Whether so many characters are taken from a place before the end, which a short text has not."""
    return len(arguments) > 2 and _is_negative(arguments[1])


# those that hold whatever the values of columns are
_CERTAIN: Mapping[str, Callable[[list[exp.Expr]], bool]] = {
    "left:position": _of_negative_length,
    "right:position": _of_negative_length,
    "substr:position": _from_the_end,
    "substring:position": _from_the_end,
}
CONDITIONS: Mapping[str, Callable[[list[exp.Expr]], bool]] = {
    "like:errors": _escaped,
    "ilike:errors": _escaped,
    "substring:position": _not_counted_from_one,
    "substr:position": _not_counted_from_one,
    "left:position": _not_counted_from_one,
    "right:position": _not_counted_from_one,
    # by the kinds of the arguments, see Kinds.call
    **dict.fromkeys(("case:errors", "case:mixed", "coalesce:mixed"), lambda _: False),
    **dict.fromkeys(("extract:dow", "extract:errors"), lambda _: False),
}


def conditions(names: Iterable[str], arguments: list[exp.Expr]) -> frozenset[str]:
    """The conditions that may hold for a call with these arguments."""
    return _holding(CONDITIONS, names, arguments)


def certain(names: Iterable[str], arguments: list[exp.Expr]) -> frozenset[str]:
    """Those that hold for certain."""
    return _holding(_CERTAIN, names, arguments)


def _holding(
    among: Mapping[str, Callable[[list[exp.Expr]], bool]], names: Iterable[str], arguments: list[exp.Expr]
) -> frozenset[str]:
    wanted = {name: it for name, it in among.items() if name.split(":")[0] in set(names)}
    return frozenset(name for name, holds in wanted.items() if holds(arguments))
