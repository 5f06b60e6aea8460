"""The arithmetic in a plan of the DataFrame API, as SQL expressions over the columns of relations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from emberlake.sail import sqlshape
from emberlake.sail.calls import ANY_DECIMAL, OWN_FUNCTION
from emberlake.sail.kinds import Kind, Kinds, of_type
from emberlake.sail.sqllex import tokens
from emberlake.sail.sqlshape import Shape, collect
from emberlake.sail.wire import Node

# the columns that a relation has, by the bytes of the relation; None where they cannot be told
Schema = Callable[[bytes], Mapping[str, Kind | None] | None]

_BINARY: dict[str, type[exp.Expr]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "%": exp.Mod,
    "div": exp.IntDiv,
}
_UNARY: dict[str, type[exp.Expr]] = {
    "negative": exp.Neg,
    "sum": exp.Sum,
    "avg": exp.Avg,
    "mean": exp.Avg,
    "min": exp.Min,
    "max": exp.Max,
    "first": exp.First,
    "last": exp.Last,
    "lag": exp.Lag,
    "lead": exp.Lead,
    "count": exp.Count,
    "year": exp.Year,
    "quarter": exp.Quarter,
    "month": exp.Month,
    "day": exp.Day,
    "dayofmonth": exp.DayOfMonth,
    "dayofweek": exp.DayOfWeek,
    "dayofyear": exp.DayOfYear,
    "weekofyear": exp.WeekOfYear,
    "hour": exp.Hour,
    "minute": exp.Minute,
    "second": exp.Second,
    "length": exp.Length,
}
# the protocol's names of integers
_INTEGERS = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}
_TRY = 3


@dataclass
class _Place:
    """Expressions of one relation, and the relations whose columns they see."""

    expressions: list[Node]
    inputs: list[Node]


def shape(relations: list[Node], schema: Schema) -> Shape:
    """The arithmetic of all relations of a plan. Raises RefusedError for SQL that is not known here."""
    found = Shape()
    for relation in relations:
        place = _place(relation)
        trees = [_tree(node) for node in place.expressions]
        texts = [text for node in place.expressions for text in _texts(node)]
        if not texts and not any(tree.find(exp.Func, exp.Binary, exp.Unary) for tree in trees):
            continue
        columns = [schema(bytes(node.data)) for node in place.inputs]
        column = _finder(columns)
        for tree in trees:
            collect(Kinds(column), list(tree.walk()), found)
        for text in texts:
            inner = sqlshape.expression(text, column)
            found.functions |= inner.functions
            found.features |= inner.features
            found.doubts += inner.doubts
            found.calls |= inner.calls
    return found


def _place(relation: Node) -> _Place:
    place = _Place([], [])
    waiting = [node for _, node in relation.children()]
    while waiting:
        node = waiting.pop()
        if node.kind.full_name == "spark.connect.Relation":
            place.inputs.append(node)
        elif node.kind.full_name == "spark.connect.Expression":
            place.expressions.append(node)
        else:
            waiting.extend(child for _, child in node.children())
    return place


def _finder(columns: list[Mapping[str, Kind | None] | None]) -> Callable[[exp.Column], Kind | None]:
    def find(column: exp.Column) -> Kind | None:
        hits = [known[column.name.lower()] for known in columns if known and column.name.lower() in known]
        return hits[0] if len(hits) == 1 and None not in columns and not column.table else None

    return find


def _texts(expression: Node) -> Iterator[str]:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if node.kind.full_name == "spark.connect.Expression.ExpressionString":
            yield node.text("expression")
        waiting.extend(child for _, child in node.children())


def _tree(expression: Node) -> exp.Expr:
    """As an expression of sqlglot; what has no part in arithmetic is a function without a name."""
    kind = expression.which("expr_type")
    body = expression.child(kind)
    if body is None:
        return exp.Null()
    return _READ[kind](body) if kind in _READ else exp.Anonymous(this="?", expressions=_arguments(body))


def _window(body: Node) -> exp.Expr:
    return exp.Window(this=_first(body, "window_function"), partition_by=_arguments(body)[1:])


def _inner(body: Node) -> exp.Expr:
    arguments = _arguments(body)
    return arguments[0] if len(arguments) == 1 else exp.Anonymous(this="?", expressions=arguments)


def _first(body: Node, field: str) -> exp.Expr:
    child = body.child(field)
    return _tree(child) if child else exp.Null()


def _arguments(body: Node) -> list[exp.Expr]:
    """The expressions right below, through what is none itself."""
    found: list[exp.Expr] = []
    for _, child in body.children():
        if child.kind.full_name == "spark.connect.Expression":
            found.append(_tree(child))
        else:
            found += _arguments(child)
    return found


def _function(body: Node) -> exp.Expr:
    name, arguments = body.text("function_name").lower(), _arguments(body)
    if name in _BINARY and len(arguments) == 2:
        return _BINARY[name](this=arguments[0], expression=arguments[1])
    if name in _UNARY and arguments:
        return _UNARY[name](this=arguments[0], expressions=arguments[1:])
    if name == "coalesce" and arguments:
        return exp.Coalesce(this=arguments[0], expressions=arguments[1:])
    if name == "when" and len(arguments) > 1:
        pairs = zip(arguments[::2], arguments[1::2], strict=False)
        ifs = [exp.If(this=condition, true=value) for condition, value in pairs]
        return exp.Case(ifs=ifs, default=arguments[-1] if len(arguments) % 2 else None)
    return exp.RowNumber() if name == "row_number" else exp.Anonymous(this=name, expressions=arguments)


def _attribute(body: Node) -> exp.Expr:
    found = tokens(body.text("unparsed_identifier"))
    return exp.column(found[0].name) if len(found) == 1 else exp.Anonymous(this="?")


def _literal(body: Node) -> exp.Expr:
    kind = body.which("literal_type")
    if kind == "null":
        return exp.Null()
    if kind not in _INTEGERS:
        literal = exp.Literal.string("")
        literal.meta["kind"] = ANY_DECIMAL if kind == "decimal" else kind
        return literal
    bits = 64 if kind == "long" else 32
    value = body.number(kind) & ((1 << bits) - 1)
    literal = exp.Literal(
        this=str(abs(value - (1 << bits)) if value >> (bits - 1) else value), is_string=False
    )
    literal.meta["kind"] = _INTEGERS[kind]
    return exp.Neg(this=literal) if value >> (bits - 1) else literal


def _cast(body: Node) -> exp.Expr:
    to = body.child("type")
    name = to.which("kind") if to else body.text("type_str").lower().split("(")[0]
    name = _INTEGERS.get(name, name)
    known = of_type(ANY_DECIMAL if name == "decimal" else name)
    target = exp.DataType(this=exp.DataType.Type.UNKNOWN)
    target.meta["kind"] = known.name if known else ""
    return exp.Cast(this=_first(body, "expr"), to=target, safe=body.number("eval_mode") == _TRY)


def _own_function(body: Node) -> exp.Expr:
    return exp.Anonymous(this=OWN_FUNCTION, expressions=_arguments(body))


_READ: dict[str, Callable[[Node], exp.Expr]] = {
    "literal": _literal,
    "unresolved_attribute": _attribute,
    "unresolved_function": _function,
    "cast": _cast,
    "common_inline_user_defined_function": _own_function,
    "alias": _inner,
    "sort_order": _inner,
    "window": _window,
}
