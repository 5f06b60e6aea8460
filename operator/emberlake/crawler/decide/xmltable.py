"""Decide a table of XML elements."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from emberlake.crawler.classify.formats import XML
from emberlake.crawler.classify.found import Found
from emberlake.crawler.csv.cells import Kind, TextColumn
from emberlake.crawler.decide.decision import (
    Column,
    Decision,
    TextCount,
    key_columns,
    mean,
    without_keys,
)
from emberlake.crawler.decide.types import STRING, HiveType, array, struct
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.files.xmlrows import TEXT, Shape, rows
from emberlake.crawler.grouping.names import column_name, unique

MAX_NAMES = 10_000
SHAPE_BYTES = 1024 * 1024


@dataclass
class XmlNode:
    """Evidence about the elements, or the attribute, of one name at one place."""

    text: TextColumn = field(default_factory=TextColumn)
    fields: dict[str, "XmlNode"] = field(default_factory=dict)
    repeated: bool = False

    def add(self, value: Any) -> None:
        """Look at one value of `xmlrows`. Raises ValueError for too many names."""
        if isinstance(value, list):
            self.repeated = self.repeated or len(value) > 1
            for item in value:
                self.add(item)
        elif isinstance(value, dict):
            for name, inner in value.items():
                if name not in self.fields and len(self.fields) >= MAX_NAMES:
                    raise ValueError(f"there are more than {MAX_NAMES} names in one element")
                self.fields.setdefault(name, XmlNode()).add(inner)
        else:
            self.text.add_one(value.strip())

    def type(self) -> HiveType:
        """The type that holds every value."""
        kind = self._struct() if self.fields else _scalar(self.text)
        return array(kind) if self.repeated else kind

    def _struct(self) -> HiveType:
        fields = dict(self.fields)
        if self.text.values and TEXT not in fields:
            fields[TEXT] = self
            return struct([(_name(n), _scalar(f.text) if f is self else f.type()) for n, f in fields.items()])
        return struct([(_name(name), inner.type()) for name, inner in fields.items()])

    def why(self) -> str:
        """The evidence in words."""
        inner = f"elements {', '.join(list(self.fields)[:5])}" if self.fields else self.text.why()
        return f"{'repeated ' if self.repeated else ''}{inner}"


def _name(source: str) -> str:
    return column_name(source, "field")


def _scalar(text: TextColumn) -> HiveType:
    return STRING if Kind.MISSING in text.examples or text.patterns else text.type()


def decide_xml(reader: Reader, found: Found) -> Decision:
    """Columns of the attributes and elements of a row. Raises Problem for damage, and where no row is."""
    candidate = reader.candidate
    tag = found.rows_at or _tag(reader)
    root, count, size = XmlNode(), 0, 0
    for uri, content in reader.documents():
        with reader.reading(uri, "XML"):
            for row in rows(content, tag):
                root.add(row)
                count += 1
        size += content.read_bytes
    if not root.fields:
        raise Problem(
            candidate.uri, "NoRows", f"there is no element {tag!r} with anything in it; name another row tag"
        )
    names = unique([_name(name) for name in root.fields])
    columns = [
        Column(name, node.type(), source=source, why=node.why())
        for name, (source, node) in zip(names, root.fields.items(), strict=True)
    ]
    kept, notes = without_keys(columns, candidate.keys)
    why = f"Classifier {found.classifier} says so" if found.rows_at else "the first element that repeats"
    return Decision(
        candidate=candidate,
        format=XML,
        columns=tuple(kept),
        keys=key_columns(candidate),
        records=TextCount(count, size).records(reader),
        exact=reader.exact,
        record_bytes=mean(size, count),
        notes=(*candidate.notes, *notes),
        evidence={"rowsAt": {"value": tag, "why": why}},
        rows_at=tag,
    )


def _tag(reader: Reader) -> str:
    """The row tag by the shape of the first document's start."""
    source = reader.source(reader.candidate.files[0])
    shape = Shape()
    with reader.reading(source.uri, "XML"):
        try:
            for _ in shape.feed(BytesIO(source.head(SHAPE_BYTES))):
                continue
        except ValueError:
            if not shape.counts:
                raise  # else the document is longer than what was looked at
    return shape.row_tag()
