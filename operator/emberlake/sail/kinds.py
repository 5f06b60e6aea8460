"""Types of SQL expressions as far as the danger of an integer overflow asks for them. Pure.

Spark (ANSI) raises ARITHMETIC_OVERFLOW where Sail wraps around. An operation on integers is let through where
the bounds of its operands exclude an overflow: those of their types, of literals and of some functions. A
type that is not known for certain is None, and nothing is concluded from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from emberlake.sail import decimals
from emberlake.sail.calls import ANY_DECIMAL, Call, conditions

# bounds of Spark's integers
_BITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
INTEGERS = {kind: (-(2**bits), 2**bits - 1) for kind, bits in _BITS.items()}
_WIDTH = {kind: width for width, kind in enumerate(INTEGERS)}
_DECIMALS = frozenset({"decimal", "decimal38", ANY_DECIMAL})
_FRACTIONS = (*_DECIMALS, "float", "double")
# more rows than any engine gets through in one pod: 8.8 trillion, a day at a hundred million a second
MOST_ROWS = 2**43
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
_NUMERIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
_TEXTS = (exp.Upper, exp.Lower, exp.Initcap, exp.ConcatWs)
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
_NAMES = {
    "tinyint": "tinyint",
    "smallint": "smallint",
    "int": "int",
    "bigint": "bigint",
    "float": "float",
    "double": "double",
    "boolean": "boolean",
    "text": "string",
    "varchar": "string",
    "char": "string",
    "binary": "binary",
    "varbinary": "binary",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "timestampltz": "timestamp",
    "timestampntz": "timestamp_ntz",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Spark's simple name of a type, without parameters; for integers the bounds of the value.

    `digits`: the most that a decimal may have, see decimals; None where they are not followed.
    """

    name: str
    low: int = 0
    high: int = 0
    digits: decimals.Digits | None = None

    @property
    def whole(self) -> bool:
        """Whether it is an integer."""
        return self.name in INTEGERS


def names_of(node: exp.Expr) -> tuple[str, ...]:
    """The names that Spark may know a function or an operator by."""
    if isinstance(node, exp.Anonymous):
        return (str(node.this).lower(),)
    if type(node) in OPERATORS:
        return (OPERATORS[type(node)],)
    if isinstance(node, exp.Neg):
        return ("negative",)
    return tuple(name.lower() for name in node.sql_names()) if isinstance(node, exp.Func) else ()


def of_type(name: str) -> Kind | None:
    """The kind of a type named as Spark or sqlglot name it; None for one that is not simple."""
    if name == ANY_DECIMAL:
        return Kind(ANY_DECIMAL)
    if digits := decimals.of_type(name):
        return Kind("decimal38" if sum(digits) == decimals.MOST else "decimal", digits=digits)
    name = re.split(r"[(<]", name.lower())[0].strip()
    if name in {"array", "map", "struct"}:
        return Kind(name)
    if name.startswith("interval"):
        return Kind("interval")
    name = _NAMES.get(name, name)
    if name not in _NAMES.values():
        return None
    return Kind(name, *INTEGERS[name]) if name in INTEGERS else Kind(name)


