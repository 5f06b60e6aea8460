"""`IN` with a query that Sail answers otherwise than Spark where NULL is one of the values. Pure.

It makes a join of it, and `x IN (...)` false where it is NULL. That is the same in a condition that only has
to be true. Below a NOT it is not, but for the form that Sail knows: a conjunct `x NOT IN (...)`, x with a
column, and the query without one of those around it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from sqlglot import exp

from emberlake.sail.refusal import RefusedError

# the names of a table's columns, in lower case; None where they are not known
Names = Callable[[exp.Table], Collection[str] | None]


def wrong(tree: exp.Expr, names: Names) -> Iterator[RefusedError]:
    """Why uses of IN in a query in SQL may not pass."""
    for node in tree.find_all(exp.In):
        query = node.args.get("query")
        if query and (why := _unlike(node, query, names)):
            text = node.sql(dialect="spark")[:80]
            yield RefusedError(
                "sql.subquery-in:null", f"{text}: IN with a query {why}; EXISTS may say it, too"
            )


def wrong_in_plan(tree: exp.Expr, *, is_condition: bool) -> Iterator[RefusedError]:
    """The same of an expression of a plan; `is_condition`: rows are left out for which it is not true."""
    for node in tree.find_all(exp.In):
        around = [
            it for it in _path(node) if not (isinstance(it, exp.Anonymous) and it.this in {"and", "or"})
        ]
        if node.args.get("query") and (around or not is_condition):
            yield RefusedError(
                "sql.subquery-in:null", "isin() of a DataFrame whose NULL is not taken for false"
            )


def _unlike(node: exp.In, query: exp.Expr, names: Names) -> str:
    path = list(_path(node))
    if not all(isinstance(it, exp.Paren | exp.And | exp.Or | exp.Not) for it in path):
        return "whose NULL is not taken for false"
    negations = [at for at, it in enumerate(path) if isinstance(it, exp.Not)]
    if not negations:
        return ""
    below, above = path[: negations[0]], path[negations[0] + 1 :]
    if any(not isinstance(it, exp.Paren) for it in below) or any(
        not isinstance(it, exp.Paren | exp.And) for it in above
    ):
        return "below NOT beside other conditions"
    if isinstance(node.this, exp.Tuple) or not node.this.find(exp.Column):
        return "below NOT of several columns, or of none"
    return "below NOT that has a column from around it" if _is_correlated(query, names) else ""


def _path(node: exp.Expr) -> Iterator[exp.Expr]:
    """What stands around it up to the clause whose condition it is in, or the whole if it is in none."""
    while (above := node.parent) is not None:
        inner = isinstance(above, exp.Join) and not (above.side or above.kind)
        if inner or (isinstance(above, exp.Where | exp.Having) and isinstance(above.parent, exp.Select)):
            return
        yield above
        node = above


def _is_correlated(query: exp.Expr, names: Names) -> bool:
    tables = list(query.find_all(exp.Table))
    inside = {it.alias_or_name.lower() for it in (*tables, *query.find_all(exp.Subquery, exp.CTE))}
    known = [names(table) for table in tables]
    for column in query.find_all(exp.Column):
        if column.table and column.table.lower() not in inside:
            return True
        if not column.table and all(it is not None and column.name.lower() not in it for it in known):
            return True
    return False
