"""What a query in SQL is made of, for the comparison with Spark: functions, clauses, arithmetic. Pure.

sqlglot reads the text in Spark's dialect. What it cannot read, or reads as something that is not listed here,
is unknown, and `Auto` takes nothing unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from emberlake.sail import callsites, joins, membership, totals, unions
from emberlake.sail.calls import Call
from emberlake.sail.inference import OPERATORS, Kinds, names_of
from emberlake.sail.joins import Conditions
from emberlake.sail.kinds import VOID, Kind, alike, common, of_type, valued
from emberlake.sail.refusal import RefusedError
from emberlake.sail.sqllex import Kind as TokenKind
from emberlake.sail.sqllex import Token, tokens
from emberlake.sail.sqlmend import Mended, name_of, parse
from emberlake.sail.wire import Edit

# the columns of a table by its name, in lower case; None where they are not known
Schemas = Callable[[tuple[str, ...]], Mapping[str, Kind | None] | None]

# before an expression it makes a query of one column
AS_QUERY = "SELECT "
_CLAUSES: dict[type[exp.Expr], str] = {
    exp.Select: "sql.select",
    exp.Values: "sql.values",
    exp.Except: "sql.except",
    exp.Intersect: "sql.intersect",
    exp.Order: "sql.order-by",
    exp.Sort: "sql.sort-by",
    exp.Limit: "sql.limit",
    exp.Offset: "sql.offset",
    exp.Group: "sql.group-by",
    exp.Having: "sql.having",
    exp.Filter: "sql.filter-clause",
    exp.GroupingSets: "sql.grouping-sets",
    exp.Rollup: "sql.rollup",
    exp.Cube: "sql.cube",
    exp.Window: "sql.window",
    exp.WindowSpec: "sql.window",
    exp.Qualify: "sql.qualify",
    exp.With: "sql.with",
    exp.Exists: "sql.subquery-exists",
    exp.Hint: "sql.hint",
    exp.Pivot: "sql.pivot",
    exp.Lateral: "sql.lateral-view",
    exp.TableSample: "sql.tablesample",
    exp.Kwarg: "expression.named_argument_expression",
}
# what carries no meaning of its own, or has it from what stands in it
_PLAIN = (
    exp.Alias,
    exp.Boolean,
    exp.CTE,
    exp.Column,
    exp.ColumnDef,
    exp.DataType,
    exp.DataTypeParam,
    exp.Distinct,
    exp.From,
    exp.HexString,
    exp.Identifier,
    exp.Interval,
    exp.IntervalSpan,
    exp.Literal,
    exp.Null,
    exp.Ordered,
    exp.Paren,
    exp.PropertyEQ,
    exp.Star,
    exp.Subquery,
    exp.Table,
    exp.TableAlias,
    exp.Tuple,
    exp.Var,
    exp.Where,
)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv, exp.Neg, exp.Sum, exp.Avg, exp.Cast)
# words before a parenthesis that are no functions
_KEYWORDS = frozenset(
    {"ALL", "AND", "ANY", "AS", "AVG", "BETWEEN", "BY", "CASE", "CAST", "CHAR", "CUBE", "DEC", "DECIMAL"}
    | {"DISTINCT", "ELSE", "EXCEPT", "EXISTS", "FILTER", "FROM", "GROUP", "HAVING", "IN", "INTERSECT", "IS"}
    | {"JOIN", "LATERAL", "LIKE", "LIMIT", "MINUS", "NOT", "NUMERIC", "OFFSET", "ON", "OR", "OVER", "ROLLUP"}
    | {"SELECT", "SETS", "SUM", "THEN", "TRY_CAST", "UNION", "UNPIVOT", "USING", "VALUES", "VARCHAR", "WHEN"}
    | {"WHERE", "WITH"}
)


@dataclass
class Shape:
    """Names as in `verified.json`, what may overflow, and what is mended so that it does not count."""

    functions: set[str] = field(default_factory=set)
    features: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    calls: set[Call] = field(default_factory=set)
    mended: list[Mended] = field(default_factory=list)
    # of a plan: the messages that the mends replace, and why some cannot be put in
    edits: dict[int, Edit] = field(default_factory=dict)
    refused: list[RefusedError] = field(default_factory=list)
    # what is not known here: Auto takes none of it, Sail what is not known to differ
    unread: list[RefusedError] = field(default_factory=list)

    def add(self, inner: Shape) -> None:
        """Take in what a part of the whole is made of."""
        self.functions |= inner.functions
        self.features |= inner.features
        self.doubts += inner.doubts
        self.calls |= inner.calls
        self.mended += inner.mended
        self.refused += inner.refused
        self.unread += inner.unread


def query(text: str, tree: exp.Expr, schemas: Schemas, *, strict: bool) -> Shape:
    """The shape of a query and its `parsed` tree; `strict` as in mends.

    Raises:
        RefusedError: its columns cannot be followed.
    """
    found = Shape(functions=set(_functions(tokens(text))))
    _look_through(tree.walk(), found)
    _scopes(tree, schemas, found, strict)
    try:
        found.mended += [*joins.in_query(tree), *totals.in_query(tree)]
    except RefusedError as error:
        found.refused.append(error)
    found.refused += membership.wrong(tree, lambda it: schemas(name_of(it)))
    return found


def tables(tree: exp.Expr) -> set[tuple[str, ...]]:
    """The names of the tables in a query, without those of its own WITH."""
    own = {query.alias.lower() for query in tree.find_all(exp.CTE)}
    found = {name_of(it) for it in tree.find_all(exp.Table) if isinstance(it.this, exp.Identifier)}
    return {name for name in found if len(name) > 1 or name[0].lower() not in own}


def expression(
    text: str, column: Callable[[exp.Column], Kind | None], conditions: Conditions, *, strict: bool
) -> Shape:
    """The shape of an expression over columns that are known; its mends are those of AS_QUERY + text.

    `conditions`: those of the relation that the expression stands in.
    """
    tree = parsed(f"{AS_QUERY}{text}")
    found = Shape(functions=set(_functions(tokens(text))))
    _look_through((node for node in tree.walk() if not isinstance(node, exp.Select)), found)
    if tree.find(exp.Subquery, exp.Exists):
        raise RefusedError("expression.subquery", "a query inside an expression")
    collect(Kinds(column, strict=strict), list(tree.walk()), found)
    try:
        found.mended += conditions(tree)
    except RefusedError as error:
        found.refused.append(error)
    return found


def parsed(text: str) -> exp.Expr:
    """The one query that the text is. Raises RefusedError where it cannot be read."""
    try:
        trees = parse(text)
    except (SqlglotError, RecursionError) as error:
        raise RefusedError("sql.parse", f"this statement cannot be read: {str(error)[:200]}") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise RefusedError("sql.parse", "this statement cannot be read as one query")
    return trees[0]


def _functions(found: tuple[Token, ...]) -> set[str]:
    """The names before parentheses, without keywords and names that the query itself gives to columns."""
    names = set()
    for place in range(len(found) - 1):
        token = found[place]
        if found[place + 1].text != "(" or token.kind not in {TokenKind.WORD, TokenKind.QUOTED}:
            continue
        before = found[place - 1].word if place else ""
        if token.word not in _KEYWORDS and before not in {"AS", "WITH"}:
            names.add(token.name.lower())
    return names


def _look_through(nodes: Iterable[exp.Expr], found: Shape) -> None:
    for node in nodes:
        try:
            _look(node, found)
        except RefusedError as error:
            found.unread.append(error)


def _look(node: exp.Expr, found: Shape) -> None:
    kind = type(node)
    if kind in _CLAUSES:
        found.features |= {_CLAUSES[kind], *_special(node)}
        if node.args.get("recursive"):
            refused = "WITH RECURSIVE reads a table of that name, if there is one"
            found.refused.append(RefusedError("sql.with-recursive", refused))
    elif isinstance(node, exp.Union):
        # whether it differs is seen by the types of its columns
        return
    elif kind in OPERATORS and kind not in ARITHMETIC:
        found.functions.add(OPERATORS[kind])
    elif isinstance(node, exp.Is):
        _look_is(node, found)
    elif isinstance(node, exp.Join):
        found.features.add(_join(node))
    elif isinstance(node, exp.AggFunc | exp.Func | exp.Binary | exp.Unary) or kind in _PLAIN:
        _look_plain(node, found)
    else:
        raise _unknown(node)


def _special(node: exp.Expr) -> set[str]:
    """What is told apart of a clause."""
    if isinstance(node, exp.Intersect | exp.Except) and not node.args.get("distinct"):
        return {f"sql.{type(node).__name__.lower()}-all"}
    if isinstance(node, exp.WindowSpec) and node.args.get("kind") == "RANGE" and node.find(exp.Interval):
        return {"sql.window-range-interval"}
    if isinstance(node, exp.Pivot) and node.args.get("unpivot"):
        return {"sql.unpivot"}
    return set()


def _unknown(node: exp.Expr) -> RefusedError:
    name = type(node).__name__.lower()
    return RefusedError(f"sql.{name}", f"{node.sql(dialect='spark')[:60]} is not known here")


def _look_is(node: exp.Is, found: Shape) -> None:
    negated = isinstance(node.parent, exp.Not)
    if not isinstance(node.expression, exp.Null):
        raise RefusedError("sql.is", f"{node.sql(dialect='spark')[:60]} is not known here")
    found.functions.add("isnotnull" if negated else "isnull")


def _look_plain(node: exp.Expr, found: Shape) -> None:
    if isinstance(node, exp.Binary | exp.Unary) and not isinstance(node, (*ARITHMETIC, *_PLAIN, exp.Func)):
        raise _unknown(node)
    if type(node).__name__.startswith(("Current", "Local", "Session", "Utc")):
        # these need no parentheses
        found.functions.add(node.sql_names()[0].lower() if isinstance(node, exp.Func) else "unknown")
    if isinstance(node, exp.Subquery):
        inside = isinstance(node.parent, exp.From | exp.Join)
        found.features.add("sql.subquery-from" if inside else "sql.subquery-scalar")
    if isinstance(node, exp.Table):
        _look_table(node)


def _look_table(node: exp.Table) -> None:
    known = {"this", "db", "catalog", "alias", "joins", "laterals"}
    if extra := [name for name, value in node.args.items() if value and name not in known]:
        raise RefusedError(_of_table(extra[0], node), f"{node.sql(dialect='spark')[:60]} is not known here")


def _of_table(part: str, node: exp.Table) -> str:
    """The feature that the part of a table is."""
    if part == "pivots":
        return "sql.unpivot" if node.args[part][0].args.get("unpivot") else "sql.pivot"
    return {"sample": "sql.tablesample"}.get(part, f"sql.table-{part}")


def _join(node: exp.Join) -> str:
    words = {str(node.args.get(part) or "").upper() for part in ("side", "kind", "method")}
    if "NATURAL" in words:
        return "sql.join-natural"
    for word in ("SEMI", "ANTI", "LEFT", "RIGHT", "FULL", "CROSS"):
        if word in words:
            return f"sql.join-{word.lower()}"
    return "sql.join-inner" if node.args.get("on") or node.args.get("using") else "sql.join-cross"


def _scopes(tree: exp.Expr, schemas: Schemas, found: Shape, strict: bool) -> None:
    """The arithmetic of each query in the tree, inner ones first."""
    columns: dict[int, Mapping[str, Kind | None] | None] = {}
    try:
        scopes = traverse_scope(tree)
    except SqlglotError as error:
        raise RefusedError("sql.scope", str(error)[:200]) from None
    seen: set[int] = set()
    queries: dict[int, Kind | None] = {}
    for scope in scopes:
        column = partial(_column, scope=scope, columns=columns, schemas=schemas)
        kinds = Kinds(column, queries=queries, strict=strict)
        nodes = list(scope.walk())
        seen.update(id(node) for node in nodes)
        collect(kinds, nodes, found)
        columns[id(scope)] = output = _output(scope, kinds, columns, schemas)
        if isinstance(scope.expression, exp.SetOperation) and not _is_union_in_union(scope):
            _unite(scope, columns, found)
        queries[id(scope.expression)] = next(iter(output.values())) if output and len(output) == 1 else None
    if any(id(node) not in seen for node in tree.find_all(*ARITHMETIC)):
        refused = "arithmetic in a place of the query that is not known here"
        found.unread.append(RefusedError("sql.scope", refused))


def collect(kinds: Kinds, nodes: Sequence[exp.Expr], found: Shape) -> None:
    """Add what the nodes call and calculate."""
    for node in nodes:
        found.calls |= callsites.calls(node, kinds)
        if isinstance(node, ARITHMETIC):
            kinds.of(node)
    found.functions |= kinds.casts
    found.doubts += kinds.doubts
    found.mended += kinds.mended.values()


Columns = Mapping[str, Kind | None] | None


def _column(
    column: exp.Column, scope: Scope, columns: Mapping[int, Columns], schemas: Schemas
) -> Kind | None:
    """The kind of a column, from the query that it stands in or one around it."""
    if column.find_ancestor(exp.Lambda) or column.args.get("db"):
        return None
    name, qualifier = column.name.lower(), column.table.lower()
    current: Scope | None = scope
    while current is not None:
        sources = {alias.lower(): source for alias, (_, source) in current.selected_sources.items()}
        asked = [source for alias, source in sources.items() if qualifier in {"", alias}]
        found = [_source(source, columns, schemas) for source in asked]
        if any(known is None for known in found):
            return None
        hits = [known[name] for known in found if known is not None and name in known]
        if hits:
            return hits[0] if len(hits) == 1 else None
        current = current.parent
    return None


def _source(source: exp.Table | Scope, columns: Mapping[int, Columns], schemas: Schemas) -> Columns:
    if isinstance(source, Scope):
        return columns.get(id(source))
    if isinstance(source.this, exp.Func):
        return {"id": of_type("bigint")} if names_of(source.this) == ("range",) else None
    return schemas(name_of(source))


def _output(scope: Scope, kinds: Kinds, columns: Mapping[int, Columns], schemas: Schemas) -> Columns:
    """The columns that the query gives, in their order; None if one of them is not known by its name."""
    found = _selected(scope, kinds, columns, schemas)
    names = scope.outer_columns
    if found is None or not names:
        return found
    own = [name.lower() for name in names]
    return dict(zip(own, found.values(), strict=True)) if len({*own}) == len(own) == len(found) else None


def _inline(table: exp.Values, kinds: Kinds) -> Columns:
    """The columns of VALUES whose rows are of one type."""
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in table.expressions]
    if len({len(row) for row in rows}) != 1:
        return None
    columns = ([kinds.of(value) for value in column] for column in zip(*rows, strict=True))
    return {f"col{place}": alike(column) for place, column in enumerate(columns, 1)}


def _is_union_in_union(scope: Scope) -> bool:
    outer = scope.parent.expression if scope.parent else None
    return isinstance(scope.expression, exp.Union) and isinstance(outer, exp.Union)


def _unite(scope: Scope, columns: Mapping[int, Columns], found: Shape) -> None:
    """Cast the sides of a union, or of another operation on sets, to one type."""
    united, sides = [scope], list[Scope]()
    for operation in united:
        for side in operation.set_operation_scopes:
            (united if _is_union_in_union(side) else sides).append(side)
    kinds = [[*(columns.get(id(side)) or {"": None}).values()] for side in sides]
    queries = [(side.expression, own) for side, own in zip(sides, kinds, strict=True)]
    try:
        # an inner DISTINCT comes before the cast in Spark
        exactly = any(it.expression.args.get("distinct") for it in united[1:])
        found.mended += list(unions.in_query(queries, exactly=exactly))
    except RefusedError as error:
        if unions.differ(kinds):
            found.refused.append(error)
        else:
            found.features.add("sql.union")


def _selected(scope: Scope, kinds: Kinds, columns: Mapping[int, Columns], schemas: Schemas) -> Columns:
    if isinstance(scope.expression, exp.SetOperation):
        sides = [columns.get(id(side)) for side in scope.set_operation_scopes]
        if len(sides) != 2 or sides[0] is None or sides[1] is None or len(sides[0]) != len(sides[1]):
            return None
        pairs = zip(sides[0].items(), sides[1].values(), strict=True)
        return {name: common(valued([left, right]) or [VOID]) for (name, left), right in pairs}
    if isinstance(scope.expression, exp.Values):
        return _inline(scope.expression, kinds)
    if not isinstance(scope.expression, exp.Select):
        return None
    found: dict[str, Kind | None] = {}
    for selected in scope.expression.selects:
        if selected.is_star:
            for _, source in scope.selected_sources.values():
                inner = _source(source, columns, schemas)
                if inner is None:
                    return None
                for name, kind in inner.items():
                    _add(found, name, kind)
        else:
            kind = kinds.of(selected)
            _add(found, selected.alias_or_name.lower(), kind and kind.settled)
    return found


def _add(found: dict[str, Kind | None], name: str, kind: Kind | None) -> None:
    """Add a column. Of two with one name nothing is known but their places."""
    if name in found:
        found[name] = kind = None
    found[name if name and name not in found else f"#{len(found)}"] = kind
