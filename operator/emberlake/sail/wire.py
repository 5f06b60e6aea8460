"""Messages of Spark Connect read from their bytes, of any depth and without a copy.

The protobuf library refuses messages nested deeper than 100, which a script reaches with fifty steps on one
DataFrame. What is read here goes on as the bytes that came, but for the messages that are replaced. Encoding:
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from emberlake.sail.refusal import RefusedError

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
Value = int | memoryview
# the bytes of a message, of those that it had; what is edited in it is in them already
Edit = Callable[[bytes], bytes]


class _Part(NamedTuple):
    """A field that is set. `start` and `end`: its place in the message, with its tag and length."""

    field: FieldDescriptor
    value: Value
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Node:
    """One message: what it is by the protocol, its bytes, and where they begin in the message read first."""

    kind: Descriptor
    data: memoryview
    at: int = 0

    def fields(self) -> Iterator[tuple[FieldDescriptor, Value]]:
        """Each field that is set, in the order of the bytes. Raises RefusedError for one not known here."""
        return ((part.field, part.value) for part in self.parts())

    def parts(self) -> Iterator[_Part]:
        """The same, each with its place."""
        end = 0
        while end < len(self.data):
            start = end
            tag, end = _varint(self.data, start)
            value, end = _value(self.data, end, tag & 7)
            field = self.kind.fields_by_number.get(tag >> 3)
            if field is None:
                raise RefusedError(
                    "plan.unknown-field", f"field {tag >> 3} of {self.kind.name} is not known here"
                )
            yield _Part(field, value, start, end)

    def children(self) -> Iterator[tuple[str, Node]]:
        """The messages in this one, each with the name of its field."""
        for part in self.parts():
            if node := self.message(part):
                yield part.field.name, node

    def message(self, part: _Part) -> Node | None:
        """The message in a field of this one; None where it holds none."""
        if part.field.message_type is None or not isinstance(part.value, memoryview):
            return None
        return Node(part.field.message_type, part.value, self.at + part.end - len(part.value))

    def walk(self) -> Iterator[Node]:
        """The message and all messages in it, in no order that means anything."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(child for _, child in node.children())

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


@dataclass(slots=True)
class _Open:
    """A message written anew. `number`: of its field in the one around; `kept`: written up to there."""

    node: Node
    number: int
    parts: Iterator[_Part]
    out: bytearray = field(default_factory=bytearray)
    kept: int = 0

    def next(self, places: Sequence[int]) -> _Open | None:
        """The next message in this one that an edit is in; its field is left out here."""
        for part in self.parts:
            inner = self.node.message(part)
            if inner is not None and _touched(inner, places):
                self.out += self.node.data[self.kept : part.start]
                self.kept = part.end
                return _Open(inner, part.field.number, inner.parts())
        return None

    def closed(self) -> bytes:
        """The whole message."""
        self.out += self.node.data[self.kept :]
        return bytes(self.out)


def rebuilt(root: Node, edits: Mapping[int, Edit]) -> bytes:
    """The bytes of a message, with some of those in it replaced. `edits`: by `at` of the message.

    Lengths of all around them are written anew, and all other bytes stay. RefusedError for broken bytes.
    """
    places = sorted(edits)
    opened = [_Open(root, 0, root.parts())]
    while True:
        if inner := opened[-1].next(places):
            opened.append(inner)
            continue
        done = opened.pop()
        data = done.closed()
        if edit := edits.get(done.node.at):
            data = edit(data)
        if not opened:
            return data
        opened[-1].out += encoded(done.number, data)


def within(node: Node, edits: Mapping[int, Edit]) -> dict[int, Edit]:
    """Those of the message and of messages in it."""
    # an empty message may begin where the one around it ends
    return {at: edit for at, edit in edits.items() if node.at <= at <= node.at + len(node.data)}


def then(edits: dict[int, Edit], at: int, edit: Edit) -> None:
    """Add an edit of the message that begins there, after one that it has."""
    first = edits.get(at)
    edits[at] = (lambda data: edit(first(data))) if first else edit


def _touched(node: Node, places: Sequence[int]) -> bool:
    first = bisect_left(places, node.at)
    return first < len(places) and places[first] <= node.at + len(node.data)


def setting(kind: Descriptor, name: str, text: str) -> Edit:
    """Gives a message of this kind another string in the field."""
    number = kind.fields_by_name[name].number
    # of a field that stands twice the last one counts
    return lambda data: data + encoded(number, text.encode())


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
