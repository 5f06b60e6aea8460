"""Rows as a text, to the letter as Spark's `show()` has them. Pure.

Rules: org.apache.spark.sql.Dataset.showString and the expression ToPrettyString of Spark 4.1;
java.lang.Double.toString of Java 19 and later. `tests/compat/shown.py` records what Spark prints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from emberlake.sail.decide import Show

_UTC = frozenset({None, "UTC", "Etc/UTC", "+00:00"})
_LEAST_WIDTH = 3
# shorter ones are cut without dots
_LEAST_DOTTED = 4
_DOTS = "..."
_ESCAPED = str.maketrans(
    {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", "\v": "\\v", "\a": "\\a"}
)
# signs of East Asia that take two places on a screen
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]"
)
# between these Java writes a number without an exponent
_PLAIN = (1e-3, 1e7)

Text = Callable[[Any], str]


def unknown(schema: pa.Schema) -> list[str]:
    """The columns whose type is not known here, each as `name type`."""
    return [f"{field.name} {field.type}" for field in schema if _text_of(field.type) is None]


def shown(schema: pa.Schema, batches: Iterable[pa.RecordBatch], asked: Show) -> str:
    """The text of `show()`. `batches` have one row more than asked for, if there are more.

    Raises:
        ValueError, OverflowError: a date or time outside of the years 1 to 9999.
    """
    texts = [text for field in schema if (text := _text_of(field.type))]
    cells: list[list[str]] = []
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        cells += (
            [text(value) for text, value in zip(texts, row, strict=True)]
            for row in zip(*columns, strict=True)
        )
        if not columns:
            cells += ([] for _ in range(batch.num_rows))
    names = [_escaped(field.name) for field in schema]
    rows = [[_cut(_escaped(cell), asked.truncate) for cell in row] for row in cells[: asked.rows]]
    body = _records(names, rows) if asked.vertical else _grid(names, rows, right=asked.truncate > 0)
    if asked.vertical and not rows:
        return body + "(0 rows)"
    more = f"only showing top {asked.rows} {'row' if asked.rows == 1 else 'rows'}"
    return body + (more if len(cells) > asked.rows else "")


def _grid(names: list[str], rows: list[list[str]], *, right: bool) -> str:
    lines = [names, *rows]
    widths = [max(_LEAST_WIDTH, *map(_width, column)) for column in zip(*lines, strict=True)]
    rule = "+" + "+".join("-" * width for width in widths) + "+\n"
    head, *body = (
        "|" + "|".join(_padded(*it, right=right) for it in zip(line, widths, strict=True)) + "|\n"
        for line in lines
    )
    return "".join((rule, head, rule, *body, rule))


def _records(names: list[str], rows: list[list[str]]) -> str:
    left = max([_LEAST_WIDTH, *map(_width, names)])
    right = max([_LEAST_WIDTH, *(_width(cell) for row in rows for cell in row)])
    labels = [_padded(name, left) for name in names]
    out = []
    for number, row in enumerate(rows):
        out.append(f"-RECORD {number}".ljust(left + right + 5, "-"))
        out += (f" {label} | {_padded(cell, right)} " for label, cell in zip(labels, row, strict=True))
    return "".join(f"{line}\n" for line in out)


def _padded(cell: str, width: int, *, right: bool = False) -> str:
    blank = " " * (width - _width(cell))
    return blank + cell if right else cell + blank


def _units(text: str) -> int:
    """The length as Java counts: a sign beyond the first plane is two."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def _width(text: str) -> int:
    return _units(text) + len(_WIDE.findall(text))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def _cut(text: str, most: int) -> str:
    if most <= 0 or _units(text) <= most:
        return text
    kept = most if most < _LEAST_DOTTED else most - len(_DOTS)
    # half a sign becomes a question mark on its way
    cut = text.encode("utf-16-le", "surrogatepass")[: 2 * kept].decode("utf-16-le", "surrogatepass")
    return cut.encode("utf-8", "replace").decode() + ("" if most < _LEAST_DOTTED else _DOTS)


def _text_of(kind: pa.DataType) -> Text | None:
    """How values of the type are written; None where that is not known."""
    written = _nested(kind) if pa.types.is_nested(kind) else _simple(kind)
    return written and (lambda value: "NULL" if value is None else written(value))


def _simple(kind: pa.DataType) -> Text | None:
    found = next((text for is_kind, text in _SIMPLE if is_kind(kind)), None)
    if pa.types.is_timestamp(kind) and (kind.unit == "ns" or kind.tz not in _UTC):
        return None
    return found


def _nested(kind: pa.DataType) -> Text | None:
    if pa.types.is_struct(kind):
        return _struct(kind)
    if pa.types.is_map(kind):
        key, item = _text_of(kind.key_type), _text_of(kind.item_type)
        return (
            key and item and (lambda value: _joined("{", (f"{key(k)} -> {item(v)}" for k, v in value), "}"))
        )
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = _text_of(kind.value_type)
        return inner and (lambda value: _joined("[", map(inner, value), "]"))
    return None


def _struct(kind: pa.StructType) -> Text | None:
    texts = {field.name: text for field in kind if (text := _text_of(field.type))}
    # of fields with one name Python would have but one
    if len(texts) < kind.num_fields:
        return None
    return lambda value: _joined("{", (text(value[name]) for name, text in texts.items()), "}")


def _joined(start: str, parts: Iterable[str], end: str) -> str:
    return start + ", ".join(parts) + end


def _number(value: float) -> str:
    return _java(value, repr(value), lambda text: float(text) == value)


def _short_number(value: float) -> str:
    single = np.float32(value)
    return _java(value, str(single), lambda text: bool(np.float32(text) == single))


def _java(value: float, shortest: str, is_same: Callable[[str], bool]) -> str:
    """As Java writes it: of two digits at least, and those the nearest that mean the same number."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if len(Decimal(shortest).normalize().as_tuple().digits) == 1 and is_same(f"{value:.1e}"):
        shortest = f"{value:.1e}"
    found = Decimal(shortest).normalize()
    if value == 0 or _PLAIN[0] <= abs(value) < _PLAIN[1]:
        text = format(found, "f")
        return text if "." in text else f"{text}.0"
    digits: Sequence[int] = found.as_tuple().digits
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if value < 0 else ''}{digits[0]}.{rest}E{found.adjusted()}"


def _time(value: datetime) -> str:
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value.replace(microsecond=0, tzinfo=None).isoformat(' ')}{fraction}"


def _day(value: date) -> str:
    return value.isoformat()


def _bytes(value: bytes) -> str:
    return f"[{value.hex(' ').upper()}]"


_SIMPLE: tuple[tuple[Callable[[pa.DataType], bool], Text], ...] = (
    (pa.types.is_null, str),
    (pa.types.is_boolean, lambda value: "true" if value else "false"),
    (pa.types.is_integer, str),
    (pa.types.is_float64, _number),
    (pa.types.is_float32, _short_number),
    (pa.types.is_decimal, lambda value: format(value, "f")),
    (pa.types.is_string, str),
    (pa.types.is_large_string, str),
    (pa.types.is_string_view, str),
    (pa.types.is_binary, _bytes),
    (pa.types.is_large_binary, _bytes),
    (pa.types.is_binary_view, _bytes),
    (pa.types.is_date32, _day),
    (pa.types.is_timestamp, _time),
)
