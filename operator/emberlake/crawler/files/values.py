"""Values of documents and texts as the types that were decided for them. Pure."""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from emberlake.crawler.decide.types import DATE, STRING, TIMESTAMP, HiveType
from emberlake.crawler.grouping.names import column_name

_STRPTIME = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d",
    "EEE": "%a", "EEEE": "%A", "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "ss": "%S",
    "a": "%p", "S": "%f", "SS": "%f", "SSS": "%f", "SSSSSS": "%f",
    "X": "%z", "XX": "%z", "XXX": "%z", "Z": "%z",
}  # fmt: skip
_PIECES = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)


def fitted(value: Any, kind: HiveType, pattern: str = "") -> Any:
    """`value` as Python holds a `kind`; None for None and for an empty text of another type than string.

    `pattern`: how texts write it, as `Column.pattern` says.
    Raises ValueError for a value that is none of `kind`.
    """
    if value is None or (value == "" and kind != STRING):
        return None
    if kind.name == "array":
        items = value if isinstance(value, list) else [value]
        return [fitted(item, kind.items[0], pattern) for item in items]
    if isinstance(value, list):
        value = value[-1] if len(value) == 1 else value  # XML has every element as a list
    if kind.name == "struct":
        return _struct(value, kind)
    if kind.name == "map":
        return [(key, fitted(item, kind.items[1])) for key, item in dict(value).items()]
    return _scalar(value, kind, pattern)


def _struct(value: Any, kind: HiveType) -> dict[str, Any]:
    """Fields by the names that the type gives them."""
    if not isinstance(value, Mapping):
        value = {"_value": value}
    named = {column_name(str(key), "field"): item for key, item in value.items()} | dict(value)
    return {name: fitted(named.get(name), inner) for name, inner in kind.fields}


def _scalar(value: Any, kind: HiveType, pattern: str) -> Any:
    if kind in {DATE, TIMESTAMP}:
        moment = _moment(value, pattern)
        return moment.date() if kind == DATE else moment
    name = kind.name.partition("(")[0]
    if name not in _PARSERS:
        raise ValueError(f"no value of type {kind} is read from text")
    return _PARSERS[name](_plainly(value, pattern) if isinstance(value, str) else value)


def _plainly(text: str, pattern: str) -> str:
    """A number or boolean as both engines write it."""
    if pattern.startswith("#.##0,"):
        return re.sub(r"[. ]", "", text).replace(",", ".")
    if pattern.startswith("#,##0"):
        return text.replace(",", "")
    yes, parted, no = pattern.partition("/")
    return {yes: "true", no: "false"}.get(text.lower(), text) if parted else text


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ") if value.time() != dt.time.min else value.date().isoformat()
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return str(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _whole(value: Any) -> int:
    number = float(value) if isinstance(value, float) else int(str(value))
    if number != int(number):
        raise ValueError(f"{value!r} is no whole number")
    return int(number)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    raise ValueError(f"{value!r} is neither true nor false")


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "string": _text, "boolean": _truth, "decimal": _decimal,
    "float": float, "double": float, "tinyint": _whole, "smallint": _whole, "int": _whole, "bigint": _whole,
}  # fmt: skip


def _moment(value: Any, pattern: str) -> dt.datetime:
    """A time without a zone, in UTC."""
    if isinstance(value, dt.date):
        found = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    elif pattern and not pattern.startswith("yyyy-MM-dd"):
        found = dt.datetime.strptime(str(value), strptime_format(pattern))  # noqa: DTZ007
    else:
        found = dt.datetime.fromisoformat(str(value))
    return found.astimezone(dt.UTC).replace(tzinfo=None) if found.tzinfo else found


def strptime_format(pattern: str) -> str:
    """A Java date pattern as Python writes it. Raises ValueError for letters without a counterpart."""
    return translated(pattern, _STRPTIME.__getitem__)


def translated(pattern: str, letters: Callable[[str], str]) -> str:
    """A Java date pattern with its runs of letters replaced. Raises ValueError where `letters` knows none."""
    pieces = []
    for match in _PIECES.finditer(pattern):
        quoted, letter, other = match.groups()
        if letter:
            try:
                pieces.append(letters(match.group()))
            except KeyError as error:
                raise ValueError(f"{match.group()!r} of the date pattern {pattern!r} is not known") from error
        else:
            text = other if quoted is None else quoted.replace("''", "'") or "'"
            pieces.append(text.replace("%", "%%"))
    return "".join(pieces)
