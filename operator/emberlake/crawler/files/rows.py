"""The rows of files that no engine reads as they lie, one after another, by column."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from emberlake.crawler.classify import formats
from emberlake.crawler.csv.footer import footer_rows, held_back
from emberlake.crawler.csv.scan import CHUNK_ROWS
from emberlake.crawler.decide import jsondocument
from emberlake.crawler.decide.decision import Column, Decision
from emberlake.crawler.decide.exceltable import excel_rows
from emberlake.crawler.entry.conversion import loaded_type
from emberlake.crawler.failure import Problem
from emberlake.crawler.files import xmlrows
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.files.values import fitted
from emberlake.crawler.grouping.layout import Candidate, PartitionFolder
from emberlake.crawler.grouping.partitions import NULL_VALUE
from emberlake.crawler.listing.store import ObjectStore

Raw = dict[str, Any]


def table_rows(store: ObjectStore, decision: Decision) -> Iterator[dict[str, Any]]:
    """All rows with the values of their partition: column name -> value of the column's type.

    `decision` is of a format that `conversion.CONVERTIBLE` names. Raises Problem for values that are none of
    their type.
    """
    read = _READERS[decision.format]
    for folder in decision.candidate.partitions:
        candidate = _only(decision.candidate, folder)
        keys = _key_values(decision, folder)
        for number, raw in enumerate(read(Reader(store, candidate, 0, whole=True), decision), 1):
            yield {c.name: _value(decision, c, raw, number) for c in decision.columns} | keys


def _only(candidate: Candidate, folder: PartitionFolder) -> Candidate:
    return Candidate(candidate.bucket, folder.prefix, (), (folder,))


def _key_values(decision: Decision, folder: PartitionFolder) -> dict[str, Any]:
    texts = (None if value == NULL_VALUE else value for value in folder.values)
    return {key.name: fitted(text, key.type) for key, text in zip(decision.keys, texts, strict=True)}


def _value(decision: Decision, column: Column, raw: Raw, number: int) -> Any:
    value = raw.get(column.source if column.source in raw else column.name)
    kind = loaded_type(column)
    if decision.csv and value in {"", decision.csv.nulls.spark}:
        return None
    try:
        return fitted(value, kind, column.pattern)
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(
            decision.candidate.uri,
            "ValueOfAnotherType",
            f"row {number}: {str(value)[:100]!r} in column {column.name!r} is no {kind}: {error}",
        ) from error


def _json_lines(reader: Reader, _: Decision) -> Iterator[Raw]:
    for piece in reader.pieces():
        for line in piece.lines:
            if line.strip():
                yield json.loads(line)


def _json_documents(reader: Reader, decision: Decision) -> Iterator[Raw]:
    steps = jsondocument.parse_path(decision.rows_at)
    for uri, content in reader.documents():
        with reader.reading(uri, "JSON document"):
            yield from jsondocument.rows(content, steps)


def _xml(reader: Reader, decision: Decision) -> Iterator[Raw]:
    for uri, content in reader.documents():
        with reader.reading(uri, "XML"):
            yield from xmlrows.rows(content, decision.rows_at)


def _csv(reader: Reader, decision: Decision) -> Iterator[Raw]:
    csv = decision.csv
    assert csv is not None  # noqa: S101  # set with the format
    reader.encoding = csv.encoding
    names = [column.name for column in decision.columns]
    for piece in reader.pieces():
        lines: Iterator[str] = islice(piece.lines, csv.skip_lines, None)
        if comment := csv.dialect.comment:
            lines = (line for line in lines if not line.startswith(comment))
        rows = islice(csv.dialect.rows(lines), csv.header_rows * csv.header, None)
        for cells in _without_footer(rows, len(names)):
            if any(cell.strip() for cell in cells):
                yield dict(zip(names, map(str.strip, cells) if csv.padded else cells, strict=False))


def _without_footer(rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    """The rows of a file without the lines behind its table, as `csvscan` tells them apart."""
    for chunk, last in held_back(iter(lambda: list(islice(rows, CHUNK_ROWS)), [])):
        footer = footer_rows(chunk, width) if last and width > 1 else 0
        yield from chunk[: len(chunk) - footer]


def _log(reader: Reader, decision: Decision) -> Iterator[Raw]:
    assert decision.grok is not None  # noqa: S101  # set with the format
    expression = re.compile(decision.grok.regex, re.ASCII | re.DOTALL)
    names = [column.name for column in decision.columns]
    for piece in reader.pieces():
        for line in piece.lines:
            match = expression.fullmatch(line.rstrip("\r\n"))
            yield dict(zip(names, match.groups() if match else (), strict=False))


_READERS: dict[str, Callable[[Reader, Decision], Iterator[Raw]]] = {
    formats.CSV: _csv,
    formats.JSON: _json_lines,
    formats.JSON_DOCUMENT: _json_documents,
    formats.XML: _xml,
    formats.GROK: _log,
    formats.EXCEL: excel_rows,
}
