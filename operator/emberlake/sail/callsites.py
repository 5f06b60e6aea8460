"""The functions and operators of a tree, with what is known of their arguments for the comparison. Pure."""

from __future__ import annotations

from sqlglot import exp

from emberlake.sail.calls import Call, Signature
from emberlake.sail.conditions import conditions
from emberlake.sail.inference import ALSO_COALESCE, NAMED, Kinds, names_of, operands
from emberlake.sail.kinds import DECIMALS, NUMBERS, Kind, alike, common, holds, valued

_CASTS = frozenset({"cast", "try_cast"})


def calls(node: exp.Expr, kinds: Kinds) -> set[Call]:
    """What the node calls, with the kinds of its arguments; nothing of what is mended."""
    kinds.of(node)
    # a cast has its own names, and If stands for the branches of CASE, too
    own = (isinstance(node, exp.Cast) and node.meta.get(NAMED) in {None, *_CASTS}) or (
        isinstance(node, exp.If) and isinstance(node.parent, exp.Case)
    )
    judged = id(node) in kinds.mended or id(node) in kinds.same
    names = () if own or judged else names_of(node)
    if not names:
        return set()
    given = list(node.iter_expressions())
    arguments = [it for it in given if not isinstance(it, exp.DataType | exp.Var)]
    signature = _signature(node, [kinds.of(it) for it in arguments])
    may = conditions(names, given) | _possible(node, kinds)
    if isinstance(node, exp.Sub) and signature == ("date", "interval"):
        # what is said of the sum holds for the difference
        names = (*names, "+")
    return {Call(name, signature, may, _certain(node, signature, kinds)) for name in names}


def _possible(node: exp.Expr, kinds: Kinds) -> frozenset[str]:
    """Of the conditions those on kinds that may hold."""
    if isinstance(node, exp.Case | exp.Coalesce):
        names = {kind and kind.name for kind in valued(map(kinds.of, operands(node)))}
        return _if(len(names) > 1 or None in names, "case:errors", "case:mixed", "coalesce:mixed")
    if isinstance(node, exp.Extract):
        kind = kinds.of(node.expression)
        known = kind is not None and kind.name in {"date", "timestamp", "timestamp_ntz"}
        part = node.this.name.upper() in {"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"}
        return _if(not (known and part), "extract:dow", "extract:errors")
    return frozenset()


def _certain(node: exp.Expr, signature: Signature, kinds: Kinds) -> frozenset[str]:
    """And those that hold for certain."""
    if isinstance(node, exp.Array):
        return _if(_unlike(valued(map(kinds.of, node.expressions))), "array:mixed")
    if isinstance(node, exp.Extract):
        return _if(node.this.name.upper() == "DOW", "extract:dow")
    if names_of(node) == ("date_trunc",):
        return _if(signature.count("string") == len(signature), "date_trunc:other")
    if names_of(node) == ("timestamp",):
        return _if(bool(signature) and {None, "string"}.isdisjoint(signature), "timestamp:date")
    return _mixed(node, kinds)


def _mixed(node: exp.Expr, kinds: Kinds) -> frozenset[str]:
    """Those of a choice between values of different types."""
    if isinstance(node, exp.Nvl2):
        return _if(_is_other(*map(kinds.of, node.iter_expressions())), "nvl2:mixed")
    if not isinstance(node, exp.Case | exp.If | exp.Coalesce):
        return frozenset()
    found = valued(map(kinds.of, operands(node)))
    if node.meta.get(NAMED) in ALSO_COALESCE:
        return _if(_unlike(found), "ifnull:mixed", "nvl:mixed")
    mixed = _holds_numbers(found) if _unlike(found) else _narrow(found)
    return _if(mixed, "case:mixed", "if:mixed", "coalesce:mixed")


def _is_other(asked: Kind | None, *values: Kind | None) -> bool:
    """Whether nvl2() has a type that holds what is asked about, too, and not that of its values."""
    if asked is None or None in values:
        return False
    found = alike(values)
    return found is None or (found.name != "string" and alike([found, common([asked, found])]) is None)


def _unlike(kinds: list[Kind | None]) -> bool:
    """Whether the kinds are known, and none that Spark has a common type for without a cast of text."""
    return bool(kinds) and None not in kinds and common(kinds) is None


def _if(holds: bool, *names: str) -> frozenset[str]:
    return frozenset(names if holds else ())


def _holds_numbers(kinds: list[Kind | None]) -> bool:
    return any(kind and kind.name in NUMBERS for kind in kinds)


def _narrow(kinds: list[Kind | None]) -> bool:
    """Whether the first kind, whose type Sail takes, is narrower than that of all.

    Of doubles and decimals it takes a decimal.
    """
    wide = common(kinds)
    if wide is None or kinds[0] is None:
        return False
    rounded = wide.name == "double" and any(kind and kind.name in DECIMALS for kind in kinds)
    return rounded or not holds(kinds[0], wide)


def _signature(node: exp.Expr, kinds: list[Kind | None]) -> Signature:
    """The names of the arguments' kinds in `verified.json`."""
    names = [kind.name if kind else None for kind in kinds]
    if isinstance(node, exp.Add | exp.Sub) and "date" in names:
        # a date and whole days are a date
        return tuple(names)
    return tuple(kind.compared if kind else None for kind in kinds)
