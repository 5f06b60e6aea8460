"""Decide a CSV table: dialect, header, names and types, missing values."""

from collections import Counter
from typing import Any

from emberlake.crawler.cells import NullRule, null_rule
from emberlake.crawler.csvdialect import (
    MAX_SAMPLE_ROWS,
    Dialect,
    DialectEvidence,
    Header,
    any_quoted,
    decide_header,
    sniff,
)
from emberlake.crawler.csvscan import CsvEvidence, CsvScanner, QuotesFoundError
from emberlake.crawler.decision import Column, CsvFormat, Decision, TextCount, key_columns, mean
from emberlake.crawler.failure import Problem
from emberlake.crawler.names import column_name, unique
from emberlake.crawler.reading import Reader
from emberlake.crawler.sampling import spread
from emberlake.crawler.types import STRING, TIMESTAMP, HiveType

HEADER_FILES = 10
SAMPLE_BYTES = 256 * 1024


def decide_csv(reader: Reader) -> Decision:
    """Decide the columns of a folder of CSV files. Raises Problem when they are not one table for both
    engines.
    """
    candidate = reader.candidate
    samples = _samples(reader)
    found = _dialect(candidate.uri, samples)
    rows = [
        list(Dialect(found.dialect.delimiter, True, found.dialect.escape).rows(lines)) for lines in samples
    ]
    header = decide_header(rows)
    names = rows[0][0] if header.present else None
    data = [line for lines in samples for line in lines[1 if header.present else 0 :]]
    quoted = any_quoted(data, found.dialect.delimiter)
    scanner = _scan(reader, Dialect(found.dialect.delimiter, quoted, found.dialect.escape), names)
    evidence, dialect = scanner.evidence, scanner.dialect
    columns, renamed = _columns(scanner, candidate.keys)
    nulls = null_rule([(column.type, text) for column, text in zip(columns, evidence.columns, strict=True)])
    if dialect.quoted:
        nulls = NullRule("", "", "quoted text: every column is a string")
    patterns = sorted(
        pattern
        for column, text in zip(columns, evidence.columns, strict=True)
        if column.type == TIMESTAMP
        for pattern in text.patterns
    )
    return Decision(
        candidate=candidate,
        format="csv",
        columns=tuple(columns),
        keys=key_columns(candidate),
        records=TextCount(evidence.rows, evidence.characters).records(reader),
        exact=reader.exact,
        record_bytes=mean(evidence.characters, evidence.rows),
        csv=CsvFormat(
            dialect, header.present, nulls, tuple(evidence.columns), header_rows=int(header.present)
        ),
        timestamp_patterns=tuple(dict.fromkeys(patterns)),
        notes=(*candidate.notes, *renamed, *_notes(evidence, dialect)),
        evidence=_told(found, dialect, header, nulls),
    )


def _samples(reader: Reader) -> list[list[str]]:
    """First lines of some files, spread over the table; the last, cut line left out."""
    samples = []
    for item in spread(reader.candidate.files, HEADER_FILES):
        lines = []
        for line in reader.source(item).lines(limit=SAMPLE_BYTES):
            lines.append(line)
            if len(lines) > MAX_SAMPLE_ROWS:
                break
        if any(line.strip() for line in lines):
            samples.append([line for line in lines if line.strip()])
    if not samples:
        raise Problem(reader.candidate.uri, "NoColumns", "the files hold nothing but empty lines")
    return samples


def _dialect(uri: str, samples: list[list[str]]) -> DialectEvidence:
    """One dialect for all files. Raises Problem when the files differ in their delimiter."""
    found = [
        sniff(lines) or DialectEvidence(Dialect(",", any_quoted(lines, ",")), 1, 1.0) for lines in samples
    ]
    delimiters = Counter(evidence.dialect.delimiter for evidence in found if evidence.columns > 1)
    if len(delimiters) > 1:
        listed = " and ".join(repr(delimiter) for delimiter in delimiters)
        raise Problem(
            uri, "MixedDialects", f"files of the folder use the delimiters {listed}; a table has only one"
        )
    return max(found, key=lambda evidence: evidence.columns)


def _scan(reader: Reader, dialect: Dialect, header: list[str] | None) -> CsvScanner:
    """Read the pieces; once more with quoting when quotes show up behind the sample."""
    scanner = CsvScanner(dialect, header)
    try:
        for piece in reader.pieces():
            scanner.scan(piece.uri, piece.lines, whole=piece.whole)
    except QuotesFoundError:
        return _scan(reader, Dialect(dialect.delimiter, True, dialect.escape), header)
    return scanner


def _columns(scanner: CsvScanner, keys: tuple[str, ...]) -> tuple[list[Column], list[str]]:
    """Columns in the order of the file; a column named like a partition key becomes `<name>_file`."""
    sources = scanner.header or []
    width = len(scanner.evidence.columns)
    sources = sources + [""] * (width - len(sources))
    plain = [column_name(source.strip(), f"col{index}") for index, source in enumerate(sources)]
    names = unique([f"{name}_file" if name in keys else name for name in plain], keys)
    columns, notes = [], []
    for source, base, name, text in zip(sources, plain, names, scanner.evidence.columns, strict=True):
        kind: HiveType = STRING if scanner.dialect.quoted else text.type()
        meant = text.type() if text.type() != kind else None
        columns.append(Column(name, kind, source=source, why=text.why(), meant=meant))
        if base in keys:
            notes.append(
                f"RenamedColumn: column {source!r} is also a partition key; the file's column is {name!r}"
            )
        elif source and name != source.strip().lower():
            notes.append(f"RenamedColumn: column {source!r} is {name!r} in the table")
    return columns, notes


def _notes(evidence: CsvEvidence, dialect: Dialect) -> list[str]:
    notes = []
    if evidence.ragged:
        notes.append(
            f"RaggedRows: {evidence.ragged} of {evidence.rows} rows have another number of fields; missing "
            "ones are NULL, further ones are not read"
        )
    if dialect.quoted:
        notes.append(
            "QuotedText: fields are quoted, so Trino's table has texts; the view beside it has the types"
        )
    return notes


def _told(found: DialectEvidence, dialect: Dialect, header: Header, nulls: NullRule) -> dict[str, Any]:
    """The decisions about the text for the report."""
    return {
        "delimiter": {"value": dialect.delimiter, "confidence": found.confidence},
        "quote": {
            "value": '"' if dialect.quoted else None,
            "escape": dialect.escape if dialect.quoted else None,
        },
        "header": {"value": header.present, "confidence": header.confidence, "why": header.why},
        "nullValue": {"spark": nulls.spark, "hive": nulls.hive, "why": nulls.why},
    }
