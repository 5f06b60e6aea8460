"""Puts mends into a text of SQL: casts around expressions, and names that columns would lose by them.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ErrorLevel, ParseError
from sqlglot.tokenizer_core import Token, TokenType

from emberlake.sail.inference import NAMED, operands
from emberlake.sail.mends import SCREEN, Mend
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqllex import quoted

# the names of a query's columns in their order; None where they cannot be told
Names = Callable[[], Sequence[str] | None]
Mended = tuple[exp.Expr, Mend]
# how sqlglot fails where arguments of some functions are missing
_FAILS = (AttributeError, LookupError, TypeError, ValueError)
_SPAN, _CALLED, _BODY = "span", "called", "body"
# what may stand behind a query, and belongs to the whole where the query is a part of a union
_BEHIND = frozenset({TokenType.ORDER_BY, TokenType.SORT_BY, TokenType.DISTRIBUTE_BY, TokenType.CLUSTER_BY})
_BEHIND |= {TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH}
# a cast around a window function stands around all of this
_AROUND_AGGREGATES = (exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls)


@dataclass(frozen=True, slots=True)
class _Around:
    """What is put before and behind a part of the text. `depth` orders those of the same part.

    `drops`: so many characters behind `before` are left out.
    """

    start: int
    end: int
    depth: int
    before: str
    behind: str
    drops: int = 0


class _Parser(Spark().parser_class):  # type: ignore[misc]
    """Notes where in the text an expression or a query stands, by the tokens that were read for it."""

    # sqlglot's own parser drops the third argument
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: parser for name, parser in Spark().parser_class.FUNCTION_PARSERS.items() if name != "PERCENTILE"
    }
    FUNCTIONS: ClassVar[dict[str, Any]] = {
        **Spark().parser_class.FUNCTIONS,
        "PERCENTILE": lambda args: exp.AnonymousAggFunc(this="percentile", expressions=args),
    }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._begun: list[int] = []

    def _parse_select_query(self, *args: object, **options: object) -> exp.Expr | None:
        self._begun.append(self._index)
        try:
            found: exp.Expr | None = super()._parse_select_query(*args, **options)
        finally:
            self._begun.pop()
        return found

    def _parse_query_modifiers(self, this: exp.Expr | None) -> exp.Expr | None:
        found: exp.Expr | None = super()._parse_query_modifiers(this)
        if isinstance(found, exp.Select) and self._begun and _SPAN not in found.meta:
            tokens = self._tokens[self._begun[-1] : self._index]
            found.meta[_SPAN] = tokens[0].start, tokens[-1].end + 1
            found.meta[_BODY] = _body_end(tokens)
        return found

    def _parse_join(self, *args: object, **options: object) -> exp.Expr | None:
        return self._placed(lambda: super(_Parser, self)._parse_join(*args, **options))

    def _parse_unary(self) -> exp.Expr | None:
        return self._placed(super()._parse_unary)

    def _parse_atom(self) -> exp.Expr | None:
        return self._placed(super()._parse_atom)

    def _parse_disjunction(self) -> exp.Expr | None:
        return self._placed(super()._parse_disjunction)

    def _parse_function_call(self, *args: object, **options: object) -> exp.Expr | None:
        first = self._index
        node = self._placed(lambda: super(_Parser, self)._parse_function_call(*args, **options))
        if isinstance(node, exp.Func):
            node.meta[_CALLED] = self._tokens[first].end + 1
            node.meta[NAMED] = self._tokens[first].text.lower()
        return node

    def _placed(self, parse: Callable[[], exp.Expr | None]) -> exp.Expr | None:
        first = self._index
        node = parse()
        if node is not None and first < self._index:
            node.meta[_SPAN] = self._tokens[first].start, self._tokens[self._index - 1].end + 1
        return node


def _body_end(tokens: Sequence[Token]) -> int:
    """Where the query ends without what may belong to the union that it is a part of."""
    depth, end = 0, tokens[0].end
    for token in tokens:
        if depth == 0 and token.token_type in _BEHIND:
            break
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        end = token.end
    return end + 1


def parse(text: str) -> list[exp.Expr | None]:
    """The statements of the text. Raises SqlglotError."""
    parser = _Parser(error_level=ErrorLevel.RAISE, dialect=Spark())
    try:
        found: list[exp.Expr | None] = parser.parse(sqlglot.tokenize(text, read="spark"), text)
    except _FAILS as error:
        raise ParseError(f"{type(error).__name__}: {error}") from error
    return found


def name_of(table: exp.Table) -> tuple[str, ...]:
    """The name of a table as it is asked for."""
    return tuple(part.name for part in table.parts)


def applied(text: str, mended: Iterable[Mended], names: Names | None) -> str:
    """The text with the mends of its expressions, whose nodes come from `parse`.

    Without `names` it is no query but an expression, and no column is named.

    Raises:
        RefusedError: a mend that cannot be put into the text.
    """
    around: list[_Around] = []
    unnamed: dict[int, exp.Expr] = {}
    for node, mend in mended:
        around += _casts(node, mend)
        unnamed.update((id(item), item) for item in _columns(node))
    if names is not None:
        around += [_named(item, names) for item in unnamed.values()]
    return _inserted(text, around)


def _casts(node: exp.Expr, mend: Mend) -> Iterator[_Around]:
    for operand, kind in zip(operands(node), mend.operands, strict=True):
        if kind:
            yield _cast(operand, kind)
    if mend.function:
        start, _ = span(node)
        called = int(node.meta[_CALLED])
        yield _Around(start, called, node.depth, mend.function, "", called - start)
    if mend.sealed:
        yield _limit(node)
    if mend.counted:
        yield _with_rows(node)
    if mend.screened:
        start, end = span(outermost(node))
        cast = ("CAST(", f" AS {mend.result})") if mend.result else ("", "")
        yield _Around(start, end, node.depth, f"{SCREEN}({cast[0]}", f"{cast[1]})")
    if isinstance(node.parent, exp.DPipe) and node.arg_key == "expression" and not isinstance(node, exp.Func):
        # || binds as + does in Spark: a || b + c is (a || b) + c
        raise RefusedError("mend.pipe", f"put parentheses around the parts of {_text(node.parent)}")


def _limit(query: exp.Expr) -> _Around:
    start, end = span(query)
    side = query
    while isinstance(side.parent, exp.Subquery):
        side = side.parent
    if not isinstance(side.parent, exp.SetOperation):
        return _Around(start, end, query.depth, "", " LIMIT 1")
    # Sail loses the names of a union's side that ends with LIMIT, if no rows can be of the other
    before, behind = "SELECT * FROM (", " LIMIT 1)"
    if side is query:
        return _Around(start, int(query.meta[_BODY]), query.depth, f"({before}", f"{behind})")
    return _Around(start, end, query.depth, before, behind)


def _with_rows(query: exp.Expr) -> _Around:
    if having := query.args.get("having"):
        start, end = span(having.this)
        return _Around(start, end, query.depth, "(", ") AND count(1) > 0")
    if query.args.get("qualify") or query.args.get("windows"):
        raise RefusedError(
            "mend.place", f"name no windows beside ROLLUP, CUBE or GROUPING SETS: {_text(query)}"
        )
    start, _ = span(query)
    return _Around(start, int(query.meta[_BODY]), query.depth, "", " HAVING count(1) > 0")


def outermost(node: exp.Expr) -> exp.Expr:
    """The window function that the node is, or the node."""
    while isinstance(node.parent, _AROUND_AGGREGATES) and node.arg_key == "this":
        node = node.parent
    return node


def _cast(node: exp.Expr, kind: str) -> _Around:
    start, end = span(node)
    # of some decimals Sail makes a double beside the nearest one, of texts it does not
    quote = "'" if kind == "DOUBLE" and isinstance(node, exp.Literal) else ""
    return _Around(start, end, node.depth, f"CAST({quote}", f"{quote} AS {kind})")


def span(node: exp.Expr) -> tuple[int, int]:
    """Where the expression or join stands: from its first character to behind its last."""
    if _SPAN in node.meta:
        start, end = node.meta[_SPAN]
        return int(start), int(end)
    if not isinstance(node, exp.Binary):
        raise RefusedError("mend.place", f"{_text(node)} stands in a place that is not known here")
    return span(node.this)[0], span(node.expression)[1]


def _columns(node: exp.Expr) -> Iterator[exp.Expr]:
    """The columns without a name of their own that the node is in, of queries whose names are seen."""
    item = node
    while item.parent is not None:
        query = item.parent
        unnamed = not isinstance(item, exp.Alias) and item.arg_key == "expressions"
        # a column keeps its name, whoever sees it
        if isinstance(query, exp.Select) and unnamed and (isinstance(item, exp.Column) or _is_named(query)):
            yield item
        item = query


def _is_named(query: exp.Expr) -> bool:
    """Whether the names of the query's columns are seen outside. RefusedError where they cannot be told."""
    parent = query.parent
    if parent is None:
        return True
    if isinstance(parent, exp.SetOperation):
        # the names are those of the first side
        return query.arg_key != "expression" and _is_named(parent)
    if isinstance(parent, exp.Subquery) and isinstance(parent.parent, exp.SetOperation | exp.Subquery | None):
        return _is_named(parent)
    if not isinstance(parent, exp.CTE) and not isinstance(parent.parent, exp.From | exp.Join):
        return False
    if not parent.alias_column_names:
        raise RefusedError("mend.name", f"a column without a name, give it one with AS: {_text(query)}")
    return False


