"""What a Classifier tells about CSV text: it outweighs what is seen, as far as that can be. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from emberlake.api.v1alpha1.classifier import CsvClassifier
from emberlake.crawler.csv.cells import TextColumn
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.csv.header import Header
from emberlake.crawler.csv.shape import Shape, renamed
from emberlake.crawler.csv.sniff import DialectEvidence
from emberlake.crawler.decide.decision import Column
from emberlake.crawler.decide.types import STRING, HiveType, parse
from emberlake.crawler.grouping.names import column_name, unique

WHY = "the Classifier says so"


def told_dialect(told: CsvClassifier, lines: Sequence[str], sniffed: DialectEvidence) -> DialectEvidence:
    """The dialect with the delimiter and the quote that were told; `sniffed` where they were not."""
    quote = told.quote or sniffed.dialect.quote
    if told.delimiter is None:
        dialect = replace(sniffed.dialect, quote=quote)
        return replace(sniffed, dialect=replace(dialect, quoted=quoted(told, dialect, lines)))
    dialect = Dialect(told.delimiter, quoted=False, quote=quote)
    dialect = replace(dialect, quoted=quoted(told, dialect, lines))
    rows = list(dialect.rows(lines))
    width = len(told.names or told.types) or max(map(len, rows), default=1)
    share = sum(len(row) == width for row in rows) / max(1, len(rows))
    return DialectEvidence(dialect, width, share, rows=rows)


def quoted(told: CsvClassifier, dialect: Dialect, lines: Sequence[str]) -> bool:
    """Whether fields are quoted: OpenCSVSerde treats them so in any case."""
    return told.serde == "OpenCSV" or dialect.quotes(lines)


def told_shape(told: CsvClassifier, shape: Shape) -> Shape:
    """The shape with names or without, as was told."""
    if told.header == "Absent" and shape.header.present:
        body = [shape.first, *shape.body]
        return replace(
            shape, header=Header(False, 1.0, WHY), header_rows=0, header_lines=0, names=[], body=body
        )
    if told.header == "Present":
        named = shape if shape.header.present else renamed(shape)
        return replace(named, header=Header(True, 1.0, WHY))
    return shape


def told_columns(
    told: CsvClassifier, columns: Sequence[Column], cells: Sequence[TextColumn], keys: Sequence[str]
) -> list[Column]:
    """The columns with the names and types that were told, in order; further columns stay."""
    names = [column_name(name.strip(), f"col{index}") for index, name in enumerate(told.names)]
    names += [column.name for column in columns[len(names) :]]
    names = unique([f"{name}_file" if name in keys else name for name in names], keys)
    types = [parse(text) for text in told.types]
    types += [None] * (len(columns) - len(types))
    return [
        _typed(replace(column, name=name), kind, padded=not told.trim and bool(text.padded))
        for column, name, kind, text in zip(columns, names, types, cells, strict=False)
    ]


def _typed(column: Column, kind: HiveType | None, *, padded: bool) -> Column:
    """One column of the type that was told; blanks that count make it a text."""
    if kind is None and padded:
        return replace(column, type=STRING, meant=None, pattern="", why=f"blanks count; {column.why}")
    if kind is None or kind == (column.meant or column.type):
        return column
    if kind == STRING:
        return replace(column, type=STRING, meant=None, pattern="", why=WHY)
    if column.type == STRING and column.meant:
        return replace(column, meant=kind, pattern="", why=WHY)
    return replace(column, type=kind, why=WHY)
