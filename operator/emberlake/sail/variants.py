"""Features of a plan that are told apart in `verified.json` by a suffix (`relation.set_op:all`). Pure.

Some stand in the plan for all to see. Of others the plan tells only where they cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from emberlake.sail.wire import Node

if TYPE_CHECKING:
    import pyarrow as pa

# what a look at the plan tells for certain
SEEN = frozenset(
    {
        "expression.literal:decimal",
        "expression.unresolved_star:qualified",
        "relation.aggregate:cube",
        "relation.aggregate:grouping-sets",
        "relation.aggregate:pivot",
        "relation.aggregate:rollup",
        "relation.sample:seed",
        "relation.set_op:all",
        "relation.set_op:missing",
    }
)
# what a look at the plan rules out; it may be where it is not ruled out. ROLLUP of no rows is mended (totals)
RULED_OUT = frozenset(
    {"relation.aggregate:dict", "relation.aggregate:rollup-empty", "relation.local_relation:pandas-nan"}
)
_GROUPED = {2: ("rollup",), 3: ("cube",), 4: ("pivot",), 5: ("grouping-sets",)}
_INTERSECT, _EXCEPT = 1, 3
# what the types of columns tell, see shaping
BY_TYPES = frozenset({"relation.set_op:types", "udf.python:timestamp"})
_NOT_OPTIONS = frozenset({"partitioned", "nanoseconds"})


def of(node: Node) -> set[str]:
    """The suffixed features that the relation or expression itself has, or may have of `RULED_OUT`."""
    look = _LOOKS.get(node.kind.full_name)
    return look(node) if look else set()


def may_be(name: str, found: set[str]) -> bool:
    """Whether a suffixed feature may be in a plan in which `found` was seen."""
    if name in found:
        return True
    if name.startswith("read."):
        return name.split(":")[1] in _NOT_OPTIONS
    return name not in SEEN | RULED_OUT | BY_TYPES


def _aggregate(node: Node) -> set[str]:
    found = {f"relation.aggregate:{suffix}" for suffix in _GROUPED.get(node.number("group_type"), ())}
    columns = [child for field, child in node.children() if field == "aggregate_expressions"]
    if len(columns) > 1 and all(child.which("expr_type") == "unresolved_function" for child in columns):
        found.add("relation.aggregate:dict")
    return found


def _sample(_: Node) -> set[str]:
    # the client gives it one where the script does not
    return {"relation.sample:seed"}


def _set_operation(node: Node) -> set[str]:
    bag = node.number("set_op_type") in {_INTERSECT, _EXCEPT} and node.number("is_all")
    missing = bool(node.number("allow_missing_columns"))
    return {f"relation.set_op:{it}" for it, seen in (("all", bag), ("missing", missing)) if seen}


def _local(node: Node) -> set[str]:
    data = [value for field, value in node.fields() if field.name == "data" and isinstance(value, memoryview)]
    if not data:
        return set()
    import pyarrow as pa  # noqa: PLC0415  # takes long to load, and a script waits for it

    batches = pa.ipc.open_stream(pa.py_buffer(data[-1]))
    lost = any(_lost_nan(column) for batch in batches for column in batch.columns)
    return {"relation.local_relation:pandas-nan"} if lost else set()


def _lost_nan(column: pa.Array) -> bool:
    """Whether a NULL in it may have been a NaN of pandas, which the client sends as NULL."""
    import pyarrow as pa  # noqa: PLC0415

    return bool(pa.types.is_nested(column.type) or (pa.types.is_floating(column.type) and column.null_count))


def _star(node: Node) -> set[str]:
    return {"expression.unresolved_star:qualified"} if node.text("unparsed_target") else set()


def _literal(node: Node) -> set[str]:
    return {"expression.literal:decimal"} if node.which("literal_type") == "decimal" else set()


_LOOKS: Mapping[str, Callable[[Node], set[str]]] = {
    "spark.connect.Aggregate": _aggregate,
    "spark.connect.Sample": _sample,
    "spark.connect.SetOperation": _set_operation,
    "spark.connect.LocalRelation": _local,
    "spark.connect.Expression.UnresolvedStar": _star,
    "spark.connect.Expression.Literal": _literal,
}
