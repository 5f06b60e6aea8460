"""Which tables of a request show the order of their columns in its result. Pure.

Sail 0.7.2 shows the columns that an Iceberg table is partitioned by (identity) after all others, Spark each
in its place: rows, `SELECT *`, and what is set side by side by position are other ones then. What names the
columns it takes is the same on both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError

from emberlake.sail.sqlmend import parse
from emberlake.sail.wire import Node

Name = tuple[str, ...]
_RELATION = "spark.connect.Relation"
# an expression that stands for columns without their names
_STARS = frozenset({"spark.connect.Expression.UnresolvedStar", "spark.connect.Expression.UnresolvedRegex"})


def showing(plan: Node, names_in: Callable[[Node], set[Name]]) -> set[Name]:
    """Names of tables whose order of columns counts. `names_in`: the tables that a node of the plan names."""
    found: set[Name] = set()
    for relation in _relations(plan):
        found |= _shown(relation, names_in, found)
    return found


def _shown(relation: Node, names_in: Callable[[Node], set[Name]], counted: set[Name]) -> set[Name]:
    """Those whose order shows in the rows of the relation; `counted` gets those that count inside it."""
    shown: set[Name] = set()
    waiting = [relation]
    while waiting:
        kind = waiting[-1].which("rel_type")
        body = waiting.pop().child(kind) if kind else None
        if body is None:
            continue
        inputs = list(_relations(body))
        if _names_its_columns(kind, body):
            for each in inputs:
                # a set operation below it sets columns side by side all the same
                counted |= _side_by_side(each, names_in)
            continue
        waiting += inputs
        shown |= _named_by(kind, body, names_in)
    return shown


def _side_by_side(relation: Node, names_in: Callable[[Node], set[Name]]) -> set[Name]:
    counted: set[Name] = set()
    waiting = [relation]
    while waiting:
        node = waiting.pop()
        kind = node.which("rel_type")
        body = node.child(kind) if kind else None
        if body is None:
            continue
        if kind == "sql":
            counted |= _named_by(kind, body, names_in)
        elif kind in {"set_op", "to_df", "as_of_join", "map_partitions", "group_map", "co_group_map"}:
            counted |= _shown(node, names_in, counted)
        waiting += _relations(body)
    return counted


def _names_its_columns(kind: str, body: Node) -> bool:
    if kind == "aggregate":
        return True
    return kind == "project" and not any(node.kind.full_name in _STARS for node in _expressions(body))


def _named_by(kind: str, body: Node, names_in: Callable[[Node], set[Name]]) -> set[Name]:
    if kind == "sql":
        return names_in(body) if _has_star(body.text("query")) else set()
    if kind != "read":
        return set()
    return {name for _, child in body.children() for name in names_in(child)}


def _has_star(text: str) -> bool:
    try:
        trees = parse(text)
    except (SqlglotError, RecursionError):
        return True
    if not all(isinstance(tree, exp.Query | exp.Insert | exp.Create) for tree in trees):
        return True
    stars = (star for tree in trees if tree for star in tree.find_all(exp.Star))
    return any(not isinstance(star.parent, exp.Count) for star in stars)


def _relations(node: Node) -> Iterator[Node]:
    """The outermost relations inside a node."""
    waiting = [child for _, child in node.children()]
    while waiting:
        child = waiting.pop()
        if child.kind.full_name == _RELATION:
            yield child
        else:
            waiting += [inner for _, inner in child.children()]


def _expressions(body: Node) -> Iterator[Node]:
    waiting = [child for _, child in body.children() if child.kind.full_name != _RELATION]
    while waiting:
        child = waiting.pop()
        yield child
        waiting += [inner for _, inner in child.children() if inner.kind.full_name != _RELATION]
