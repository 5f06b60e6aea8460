"""What a plan of Spark Connect asks of the engine: its functions, features and texts of SQL. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from emberlake.sail import variants
from emberlake.sail.refusal import RefusedError
from emberlake.sail.wire import Node

# what reads or changes nothing but the session
CATALOG_CALLS = frozenset(
    {
        "current_catalog",
        "current_database",
        "database_exists",
        "drop_global_temp_view",
        "drop_temp_view",
        "function_exists",
        "get_database",
        "get_function",
        "get_table",
        "is_cached",
        "list_catalogs",
        "list_columns",
        "list_databases",
        "list_functions",
        "list_tables",
        "set_current_catalog",
        "set_current_database",
        "table_exists",
    }
)
# PySpark's numbers of kinds of Python functions (pyspark.util.PythonEvalType)
_PYTHON = {100: "udf.python", 101: "udf.arrow", 300: "udf.arrow-table", 301: "udf.table"}
# spark.connect.SetOperation.SetOpType
_UNION = 2
_PANDAS = range(200, 300)


@dataclass
class Uses:
    """Named as in verified.json. `queries`: SQL messages, `expressions`: texts, `variants`: see variants."""

    functions: set[str] = field(default_factory=set)
    features: set[str] = field(default_factory=set)
    queries: list[Node] = field(default_factory=list)
    expressions: list[str] = field(default_factory=list)
    relations: list[Node] = field(default_factory=list)
    variants: set[str] = field(default_factory=set)


def uses(plan: Node) -> Uses:
    """Everything in the plan, however deep. Raises RefusedError for what no engine may be asked for here."""
    found = Uses()
    waiting = [plan]
    while waiting:
        node = waiting.pop()
        found.variants |= variants.of(node)
        if look := _LOOKS.get(node.kind.full_name):
            look(node, found)
        waiting.extend(child for _, child in node.children())
    return found


def _relation(node: Node, found: Uses) -> None:
    kind = node.which("rel_type")
    if kind in {"", "extension", "unknown"}:
        raise RefusedError(f"relation.{kind or 'none'}", "a relation that the protocol leaves open")
    if not _plain_union(node):
        # whether a union differs is seen by the types of its columns
        found.features.add(f"relation.{kind}")
    found.relations.append(node)


def _plain_union(relation: Node) -> bool:
    union = relation.child("set_op")
    return (
        union is not None
        and union.number("set_op_type") == _UNION
        and not union.number("allow_missing_columns")
    )


def _expression(node: Node, found: Uses) -> None:
    kind = node.which("expr_type")
    if kind in {"", "extension"}:
        raise RefusedError(f"expression.{kind or 'none'}", "an expression that the protocol leaves open")
    found.features.add(f"expression.{kind}")


def _function(node: Node, found: Uses) -> None:
    found.functions.add(node.text("function_name").lower())


def _sql(node: Node, found: Uses) -> None:
    found.queries.append(node)


def _expression_string(node: Node, found: Uses) -> None:
    found.expressions.append(node.text("expression"))


def _read(node: Node, found: Uses) -> None:
    if node.number("is_streaming"):
        found.features.add("read.stream")


def _data_source(node: Node, found: Uses) -> None:
    # another default is refused, see settings
    form = node.text("format").lower() or "parquet"
    options = {option.lower() for option in node.mapping("options")}
    if "path" in options:
        raise RefusedError("read.option-path", "the engine takes no option path: give the path to load()")
    found.features.add(f"read.{form}")
    found.features.update(f"read.{form}:{option}" for option in options)


def _named_table(node: Node, found: Uses) -> None:
    found.features.add("read.table")
    found.features.update(f"read.table:{option.lower()}" for option in node.mapping("options"))


def _catalog(node: Node, found: Uses) -> None:
    call = node.which("cat_type")
    if call not in CATALOG_CALLS:
        raise RefusedError(
            f"catalog.{call}", f"spark.catalog: {call.replace('_', ' ')} is not run on this engine"
        )
    found.features.add(f"catalog.{call}")


def _python(node: Node, found: Uses) -> None:
    kind = node.number("eval_type")
    found.features.add("udf.pandas" if kind in _PANDAS else _PYTHON.get(kind, f"udf.{kind}"))


def _foreign(node: Node, found: Uses) -> None:
    raise RefusedError(f"plan.{node.kind.name.lower()}", f"{node.kind.name} needs the JVM")


_LOOKS: dict[str, Callable[[Node, Uses], None]] = {
    "spark.connect.Relation": _relation,
    "spark.connect.Expression": _expression,
    "spark.connect.Expression.UnresolvedFunction": _function,
    "spark.connect.CallFunction": _function,
    "spark.connect.UnresolvedTableValuedFunction": _function,
    "spark.connect.SQL": _sql,
    "spark.connect.Expression.ExpressionString": _expression_string,
    "spark.connect.Read": _read,
    "spark.connect.Read.DataSource": _data_source,
    "spark.connect.Read.NamedTable": _named_table,
    "spark.connect.Catalog": _catalog,
    "spark.connect.PythonUDF": _python,
    "spark.connect.PythonUDTF": _python,
    "spark.connect.ScalarScalaUDF": _foreign,
    "spark.connect.JavaUDF": _foreign,
}
