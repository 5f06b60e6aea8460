"""Totals: aggregates of all rows, which have one row whatever stands above them, and those of ROLLUP. Pure.

Sail moves a condition that is left without columns of the aggregate below it, where it takes away the rows
but not the result: `SELECT * FROM (SELECT 'x' AS s, count(*) FROM t) WHERE s = 'y'` has a row with 0. No
condition moves below a LIMIT, and the first row of one is all. And without rows ROLLUP and CUBE have a total,
where they have none in Spark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyspark.sql.connect.proto import relations_pb2
from sqlglot import exp

from emberlake.sail.mends import COUNTED, SEALED
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqlmend import Mended, outermost
from emberlake.sail.wire import Edit, Node, encoded

_RELATION = relations_pb2.Relation.DESCRIPTOR
_INPUT = relations_pb2.Limit.DESCRIPTOR.fields_by_name["input"].number
_GROUP_BY = relations_pb2.Aggregate.GROUP_TYPE_GROUPBY
_LIMITED = ("limit", "offset", "fetch")
# these make several rows of one
_GENERATOR = re.compile("explode|inline|stack|unnest", re.IGNORECASE)


def in_query(tree: exp.Expr) -> Iterator[Mended]:
    """The aggregates in a query in SQL that need a limit, or a condition.

    Raises:
        RefusedError: a condition without columns in HAVING of one.
    """
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group and group.find(exp.Rollup, exp.Cube):
            yield select, COUNTED
        if not group and any(_aggregates(select, select)):
            _check_having(select)
            limited = any(select.args.get(name) for name in _LIMITED)
            if _is_source(select) and not limited and not any(it.find(exp.UDTF) for it in select.expressions):
                yield select, SEALED


def in_plan(relation: Node) -> Edit | None:
    """What puts a limit around the relation, if it is one."""
    body = relation.child("aggregate")
    if body is None or body.number("group_type") != _GROUP_BY or body.child("grouping_expressions"):
        return None
    if any(_generates(child) for field, child in body.children() if field == "aggregate_expressions"):
        return None
    number, first = _RELATION.fields_by_name["limit"].number, relations_pb2.Limit(limit=1).SerializeToString()
    return lambda data: encoded(number, encoded(_INPUT, data) + first)


def _generates(expression: Node) -> bool:
    for node in expression.walk():
        name = {"UnresolvedFunction": "function_name", "ExpressionString": "expression"}.get(node.kind.name)
        if name and _GENERATOR.search(node.text(name)):
            return True
    return False


def _aggregates(tree: exp.Expr, select: exp.Expr) -> Iterator[exp.Expr]:
    for node in tree.find_all(exp.AggFunc):
        if node.find_ancestor(exp.Select) is select and not isinstance(outermost(node), exp.Window):
            yield node


def _is_source(select: exp.Expr) -> bool:
    """Whether others select from it, or may: it is no value of an expression."""
    at = select
    while isinstance(at.parent, exp.SetOperation | exp.Subquery):
        at = at.parent
    return at.parent is None or isinstance(at.parent, exp.CTE | exp.From | exp.Join)


def _check_having(select: exp.Expr) -> None:
    having = select.args.get("having")
    if having is None:
        return
    for part in having.this.flatten() if isinstance(having.this, exp.And) else [having.this]:
        if part.find(exp.Query, exp.Func) and not _depends(part, select):
            raise RefusedError("sql.having:constant", f"{part.sql(dialect='spark')[:60]} has no column")


def _depends(condition: exp.Expr, select: exp.Expr) -> bool:
    own = (it for it in condition.find_all(exp.Column) if it.find_ancestor(exp.Select) is select)
    return any(_aggregates(condition, select)) or any(own)