def _named(item: exp.Expr, names: Names) -> _Around:
    start, end = span(item)
    if isinstance(item, exp.Column):
        return _alias(start, end, item.name)
    query = item.parent
    found = names()
    columns = query.expressions if query else []
    place = columns.index(item)
    stars = [at for at, column in enumerate(columns) if column.is_star]
    fits = len(found or ()) >= len(columns) - 1 if stars else len(found or ()) == len(columns)
    if found is None or not fits or len(stars) > 1:
        raise RefusedError("mend.name", f"a column without a name, give it one with AS: {_text(item)}")
    return _alias(start, end, found[place - len(columns) if stars and place > stars[0] else place])


def _alias(start: int, end: int, name: str) -> _Around:
    return _Around(start, end, -1, "", f" AS {quoted(name)}")


def _inserted(text: str, around: Sequence[_Around]) -> str:
    # of the same part and depth the first is the innermost
    outer_first = around[::-1]
    opened = sorted(outer_first, key=lambda it: (it.start, -it.end, it.depth))
    closed = sorted(around, key=lambda it: (it.end, -it.start, -it.depth))
    pieces = [(it.end, 0, it.behind, 0) for it in closed]
    pieces += [(it.start, 1, it.before, it.drops) for it in opened]
    out, at = "", 0
    for place, _, piece, drops in sorted(pieces, key=lambda it: it[:2]):
        out += text[at:place] + piece
        at = place + drops
    return out + text[at:]


def _text(node: exp.Expr) -> str:
    return node.sql(dialect="spark")[:60]
