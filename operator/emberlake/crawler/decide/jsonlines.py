"""JSON lines: the type of every key over all objects, and what keeps the two engines from reading them
alike.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emberlake.crawler.classify.formats import JSON
from emberlake.crawler.csv.cells import EXACT_DOUBLE_INT, Kind, TextColumn
from emberlake.crawler.decide.decision import Column, Decision, TextCount, key_columns, mean, without_keys
from emberlake.crawler.decide.types import BIGINT, BOOLEAN, DOUBLE, STRING, HiveType, array, struct
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import Reader

MAX_KEYS = 10_000
MAX_DEPTH = 32
_TOP_NAME = re.compile(r"[^,:;<>`\x00-\x1f]{1,128}")
_NESTED_NAME = re.compile(r"\w{1,128}", re.ASCII)


@dataclass
class Node:
    """Evidence about the values at one path."""

    kinds: set[str] = field(default_factory=set)
    text: TextColumn = field(default_factory=TextColumn)
    fields: dict[str, "Node"] = field(default_factory=dict)
    item: "Node | None" = None

    def add(self, value: Any, depth: int = 0) -> None:
        """Look at one value. Raises ValueError for nesting deeper than `MAX_DEPTH` and too many keys."""
        if value is None:
            return
        if isinstance(value, str):
            self.kinds.add("string")
            if Kind.STRING not in self.text.examples:
                self.text.add_one(value)
        elif isinstance(value, dict):
            self.kinds.add("object")
            self._add_object(value, depth)
        elif isinstance(value, list):
            self.kinds.add("array")
            self.item = self.item or Node()
            if depth >= MAX_DEPTH:
                raise ValueError(f"values are nested deeper than {MAX_DEPTH} levels")
            for entry in value:
                self.item.add(entry, depth + 1)
        else:
            self.kinds.add(_number_kind(value))

    def _add_object(self, value: dict[str, Any], depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise ValueError(f"values are nested deeper than {MAX_DEPTH} levels")
        fields = self.fields
        for key, entry in value.items():
            node = fields.get(key)
            if node is None:
                if len(fields) >= MAX_KEYS:
                    raise ValueError(
                        f"objects have more than {MAX_KEYS} different keys; they look like a map"
                    )
                node = fields[key] = Node()
            node.add(entry, depth + 1)

    def type(self, path: str) -> HiveType:
        """The type that holds every value. Raises ValueError naming `path` when values have nothing in
        common.
        """
        kinds = self.kinds
        if not kinds:
            return STRING
        if kinds == {"object"}:
            return self._struct(path)
        if kinds == {"array"}:
            assert self.item is not None  # noqa: S101  # set with the kind
            return array(self.item.type(f"{path}[]"))
        if kinds & {"object", "array"}:
            raise ValueError(
                f"{path} is {' in some lines and '.join(sorted(kinds))} in others; write one kind only"
            )
        return self._scalar()

    def why(self) -> str:
        """The evidence in words."""
        return " and ".join(sorted(self.kinds)) or "null only"

    def timestamp_patterns(self) -> set[str]:
        """Java patterns of all timestamps at and below this path."""
        found = set(self.text.patterns)
        for node in (*self.fields.values(), *([self.item] if self.item else [])):
            found |= node.timestamp_patterns()
        return found

    def _scalar(self) -> HiveType:
        kinds = self.kinds
        if kinds == {"boolean"}:
            return BOOLEAN
        if kinds <= {"integer", "big integer"}:
            return BIGINT
        if kinds <= {"integer", "number"}:
            return DOUBLE
        if kinds == {"string"} and self.text.values in ({Kind.DATE}, {Kind.TIMESTAMP}):
            clean = not set(self.text.examples) & {Kind.EMPTY, Kind.MISSING}
            return self.text.type() if clean else STRING
        return STRING

    def _struct(self, path: str) -> HiveType:
        if not self.fields:
            raise ValueError(f"{path} holds only empty objects, which no engine has a type for")
        for name in self.fields:
            if not _NESTED_NAME.fullmatch(name):
                raise ValueError(
                    f"the key {name!r} in {path} is not a name that Hive types can hold (letters, digits, _)"
                )
        lowered = [name.lower() for name in self.fields]
        if len(set(lowered)) != len(lowered):
            raise ValueError(f"keys in {path} differ only in upper and lower case")
        return struct([(name, node.type(f"{path}.{name}")) for name, node in self.fields.items()])


def _number_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "number"
    if abs(value) <= EXACT_DOUBLE_INT:
        return "integer"
    return "big integer" if -(2**63) <= value < 2**63 else "huge integer"


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _object(line: str) -> dict[str, Any]:
    value = _DECODER.decode(line)
    if not isinstance(value, dict):
        raise ValueError("it is not an object")  # noqa: TRY004  # a fault of the text, as those of the decoder
    return value


@dataclass
class JsonEvidence:
    """What was seen: the objects' keys in `root`, the number of `rows`, characters read."""

    root: Node = field(default_factory=Node)
    rows: int = 0
    characters: int = 0

    def scan(self, uri: str, lines: Iterable[str]) -> int:
        """Read one file's lines; returns its rows. Raises Problem for a line that is not one JSON object."""
        before = self.rows
        for number, line in enumerate(lines, 1):
            self.characters += len(line)
            stripped = line.strip()
            if not stripped:
                raise Problem(
                    uri, "EmptyLine", f"line {number} is empty; the engines disagree about it, remove it"
                )
            try:
                self.root.add(_object(stripped))
            except (ValueError, RecursionError) as error:
                raise Problem(
                    uri,
                    "NotJsonLines",
                    f"line {number} cannot be read as one JSON object ({error}); write one object in each "
                    "line",
                ) from error
            self.rows += 1
        return self.rows - before

    def columns(self, uri: str) -> list[tuple[str, HiveType, Node]]:
        """Top-level keys as written, with their types. Raises Problem for keys that no table can have."""
        names = list(self.root.fields)
        if len({name.lower() for name in names}) != len(names):
            raise Problem(
                uri,
                "AmbiguousKeys",
                "keys differ only in upper and lower case; tables cannot, so rename them",
            )
        out = []
        for name, node in self.root.fields.items():
            if not _TOP_NAME.fullmatch(name) or name != name.strip():
                raise Problem(uri, "UnusableKey", f"the key {name!r} cannot be a column's name; rename it")
            try:
                out.append((name, node.type(name), node))
            except ValueError as error:
                raise Problem(uri, "MixedTypes", f"no type holds every value: {error}") from error
        return out


def decide_json(reader: Reader) -> Decision:
    """Types of the keys over all objects that were read."""
    evidence = JsonEvidence()
    for piece in reader.pieces():
        evidence.scan(piece.uri, piece.lines)
    return decide_objects(reader, evidence, JSON)


def decide_objects(reader: Reader, evidence: JsonEvidence, kind: str) -> Decision:
    """The table of the objects that `evidence` is about."""
    candidate = reader.candidate
    found = evidence.columns(candidate.uri)
    columns = [Column(name.lower(), kind, source=name, why=node.why()) for name, kind, node in found]
    kept, notes = without_keys(columns, candidate.keys)
    if not kept:
        raise Problem(candidate.uri, "NoColumns", "the objects hold no key that can be a column")
    return Decision(
        candidate=candidate,
        format=kind,
        columns=tuple(kept),
        keys=key_columns(candidate),
        records=TextCount(evidence.rows, evidence.characters).records(reader),
        exact=reader.exact,
        record_bytes=mean(evidence.characters, evidence.rows),
        timestamp_patterns=tuple(sorted(evidence.root.timestamp_patterns())),
        notes=(*candidate.notes, *notes),
    )
