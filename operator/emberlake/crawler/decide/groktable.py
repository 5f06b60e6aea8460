"""Decide a table of lines that a grok pattern parts."""

from emberlake.crawler.classify.formats import GROK
from emberlake.crawler.classify.found import Found
from emberlake.crawler.classify.grok import Grok
from emberlake.crawler.csv.cells import Kind, TextColumn
from emberlake.crawler.decide.decision import (
    Column,
    Decision,
    GrokFormat,
    TextCount,
    key_columns,
    mean,
)
from emberlake.crawler.decide.types import BIGINT, BOOLEAN, DOUBLE, STRING, HiveType
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.grouping.names import unique

_READ_ALIKE = frozenset({BIGINT, DOUBLE, BOOLEAN})


class _Lines:
    """What the lines of a table hold in each field."""

    def __init__(self, grok: Grok) -> None:
        self._grok = grok
        self.columns = [TextColumn() for _ in grok.names]
        self.rows = self.matched = self.characters = 0
        self.unmatched = ""

    def add(self, line: str) -> None:
        """Look at one line."""
        self.rows += 1
        self.characters += len(line)
        fields = self._grok.match(line.rstrip("\r\n"))
        if fields is None:
            self.unmatched = self.unmatched or line.rstrip()[:100]
            return
        self.matched += 1
        for column, value in zip(self.columns, fields, strict=True):
            if value is not None:
                column.add_one(value)


def decide_grok(reader: Reader, found: Found) -> Decision:
    """Columns of the fields. Raises Problem when a field is also a partition key, or no line matches."""
    grok, candidate = found.grok, reader.candidate
    assert grok is not None  # noqa: S101  # set with the format
    lines = _Lines(grok)
    for piece in reader.pieces():
        for line in piece.lines:
            lines.add(line)
    if not lines.matched:
        raise Problem(candidate.uri, "NoColumns", f"no line matches the pattern of {found.classifier}")
    names = unique(
        [f"{name}_file" if name in candidate.keys else name for name in grok.names], candidate.keys
    )
    return Decision(
        candidate=candidate,
        format=GROK,
        columns=tuple(
            Column(name, declared or _type(column), source=source, why=column.why())
            for name, source, declared, column in zip(
                names, grok.names, grok.types, lines.columns, strict=True
            )
        ),
        keys=key_columns(candidate),
        records=TextCount(lines.rows, lines.characters).records(reader),
        exact=reader.exact,
        record_bytes=mean(lines.characters, lines.rows),
        grok=GrokFormat(grok.pattern, grok.regex),
        notes=(*candidate.notes, *_notes(lines)),
        evidence={"grok": {"pattern": grok.pattern, "matched": lines.matched, "lines": lines.rows}},
    )


def _type(column: TextColumn) -> HiveType:
    """Numbers and booleans only: RegexSerDe of the two engines reads other texts in ways of its own."""
    kind = column.type()
    clean = not {Kind.EMPTY, Kind.MISSING} & set(column.examples)
    return kind if kind in _READ_ALIKE and clean else STRING


def _notes(lines: _Lines) -> list[str]:
    missed = lines.rows - lines.matched
    if not missed:
        return []
    some = f"{missed} of {lines.rows} lines do not match the pattern, such as {lines.unmatched!r}"
    return [f"UnmatchedLines: {some}; each of them is a row of NULLs"]
