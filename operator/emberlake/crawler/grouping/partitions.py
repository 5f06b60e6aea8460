"""Folder names that are partitions: `key=value`, dates, and year/month/day chains; and the types of their
values.
"""

import datetime as dt
import re
from collections.abc import Iterable
from urllib.parse import unquote

from emberlake.crawler.decide.types import BIGINT, DATE, INT, STRING, HiveType

NULL_VALUE = "__HIVE_DEFAULT_PARTITION__"
_HIVE = re.compile(r"([^=]+)=(.*)", re.DOTALL)
_DATED = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[-_T]\d{2})?")
_MONTH = re.compile(r"(19|20|21)\d{2}-(0[1-9]|1[0-2])")
_YEAR = re.compile(r"(19|20|21)\d{2}")
_PART_OF_DATE = {"month": range(1, 13), "day": range(1, 32), "hour": range(24)}
_NEXT = {"year": "month", "year-month": "day", "month": "day", "day": "hour", "date": "hour"}
_CANONICAL_INT = re.compile(r"0|-?[1-9]\d{0,18}")

Segment = tuple[str | None, str]


def hive_segment(name: str) -> tuple[str, str] | None:
    """`("month", "1")` of `month=1`, percent escapes undone as Hive writes them; None for any other name."""
    match = _HIVE.fullmatch(name)
    return (unquote(match.group(1)), unquote(match.group(2))) if match else None


def date_level(name: str, previous: str) -> str | None:
    """What `name` is in a chain of date folders behind a folder of level `previous`; None: no date folder."""
    if (match := _DATED.fullmatch(name)) and _is_date(*match.groups()):
        return "hour" if len(name) > len("2013-01-01") else "date"
    if _MONTH.fullmatch(name):
        return "year-month"
    if _YEAR.fullmatch(name):
        return "year"
    expected = _NEXT.get(previous)
    if expected in _PART_OF_DATE and re.fullmatch(r"\d{1,2}", name) and int(name) in _PART_OF_DATE[expected]:
        return expected
    return None


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return 1900 <= dt.date(int(year), int(month), int(day)).year < 2200
    except ValueError:
        return False


def partition_chain(names: list[str]) -> list[Segment] | None:
    """`names` as partitions from left to right, `(key or None, value)` each; None when one of them is a
    plain folder.
    """
    chain: list[Segment] = []
    previous = ""
    for name in names:
        if segment := hive_segment(name):
            chain.append(segment)
            previous = ""
        elif level := date_level(name, previous):
            chain.append((None, name))
            previous = level
        else:
            return None
    return chain


def split_folder(names: list[str]) -> tuple[int, list[Segment]]:
    """Where the table's folder ends and its partitions begin: the longest tail of `names` that is all
    partitions.
    """
    for start in range(len(names) + 1):
        chain = partition_chain(names[start:])
        if chain is not None:
            return start, chain
    return len(names), []


def value_type(values: Iterable[str]) -> HiveType:
    """Type that holds all `values` of a partition key without changing how one is written.

    `01` is a string: as a number its partition would be named `1`, which is another folder.
    """
    known = {value for value in values if value != NULL_VALUE}
    if known and all(_CANONICAL_INT.fullmatch(value) for value in known):
        numbers = [int(value) for value in known]
        if all(-(2**31) <= number < 2**31 for number in numbers):
            return INT
        if all(-(2**63) <= number < 2**63 for number in numbers):
            return BIGINT
        return STRING
    if known and all(_is_iso_date(value) for value in known):
        return DATE
    return STRING


def _is_iso_date(value: str) -> bool:
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", value)
    return bool(match and _is_date(*match.groups()))
