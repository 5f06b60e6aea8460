"""Hive types of a schema that Spark wrote: the reverse of `types.spark_type`. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from emberlake.crawler.decide.types import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TIMESTAMP,
    TINYINT,
    HiveType,
    array,
    decimal,
    mapping,
    struct,
)

MAX_DEPTH = 32
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_SCALARS = {
    "boolean": BOOLEAN, "byte": TINYINT, "short": SMALLINT, "integer": INT, "long": BIGINT, "float": FLOAT,
    "double": DOUBLE, "string": STRING, "binary": BINARY, "date": DATE, "timestamp": TIMESTAMP,
    "timestamp_ntz": TIMESTAMP,
}  # fmt: skip


def hive_types(schema: Mapping[str, Any]) -> list[tuple[str, HiveType]]:
    """Columns of a StructType in JSON. Raises KeyError, TypeError or ValueError when it is none."""
    return [(str(field["name"]), _type(field["type"], 0)) for field in schema["fields"]]


def _type(kind: Any, depth: int) -> HiveType:
    if depth > MAX_DEPTH:
        raise ValueError(f"types are nested deeper than {MAX_DEPTH} levels")
    if isinstance(kind, str):
        if match := _DECIMAL.fullmatch(kind):
            return decimal(int(match.group(1)), int(match.group(2)))
        return _SCALARS.get(kind, STRING)
    if kind["type"] == "array":
        return array(_type(kind["elementType"], depth + 1))
    if kind["type"] == "map":
        return mapping(_type(kind["keyType"], depth + 1), _type(kind["valueType"], depth + 1))
    return struct([(field["name"], _type(field["type"], depth + 1)) for field in kind["fields"]])
