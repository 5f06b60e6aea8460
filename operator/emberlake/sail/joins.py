"""Equalities that may not become keys of Sail's joins, which would give other rows. Pure.

Sail takes neighbouring inner joins apart and makes them anew from their keys (`eliminate_cross_join` of
DataFusion 54). A key one side of which has columns of several relations is lost there where those are not
joined to one another before. And all these joins take NULLs for equal, or none, as the last of them does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pyspark.sql.connect.proto import relations_pb2
from sqlglot import exp

from emberlake.sail.inference import operands
from emberlake.sail.mends import condition
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqlmend import Mended
from emberlake.sail.wire import Node

# which relation a column is of; None where that is not known
Origin = Callable[[exp.Column], object]
# what is mended in an expression of a relation
Conditions = Callable[[exp.Expr], list[Mended]]
# in `meta` of a column of a plan: the number of the DataFrame that it was taken from
PLAN = "plan"
_JOINS = frozenset({"join", "lateral_join", "as_of_join"})
_CONDITIONAL = _JOINS | {"filter"}
_ONLY_LOOKS = frozenset({relations_pb2.Join.JOIN_TYPE_LEFT_ANTI, relations_pb2.Join.JOIN_TYPE_LEFT_SEMI})


def in_query(tree: exp.Expr) -> list[Mended]:
    """The equalities in a query in SQL that stay as they are, each on its own.

    Raises:
        RefusedError: a null-safe one in the condition of a join, which would have no key without it. Joins
            that only look for rows (SEMI, ANTI) are left as they are.
    """
    joins = [it for it in tree.find_all(exp.Join) if it.kind.upper() not in {"SEMI", "ANTI"}]
    conditions = [on for it in joins if (on := it.args.get("on"))]
    _refuse_null_safe(conditions)
    conditions += [it.this for it in tree.find_all(exp.Where)]
    spread = [it for tree in conditions for it in _spread(tree, lambda column: column.table.lower() or None)]
    return _apart([*_null_safe(tree), *spread])


def in_plan(relation: Node, inputs: Sequence[Node], names: Sequence[Iterable[str] | None]) -> Conditions:
    """What finds those in an expression of the relation, and raises RefusedError as `in_query` does.

    `names`: of the columns of each input, in lower case.
    """
    kind = relation.which("rel_type")
    body = relation.child(kind)
    only_looks = kind == "join" and body and body.number("join_type") in _ONLY_LOOKS
    origin = _origins(inputs, names)

    def find(tree: exp.Expr) -> list[Mended]:
        if kind in _JOINS and not only_looks:
            _refuse_null_safe([tree])
        spread = _spread(tree, origin) if kind in _CONDITIONAL else ()
        return _apart([*_null_safe(tree), *spread])

    return find


def _origins(inputs: Sequence[Node], names: Sequence[Iterable[str] | None]) -> Origin:
    def find(column: exp.Column) -> object:
        name, plan = column.name.lower(), column.meta.get(PLAN)
        hits = [
            node
            for node, known in zip(inputs, names, strict=True)
            if (known is None or name in known if plan is None else _has(node, lambda it: _plan(it) == plan))
        ]
        # a join's relations are joined anew with those beside it
        joined = len(hits) != 1 or _has(hits[0], lambda it: it.which("rel_type") in _JOINS)
        return None if joined else hits[0].at

    return find


def _has(relation: Node, sought: Callable[[Node], bool]) -> bool:
    """Whether the relation, or one in it, is what is sought."""
    return any(node.kind.full_name == "spark.connect.Relation" and sought(node) for node in relation.walk())


def _plan(relation: Node) -> int | None:
    common = relation.child("common")
    return common.number("plan_id") if common else None


def _apart(found: Iterable[exp.Expr]) -> list[Mended]:
    return [(node, condition(len(operands(node)))) for node in {id(node): node for node in found}.values()]


def _null_safe(tree: exp.Expr) -> Iterator[exp.Expr]:
    return tree.find_all(exp.NullSafeEQ, exp.EqualNull)


def _refuse_null_safe(conditions: Sequence[exp.Expr]) -> None:
    if any(found for it in conditions for found in _null_safe(it)):
        raise RefusedError("join.null-safe", "a null-safe equality (<=>) in the condition of a join")


def _spread(tree: exp.Expr, origin: Origin) -> Iterator[exp.Expr]:
    """The equalities between columns, one side of which may have those of several relations."""
    for node in tree.find_all(exp.EQ):
        sides = [_columns(side) for side in (node.this, node.expression)]
        if all(sides) and any(_of_several(side, origin) for side in sides):
            yield node


def _columns(side: exp.Expr) -> list[exp.Expr]:
    """Its columns; a query in parentheses is one."""
    inside = side.walk(prune=lambda node: isinstance(node, exp.Query))
    return [node for node in inside if isinstance(node, exp.Column | exp.Query)]


def _of_several(columns: list[exp.Expr], origin: Origin) -> bool:
    if len({(column.sql(), column.meta.get(PLAN)) for column in columns}) == 1:
        return False
    found = {origin(column) if isinstance(column, exp.Column) else id(column) for column in columns}
    return len(found) > 1 or None in found
