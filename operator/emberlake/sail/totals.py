"""Totals: aggregates of all rows, which have one row whatever stands above them, and those of ROLLUP. Pure.

Sail moves a condition that is left without columns of the aggregate below it, where it takes away the rows
but not the result: `SELECT * FROM (SELECT 'x' AS s, count(*) FROM t) WHERE s = 'y'` has a row with 0. No
condition moves below a LIMIT, and the first row of one is all. And without rows ROLLUP, CUBE and
GROUPING SETS have a total, where they have none in Spark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.protobuf.message import Message
from pyspark.sql.connect.proto import expressions_pb2, relations_pb2
from sqlglot import exp

from emberlake.sail.mends import COUNTED, SEALED
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqlmend import Mended, outermost
from emberlake.sail.wire import Edit, Node, encoded

_RELATION = relations_pb2.Relation.DESCRIPTOR
_GROUP_BY = relations_pb2.Aggregate.GROUP_TYPE_GROUPBY
_WITH_TOTALS = (
    relations_pb2.Aggregate.GROUP_TYPE_ROLLUP,
    relations_pb2.Aggregate.GROUP_TYPE_CUBE,
    relations_pb2.Aggregate.GROUP_TYPE_GROUPING_SETS,
)
# a column that counts the rows, and is gone before anyone sees it
_ROWS = "emberlake_rows"
_COUNTED, _SOME = (
    expressions_pb2.Expression(expression_string=expressions_pb2.Expression.ExpressionString(expression=text))
    for text in (f"count(1) AS {_ROWS}", f"{_ROWS} > 0")
)
_COUNT = relations_pb2.Aggregate(aggregate_expressions=[_COUNTED]).SerializeToString()
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
        if group and group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
            yield select, COUNTED
        if not group and any(_aggregates(select, select)):
            _check_having(select)
            limited = any(select.args.get(name) for name in _LIMITED)
            if _is_source(select) and not limited and not any(it.find(exp.UDTF) for it in select.expressions):
                yield select, SEALED


def in_plan(relation: Node) -> dict[int, Edit]:
    """What puts a limit or a condition around the relation, if it needs one."""
    body = relation.child("aggregate")
    kind = body.number("group_type") if body else 0
    if body and kind in _WITH_TOTALS:
        return {body.at: lambda data: data + _COUNT, relation.at: _counted}
    if body is None or kind != _GROUP_BY or body.child("grouping_expressions"):
        return {}
    if any(_generates(child) for field, child in body.children() if field == "aggregate_expressions"):
        return {}
    return {relation.at: _sealed}


def _sealed(data: bytes) -> bytes:
    return _around("limit", data, relations_pb2.Limit(limit=1))


def _counted(data: bytes) -> bytes:
    filtered = _around("filter", data, relations_pb2.Filter(condition=_SOME))
    return _around("drop", filtered, relations_pb2.Drop(column_names=[_ROWS]))


def _around(kind: str, data: bytes, rest: Message) -> bytes:
    """A relation whose input is in `data`, and all else in `rest`."""
    number = rest.DESCRIPTOR.fields_by_name["input"].number
    return encoded(_RELATION.fields_by_name[kind].number, encoded(number, data) + rest.SerializeToString())


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
