"""Infers the types of SQL expressions, and what is to be mended in them for Sail. Pure.

Spark (ANSI) raises ARITHMETIC_OVERFLOW where Sail wraps around. An operation on integers is let through as it
is where the bounds of its operands exclude an overflow: those of their types, of literals and of some
functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from sqlglot import exp

from emberlake.sail import decimals, mends
from emberlake.sail.kinds import (
    DECIMALS,
    INTEGERS,
    MOST_ROWS,
    OF_DAYS,
    OF_FUNCTIONS,
    VOID,
    Kind,
    alike,
    common,
    decimal,
    of_type,
    result,
    valued,
    widest,
)
from emberlake.sail.mends import Mend

# where a node of a text keeps the name that the function has there
NAMED = "named"
OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "div",
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.NullSafeEQ: "<=>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.And: "and",
    exp.Or: "or",
    exp.Not: "not",
    exp.Like: "like",
    exp.ILike: "ilike",
    exp.RegexpLike: "rlike",
    exp.In: "in",
    exp.Between: "between",
    exp.Case: "case",
    exp.DPipe: "||",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.BitwiseNot: "~",
    exp.Bracket: "[]",
    exp.Dot: ".",
}
# these are coalesce() with two arguments, and Sail gives them other types
ALSO_COALESCE = frozenset({"ifnull", "nvl"})
_NUMERIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
# of a string these make a string, of binary or arrays something else
_TEXT_OF_TEXT = (exp.Substring, exp.Trim, exp.Replace, exp.Left, exp.Right, exp.Concat, exp.DPipe)
_COMPARISONS = (
    exp.EQ,
    exp.NEQ,
    exp.NullSafeEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Like,
    exp.In,
    exp.Between,
)
_TRUTHS = (*_COMPARISONS, exp.And, exp.Or, exp.Not, exp.Boolean)
_OF_FIRST = (
    exp.Min,
    exp.Max,
    exp.First,
    exp.Last,
    exp.AnyValue,
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
)
_SAME = (
    exp.Paren,
    exp.Alias,
    exp.Window,
    exp.Filter,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Distinct,
    exp.Ordered,
)
# ranges of the parts of a date or time
_PARTS: dict[type[exp.Expr], tuple[int, int]] = {
    exp.Year: (-300_000, 300_000),
    exp.Quarter: (1, 4),
    exp.Month: (1, 12),
    exp.Week: (1, 53),
    exp.WeekOfYear: (1, 53),
    exp.Day: (1, 31),
    exp.DayOfMonth: (1, 31),
    exp.DayOfWeek: (1, 7),
    exp.DayOfYear: (1, 366),
    exp.Hour: (0, 23),
    exp.Minute: (0, 59),
    exp.Second: (0, 59),
    exp.Length: (0, 2**31 - 1),
}


def names_of(node: exp.Expr) -> tuple[str, ...]:
    """The names that Spark may know a function or an operator by."""
    if isinstance(node, exp.Anonymous):
        return (str(node.this).lower(),)
    if type(node) in OPERATORS:
        name = OPERATORS[type(node)]
        return (name, "<>") if name == "!=" else (name,)
    if isinstance(node, exp.Neg):
        return ("negative",)
    if NAMED in node.meta:
        return (node.meta[NAMED],)
    return tuple(name.lower() for name in node.sql_names()) if isinstance(node, exp.Func) else ()


@dataclass
class Kinds:
    """Finds the kinds of expressions. `column`: the kind of a column.

    `casts` collects names as in `verified.json` (`cast:string:int`).
    `doubts` collects what may overflow, or may be integers that overflow, and is not mended. `mended` has the
    nodes that give Spark's value when they are put to Sail in another way.
    """

    column: Callable[[exp.Column], Kind | None]
    casts: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    # of a query in parentheses, the kind of its one column
    queries: Mapping[int, Kind | None] = field(default_factory=dict)
    mended: dict[int, tuple[exp.Expr, Mend]] = field(default_factory=dict)
    # those that give Spark's value and type as they are, by digits that a verdict on all decimals has not
    same: set[int] = field(default_factory=set)
    # see mends.calculated
    strict: bool = True
    _found: dict[int, Kind | None] = field(default_factory=dict)

    def of(self, node: exp.Expr) -> Kind | None:
        """The kind of one expression; each is looked at once."""
        if id(node) not in self._found:
            self._found[id(node)] = self._of(node)
        return self._found[id(node)]

    def _of(self, node: exp.Expr) -> Kind | None:
        if isinstance(node, exp.Column):
            return self.column(node)
        if isinstance(node, exp.Literal | exp.Interval):
            return _literal(node) if isinstance(node, exp.Literal) else _interval(node)
        if isinstance(node, exp.Cast):
            return self._cast(node)
        if isinstance(node, exp.Neg):
            return self._negative(node)
        return self._operator(node) if type(node) in _NUMERIC else self._function(node)

    def _function(self, node: exp.Expr) -> Kind | None:
        rule = next((rule for kinds, rule in self._rules if isinstance(node, kinds)), None)
        return rule(self, node) if rule else _of_itself(node)

    def _of_first(self, node: exp.Expr) -> Kind | None:
        found = self._inner(node)
        return found and found.settled

    def _unbounded(self, node: exp.Expr) -> Kind | None:
        found = self._inner(node)
        if found is None or found == VOID:
            return None
        return Kind(found.name, *INTEGERS[found.name]) if found.whole else found

    def _subquery(self, node: exp.Subquery) -> Kind | None:
        return self.queries.get(id(node.this))

    def _text(self, node: exp.Expr) -> Kind | None:
        kinds = [self.of(it) for it in node.iter_expressions()]
        texts = kinds if isinstance(node, exp.Concat | exp.DPipe) else kinds[:1]
        return Kind("string") if all(kind == Kind("string") for kind in texts) else None

    def _round(self, node: exp.Round) -> Kind | None:
        kind, places = self._inner(node), node.args.get("decimals")
        known = self.of(places) if places is not None else Kind("int", 0, 0)
        if kind is None or known is None or not known.whole or known.low != known.high:
            return None
        if kind.name == "double" and places is not None and not node.args.get("truncate"):
            self._mend(node, mends.rounded())
        if kind.name in DECIMALS:
            digits = decimals.rounded(kind.digits, known.low) if kind.digits else None
            if digits:
                self._mend(node, Mend(("",) * len(operands(node)), decimals.named(digits)))
            return decimal(digits)
        return kind if kind.name == "double" else self._unbounded(node) if kind.whole else None

    def _nvl2(self, node: exp.Nvl2) -> Kind | None:
        return alike([self.of(it) for it in list(node.iter_expressions())[1:]])

    def _inner(self, node: exp.Expr) -> Kind | None:
        inner = argument(node)
        return self.of(inner) if isinstance(inner, exp.Expr) else None

    def _one_of(self, node: exp.Expr) -> Kind | None:
        branches = operands(node)
        kinds = [self.of(branch) for branch in branches]
        found = common(valued(kinds))
        if mend := mends.chosen(kinds, [_is_written(branch) for branch in branches], found):
            # the parser takes nvl() and ifnull() for it, which Sail gives other types
            self._mend(node, replace(mend, function="coalesce") if isinstance(node, exp.Coalesce) else mend)
        elif node.meta.get(NAMED) in ALSO_COALESCE and alike(kinds):
            self._mend(node, Mend(("",) * len(branches), function="coalesce"))
        return found

    def _mend(self, node: exp.Expr, mend: Mend) -> None:
        self.mended[id(node)] = node, mend

    def _cast(self, node: exp.Cast) -> Kind | None:
        to, source = _target(node.to), self.of(node.this)
        if isinstance(node.this, exp.Null):
            return to
        if to is None or source is None:
            self.doubts.append(f"the type in {_short(node)} is not known here")
            return to
        keeps = _keeps(source, to)
        if not keeps and not isinstance(node.this, exp.Literal):
            self._mend(node, mends.CAST)
        if source.name != to.name:
            names = "try_cast" if node.args.get("safe") else "cast", _compared(source), _compared(to)
            self.casts.add(":".join(names))
        return Kind(to.name, source.low, source.high) if keeps and source.whole and to.whole else to

    def _operator(self, node: exp.Expr) -> Kind | None:
        sign = OPERATORS[type(node)]
        left, right = self.of(node.this), self.of(node.expression)
        if left is None or right is None:
            self.doubts.append(f"the types in {_short(node)} are not known here")
            return None
        if left.whole and right.whole and sign in {"+", "-", "*"}:
            return self._whole(node, sign, left, right)
        found = result(sign, left, right)
        if found is not None and found.name in DECIMALS:
            self._calculated(node, sign, left, right)
        return found

    def _whole(self, node: exp.Expr, sign: str, left: Kind, right: Kind) -> Kind:
        name = widest((left.name, right.name))
        corners = [_apply(sign, a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._fitting(node, Kind(name, min(corners), max(corners)), mends.whole(name, 2))

    def _fitting(self, node: exp.Expr, kind: Kind, mend: Mend) -> Kind:
        low, high = INTEGERS[kind.name]
        if kind.low < low or kind.high > high:
            self._mend(node, mend)
            return Kind(kind.name, max(low, kind.low), min(high, kind.high))
        return kind

    def _calculated(self, node: exp.Expr, sign: str, left: Kind, right: Kind) -> None:
        """Mend an operator with decimals."""
        mend = mends.calculated(sign, left, right, strict=self.strict)
        if mend and not any(map(_suffixed, operands(node))):
            self._mend(node, mend)
        if left.digits and right.digits and mends.without_room(sign, left.digits, right.digits):
            self.doubts.append(f"{_short(node)} may have more digits than there are")

    def _negative(self, node: exp.Neg) -> Kind | None:
        inner = self.of(node.this)
        if inner is None:
            self.doubts.append(f"the type in {_short(node)} is not known here")
        if inner is None or not inner.whole:
            return None if inner == VOID else inner
        if inner.low == inner.high == 2**31 and _is_written(node.this):
            # with its sign it is an int in Spark, and a bigint in Sail
            self._mend(node, Mend(("",), "INT"))
            return Kind("int", -inner.high, -inner.high, inner.digits)
        found = self._fitting(node, Kind(inner.name, -inner.high, -inner.low), mends.whole(inner.name, 1))
        return replace(found, digits=inner.digits) if isinstance(node.this, exp.Literal) else found

    def _aggregate(self, node: exp.Sum | exp.Avg) -> Kind | None:
        inner = self.of(node.this)
        if inner is None:
            self.doubts.append(f"the type in {_short(node)} is not known here")
            return None
        if inner.whole and isinstance(node, exp.Sum):
            most = Kind("bigint", min(0, inner.low) * MOST_ROWS, max(0, inner.high) * MOST_ROWS)
            return self._fitting(node, most, mends.total(inner))
        if inner.name not in DECIMALS:
            return Kind("double")
        return self._total(node, inner) if isinstance(node, exp.Sum) else self._average(node, inner)

    def _total(self, node: exp.Sum, rows: Kind) -> Kind:
        if rows.digits is None or mends.may_overflow(rows.digits):
            self.doubts.append(f"{_short(node)} may overflow")
        else:
            self.same.add(id(node))
        return decimal(rows.digits and decimals.total(rows.digits))

    def _average(self, node: exp.Avg, rows: Kind) -> Kind:
        if mend := mends.average(rows):
            self._mend(node, mend)
        return decimal(rows.digits and decimals.average(rows.digits))

    _rules: ClassVar[tuple[tuple[Any, Callable[[Kinds, Any], Kind | None]], ...]] = (
        ((exp.Sum, exp.Avg), _aggregate),
        (_OF_FIRST, _of_first),
        (_SAME, _inner),
        ((exp.Case, exp.If, exp.Coalesce), _one_of),
        (exp.Round, _round),
        (exp.Nvl2, _nvl2),
        ((exp.Abs, exp.Nullif), _unbounded),
        (exp.Subquery, _subquery),
        (_TEXT_OF_TEXT, _text),
    )


def _keeps(source: Kind, to: Kind) -> bool:
    """Whether a cast keeps each value, or is not one that Sail moves."""
    numbers = {*DECIMALS, *INTEGERS}
    if source.name not in numbers or to.name not in numbers:
        return True
    if source.whole and to.whole:
        return to.low <= source.low and source.high <= to.high
    have, room = source.settled.as_decimal, to.as_decimal
    if have is None or room is None or have[1] > room[1]:
        return False
    # not every number of ten digits is an int
    return have[0] < room[0] if to.whole else have[0] <= room[0]


def _target(kind: exp.DataType) -> Kind | None:
    return _interval(kind.this) if isinstance(kind.this, exp.Interval) else of_type(_written(kind))


def _compared(kind: Kind) -> str:
    """As casts are told apart by it."""
    return "decimal" if kind.name in DECIMALS else kind.compared


def _written(kind: exp.DataType) -> str:
    """The type as Spark writes it, of nested types the first word."""
    name = str(kind.meta.get("kind") or getattr(kind.this, "name", ""))
    digits = ",".join(str(it.name) for it in kind.expressions)
    return f"{name}({digits})" if name.lower() == "decimal" and digits else name


def _of_itself(node: exp.Expr) -> Kind | None:
    """The kind of what has one whatever stands in it."""
    if type(node) in _PARTS:
        return Kind("int", *_PARTS[type(node)])
    if isinstance(node, exp.Count | exp.RowNumber):
        return Kind("int" if isinstance(node, exp.RowNumber) else "bigint", 0, MOST_ROWS)
    if isinstance(node, exp.Null):
        return VOID
    if isinstance(node, exp.HexString):
        return Kind("binary")
    if found := next((OF_FUNCTIONS[name] for name in names_of(node) if name in OF_FUNCTIONS), None):
        return of_type(found)
    return Kind("boolean") if isinstance(node, _TRUTHS) else None


def argument(node: exp.Expr) -> object:
    """What stands in an aggregate, an alias and the like, behind DISTINCT."""
    inner = node.this
    found = inner if isinstance(inner, exp.Distinct) else node
    return found.expressions[0] if isinstance(found, exp.Distinct) and found.expressions else inner


def operands(node: exp.Expr) -> list[exp.Expr]:
    """Of a node that is mended, what Mend.operands speaks of."""
    if isinstance(node, exp.Binary):
        return [node.this, node.expression]
    if isinstance(node, exp.Round):
        return [it for it in (node.this, node.args.get("decimals")) if it is not None]
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    if isinstance(node, exp.If):
        return [branch for branch in (node.args.get("true"), node.args.get("false")) if branch is not None]
    if not isinstance(node, exp.Case):
        inner = argument(node)
        return [inner] if isinstance(inner, exp.Expr) else []
    default = node.args.get("default")
    return [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])


def _suffixed(node: exp.Expr) -> bool:
    """Whether it may be 5L, a literal of one digit; it is read as CAST(5 AS BIGINT), which has twenty."""
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and NAMED not in node.meta


def _apply(sign: str, left: int, right: int) -> int:
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _interval(node: exp.Interval) -> Kind:
    """Whole days and months make a date of a date in both engines, parts of days do not."""
    unit = node.args.get("unit")
    last = unit.expression if isinstance(unit, exp.IntervalSpan) else unit
    name = last.name.upper().rstrip("S") if isinstance(last, exp.Var) else ""
    return Kind(OF_DAYS if name in {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"} else "interval")


def _literal(node: exp.Literal) -> Kind | None:
    if "kind" in node.meta:
        known = of_type(node.meta["kind"])
        return _integer(known.name, node.this) if known and known.whole else known
    if node.is_string:
        return Kind("string")
    if node.this.isdecimal():
        name = next((name for name in ("int", "bigint") if int(node.this) <= INTEGERS[name][1]), None)
        return _integer(name, node.this) if name else decimal(decimals.of_literal(node.this))
    return Kind("double") if "e" in node.this.lower() else decimal(decimals.of_literal(node.this))


def _integer(name: str, text: str) -> Kind:
    return Kind(name, int(text), int(text), decimals.of_literal(text))


def _is_written(node: exp.Expr) -> bool:
    """Whether it is a number in a text of SQL."""
    return isinstance(node, exp.Literal) and not node.is_string and "kind" not in node.meta


def _short(node: exp.Expr) -> str:
    text = node.sql(dialect="spark")
    return text if len(text) <= 60 else f"{text[:60]}..."
