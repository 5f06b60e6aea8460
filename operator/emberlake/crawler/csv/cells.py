"""What the cells of a text column look like, and the type that holds all of them in both engines.

A cell counts as a type only if Spark's and Trino's readers of text parse it to the same value: no sign `+`,
no leading zeros (identifiers), no surrounding blanks, `true`/`false` only, timestamps in UTC or without a
zone.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from emberlake.crawler.csv.meanings import Meaning, Meanings
from emberlake.crawler.decide.types import BIGINT, BOOLEAN, DATE, DOUBLE, STRING, TIMESTAMP, HiveType

MISSING_TOKENS = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "\\N", "-", "?", "."}
)
EXACT_DOUBLE_INT = 2**53
# Trino reads formats it is told with milliseconds only.
MAX_TOLD_DIGITS = 3

_INT = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_DOUBLE = re.compile(r"-?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]{1,3})?", re.ASCII)
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:([T ])([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?(Z)?)?"
)


class Kind(Enum):
    """What one cell looks like."""

    EMPTY = "empty"
    MISSING = "missing"
    BOOLEAN = "boolean"
    INT = "int"
    BIG_INT = "bigInt"
    DOUBLE = "double"
    DATE = "date"
    TIMESTAMP = "timestamp"
    STRING = "string"


_STATIC = {"": Kind.EMPTY, "true": Kind.BOOLEAN, "false": Kind.BOOLEAN} | dict.fromkeys(
    MISSING_TOKENS, Kind.MISSING
)
_STARTS = frozenset("-.0123456789")


def classify(cell: str) -> tuple[Kind, str]:
    """Kind of a cell, and for a timestamp the Java pattern that reads it."""
    static = _STATIC.get(cell) or (_STATIC.get(cell.lower()) if len(cell) <= 5 else None)
    if static and (static is not Kind.MISSING or cell in MISSING_TOKENS):
        return static, ""
    if cell[0] not in _STARTS:
        return Kind.STRING, ""
    if _INT.fullmatch(cell):
        number = int(cell)
        if -(2**63) <= number < 2**63:
            return (Kind.INT if abs(number) <= EXACT_DOUBLE_INT else Kind.BIG_INT), ""
        return Kind.STRING, ""
    if _DOUBLE.fullmatch(cell) and any(char.isdigit() for char in cell.partition("e")[0].partition("E")[0]):
        return (Kind.DOUBLE, "") if "." in cell or "e" in cell.lower() else (Kind.STRING, "")
    return _classify_time(cell)


def _classify_time(cell: str) -> tuple[Kind, str]:
    match = _TIME.fullmatch(cell)
    if not match:
        return Kind.STRING, ""
    year, month, day, separator, _, _, second, fraction, zone = match.groups()
    try:
        dt.date(int(year), int(month), int(day))
    except ValueError:
        return Kind.STRING, ""
    if separator is None:
        return Kind.DATE, ""
    if separator == " " and second and not zone:
        return Kind.TIMESTAMP, ""  # the format that both engines read without being told, to the microsecond
    if fraction and len(fraction) > MAX_TOLD_DIGITS:
        return Kind.STRING, ""
    pattern = "yyyy-MM-dd" + ("'T'" if separator == "T" else " ") + "HH:mm" + (":ss" if second else "")
    if fraction:
        pattern += "." + "S" * len(fraction)
    return Kind.TIMESTAMP, pattern + ("'Z'" if zone else "")


@dataclass
class TextColumn:
    """Evidence about one column of text: the kinds its cells have, an example of each, missing-value
    tokens, patterns.
    """

    examples: dict[Kind, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    meanings: Meanings = field(default_factory=Meanings)
    padded: set[Kind] = field(default_factory=set)

    def add(self, cells: Iterable[str]) -> None:
        """Look at `cells`; give each distinct value once where there are many."""
        for cell in cells:
            self.add_one(cell)

    def add_one(self, cell: str) -> None:
        """Look at one cell."""
        kind, pattern = classify(cell)
        if kind not in self.examples:
            self.examples[kind] = cell[:100]
        if kind is Kind.MISSING:
            self.tokens.add(cell)
        elif pattern:
            self.patterns.add(pattern)
        elif kind is Kind.STRING and not self.meanings.plain:
            self._mean(cell)

    def _mean(self, cell: str) -> None:
        """Look behind a text that is no value to the engines."""
        bare = cell.strip()
        kind = classify(bare)[0]
        if kind is Kind.STRING:
            self.meanings.add(bare)
        elif bare != cell and kind not in {Kind.EMPTY, Kind.MISSING}:
            self.padded.add(kind)

    @property
    def values(self) -> set[Kind]:
        """The kinds that are values."""
        return set(self.examples) - {Kind.EMPTY, Kind.MISSING}

    def type(self) -> HiveType:
        """The narrowest type that holds every value and that the engines read; string when there is none."""
        return _narrowest(self.values)

    def meaning(self) -> Meaning | None:
        """What all values are, where they hold more than the engines read of them; None for text."""
        kinds = self.values - {Kind.STRING}
        if Kind.STRING not in self.values or self.meanings.plain:
            return None
        if self.meanings.shared is None:
            kind = _narrowest(kinds | self.padded)
            return Meaning(kind, "", "values with blanks around them") if kind != STRING else None
        kinds |= self.padded
        if kinds <= {Kind.INT, Kind.BIG_INT, Kind.DOUBLE}:
            return self.meanings.decide(bool(kinds), Kind.DOUBLE in kinds)
        return None

    def why(self) -> str:
        """The evidence in words: one example of each kind."""
        return ", ".join(
            f"{kind.value} {text!r}" for kind, text in sorted(self.examples.items(), key=lambda i: i[0].value)
        )


def _narrowest(kinds: set[Kind]) -> HiveType:
    """The narrowest type that holds values of `kinds`."""
    if kinds == {Kind.BOOLEAN}:
        return BOOLEAN
    if kinds and kinds <= {Kind.INT, Kind.BIG_INT}:
        return BIGINT
    if Kind.DOUBLE in kinds and kinds <= {Kind.INT, Kind.DOUBLE}:
        return DOUBLE
    if kinds == {Kind.DATE}:
        return DATE
    if kinds == {Kind.TIMESTAMP}:
        return TIMESTAMP
    return STRING


@dataclass(frozen=True)
class NullRule:
    """Which cells are NULL: Spark's option `nullValue` and Hive's `serialization.null.format`, chosen to
    agree.

    Spark reads an empty cell as NULL whatever its nullValue; Trino reads only its null format as NULL in a
    string column; in other columns both read whatever does not parse as NULL.
    """

    spark: str
    hive: str
    why: str


def null_rule(columns: list[tuple[HiveType, TextColumn]]) -> NullRule:
    """Choose the missing-value token of a table from its final columns."""
    typed = [column for kind, column in columns if kind != STRING]
    text = [column for kind, column in columns if kind == STRING]
    tokens = sorted({token for column in typed for token in column.tokens})
    if not tokens:
        return NullRule("", "", "no missing-value token in a typed column; an empty cell is NULL")
    token = max(tokens, key=lambda candidate: sum(candidate in column.tokens for column in typed))
    empty_text = any(Kind.EMPTY in column.examples for column in text)
    token_text = any(token in column.tokens for column in text)
    if not empty_text:
        return NullRule(
            token, token, f"{token!r} stands for a missing value in a typed column, so it does everywhere"
        )
    if not token_text:
        return NullRule(
            token, "", f"{token!r} stands for a missing value in typed columns; an empty text is NULL"
        )
    return NullRule(
        "",
        "",
        f"empty cells are NULL; {token!r} stays text in text columns, because one table can have one null "
        "format",
    )
