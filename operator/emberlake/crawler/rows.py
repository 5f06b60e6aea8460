"""The rows of files that no engine reads as they lie, one after another, by column."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from emberlake.crawler import formats, jsondocument, xmlrows
from emberlake.crawler.decision import Column, Decision
from emberlake.crawler.exceltable import excel_rows
from emberlake.crawler.failure import Problem
from emberlake.crawler.layout import Candidate, PartitionFolder
from emberlake.crawler.partitions import NULL_VALUE
from emberlake.crawler.reading import Reader
from emberlake.crawler.store import ObjectStore
from emberlake.crawler.values import fitted

Raw = dict[str, Any]
_EVERYTHING = 1 << 60


def table_rows(store: ObjectStore, decision: Decision) -> Iterator[dict[str, Any]]:
    """All rows with the values of their partition: column name -> value of the column's type.

    Raises Problem for files of a format that is not read here, and for values that are none of their type.
    """
    read = _READERS.get(decision.format)
    if read is None:
        raise Problem(
            decision.candidate.uri,
            "NotConvertible",
            f"{decision.format} is not read by the crawler either; write the files in another format",
        )
    for folder in decision.candidate.partitions:
        candidate = _only(decision.candidate, folder)
        keys = _key_values(decision, folder)
        for number, raw in enumerate(read(Reader(store, candidate, _EVERYTHING), decision), 1):
            yield {c.name: _value(decision, c, raw, number) for c in decision.columns} | keys


def _only(candidate: Candidate, folder: PartitionFolder) -> Candidate:
    return Candidate(candidate.bucket, folder.prefix, (), (folder,))


def _key_values(decision: Decision, folder: PartitionFolder) -> dict[str, Any]:
    texts = (None if value == NULL_VALUE else value for value in folder.values)
    return {key.name: fitted(text, key.type) for key, text in zip(decision.keys, texts, strict=True)}


def _value(decision: Decision, column: Column, raw: Raw, number: int) -> Any:
    csv = decision.csv
    value = raw.get(column.source if column.source in raw else column.name)
    if csv and value in {"", csv.nulls.spark}:
        return None
    try:
        return fitted(
            value, column.meant or column.type, column.pattern, comma=bool(csv and csv.decimal == ",")
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise Problem(
            decision.candidate.uri,
            "ValueOfAnotherType",
            f"row {number}: {str(value)[:100]!r} in column {column.name!r} is no "
            f"{column.meant or column.type}: {error}",
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
    names = [column.name for column in decision.columns]
    for piece in reader.pieces():
        for number, cells in enumerate(csv.dialect.rows(piece.lines)):
            if cells and number >= csv.header:
                yield dict(zip(names, cells, strict=False))


def _log(reader: Reader, decision: Decision) -> Iterator[Raw]:
    assert decision.grok is not None  # noqa: S101  # set with the format
    expression = re.compile(decision.grok.regex, re.DOTALL)
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
