"""Column types: as Hive writes them, as Spark's schema writes them, and how two of them widen to one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class HiveType:
    """A type by its Hive name: `fields` of a struct, `items` = (element) of an array, (key, value) of a
    map.
    """

    name: str
    fields: tuple[tuple[str, "HiveType"], ...] = ()
    items: tuple["HiveType", ...] = ()

    def __str__(self) -> str:
        if self.name == "struct":
            return "struct<" + ",".join(f"{name}:{kind}" for name, kind in self.fields) + ">"
        if self.items:
            return f"{self.name}<{','.join(map(str, self.items))}>"
        return self.name


BOOLEAN, TINYINT, SMALLINT = HiveType("boolean"), HiveType("tinyint"), HiveType("smallint")
INT, BIGINT, FLOAT, DOUBLE = HiveType("int"), HiveType("bigint"), HiveType("float"), HiveType("double")
STRING, BINARY = HiveType("string"), HiveType("binary")
DATE, TIMESTAMP = HiveType("date"), HiveType("timestamp")

_SPARK_NAMES = {"tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long"}
_INTEGERS = (TINYINT, SMALLINT, INT, BIGINT)
_SIMPLE = frozenset({BOOLEAN, *_INTEGERS, FLOAT, DOUBLE, STRING, BINARY, DATE, TIMESTAMP})
_DECIMAL = re.compile(r"decimal\(\d+,\d+\)")
_HEAD = re.compile(r"[a-z]+(\(\d+,\d+\))?")


def decimal(precision: int, scale: int) -> HiveType:
    """`decimal(precision,scale)`."""
    return HiveType(f"decimal({precision},{scale})")


def array(item: HiveType) -> HiveType:
    """`array<item>`."""
    return HiveType("array", items=(item,))


def mapping(key: HiveType, value: HiveType) -> HiveType:
    """`map<key,value>`."""
    return HiveType("map", items=(key, value))


def struct(fields: Sequence[tuple[str, HiveType]]) -> HiveType:
    """`struct<name:type,...>`."""
    return HiveType("struct", fields=tuple(fields))


def spark_type(kind: HiveType) -> Any:
    """The type as Spark's StructType JSON writes it."""
    if kind.name == "struct":
        return {"type": "struct", "fields": [spark_field(name, field) for name, field in kind.fields]}
    if kind.name == "array":
        return {"type": "array", "elementType": spark_type(kind.items[0]), "containsNull": True}
    if kind.name == "map":
        key, value = (spark_type(item) for item in kind.items)
        return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}
    return _SPARK_NAMES.get(kind.name, kind.name)


def spark_field(name: str, kind: HiveType, comment: str | None = None) -> dict[str, Any]:
    """One field of Spark's StructType JSON; every field is nullable."""
    metadata = {"comment": comment} if comment else {}
    return {"name": name, "type": spark_type(kind), "nullable": True, "metadata": metadata}


def widen(one: HiveType, other: HiveType, *, text: bool) -> HiveType | None:
    """The narrowest type that holds every value of both; None when there is none.

    `text`: the file stores text, so that `string` holds everything; an integer stored in Parquet cannot be
    read as text.
    """
    if one == other:
        return one
    if one in _INTEGERS and other in _INTEGERS:
        return max(one, other, key=_INTEGERS.index)
    if text and {one, other} <= {*_INTEGERS, FLOAT, DOUBLE}:
        return DOUBLE
    nested = one.fields or one.items or other.fields or other.items
    if one.name == other.name and nested:
        return _widen_nested(one, other, text=text)
    return STRING if text and not nested else None


def _widen_nested(one: HiveType, other: HiveType, *, text: bool) -> HiveType | None:
    if one.name == "struct":
        fields = dict(one.fields)
        for name, kind in other.fields:
            merged = widen(fields[name], kind, text=text) if name in fields else kind
            if merged is None:
                return None
            fields[name] = merged
        return struct(tuple(fields.items()))
    items = [widen(a, b, text=text) for a, b in zip(one.items, other.items, strict=True)]
    known = [item for item in items if item is not None]
    return HiveType(one.name, items=tuple(known)) if len(known) == len(items) else None


def parse(text: str) -> HiveType | None:
    """The type that Hive's `text` names; None for types the crawler never writes (char, uniontype, ...)."""
    kind, rest = _parse(text.replace(" ", ""))
    return kind if not rest else None


def _parse(text: str) -> tuple[HiveType | None, str]:
    """The type that `text` begins with, and the rest."""
    head = _HEAD.match(text)
    if not head:
        return None, text
    name, rest = head.group(0), text[head.end() :]
    if name == "struct" and rest.startswith("<"):
        return _parse_struct(rest[1:])
    if name in {"array", "map"} and rest.startswith("<"):
        return _parse_items(name, rest[1:])
    known = HiveType(name) in _SIMPLE or _DECIMAL.fullmatch(name)
    return (HiveType(name), rest) if known else (None, text)


def _parse_items(name: str, rest: str) -> tuple[HiveType | None, str]:
    items: list[HiveType] = []
    for separator in ",>" if name == "map" else ">":
        item, rest = _parse(rest)
        if item is None or not rest.startswith(separator):
            return None, rest
        items.append(item)
        rest = rest[1:]
    return HiveType(name, items=tuple(items)), rest


def _parse_struct(rest: str) -> tuple[HiveType | None, str]:
    fields: list[tuple[str, HiveType]] = []
    while True:
        field, found, rest = rest.partition(":")
        kind, rest = _parse(rest)
        if not found or kind is None or rest[:1] not in {",", ">"}:
            return None, rest
        fields.append((field, kind))
        closed, rest = rest[0] == ">", rest[1:]
        if closed:
            return struct(fields), rest
