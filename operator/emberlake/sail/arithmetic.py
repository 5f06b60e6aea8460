"""The arithmetic in a plan of the DataFrame API, as SQL expressions over the columns of relations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from emberlake.sail import decimals, joins, membership, planmend, sqlshape, totals, unions
from emberlake.sail.calls import ANY_DECIMAL, OWN_FUNCTION
from emberlake.sail.inference import Kinds
from emberlake.sail.joins import PLAN, Conditions
from emberlake.sail.kinds import Kind, of_type
from emberlake.sail.mends import Mend
from emberlake.sail.planmend import AT, CALLED, Place
from emberlake.sail.refusal import RefusedError
from emberlake.sail.rules import Columns
from emberlake.sail.sqllex import tokens
from emberlake.sail.sqlmend import Mended
from emberlake.sail.sqlshape import Shape, collect
from emberlake.sail.wire import Edit, Node, rebuilt, then, within

Column = Callable[[exp.Column], Kind | None]

_BINARY: dict[str, type[exp.Expr]] = {
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
    "/": exp.Div,
    "%": exp.Mod,
    "div": exp.IntDiv,
    "nullif": exp.Nullif,
    "==": exp.EQ,
    "<=>": exp.NullSafeEQ,
    "equal_null": exp.EqualNull,
}
_UNARY: dict[str, type[exp.Expr]] = {
    "coalesce": exp.Coalesce,
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
    "abs": exp.Abs,
}
# the protocol's names of integers
_INTEGERS = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}
# other names of types
_ALSO = {**_INTEGERS, "dec": "decimal", "numeric": "decimal", "real": "float"}
_TRY = 3
# of SubqueryExpression.SubqueryType
_IN = 4


def shape(relations: list[Node], columns: Columns, edits: Mapping[int, Edit], *, strict: bool) -> Shape:
    """The arithmetic of all relations of a plan. Raises RefusedError for SQL that is not known here.

    `edits`: what is replaced in the plan before; the shape has them too. `strict` as in mends.
    """
    found = Shape(edits=dict(edits))
    # of relations that were read as a whole, these are instead of all edits in them
    inner = dict(edits)
    # a relation begins before those in it, whose columns it sees as they are mended
    for relation in sorted(relations, key=lambda node: -node.at):
        place = _place(relation)
        trees = [_tree(node) for node in place.expressions]
        texts = [text for node in place.expressions for text in _texts(node)]
        if texts or any(tree.find(exp.Func, exp.Binary, exp.Unary, exp.In) for tree in trees):
            known = [columns.relation(_closed(node, inner)) for node in place.inputs]
            conditions = joins.in_plan(relation, place.inputs, known)
            found.add(_read(place, trees, texts, _finder(known), conditions, strict))
            try:
                own = planmend.edits(place, within(relation, inner), columns.names, strict=strict)
            except RefusedError as error:
                found.refused.append(error)
            else:
                found.edits.update(own)
                inner.update(own)
        own = totals.in_plan(relation)
        found.edits.update(own)
        inner.update(own)
        if union := relation.child("set_op"):
            _unite(union, columns, inner, found)
    return found


def _unite(union: Node, columns: Columns, inner: dict[int, Edit], found: Shape) -> None:
    """Cast the sides of a union, or of another operation on sets, to one type."""
    sides = [it for it in (union.child("left_input"), union.child("right_input")) if it]
    data = [_closed(side, inner) for side in sides]
    names = unions.aligned([columns.names(it) or () for it in data], by_name=bool(union.number("by_name")))
    known = [columns.relation(it) or {} for it in data]
    kinds = [[one.get(name.lower()) for name in own] for one, own in zip(known, names, strict=True)]
    types = unions.casts(kinds)
    if types is None:
        refused = "a union of columns that may be of different types"
        if unions.differ(kinds):
            found.refused.append(RefusedError("relation.set_op:types", refused))
        else:
            found.unread.append(RefusedError("relation.set_op", refused))
    for side, own, to in zip(sides, names, types or (), strict=False):
        if any(to):
            edit = planmend.casting(own, to)
            then(inner, side.at, edit)
            then(found.edits, side.at, edit)


def _read(
    place: Place,
    trees: list[exp.Expr],
    texts: list[Node],
    column: Column,
    conditions: Conditions,
    strict: bool,
) -> Shape:
    """The shape of one relation, whose place is told what is to be mended."""
    found = Shape()
    for tree in trees:
        collect(Kinds(column, strict=strict), list(tree.walk()), found)
        found.mended += _typed(tree)
        found.refused += membership.wrong_in_plan(
            tree, is_condition=place.relation.which("rel_type") == "filter"
        )
        try:
            found.mended += conditions(tree)
        except RefusedError as error:
            found.refused.append(error)
    place.mended += found.mended
    for text in texts:
        inner = sqlshape.expression(text.text("expression"), column, conditions, strict=strict)
        place.texts.append((text, inner.mended))
        found.add(inner)
    return found


def _typed(tree: exp.Expr) -> Iterator[Mended]:
    """Decimals that are literals: Sail does not give them the type that they have by their value."""
    for node in tree.find_all(exp.Literal):
        kind = str(node.meta.get("kind", ""))
        if kind.startswith("DECIMAL("):
            yield node, Mend((), kind)


def _closed(node: Node, inner: dict[int, Edit]) -> bytes:
    """The bytes of a relation as it goes on. It becomes one edit: those in it are not made a second time."""
    replaced = within(node, inner)
    data = rebuilt(node, replaced)
    for at in replaced:
        del inner[at]
    if replaced:
        inner[node.at] = lambda _: data
    return data


def _place(relation: Node) -> Place:
    place = Place(relation, [], [])
    waiting = [node for _, node in relation.children()]
    while waiting:
        node = waiting.pop()
        if node.kind.full_name == "spark.connect.Relation":
            place.inputs.append(node)
        elif node.kind.full_name == "spark.connect.Expression":
            place.expressions.append(node)
        else:
            waiting.extend(child for _, child in node.children())
    place.expressions.sort(key=lambda node: node.at)
    return place


def _finder(columns: list[Mapping[str, Kind | None] | None]) -> Column:
    def find(column: exp.Column) -> Kind | None:
        hits = [known[column.name.lower()] for known in columns if known and column.name.lower() in known]
        return hits[0] if len(hits) == 1 and None not in columns and not column.table else None

    return find


def _texts(expression: Node) -> Iterator[Node]:
    for node in expression.walk():
        if node.kind.full_name == "spark.connect.Expression.ExpressionString":
            yield node


def _tree(expression: Node) -> exp.Expr:
    """As an expression of sqlglot; what has no part in arithmetic is a function without a name."""
    kind = expression.which("expr_type")
    body = expression.child(kind)
    tree = _READ.get(kind, _unread)(body) if body else exp.Null()
    # an alias and the like is what stands in it
    tree.meta.setdefault(AT, expression.at)
    return tree


def _unread(body: Node) -> exp.Expr:
    return exp.Anonymous(this="?", expressions=_arguments(body))


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
    found = _called(body.text("function_name").lower(), _arguments(body))
    found.meta[CALLED] = body.at
    return found


def _called(name: str, arguments: list[exp.Expr]) -> exp.Expr:
    if name == "negative" and arguments and isinstance(arguments[0], exp.Literal):
        # unlike -1 in a text it is no literal itself
        return exp.Neg(this=_wrapped(arguments[0]))
    if name in _BINARY and len(arguments) == 2:
        return _BINARY[name](this=arguments[0], expression=arguments[1])
    if name in _UNARY and arguments:
        return _UNARY[name](this=arguments[0], expressions=arguments[1:])
    if name == "round" and arguments:
        return exp.Round(this=arguments[0], decimals=arguments[1] if len(arguments) > 1 else None)
    if name == "when" and len(arguments) > 1:
        return _case(arguments)
    if name == "locate" and len(arguments) > 1:
        # as the parser has the arguments of a text
        arguments[:2] = arguments[1::-1]
    return exp.RowNumber() if name == "row_number" else exp.Anonymous(this=name, expressions=arguments)


def _case(arguments: list[exp.Expr]) -> exp.Expr:
    pairs = zip(arguments[::2], arguments[1::2], strict=False)
    ifs = [exp.If(this=condition, true=value) for condition, value in pairs]
    return exp.Case(ifs=ifs, default=arguments[-1] if len(arguments) % 2 else None)


def _wrapped(node: exp.Expr) -> exp.Expr:
    found = exp.Paren(this=node)
    found.meta[AT] = node.meta[AT]
    return found


def _attribute(body: Node) -> exp.Expr:
    found = tokens(body.text("unparsed_identifier"))
    # a name of several parts is that of a relation's column, or of a part of a column
    name, *parts = [token.name for token in found[::2]][::-1] or [""]
    column = exp.column(name, table=".".join(reversed(parts)) or None)
    if any(field.name == "plan_id" for field, _ in body.fields()):
        column.meta[PLAN] = body.number("plan_id")
    return column


def _literal(body: Node) -> exp.Expr:
    kind = body.which("literal_type")
    if kind == "null":
        return exp.Null()
    if kind not in _INTEGERS:
        literal = exp.Literal.string(body.text(kind) if kind == "string" else "")
        literal.meta["kind"] = _of_value(body.child(kind)) if kind == "decimal" else kind
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
    name = to.which("kind") if to else body.text("type_str").strip().lower()
    if to and name == "decimal":
        name = _decimal(to.child(name))
    name = _ALSO.get(name, name)
    target = exp.DataType(this=exp.DataType.Type.UNKNOWN)
    target.meta["kind"] = name if of_type(name) else ""
    return exp.Cast(this=_first(body, "expr"), to=target, safe=body.number("eval_mode") == _TRY)


def _decimal(body: Node | None) -> str:
    """The type by a message with its digits."""
    precision, scale = (body.number(name) for name in ("precision", "scale")) if body else (0, 0)
    return f"decimal({precision},{scale})" if precision else ANY_DECIMAL


def _of_value(body: Node | None) -> str:
    """The type that Spark gives a literal, which is that of its value."""
    try:
        value = Decimal(body.text("value") if body else "").as_tuple()
    except InvalidOperation:
        return ANY_DECIMAL
    if not isinstance(value.exponent, int):
        return ANY_DECIMAL
    after = max(0, -value.exponent)
    before = max(0, len(value.digits) + value.exponent)
    return decimals.named((before or int(not after), after))


def _own_function(body: Node) -> exp.Expr:
    return exp.Anonymous(this=OWN_FUNCTION, expressions=_arguments(body))


def _subquery(body: Node) -> exp.Expr:
    values = _arguments(body)
    if body.number("subquery_type") != _IN:
        return exp.Anonymous(this="?", expressions=values)
    return exp.In(this=exp.Tuple(expressions=values), query=exp.Select())


_READ: dict[str, Callable[[Node], exp.Expr]] = {
    "literal": _literal,
    "unresolved_attribute": _attribute,
    "unresolved_function": _function,
    "cast": _cast,
    "common_inline_user_defined_function": _own_function,
    "alias": _inner,
    "sort_order": _inner,
    "window": _window,
    "subquery_expression": _subquery,
}
