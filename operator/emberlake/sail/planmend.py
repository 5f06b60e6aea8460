"""Puts mends into a plan: casts around expressions, and the names that columns would lose by them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pyspark.sql.connect.proto import expressions_pb2, relations_pb2
from sqlglot import exp

from emberlake.sail.inference import operands
from emberlake.sail.mends import SCREEN
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqllex import quoted
from emberlake.sail.sqlmend import Mended, applied, outermost
from emberlake.sail.sqlshape import AS_QUERY
from emberlake.sail.wire import Edit, Node, encoded, rebuilt, setting, then, within

# the names of a relation's columns in their order, by its bytes; None where they cannot be told
Names = Callable[[bytes], Sequence[str] | None]
# in `meta` of a node: where its Expression stands, and the call in it
AT, CALLED = "at", "called"
_EXPRESSION = expressions_pb2.Expression.DESCRIPTOR
_RELATION, _PROJECT = relations_pb2.Relation.DESCRIPTOR, relations_pb2.Project.DESCRIPTOR
_CALL = expressions_pb2.Expression.UnresolvedFunction.DESCRIPTOR
# relations whose columns are named by their expressions, and those where no name depends on them
_NAMED = frozenset({"project", "aggregate"})
_NAMELESS = frozenset(
    {"filter", "join", "lateral_join", "repartition_by_expression", "sample_by", "sort", "with_columns"}
)
# one of these stands for any number of columns
_MANY = frozenset({"unresolved_star", "unresolved_regex"})


@dataclass(slots=True)
class Place:
    """One relation: the expressions right in it, the relations whose columns they see, and what is mended.

    `mended`: nodes that have the place of their message; `texts`: ExpressionStrings, and their mends.
    """

    relation: Node
    expressions: list[Node]
    inputs: list[Node]
    mended: list[Mended] = field(default_factory=list)
    texts: list[tuple[Node, list[Mended]]] = field(default_factory=list)


def edits(place: Place, inner: Mapping[int, Edit], names: Names, *, strict: bool) -> dict[int, Edit]:
    """The edits of the place's own expressions. `inner`: those of the relations in it.

    `strict`: what only tells of overflows is put in as well, or nothing is.

    Raises:
        RefusedError: a mend that cannot be put into the plan.
    """
    try:
        return _edits(place, inner, names)
    except RefusedError:
        mended = [*place.mended, *(it for _, inside in place.texts for it in inside)]
        if strict or not any(mend.optional for _, mend in mended):
            raise
        texts = [(node, _needed(inside)) for node, inside in place.texts]
        return _edits(replace(place, mended=_needed(place.mended), texts=texts), inner, names)


def _needed(mended: list[Mended]) -> list[Mended]:
    return [(node, mend) for node, mend in mended if not mend.optional]


def _edits(place: Place, inner: Mapping[int, Edit], names: Names) -> dict[int, Edit]:
    if not place.mended and not any(mended for _, mended in place.texts):
        return {}
    kind = place.relation.which("rel_type")
    body = place.relation.child(kind)
    if kind not in _NAMED | _NAMELESS or (body and (body.child("pivot") or body.child("grouping_sets"))):
        raise RefusedError("mend.place", f"arithmetic in {kind.replace('_', ' ')}")
    own = {at: _all(steps) for at, steps in _steps(place).items()}
    if kind not in _NAMED:
        return own
    return _with_names(place, own, inner, names)


def _steps(place: Place) -> Mapping[int, list[Edit]]:
    """The edits of each message in their order: as a result, as an operand of another."""
    found: dict[int, list[Edit]] = defaultdict(list)
    for node, mend in place.mended:
        if mend.function:
            found[_at(node, CALLED)].append(setting(_CALL, "function_name", mend.function))
        if mend.screened:
            casts = [_cast(mend.result)] if mend.result else []
            found[_at(outermost(node))] += [*casts, _screened]
    for node, mend in place.mended:
        for operand, kind in zip(operands(node), mend.operands, strict=True):
            if kind:
                found[_at(operand)].append(_cast(kind))
    for message, mended in place.texts:
        if mended:
            text = applied(AS_QUERY + message.text("expression"), mended, None)
            found[message.at].append(setting(message.kind, "expression", text.removeprefix(AS_QUERY)))
    return found


def _at(node: exp.Expr, key: str = AT) -> int:
    if key not in node.meta:
        raise RefusedError("mend.place", f"{node.sql(dialect='spark')[:60]} stands in no message of its own")
    return int(node.meta[key])


def _with_names(
    place: Place, own: dict[int, Edit], inner: Mapping[int, Edit], names: Names
) -> dict[int, Edit]:
    """The edits, with the names that the columns had without them."""
    before = names(rebuilt(place.relation, inner))
    if before is None:
        # what is wrong with it is told when it is run
        return own
    found = dict(own)
    for index, column in enumerate(place.expressions):
        if within(column, own) and column.which("expr_type") != "alias":
            then(found, column.at, _named(_name(index, place.expressions, before)))
    if names(rebuilt(place.relation, {**inner, **found})) != before:
        raise RefusedError("mend.name", f"the names of {', '.join(before)[:100]}: give them with alias()")
    return found


def _name(index: int, columns: Sequence[Node], names: Sequence[str]) -> str:
    """Of the columns that a relation has, the name of the one that this expression makes."""
    many = [place for place, column in enumerate(columns) if _is_many(column)]
    place = index - len(columns) if many and many[0] < index else index
    if (many and many[-1] > index > many[0]) or not -len(names) <= place < len(names):
        raise RefusedError("mend.name", "columns between two stars: give them names with alias()")
    return names[place]


def _is_many(column: Node) -> bool:
    text = column.child("expression_string")
    return column.which("expr_type") in _MANY or (text is not None and "*" in text.text("expression"))


def _all(steps: Sequence[Edit]) -> Edit:
    def edit(data: bytes) -> bytes:
        for step in steps:
            data = step(data)
        return data

    return edit


def _cast(kind: str) -> Edit:
    return lambda data: _message("cast", expr=data, type_str=kind.encode())


def _screened(data: bytes) -> bytes:
    return _message("unresolved_function", function_name=SCREEN.encode(), arguments=data)


def casting(names: Sequence[str], types: Sequence[str]) -> Edit:
    """Makes of a relation with these columns one in which they have these types, where one is not empty.

    Raises:
        RefusedError: a name stands twice.
    """
    if len({name.lower() for name in names}) != len(types):
        raise RefusedError("relation.set_op:types", "columns of a union with the same name: cast them")
    columns = [_typed(*pair) for pair in zip(names, types, strict=True)]
    rest = b"".join(encoded(_PROJECT.fields_by_name["expressions"].number, column) for column in columns)
    project, inner = _RELATION.fields_by_name["project"].number, _PROJECT.fields_by_name["input"].number
    return lambda data: encoded(project, encoded(inner, data) + rest)


def _typed(name: str, kind: str) -> bytes:
    column = _message("unresolved_attribute", unparsed_identifier=quoted(name).encode())
    return _named(name)(_cast(kind)(column)) if kind else column


def _named(name: str) -> Edit:
    return lambda data: _message("alias", expr=data, name=name.encode())


def _message(kind: str, **parts: bytes) -> bytes:
    """An Expression of this kind."""
    form = _EXPRESSION.fields_by_name[kind]
    fields = form.message_type.fields_by_name
    body = b"".join(encoded(fields[name].number, part) for name, part in parts.items())
    return encoded(form.number, body)
