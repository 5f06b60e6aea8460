"""The order of a query's inner joins, which Sail takes as the text has them. Pure.

A table with more rows than the first one of the joins may multiply those, so it is joined after the tables
that can do without it. Sail's own reordering gives other rows (docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TypeGuard

from sqlglot import exp

from emberlake.sail.kinds import Kind
from emberlake.sail.sqlmend import name_of, span
from emberlake.sail.sqlshape import Schemas

# how many rows each of the tables has; None where that is not known
Sizes = Callable[[Sequence[tuple[str, ...]]], Sequence[int | None]]
_OF_TABLE = frozenset({"this", "db", "catalog", "alias"})
_OF_JOIN = frozenset({"this", "kind", "on"})


def ordered(text: str, tree: exp.Expr, schemas: Schemas, sizes: Sizes) -> str:
    """The text of a query that gives the same rows, whose joins may stand in another order.

    `tree`: what `sqlmend.parse` has read in the text. `sizes` is asked for tables that could wait, and the
    first.
    """
    out, at = "", 0
    for (start, end), (first, last) in sorted(_moved(tree, schemas, sizes)):
        out += text[at:start] + text[first:last]
        at = end
    return out + text[at:]


_Span = tuple[int, int]


def _moved(tree: exp.Expr, schemas: Schemas, sizes: Sizes) -> Iterator[tuple[_Span, _Span]]:
    """Each place of a join that moves, and the place of the one that comes there."""
    named = {query.alias.lower() for query in tree.find_all(exp.CTE)}
    for select in tree.find_all(exp.Select):
        joins = list(takewhile(_is_plain, select.args.get("joins") or ()))
        source = select.args.get("from_")
        if len(joins) < 2 or not source or not _is_table(source.this) or _shows_order(select):
            continue
        tables = [source.this, *(join.this for join in joins)]
        if any(table.name.lower() in named for table in tables):
            continue
        needed = _needed(tables, joins, schemas)
        if needed is None:
            continue
        for place, at in enumerate(_order(needed, _larger(tables, _may_wait(needed), sizes))):
            if place != at:
                yield span(joins[place - 1]), span(joins[at - 1])


def _is_plain(join: exp.Join) -> bool:
    """Whether it is an inner join with a table on a condition."""
    on = join.args.get("on")
    plain = join.kind.upper() in {"", "INNER"} and _is_table(join.this) and _has_only(join, _OF_JOIN)
    return bool(plain and on and not on.find(exp.Query))


def _is_table(source: exp.Expr) -> TypeGuard[exp.Table]:
    return (
        isinstance(source, exp.Table)
        and isinstance(source.this, exp.Identifier)
        and _has_only(source, _OF_TABLE)
    )


def _has_only(node: exp.Expr, parts: frozenset[str]) -> bool:
    return all(name in parts for name, value in node.args.items() if value)


def _shows_order(select: exp.Select) -> bool:
    """Whether the query has all columns of its tables, in the order of these."""
    stars = [star for column in select.expressions for star in column.find_all(exp.Star)]
    return any(not isinstance(star.parent, exp.Count) for star in stars)


def _needed(
    tables: Sequence[exp.Table], joins: Sequence[exp.Join], schemas: Schemas
) -> list[set[int]] | None:
    """Of each table the places of those that its condition names; None where they cannot be told."""
    names = [table.alias_or_name.lower() for table in tables]
    if len(set(names)) < len(names):
        return None
    known = [schemas(name_of(table)) for table in tables]
    needed: list[set[int]] = [set()]
    for at, join in enumerate(joins, 1):
        found = [_place(column, names, known) for column in join.args["on"].find_all(exp.Column)]
        places = {it for it in found if it is not None}
        if None in found or max(places, default=0) > at:
            return None
        needed.append(places - {at})
    return needed


def _place(
    column: exp.Column, names: Sequence[str], known: Sequence[Mapping[str, Kind | None] | None]
) -> int | None:
    qualifier, name = column.table.lower(), column.name.lower()
    if column.args.get("db") or None in known:
        return None
    if qualifier:
        return names.index(qualifier) if qualifier in names else None
    hits = [at for at, columns in enumerate(known) if columns is not None and name in columns]
    return hits[0] if len(hits) == 1 else None


def _may_wait(needed: Sequence[set[int]]) -> list[int]:
    """The places of tables that a later one can do without."""
    return [at for at in range(1, len(needed)) if len(_in_need_of(at, needed)) < len(needed) - at]


def _in_need_of(at: int, needed: Sequence[set[int]]) -> set[int]:
    """The place, and those later that cannot come before it."""
    found = {at}
    for later in range(at + 1, len(needed)):
        if needed[later] & found:
            found.add(later)
    return found


def _larger(tables: Sequence[exp.Table], places: list[int], sizes: Sizes) -> set[int]:
    """Those of the places whose tables have more rows than the first one."""
    if not places:
        return set()
    first, *found = sizes([name_of(tables[at]) for at in (0, *places)])
    return {at for at, size in zip(places, found, strict=True) if first is not None and (size or 0) > first}


def _order(needed: Sequence[set[int]], waiting: set[int]) -> list[int]:
    """The places as the text has them, but the `waiting` and what needs them behind all others."""
    left = list(range(len(needed)))
    order: list[int] = []
    while left:
        ready = [at for at in left if needed[at] <= set(order)]
        order.append(next((at for at in ready if at not in waiting), ready[0]))
        left.remove(order[-1])
    return order
