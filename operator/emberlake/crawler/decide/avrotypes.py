"""Hive types of Avro schemas. Pure."""

from typing import Any

from emberlake.crawler.decide.types import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    STRING,
    TIMESTAMP,
    HiveType,
    array,
    decimal,
    mapping,
    struct,
)

MAX_DEPTH = 32
# A schema of few lines may name a type in a type in a type, each many times.
MAX_TYPES = 20_000
_SCALARS = {
    "boolean": BOOLEAN, "int": INT, "long": BIGINT, "float": FLOAT, "double": DOUBLE,
    "string": STRING, "bytes": BINARY, "enum": STRING, "fixed": BINARY,
}  # fmt: skip
_LOGICAL = {
    ("int", "date"): DATE,
    ("long", "timestamp-millis"): TIMESTAMP,
    ("long", "timestamp-micros"): TIMESTAMP,
    ("string", "uuid"): STRING,
}
_UNREADABLE = {
    "time-millis": "a time of day", "time-micros": "a time of day", "duration": "a duration",
    "timestamp-nanos": "a timestamp in nanoseconds",
    "local-timestamp-millis": "a timestamp without a zone",
    "local-timestamp-micros": "a timestamp without a zone",
    "local-timestamp-nanos": "a timestamp without a zone",
}  # fmt: skip
_WIDER = {frozenset({"int", "long"}): "long", frozenset({"float", "double"}): "double"}


class AvroTypes:
    """Turns the schemas of one file's fields into Hive types, and knows the types that were named so far."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {}
        self._seen = 0

    def hive(self, schema: Any, depth: int = 0) -> HiveType:
        """Hive type of an Avro schema. Raises ValueError when one of the engines cannot read it."""
        self._seen += 1
        if depth > MAX_DEPTH or self._seen > MAX_TYPES:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels, or holds itself")
        if isinstance(schema, list):
            return self.hive(_without_null(schema), depth + 1)
        if isinstance(schema, str):
            return self._named(schema, depth)
        if "name" in schema:
            self._names[schema["name"].rpartition(".")[2]] = schema
        return self._complex(schema, depth)

    def _named(self, name: str, depth: int) -> HiveType:
        if name in _SCALARS:
            return _SCALARS[name]
        if known := self._names.get(name.rpartition(".")[2]):
            return self.hive(known, depth + 1)
        raise ValueError(f"type {name!r} has no counterpart in Spark and Trino")

    def _complex(self, schema: dict[str, Any], depth: int) -> HiveType:
        kind, logical = schema["type"], schema.get("logicalType", "")
        if kind == "record":
            return struct([(each["name"], self.hive(each["type"], depth + 1)) for each in schema["fields"]])
        if kind == "array":
            return array(self.hive(schema["items"], depth + 1))
        if kind == "map":
            return mapping(STRING, self.hive(schema["values"], depth + 1))
        if logical == "decimal":
            return decimal(schema["precision"], schema.get("scale", 0))
        if logical in _UNREADABLE:
            raise ValueError(f"{_UNREADABLE[logical]} is not read alike by Spark and Trino")
        return _LOGICAL.get((str(kind), logical)) or self.hive(kind, depth + 1)


def _without_null(union: list[Any]) -> Any:
    """The one type of a union beside null. Raises ValueError for other unions."""
    members = [member for member in union if member != "null"]
    if len(members) == 1:
        return members[0]
    plain = frozenset(member for member in members if isinstance(member, str))
    if len(plain) == len(members) and plain in _WIDER:
        return _WIDER[plain]
    raise ValueError("a union of several types has no counterpart in Spark and Trino")
