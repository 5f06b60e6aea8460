"""The types of a table's values where the files hold them as texts: what Spark's reader and Trino's view
turn them into. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from emberlake.crawler.decide.decision import Column, Decision
from emberlake.crawler.decide.types import BIGINT, BOOLEAN, DATE, DOUBLE, INT, STRING, TIMESTAMP, HiveType
from emberlake.crawler.files.values import translated

# Java's letters of a date pattern, and what date_parse of Trino calls them
_TRINO_LETTERS = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%M", "MMM": "%b", "MM": "%m", "M": "%c", "dd": "%d", "d": "%e",
    "EEE": "%a", "EEEE": "%W", "HH": "%H", "H": "%k", "hh": "%h", "h": "%l", "mm": "%i", "ss": "%s",
    "a": "%p", "S": "%f", "SS": "%f", "SSS": "%f",
}  # fmt: skip
_PLAIN = (BOOLEAN, INT, BIGINT)
_UNTOLD = frozenset({"", "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss"})


@dataclass(frozen=True)
class Typed:
    """`types` of the columns in Spark and in the view, in order; the formats of their dates and timestamps
    where those are not the ISO ones.
    """

    types: tuple[HiveType, ...]
    date_format: str = ""
    timestamp_format: str = ""


def typed(decision: Decision) -> Typed:
    """The types that both engines can give the values; a CSV reader of Spark has one date format a table."""
    if decision.csv is None:
        return Typed(tuple(column.type for column in decision.columns))
    date_format = _one_format(decision.columns, DATE)
    timestamp_format = _one_format(decision.columns, TIMESTAMP)
    comma = decision.csv.decimal == ","
    types = tuple(
        column.meant
        if column.meant and _can_be(column, date_format, timestamp_format, comma=comma)
        else column.type
        for column in decision.columns
    )
    return Typed(types, date_format, timestamp_format)


def hive_types(decision: Decision) -> tuple[HiveType, ...]:
    """The types of the columns in the metastore, which Trino reads: texts where its serde parses none, or
    parses an empty or padded cell as another value.
    """
    if as_texts(decision):
        return (STRING,) * len(decision.columns)
    return tuple(column.type for column in decision.columns)


def as_texts(decision: Decision) -> bool:
    """Whether Trino's table has the cells as they stand."""
    csv = decision.csv
    return csv is not None and (csv.dialect.quoted or csv.padded or len(csv.dialect.delimiter) > 1)


def trino_format(pattern: str) -> str | None:
    """A Java date pattern as Trino's date_parse writes it; None when it has letters without a counterpart."""
    try:
        return translated(pattern, _TRINO_LETTERS.__getitem__)
    except ValueError:
        return None


def iso(pattern: str) -> bool:
    """Whether both engines read the pattern untold: ISO dates and timestamps."""
    return pattern in _UNTOLD


def _one_format(columns: Iterable[Column], kind: HiveType) -> str:
    """The one pattern of all columns of `kind`; empty when it is ISO, or when they have several."""
    patterns = {
        "" if iso(column.pattern) else column.pattern
        for column in columns
        if kind in {column.type, column.meant}
    }
    pattern = patterns.pop() if len(patterns) == 1 else ""
    return pattern if pattern and trino_format(pattern) else ""


def _can_be(column: Column, date_format: str, timestamp_format: str, *, comma: bool) -> bool:
    """Whether Spark's CSV reader gives the column the type that its values have."""
    if column.meant in _PLAIN or column.meant == STRING:
        return not column.pattern  # digits in groups, yes and no: neither engine can be told
    if column.meant == DOUBLE:
        return not column.pattern and not comma
    told = {DATE: date_format, TIMESTAMP: timestamp_format}.get(column.meant or STRING)
    return told is not None and (iso(column.pattern) or column.pattern == told)
