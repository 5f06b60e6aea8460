"""Messages of Spark Connect read from their bytes, of any depth and without a copy.

The protobuf library refuses messages nested deeper than 100, which a script reaches with fifty steps on one
DataFrame. What is read here is only looked at; it goes on as the bytes that came. Encoding:
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from emberlake.sail.refusal import RefusedError

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
Value = int | memoryview


@dataclass(frozen=True, slots=True)
class Node:
    """One message: what it is by the protocol, and its bytes."""

    kind: Descriptor
    data: memoryview

    def fields(self) -> Iterator[tuple[FieldDescriptor, Value]]:
        """Each field that is set, in the order of the bytes. Raises RefusedError for one not known here."""
        at = 0
        while at < len(self.data):
            tag, at = _varint(self.data, at)
            value, at = _value(self.data, at, tag & 7)
            field = self.kind.fields_by_number.get(tag >> 3)
            if field is None:
                raise RefusedError(
                    "plan.unknown-field", f"field {tag >> 3} of {self.kind.name} is not known here"
                )
            yield field, value

    def children(self) -> Iterator[tuple[str, Node]]:
        """The messages in this one, each with the name of its field."""
        for field, value in self.fields():
            if field.message_type is not None and isinstance(value, memoryview):
                yield field.name, Node(field.message_type, value)

    def child(self, name: str) -> Node | None:
        """The message of this field; the last one where it stands several times."""
        found = [node for field, node in self.children() if field == name]
        return found[-1] if found else None

    def text(self, name: str) -> str:
        """The string of this field, empty if it is not set."""
        found = [value for field, value in self.fields() if field.name == name]
        return _text(found[-1]) if found and isinstance(found[-1], memoryview) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings of a repeated field."""
        return tuple(
            _text(value)
            for field, value in self.fields()
            if field.name == name and isinstance(value, memoryview)
        )

    def number(self, name: str) -> int:
        """The integer, enum or bool of this field, 0 if it is not set."""
        found = [value for field, value in self.fields() if field.name == name]
        number = found[-1] if found and isinstance(found[-1], int) else 0
        return number - 2**64 if number >= 2**63 else number

    def mapping(self, name: str) -> dict[str, str]:
        """The entries of a map from string to string."""
        return {node.text("key"): node.text("value") for field, node in self.children() if field == name}

    def which(self, oneof: str) -> str:
        """The name of the field of this `oneof` that is set, empty if none is."""
        members = {field.name for field in self.kind.oneofs_by_name[oneof].fields}
        found = [field.name for field, _ in self.fields() if field.name in members]
        return found[-1] if found else ""


def encoded(number: int, value: bytes) -> bytes:
    """A field with a message, a string or bytes, as it stands on the wire."""
    return _encoded_varint(number << 3 | _LENGTH) + _encoded_varint(len(value)) + value


def _encoded_varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
    raise _broken()


def _value(data: memoryview, at: int, wire: int) -> tuple[Value, int]:
    if wire == _VARINT:
        return _varint(data, at)
    if wire == _LENGTH:
        size, at = _varint(data, at)
    elif wire in _FIXED:
        size = _FIXED[wire]
    else:
        raise _broken()
    if at + size > len(data):
        raise _broken()
    if wire != _LENGTH:
        return struct.unpack("<Q" if wire == _FIXED64 else "<I", data[at : at + size])[0], at + size
    return data[at : at + size], at + size


def _text(value: memoryview) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError:
        raise _broken() from None


def _broken() -> RefusedError:
    return RefusedError("plan.broken", "the request cannot be read")
