"""Which of a function's verdicts in `verified.json` may hold for a call, by the types of its arguments. Pure.

A verdict without a suffix holds for all calls but those with one of their own: `round:decimal,int` for
arguments of these types (one type where all are the same), any other suffix (`like:errors`,
`substring:position`) for a condition on values. What cannot be told apart is taken to hold.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from emberlake.sail.conditions import CONDITIONS
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
# the conditions on the types of arguments
_OF_TYPES = frozenset(
    {"array:mixed", "case:mixed", "coalesce:mixed", "extract:dow", "if:mixed", "ifnull:mixed"}
    | {"nvl2:mixed", "nvl:mixed", "when:mixed"}
)
# what has a rule of its own for integers that overflow
OVERFLOWING = frozenset({"+", "-", "*", "sum", "negative"})
# of functions with a verdict `other`, the kinds that were looked at: one of another kind may be the other
_LOOKED_AT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("bitmap_bit_position", "bitmap_bucket_number", "timestamp_seconds"), frozenset({"bigint"})
    ),
    **dict.fromkeys(
        ("date_part", "datepart", "extract"), frozenset({"string", "date", "timestamp", "timestamp_ntz"})
    ),
    **dict.fromkeys(("left", "overlay", "substr", "substring"), frozenset({"string", "int"})),
    "make_date": frozenset({"int"}),
    "try_add": _INTEGERS | {"date", "double"},
    **dict.fromkeys(("try_multiply", "try_subtract"), _INTEGERS | {"double"}),
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
        if finding.verdict is Verdict.DIFFERS and (name in call.must or _may_hold(call, suffix, name)):
            return name, finding
    return None


def is_compared(call: Call, verified: Verified) -> bool:
    """Whether the function was compared with arguments of these kinds, as far as they are known."""
    kinds = verified.compared.get(call.name)
    return not kinds or not call.signature or any(_matches(it.split(","), call.signature) for it in kinds)


def known_differing(call: Call, verified: Verified) -> tuple[str, Finding] | None:
    """The first such verdict that holds as far as is known.

    That is for types that are all known, for a condition on types that must hold, and for one on values that
    cannot be ruled out; an error of Spark's is no result. A decimal that may have 38 digits is taken for one
    that has them, and for one that has fewer. A decimal of the same scale with room for another number of
    digits is no other result here.
    """
    for suffix, finding in verified.apart.get(call.name, ()):
        name = f"{call.name}:{suffix}"
        if finding.verdict is Verdict.DIFFERS and (name in call.must or _holds(call, suffix, name)):
            return name, finding
    if call.signature is None or None in call.signature:
        return None
    decimals = [("decimal", "decimal38") if kind == ANY_DECIMAL else (kind,) for kind in call.signature]
    found = (_exactly(call.name, signature, verified) for signature in itertools.product(*decimals))
    return next(filter(None, found), None)


def _holds(call: Call, suffix: str, name: str) -> bool:
    """Of suffixes that are no types."""
    if KINDS.issuperset(suffix.split(",")) or suffix == "errors" or name in _OF_TYPES:
        return False
    if suffix == "other":
        signature = call.signature
        return signature is not None and None not in signature and _not_looked_at(call.name, signature)
    return name not in CONDITIONS or name in call.may


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