@dataclass
class Kinds:
    """Finds the kinds of expressions. `column`: the kind of a column.

    `casts` collects names as in `verified.json` (`cast:string:int`), `calls` other functions and operators.
    `doubts` collects what may overflow, or may be integers that overflow.
    """

    column: Callable[[exp.Column], Kind | None]
    casts: set[str] = field(default_factory=set)
    doubts: list[str] = field(default_factory=list)
    calls: set[Call] = field(default_factory=set)
    # of a query in parentheses, the kind of its one column
    queries: Mapping[int, Kind | None] = field(default_factory=dict)
    _found: dict[int, Kind | None] = field(default_factory=dict)

    def of(self, node: exp.Expr) -> Kind | None:
        """The kind of one expression; each is looked at once."""
        if id(node) not in self._found:
            self._found[id(node)] = self._of(node)
        return self._found[id(node)]

    def call(self, node: exp.Expr) -> None:
        """Note a function or an operator with the kinds of its arguments."""
        # a cast has its own names, and If stands for the branches of CASE, too
        own = isinstance(node, exp.Cast) or (isinstance(node, exp.If) and isinstance(node.parent, exp.Case))
        names = () if own else names_of(node)
        arguments = [it for it in node.iter_expressions() if not isinstance(it, exp.DataType | exp.Var)]
        if names:
            kinds = tuple(kind.name if (kind := self.of(it)) else None for it in arguments)
            may = conditions(names, arguments) | self._conditions(node)
            self.calls |= {Call(name, kinds, may, self._certain(node)) for name in names}

    def _conditions(self, node: exp.Expr) -> frozenset[str]:
        """Of `calls.CONDITIONS`, those that follow from kinds."""
        if isinstance(node, exp.Case | exp.Coalesce):
            kinds = {kind and kind.name for it in _branches(node) if (kind := self.of(it)) != Kind("void")}
            mixed = frozenset({"case:errors", "case:mixed", "coalesce:mixed"})
            return mixed if len(kinds) > 1 or None in kinds else frozenset()
        if isinstance(node, exp.Extract):
            kind = self.of(node.expression)
            known = kind is not None and kind.name in {"date", "timestamp", "timestamp_ntz"}
            part = node.this.name.upper() in {"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"}
            return frozenset() if known and part else frozenset({"extract:dow", "extract:errors"})
        return frozenset()

    def _certain(self, node: exp.Expr) -> frozenset[str]:
        """Of the same, those that hold for certain: Sail takes the type of the first branch, a narrow one."""
        if not isinstance(node, exp.Case | exp.If | exp.Coalesce):
            return frozenset()
        kinds = [kind for it in _branches(node) if (kind := self.of(it)) != Kind("void")]
        wide = common(kinds)
        if wide is None or kinds[0] is None or _holds(kinds[0], wide):
            return frozenset()
        return frozenset({"case:mixed", "if:mixed", "coalesce:mixed"})

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
        if isinstance(node, exp.Sum | exp.Avg):
            return self._aggregate(node)
        if isinstance(node, (*_OF_FIRST, *_SAME)):
            inner = node.expressions[0] if isinstance(node, exp.Distinct) and node.expressions else node.this
            return self.of(inner) if isinstance(inner, exp.Expr) else None
        if isinstance(node, exp.Case | exp.If | exp.Coalesce):
            return self._one_of(_branches(node))
        if isinstance(node, exp.Subquery):
            return self.queries.get(id(node.this))
        if isinstance(node, _TEXT_OF_TEXT):
            kinds = [self.of(it) for it in node.iter_expressions()]
            texts = kinds if isinstance(node, exp.Concat | exp.DPipe) else kinds[:1]
            return Kind("string") if all(kind == Kind("string") for kind in texts) else None
        return _of_itself(node)

    def _one_of(self, branches: Iterable[exp.Expr]) -> Kind | None:
        kinds = [self.of(branch) for branch in branches if not isinstance(branch, exp.Null)]
        return common(kinds)

    def _cast(self, node: exp.Cast) -> Kind | None:
        to, source = of_type(_written(node.to)), self.of(node.this)
        if isinstance(node.this, exp.Null):
            return to
        if to is None or source is None:
            self.doubts.append(f"the type in {_short(node)} is not known here")
            return to
        if source.name != to.name:
            self.casts.add(f"{'try_cast' if node.args.get('safe') else 'cast'}:{source.name}:{to.name}")
        if source.whole and to.whole and to.low <= source.low and source.high <= to.high:
            return Kind(to.name, source.low, source.high)
        return to

    def _operator(self, node: exp.Expr) -> Kind | None:
        sign = OPERATORS[type(node)]
        left, right = self.of(node.this), self.of(node.expression)
        if left is None or right is None:
            self.doubts.append(f"the types in {_short(node)} are not known here")
            return None
        if left.whole and right.whole and sign in {"+", "-", "*"}:
            return self._whole(node, sign, left, right)
        return _result(sign, left, right)

    def _whole(self, node: exp.Expr, sign: str, left: Kind, right: Kind) -> Kind:
        name = max(left.name, right.name, key=_WIDTH.__getitem__)
        corners = [_apply(sign, a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._fitting(node, Kind(name, min(corners), max(corners)))

    def _fitting(self, node: exp.Expr, kind: Kind) -> Kind:
        low, high = INTEGERS[kind.name]
        if kind.low < low or kind.high > high:
            self.doubts.append(f"{_short(node)} may overflow {kind.name}")
            return Kind(kind.name, low, high)
        return kind

    def _negative(self, node: exp.Neg) -> Kind | None:
        inner = self.of(node.this)
        if inner is None:
            self.doubts.append(f"the type in {_short(node)} is not known here")
        if inner is None or not inner.whole:
            return inner
        return self._fitting(node, Kind(inner.name, -inner.high, -inner.low))

    def _aggregate(self, node: exp.Sum | exp.Avg) -> Kind | None:
        inner = self.of(node.this)
        if inner is None:
            self.doubts.append(f"the type in {_short(node)} is not known here")
            return None
        if inner.whole and isinstance(node, exp.Sum):
            return self._fitting(
                node, Kind("bigint", min(0, inner.low) * MOST_ROWS, max(0, inner.high) * MOST_ROWS)
            )
        if not inner.name.startswith("decimal"):
            return Kind("double")
        more = decimals.total if isinstance(node, exp.Sum) else decimals.average
        return _decimal(inner.digits and more(inner.digits))


def _written(kind: exp.DataType) -> str:
    """The type as Spark writes it, of nested types the first word."""
    name = str(kind.meta.get("kind") or getattr(kind.this, "name", ""))
    digits = ",".join(str(it.name) for it in kind.expressions)
    return f"{name}({digits})" if name.lower() == "decimal" and digits else name


def _decimal(digits: decimals.Digits | None) -> Kind:
    """A decimal of so many digits at most."""
    return Kind("decimal", digits=digits) if digits and sum(digits) < decimals.MOST else Kind(ANY_DECIMAL)


def _holds(kind: Kind, other: Kind) -> bool:
    """Whether the type has a place for each value of the other."""
    if not {kind.name, other.name} <= _DECIMALS:
        return kind.name == other.name
    return kind.digits is None or other.digits is None or kind.digits[1] >= other.digits[1]


def _as_decimal(kind: Kind) -> decimals.Digits | None:
    """The digits of a number that is calculated with as a decimal."""
    if kind.whole:
        # Spark gives a literal those that it has
        return (len(str(abs(kind.low))), 0) if kind.low == kind.high else decimals.OF_INTEGERS[kind.name]
    return kind.digits


def _of_itself(node: exp.Expr) -> Kind | None:
    """The kind of what has one whatever stands in it."""
    if type(node) in _PARTS:
        return Kind("int", *_PARTS[type(node)])
    if isinstance(node, exp.Count | exp.RowNumber):
        return Kind("int" if isinstance(node, exp.RowNumber) else "bigint", 0, MOST_ROWS)
    if isinstance(node, _TEXTS):
        return Kind("string")
    if isinstance(node, exp.Null):
        return Kind("void")
    return Kind("boolean") if isinstance(node, _TRUTHS) else None


def _branches(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    if isinstance(node, exp.If):
        return [branch for branch in (node.args.get("true"), node.args.get("false")) if branch is not None]
    default = node.args.get("default")
    return [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])


def common(kinds: list[Kind | None]) -> Kind | None:
    """The kind of a value that is one of these."""
    known = [kind for kind in kinds if kind is not None]
    if not known or len(known) != len(kinds):
        return None
    if all(kind.whole for kind in known):
        name = max((kind.name for kind in known), key=_WIDTH.__getitem__)
        return Kind(name, min(kind.low for kind in known), max(kind.high for kind in known))
    names = {kind.name for kind in known}
    if len(set(known)) == 1 or (len(names) == 1 and not names & _DECIMALS):
        return known[0]
    if not names <= {*INTEGERS, *_FRACTIONS}:
        return None
    if names & {"float", "double"}:
        return Kind("double")
    digits = [found for kind in known if (found := _as_decimal(kind))]
    return _decimal(decimals.common(digits) if len(digits) == len(known) else None)


def _apply(sign: str, left: int, right: int) -> int:
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


def _result(sign: str, left: Kind, right: Kind) -> Kind | None:
    names = {left.name, right.name}
    if names <= {*INTEGERS, *_FRACTIONS}:
        if names & {"float", "double"} or (sign == "/" and names <= set(INTEGERS)):
            return Kind("double")
        if names & _DECIMALS:
            return Kind("bigint", *INTEGERS["bigint"]) if sign == "div" else _calculated(sign, left, right)
        name = max(names, key=_WIDTH.__getitem__) if sign == "%" else "bigint"
        return Kind(name, *INTEGERS[name])
    return Kind("date") if left.name == "date" and (right.whole or right.name == "interval of days") else None


def _calculated(sign: str, left: Kind, right: Kind) -> Kind:
    digits = _as_decimal(left), _as_decimal(right)
    return _decimal(decimals.result(sign, digits[0], digits[1]) if digits[0] and digits[1] else None)


def _interval(node: exp.Interval) -> Kind:
    """Whole days and months make a date of a date in both engines, parts of days do not."""
    unit = node.args.get("unit")
    name = unit.name.upper().rstrip("S") if isinstance(unit, exp.Var) else ""
    return Kind("interval of days" if name in {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"} else "interval")


def _literal(node: exp.Literal) -> Kind | None:
    if "kind" in node.meta:
        known = of_type(node.meta["kind"])
        return Kind(known.name, int(node.this), int(node.this)) if known and known.whole else known
    if node.is_string:
        return Kind("string")
    if node.this.isdecimal():
        value = int(node.this)
        name = next((name for name in ("int", "bigint") if value <= INTEGERS[name][1]), None)
        return Kind(name, value, value) if name else _decimal(decimals.of_literal(node.this))
    return Kind("double") if "e" in node.this.lower() else _decimal(decimals.of_literal(node.this))


def _short(node: exp.Expr) -> str:
    text = node.sql(dialect="spark")
    return text if len(text) <= 60 else f"{text[:60]}..."
