"""Types of expressions as far as Sail's results depend on them. Pure.

A type that is not known for certain is None, and nothing is concluded from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from emberlake.sail import decimals
from emberlake.sail.calls import ANY_DECIMAL

# bounds of Spark's integers
_BITS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
INTEGERS = {kind: (-(2**bits), 2**bits - 1) for kind, bits in _BITS.items()}
_WIDTH = {kind: width for width, kind in enumerate(INTEGERS)}
DECIMALS = frozenset({"decimal", "decimal38", ANY_DECIMAL})
_FRACTIONS = (*DECIMALS, "float", "double")
NUMBERS = frozenset({*INTEGERS, *_FRACTIONS})
# more rows than any engine gets through in one pod: 8.8 trillion, a day at a hundred million a second
MOST_ROWS = 2**43
# what functions give whatever their arguments are
_GIVEN = {
    "array": "array array_distinct array_repeat collect_list collect_set sequence split",
    "map": "map map_concat map_from_arrays map_from_entries str_to_map",
    "struct": "named_struct struct",
    "binary": "encode to_binary unbase64 unhex",
    "date": "current_date date_add date_sub last_day make_date to_date",
    "timestamp": "current_timestamp now timestamp_seconds",
    "string": "concat_ws date_format from_unixtime get_json_object hex initcap lower md5 regexp_extract"
    " regexp_replace sha1 sha2 to_json translate upper",
    "tinyint": "grouping",
    "int": "ascii dense_rank instr locate ntile rank",
    "bigint": "count_if crc32 grouping_id unix_timestamp",
    "double": "corr covar_pop covar_samp cume_dist exp kurtosis ln log10 months_between percent_rank pow"
    " power skewness sqrt std stddev stddev_pop stddev_samp var_pop var_samp variance",
}
OF_FUNCTIONS = {name: kind for kind, names in _GIVEN.items() for name in names.split()}
# of an interval whose days and months are whole
OF_DAYS = "interval of days"
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

    `digits`: those of a decimal, see decimals, None where they are not followed; of an integer those that a
    literal has.
    """

    name: str
    low: int = 0
    high: int = 0
    digits: decimals.Digits | None = None

    @property
    def whole(self) -> bool:
        """Whether it is an integer."""
        return self.name in INTEGERS

    @property
    def as_decimal(self) -> decimals.Digits | None:
        """The digits of a number that is calculated with as a decimal."""
        return self.digits or decimals.OF_INTEGERS.get(self.name)

    @property
    def type(self) -> tuple[str, decimals.Digits | None]:
        """What is told of the type, without bounds of values."""
        return self.compared, self.settled.digits

    @property
    def unfollowed(self) -> bool:
        """Whether it is a decimal that may have any digits."""
        return self.name in DECIMALS and self.digits is None

    @property
    def compared(self) -> str:
        """The name in `verified.json`."""
        return "interval" if self.name == OF_DAYS else self.name

    @property
    def written(self) -> str:
        """A simple type as SQL writes it."""
        return decimals.named(self.digits) if self.name in DECIMALS and self.digits else self.name.upper()

    @property
    def settled(self) -> Kind:
        """Of a value that is no literal any more."""
        return replace(self, digits=None) if self.whole else self


VOID = Kind("void")


def of_type(name: str) -> Kind | None:
    """The kind of a type named as Spark or sqlglot name it; None for one that is not simple."""
    if name == ANY_DECIMAL:
        return Kind(ANY_DECIMAL)
    if digits := decimals.of_type(name):
        return decimal(digits)
    name = re.split(r"[(<]", name.lower())[0].strip()
    if name in {"array", "map", "struct", "void"}:
        return Kind(name)
    if name.startswith("interval"):
        return Kind("interval")
    name = _NAMES.get(name, name)
    if name not in _NAMES.values():
        return None
    return Kind(name, *INTEGERS[name]) if name in INTEGERS else Kind(name)


def decimal(digits: decimals.Digits | None) -> Kind:
    """A decimal of so many digits."""
    if digits is None:
        return Kind(ANY_DECIMAL)
    return Kind("decimal" if sum(digits) < decimals.MOST else "decimal38", digits=digits)


def holds(kind: Kind, other: Kind) -> bool:
    """Whether the type has a place for each value of the other."""
    if not {kind.name, other.name} <= DECIMALS:
        return kind.name == other.name
    return kind.digits is None or other.digits is None or kind.digits[1] >= other.digits[1]


def common(kinds: list[Kind | None]) -> Kind | None:
    """The kind of a value that is one of these."""
    known = [kind for kind in kinds if kind is not None]
    if not known or len(known) != len(kinds):
        return None
    if all(kind.whole for kind in known):
        name = widest(kind.name for kind in known)
        return Kind(name, min(kind.low for kind in known), max(kind.high for kind in known))
    names = {kind.name for kind in known}
    if len(set(known)) == 1 or (len(names) == 1 and not names & DECIMALS):
        return known[0]
    if not names <= NUMBERS:
        return None
    if names & {"float", "double"}:
        return Kind("double")
    digits = [found for kind in known if (found := kind.settled.as_decimal)]
    return decimal(decimals.common(digits) if len(digits) == len(known) else None)


def alike(kinds: Iterable[Kind | None]) -> Kind | None:
    """The kind of values of which all that are no NULL have one type for certain; None where they may not."""
    known = valued(kinds)
    if (
        any(kind is None or kind.unfollowed for kind in known)
        or len({kind and kind.type for kind in known}) > 1
    ):
        return None
    if not known:
        return VOID
    # of intervals some may be of whole days
    return (common(known) or Kind("interval")).settled


def valued(kinds: Iterable[Kind | None]) -> list[Kind | None]:
    """Those that are not NULL itself."""
    return [kind for kind in kinds if kind != VOID]


def result(sign: str, left: Kind, right: Kind) -> Kind | None:
    """Of `left sign right`, sign one of + - * / % div, but for + - * of integers."""
    names = {left.name, right.name}
    if names <= {"interval", OF_DAYS} and sign in {"+", "-"}:
        return Kind("interval")
    if names <= NUMBERS:
        if names & {"float", "double"} or (sign == "/" and names <= set(INTEGERS)):
            return Kind("double")
        if names & DECIMALS:
            return Kind("bigint", *INTEGERS["bigint"]) if sign == "div" else _calculated(sign, left, right)
        name = widest(names) if sign == "%" else "bigint"
        return Kind(name, *INTEGERS[name])
    return Kind("date") if left.name == "date" and (right.whole or right.name == OF_DAYS) else None


def _calculated(sign: str, left: Kind, right: Kind) -> Kind:
    digits = left.as_decimal, right.as_decimal
    return decimal(decimals.result(sign, digits[0], digits[1]) if digits[0] and digits[1] else None)


def widest(names: Iterable[str]) -> str:
    """Of names of integers the one with the most bits."""
    return max(names, key=_WIDTH.__getitem__)
