"""Decide a CSV table: encoding, dialect, preamble, names and types, missing values."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from emberlake.api.v1alpha1.classifier import CsvClassifier
from emberlake.crawler.csv.cells import NullRule, null_rule
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.csv.header import Header, decide_header
from emberlake.crawler.csv.meanings import Meaning, agree_on_days
from emberlake.crawler.csv.scan import CsvEvidence, CsvScanner, Layout, QuotesFoundError, StrayQuoteError
from emberlake.crawler.csv.shape import Shape, renamed, shape_of
from emberlake.crawler.csv.sniff import LEAST_CONSISTENT, DialectEvidence, sniff
from emberlake.crawler.csv.told import quoted, told_columns, told_dialect, told_shape
from emberlake.crawler.decide.decision import Column, CsvFormat, Decision, TextCount, key_columns, mean
from emberlake.crawler.decide.types import STRING, TIMESTAMP
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.encoding import Encoding, detect
from emberlake.crawler.files.lines import OtherEncodingError, one_encoding
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.grouping.names import column_name, unique
from emberlake.crawler.grouping.sampling import spread

HEADER_FILES = 10
SAMPLE_BYTES = 256 * 1024
SAMPLE_LINES = 1_000


@dataclass(frozen=True)
class _Sample:
    """The first complete lines of one file."""

    uri: str
    lines: list[str]
    encoding: Encoding


@dataclass(frozen=True)
class _Text:
    """What was decided about the text from the samples."""

    encoding: Encoding
    found: DialectEvidence
    dialect: Dialect
    shapes: list[Shape]
    header: Header
    surest: Shape

    @property
    def layout(self) -> Layout:
        """Where the rows begin in every file."""
        shape = self.surest
        names = tuple(shape.names) if self.header.present else None
        return Layout(shape.skip_lines, shape.header_lines if names else 0, names, shape.labelled)


def decide_csv(reader: Reader, told: CsvClassifier | None = None) -> Decision:
    """Decide the columns of a folder of CSV files, by what a Classifier has `told` where it has.

    Raises Problem when they are not one table.
    """
    samples = _samples(reader)
    try:
        return _decide(reader, samples, _encoding(reader.candidate.uri, samples), told)
    except OtherEncodingError as other:
        if not all(sample.encoding.ascii for sample in samples):
            raise
        return _decide(reader, samples, other.encoding, told)


def _decide(
    reader: Reader, samples: list[_Sample], encoding: Encoding, told: CsvClassifier | None
) -> Decision:
    candidate = reader.candidate
    reader.encoding = encoding.name
    text = _text(candidate.uri, samples, encoding, told)
    scanner = _scan(reader, text)
    evidence, dialect = scanner.evidence, scanner.dialect
    columns, renamed = _columns(scanner, candidate.keys)
    if told:
        columns = told_columns(told, columns, evidence.columns, candidate.keys)
    nulls = null_rule(
        [
            (column.meant or column.type, cells)
            for column, cells in zip(columns, evidence.columns, strict=True)
        ]
    )
    return Decision(
        candidate=candidate,
        format="csv",
        columns=tuple(columns),
        keys=key_columns(candidate),
        records=TextCount(evidence.rows, evidence.characters).records(reader),
        exact=reader.exact,
        record_bytes=mean(evidence.characters, evidence.rows),
        csv=_format(reader, text, scanner, columns, nulls),
        timestamp_patterns=_timestamp_patterns(columns, evidence),
        notes=(*candidate.notes, *renamed, *_notes(evidence, dialect)),
        evidence=_told(text, dialect, nulls),
        confidence=round(min(encoding.confidence, text.found.confidence, text.header.confidence), 3),
    )


def _samples(reader: Reader) -> list[_Sample]:
    """First lines of some files, spread over the table; the last, cut line left out."""
    samples = []
    for item in spread(reader.candidate.files, HEADER_FILES):
        source = reader.source(item)
        head = source.head(SAMPLE_BYTES)
        encoding = detect(head)
        if not encoding.name:
            raise Problem(source.uri, "UnknownEncoding", f"{encoding.why}; convert the file to UTF-8")
        lines = list(StringIO(encoding.decode(head), newline=""))
        if len(head) >= SAMPLE_BYTES and len(lines) > 1:
            lines.pop()
        lines = lines[:SAMPLE_LINES]
        if any(line.strip() for line in lines):
            samples.append(_Sample(source.uri, lines, encoding))
    if not samples:
        raise Problem(reader.candidate.uri, "NoColumns", "the files hold nothing but empty lines")
    return samples


def _encoding(uri: str, samples: list[_Sample]) -> Encoding:
    """One encoding for all files; plain ASCII goes with any. Raises Problem when they differ."""
    told = {sample.encoding.name: sample for sample in samples if not sample.encoding.ascii}
    if len(told) > 1:
        listed = " and ".join(f"{name} ({sample.uri})" for name, sample in sorted(told.items()))
        raise Problem(uri, "MixedEncodings", f"files of the folder are {listed}; convert them to UTF-8")
    return next(iter(told.values()), samples[0]).encoding


def _text(uri: str, samples: list[_Sample], encoding: Encoding, told: CsvClassifier | None) -> _Text:
    """Dialect, preamble and names from the samples."""
    found = _dialect(uri, [sample.lines for sample in samples], told)
    shapes = [shape for s in samples if (shape := shape_of(s.lines, found.dialect))]
    if told:
        shapes = [told_shape(told, shape) for shape in shapes]
    if not shapes:
        raise Problem(uri, "NoColumns", "the files hold nothing but comments and empty lines")
    header, surest = _header(shapes) if not told or told.header == "Unknown" else _surest(shapes)
    if len({shape.skip_lines for shape in shapes}) > 1:
        counts = ", ".join(str(n) for n in sorted({shape.skip_lines for shape in shapes}))
        raise Problem(
            uri,
            "MixedPreambles",
            f"files of the folder have {counts} lines above the table; a table can skip only one number of "
            "lines",
        )
    comments = {shape.comment for shape in shapes if shape.comment}
    data = [line for s in samples for line in s.lines[surest.skip_lines + surest.header_lines :]]
    comment = min(comments, default="")
    data = [line for line in data if not comment or not line.startswith(comment)]
    quotes = quoted(told, found.dialect, data) if told else found.dialect.quotes(data)
    dialect = replace(found.dialect, comment=comment, quoted=quotes)
    return _Text(encoding, found, dialect, shapes, header, surest)


def _dialect(uri: str, samples: list[list[str]], told: CsvClassifier | None) -> DialectEvidence:
    """One dialect for all files. Raises Problem when the files differ in their delimiter."""
    found = [sniff(lines, LEAST_CONSISTENT) or _one_column(lines) for lines in samples]
    if told:
        found = [told_dialect(told, lines, one) for lines, one in zip(samples, found, strict=True)]
    delimiters = Counter(evidence.dialect.delimiter for evidence in found if evidence.columns > 1)
    if len(delimiters) > 1:
        listed = " and ".join(repr(delimiter) for delimiter in delimiters)
        raise Problem(
            uri, "MixedDialects", f"files of the folder use the delimiters {listed}; a table has only one"
        )
    return max(found, key=lambda evidence: (evidence.columns > 1, evidence.dialect.quoted, evidence.columns))


def _one_column(lines: list[str]) -> DialectEvidence:
    """No delimiter parts the lines: a comma, which stands in none of them, or only within quotes."""
    plain = Dialect(",", quoted=False)
    return DialectEvidence(replace(plain, quoted=plain.quotes(lines)), 1, 1.0)


def _header(shapes: list[Shape]) -> tuple[Header, Shape]:
    """Whether the files have names: those that share their first row do; else the surest file tells."""
    _, surest = _surest(shapes)
    firsts = [shape.first for shape in shapes]
    if len(firsts) < 2 or any(row != firsts[0] for row in firsts):
        return surest.header, surest
    longest = max(shapes, key=lambda shape: (shape.header.present, len(shape.body)))
    if longest.header.present:
        return decide_header(longest.first, longest.body, shared=True), longest
    header = decide_header(longest.first, longest.body[1:], shared=True)
    return (header, renamed(longest)) if header.present else (surest.header, surest)


def _surest(shapes: list[Shape]) -> tuple[Header, Shape]:
    surest = max(shapes, key=lambda shape: (shape.header.confidence, len(shape.body)))
    return surest.header, surest


def _scan(reader: Reader, text: _Text, *, strict: bool = True) -> CsvScanner:
    """Read the pieces; once more with quoting when quotes show up behind the sample, and without strictness
    when some stand inside fields.
    """
    scanner = CsvScanner(reader.candidate.uri, text.dialect, text.layout, strict=strict)
    try:
        for piece in reader.pieces():
            lines = one_encoding(piece.uri, piece.lines, reader.encoding)
            scanner.scan(piece.uri, lines, whole=piece.whole, cut=not reader.exact)
    except QuotesFoundError:
        return _scan(reader, replace(text, dialect=replace(text.dialect, quoted=True)), strict=strict)
    except StrayQuoteError:
        return _scan(reader, text, strict=False)
    return scanner


def _format(
    reader: Reader, text: _Text, scanner: CsvScanner, columns: list[Column], nulls: NullRule
) -> CsvFormat:
    """How the files are written, for rendering."""
    evidence, shape = scanner.evidence, text.surest
    return CsvFormat(
        scanner.dialect,
        text.header.present,
        nulls,
        tuple(evidence.columns),
        encoding=text.encoding.name,
        skip_lines=shape.skip_lines,
        skip_comments=shape.skip_lines > 0 and all(one.only_comments for one in text.shapes),
        header_rows=shape.header_rows if text.header.present else 0,
        footer_lines=_footer_lines(reader, evidence),
        blank_lines=evidence.blank,
        comment_lines=evidence.comments,
        line_breaks=evidence.line_breaks or text.layout.header_lines > max(1, shape.header_rows),
        stray_quotes=not scanner.strict,
        unnamed_columns=evidence.unnamed,
        decimal="," if any(column.pattern.endswith("#.##0,#") for column in columns) else ".",
        padded=scanner.dialect.padded or _padded(columns, evidence),
    )


def _padded(columns: list[Column], evidence: CsvEvidence) -> bool:
    """Whether values have blanks around them."""
    return any(text.padded and column.meant for column, text in zip(columns, evidence.columns, strict=True))


def _footer_lines(reader: Reader, evidence: CsvEvidence) -> int:
    """Lines behind the rows of every file; of samples only those that reach the end of a file show them."""
    found = {count for count in evidence.footers if count or reader.exact}
    if len(found) > 1:
        raise Problem(
            reader.candidate.uri,
            "MixedFooters",
            f"files of the folder have {' and '.join(map(str, sorted(found)))} lines behind their rows; a "
            "table can skip only one number of lines",
        )
    return found.pop() if found else 0


def _columns(scanner: CsvScanner, keys: tuple[str, ...]) -> tuple[list[Column], list[str]]:
    """Columns in the order of the file; a column named like a partition key becomes `<name>_file`."""
    sources = scanner.header or []
    width = len(scanner.evidence.columns)
    sources = sources + [""] * (width - len(sources))
    plain = [column_name(source.strip(), f"col{index}") for index, source in enumerate(sources)]
    names = unique([f"{name}_file" if name in keys else name for name in plain], keys)
    columns, notes = [], []
    for source, base, name, column in zip(sources, plain, names, _typed(scanner), strict=True):
        columns.append(replace(column, name=name, source=source))
        if base in keys:
            notes.append(
                f"RenamedColumn: column {source!r} is also a partition key; the file's column is {name!r}"
            )
        elif source and name != source.strip().lower():
            notes.append(f"RenamedColumn: column {source!r} is {name!r} in the table")
    return columns, notes


def _typed(scanner: CsvScanner) -> Iterator[Column]:
    """The types of the columns: what the engines read, and what the values mean beyond that."""
    cells = scanner.evidence.columns
    meanings: list[Meaning | None] = agree_on_days(column.meaning() for column in cells)
    for column, meaning in zip(cells, meanings, strict=True):
        kind, why = column.type(), column.why()
        if meaning:
            yield Column("", STRING, why=f"{meaning.why}: {why}", meant=meaning.type, pattern=meaning.pattern)
        elif scanner.dialect.quoted and kind != STRING:
            yield Column("", STRING, why=why, meant=kind)
        else:
            yield Column("", kind, why=why)


def _timestamp_patterns(columns: list[Column], evidence: CsvEvidence) -> tuple[str, ...]:
    """The formats that a serde has to be told, of the columns that it parses itself."""
    patterns = {
        pattern
        for column, text in zip(columns, evidence.columns, strict=True)
        if column.type == TIMESTAMP
        for pattern in text.patterns
    }
    return tuple(sorted(patterns))


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


def _told(text: _Text, dialect: Dialect, nulls: NullRule) -> dict[str, Any]:
    """The decisions about the text for the report."""
    header, shape = text.header, text.surest
    return {
        "encoding": {
            "value": text.encoding.name, "confidence": text.encoding.confidence, "why": text.encoding.why,
        },
        "delimiter": {
            "value": dialect.delimiter, "confidence": text.found.confidence, "why": text.found.why(),
        },
        "quote": {
            "value": dialect.quote if dialect.quoted else None,
            "escape": dialect.escape if dialect.quoted else None,
        },
        "preamble": {"lines": shape.skip_lines, "comment": dialect.comment or None},
        "header": {
            "value": header.present, "rows": shape.header_rows, "confidence": header.confidence,
            "why": header.why,
        },
        "nullValue": {"spark": nulls.spark, "hive": nulls.hive, "why": nulls.why},
    }  # fmt: skip
