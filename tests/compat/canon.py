"""Results as JSON that tells apart what Python's `==` would not: 1 and 1.0 and true, 0.0 and -0.0, NaN."""

import datetime as dt
import decimal
import json
from typing import Any


def schema(fields: dict[str, Any]) -> Any:
    """A schema's JSON (`StructType.jsonValue()`) without nullability and metadata, which are no values."""
    return _bare(fields)


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            k: _bare(v)
            for k, v in part.items()
            if k not in {"nullable", "metadata", "containsNull", "valueContainsNull"}
        }
    if isinstance(part, list):
        return [_bare(v) for v in part]
    return part


def value(it: Any) -> Any:
    """One value of a collected row; tags where JSON has no such type."""
    if it is None or isinstance(it, bool | int | str):
        return it
    if isinstance(it, float):
        return {"double": repr(it)}
    if isinstance(it, decimal.Decimal):
        return {"decimal": str(it)}
    if isinstance(it, bytes | bytearray):
        return {"binary": bytes(it).hex()}
    return _nested(it)


def _nested(it: Any) -> Any:
    if isinstance(it, dict):
        pairs = [[value(k), value(v)] for k, v in it.items()]
        return {"map": sorted(pairs, key=lambda p: json.dumps(p, sort_keys=True))}
    if hasattr(it, "__fields__"):
        return {"struct": [value(v) for v in it]}
    if isinstance(it, list | tuple):
        return [value(v) for v in it]
    if isinstance(it, dt.timedelta):
        return {"timedelta": it // dt.timedelta(microseconds=1)}
    if isinstance(it, dt.date | dt.time):
        return {type(it).__name__: it.isoformat()}
    return {type(it).__name__: str(it)}


def rows(collected: list[Any]) -> list[Any]:
    """Rows as lists of values, in their order."""
    return [[value(v) for v in row] for row in collected]
