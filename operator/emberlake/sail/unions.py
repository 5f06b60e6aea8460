"""Unions of columns of other types: Sail takes those of the first side, Spark types that hold both. Pure.

Casts of the sides make all of one type, also of EXCEPT and INTERSECT. Rule:
org.apache.spark.sql.catalyst.analysis.TypeCoercion (WidenSetOperationTypes), for numbers and NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyspark.sql.connect.proto import expressions_pb2, relations_pb2
from sqlglot import exp

from emberlake.sail.inference import operands
from emberlake.sail.kinds import DECIMALS, OF_DAYS, VOID, Kind, common
from emberlake.sail.mends import Mend
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqlmend import Mended, span
from emberlake.sail.wire import Edit, encoded

# what stands in one of these is not told by the name
_NESTED = frozenset({"array", "map", "struct", "interval", OF_DAYS})
Side = Sequence[Kind | None]


def casts(sides: Sequence[Side]) -> list[list[str]] | None:
    """The types that the columns of each side are cast to, empty as they are.

    None where a type is not known, or no type holds those of all sides.
    """
    if len({len(side) for side in sides}) != 1:
        return None
    columns = [_column(column) for column in zip(*sides, strict=True)]
    if any(column is None for column in columns):
        return None
    return [list(side) for side in zip(*(column for column in columns if column), strict=True)]


def _column(kinds: Sequence[Kind | None]) -> list[str] | None:
    valued = [kind for kind in kinds if kind is None or kind.name != "void"]
    found = common(valued) if valued else VOID
    if found is None or any(kind is None or not _is_told(kind) for kind in [found, *valued]):
        return None
    return ["" if kind and _type(kind) == _type(found) else found.settled.written for kind in kinds]


def _is_told(kind: Kind) -> bool:
    return kind.name not in _NESTED and (kind.name not in DECIMALS or kind.digits is not None)


def _type(kind: Kind) -> tuple[str, object]:
    return kind.name, kind.settled.digits


def differ(sides: Sequence[Side]) -> bool:
    """Whether a column has types that differ for certain, by more than the digits before a point."""
    return any(
        len({_rough(kind) for kind in column if kind and kind.name != "void"}) > 1
        for column in zip(*sides, strict=False)
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
    if len(columns) != len(types) or query.args.get("distinct") or any(it.is_star for it in columns):
        raise RefusedError("sql.union", "columns of a UNION that are not written one by one: cast them")
    for column, kind in zip(columns, types, strict=True):
        if kind:
            value = column.unalias()
            span(value)
            yield value, Mend(("",) * len(operands(value)), kind)


def in_plan(names: Sequence[Sequence[str]], sides: Sequence[Side]) -> list[Edit | None]:
    """For the relation of each side what casts its columns, None where nothing is cast.

    Raises:
        RefusedError: types or names that are not known, or a name that stands twice.
    """
    found = casts(sides)
    if found is None:
        raise RefusedError("relation.set_op:types", "a union of columns that may be of different types")
    return [_casting(own, types) if any(types) else None for own, types in zip(names, found, strict=True)]


def _casting(names: Sequence[str], types: Sequence[str]) -> Edit:
    if len({name.lower() for name in names}) != len(types):
        raise RefusedError("relation.set_op:types", "columns of a union with the same name: cast them")
    expressions = [_projected(*pair) for pair in zip(names, types, strict=True)]
    rest = relations_pb2.Project(expressions=expressions).SerializeToString()
    project = relations_pb2.Relation.DESCRIPTOR.fields_by_name["project"].number
    return lambda data: encoded(project, encoded(1, data) + rest)


def _projected(name: str, kind: str) -> expressions_pb2.Expression:
    column = expressions_pb2.Expression()
    column.unresolved_attribute.unparsed_identifier = f"`{name.replace('`', '``')}`"
    if not kind:
        return column
    found = expressions_pb2.Expression()
    found.alias.expr.cast.expr.CopyFrom(column)
    found.alias.expr.cast.type_str = kind
    found.alias.name.append(name)
    return found


def aligned(sides: Sequence[Sequence[str]], *, by_name: bool) -> list[Sequence[str]]:
    """The names of the sides' columns, with `by_name` in the order of the first side's."""
    if not by_name or len({frozenset(map(str.lower, side)) for side in sides}) != 1:
        return list(sides)
    own = [{name.lower(): name for name in side} for side in sides]
    return [[names[name.lower()] for name in sides[0]] for names in own]
