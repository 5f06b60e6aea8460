"""Unions of columns of other types: Sail takes those of the first side, Spark types that hold both. Pure.

Casts of the sides make all of one type, also of EXCEPT and INTERSECT. Rule:
org.apache.spark.sql.catalyst.analysis.TypeCoercion (WidenSetOperationTypes), for numbers and NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from emberlake.sail.inference import operands
from emberlake.sail.kinds import DECIMALS, OF_DAYS, VOID, Kind, common, valued
from emberlake.sail.mends import Mend
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqlmend import Mended, span

# what stands in one of these is not told by the name
_NESTED = frozenset({"array", "map", "struct", "interval", OF_DAYS})
Side = Sequence[Kind | None]


def casts(sides: Sequence[Side]) -> list[list[str]] | None:
    """The types that the columns of each side are cast to, empty as they are.

    None where columns or a type are not known, or no type holds those of all sides.
    """
    if len({len(side) for side in sides}) != 1 or not sides[0]:
        return None
    columns = [_column(column) for column in zip(*sides, strict=True)]
    if any(column is None for column in columns):
        return None
    return [list(side) for side in zip(*(column for column in columns if column), strict=True)]


def _column(kinds: Sequence[Kind | None]) -> list[str] | None:
    found = common(valued(kinds) or [VOID])
    if found is None or any(
        kind is None or kind.unfollowed or kind.name in _NESTED for kind in [found, *kinds]
    ):
        return None
    return ["" if kind and kind.type == found.type else found.settled.written for kind in kinds]


def differ(sides: Sequence[Side]) -> bool:
    """Whether a column has types that differ for certain, by more than the digits before a point."""
    return any(
        len({_rough(kind) for kind in valued(column) if kind}) > 1 for column in zip(*sides, strict=False)
    )


def _rough(kind: Kind) -> tuple[str, int]:
    if kind.name in DECIMALS:
        return "decimal", kind.digits[1] if kind.digits else 0
    return kind.compared, 0


def in_query(sides: Sequence[tuple[exp.Expr, Side]], *, exactly: bool) -> Iterator[Mended]:
    """The casts in the queries of a union in SQL. `exactly`: two values may not become one by a cast.

    Raises:
        RefusedError: types that are not known, or casts that cannot be put into the text.
    """
    found = casts([side for _, side in sides])
    if found is None or (exactly and any("DOUBLE" in types for types in found)):
        raise RefusedError("sql.union", "a UNION of columns that may have different types: cast them")
    for (query, _), types in zip(sides, found, strict=True):
        if any(types):
            yield from _cast(query, types)


def _cast(query: exp.Expr, types: Sequence[str]) -> Iterator[Mended]:
    columns = query.selects if isinstance(query, exp.Select) else []
    # numbers that differ may be the same double
    merged = query.args.get("distinct") and "DOUBLE" in types
    if len(columns) != len(types) or merged or any(it.is_star for it in columns):
        raise RefusedError("sql.union", "columns of a UNION that are not written one by one: cast them")
    for column, kind in zip(columns, types, strict=True):
        if kind:
            value = column.unalias()
            span(value)
            yield value, Mend(("",) * len(operands(value)), kind)


def aligned(sides: Sequence[Sequence[str]], *, by_name: bool) -> list[Sequence[str]]:
    """The names of the sides' columns, with `by_name` in the first side's order; none if they differ."""
    if not by_name:
        return list(sides)
    if len({frozenset(map(str.lower, side)) for side in sides}) != 1:
        return [()] * len(sides)
    own = [{name.lower(): name for name in side} for side in sides]
    return [[names[name.lower()] for name in sides[0]] for names in own]
