"""What was decided about one folder, with the evidence: the input of `render` and of the report."""

from dataclasses import dataclass, field
from typing import Any

from emberlake.crawler.classify.formats import NONE
from emberlake.crawler.csv.cells import NullRule, TextColumn
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.decide.types import HiveType
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.grouping.layout import Candidate
from emberlake.crawler.grouping.partitions import value_type


@dataclass(frozen=True)
class Column:
    """A column: `name` in the table, `source` (header cell or key as written), why it has its type.

    `type` is what both engines read from the files as they lie. `meant` is what the values are, where that is
    more than the engines read (a date as `28/01/2018`, a number behind a quote or with a decimal comma).
    `pattern`: how those values are written, where the engines have to be told: Java's pattern of dates and
    times, `#,##0.#` or `#.##0,#` of numbers, `yes/no` of booleans; several patterns parted by ` or ` where
    no value tells day and month apart.
    """

    name: str
    type: HiveType
    source: str = ""
    why: str = ""
    meant: HiveType | None = None
    pattern: str = ""


@dataclass(frozen=True)
class CsvFormat:
    """How the files of a CSV table are written; `cells` is the evidence about each column.

    In each file: `skip_lines` lines that belong to no row stand above the names (or above the first row),
    nothing but comments and empty lines if `skip_comments`; the names take `header_rows` rows;
    `footer_lines` lines behind the last row belong to no row; `blank_lines` are empty lines and
    `comment_lines` are comments among the rows (the most in a file). `line_breaks`: some quoted cell holds
    one. `stray_quotes`: some quote stands where the rules have none, so that readers part the row
    differently. `unnamed_columns`: rows have that many fields more than there are names. `encoding` is its
    IANA name; `decimal` is `,` where some column needs it; `padded`: cells have blanks around them that are
    no part of the values.
    """

    dialect: Dialect
    header: bool
    nulls: NullRule
    cells: tuple[TextColumn, ...] = field(default=(), repr=False)
    encoding: str = "utf-8"
    skip_lines: int = 0
    skip_comments: bool = False
    header_rows: int = 1
    footer_lines: int = 0
    blank_lines: int = 0
    comment_lines: int = 0
    line_breaks: bool = False
    stray_quotes: bool = False
    unnamed_columns: int = 0
    decimal: str = "."
    padded: bool = False


@dataclass(frozen=True)
class GrokFormat:
    """How the lines of a text table are parted.

    `regex` is a Java regular expression for RegexSerDe: it matches a whole line, and its n-th group is the
    n-th column. `pattern` is what it was made from; a line that it does not match is a row of NULLs.
    """

    pattern: str
    regex: str


@dataclass(frozen=True)
class Lakehouse:
    """A table that keeps its own metadata.

    `metadata_location`: Iceberg's newest metadata file; Delta's log folder. `version`: of that metadata.
    `schema`: its schema as the format writes it (JSON). `files` and `bytes`: of the data that it holds now.
    `features`: what the format asks of a reader beyond its first version, by Delta's names.
    """

    metadata_location: str
    version: int
    schema: str = field(repr=False)
    partition_columns: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """One table. `records` counts rows (`exact` or estimated), `record_bytes` is their mean size as text or
    stored.

    `format` is one of `formats`; `classification` is Glue's name of it where that differs. `compression` is
    that of all files, `none` where they differ; `codecs` lists each one with its framing, `within`
    those inside Parquet. `rows_at` says where the rows of a document are: the row tag of XML, the path in
    JSON, the sheet of a workbook.
    `confidence` is between 0 and 1.
    """

    candidate: Candidate
    format: str
    columns: tuple[Column, ...]
    keys: tuple[Column, ...]
    records: int
    exact: bool
    record_bytes: int
    csv: CsvFormat | None = None
    timestamp_patterns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    classification: str = ""
    compression: str = NONE
    codecs: tuple[str, ...] = (NONE,)
    within: tuple[str, ...] = ()
    confidence: float = 1.0
    grok: GrokFormat | None = None
    lakehouse: Lakehouse | None = None
    avro_schema: str = ""
    rows_at: str = ""

    @property
    def objects(self) -> int:
        """How many files hold the rows."""
        return self.lakehouse.files if self.lakehouse else len(self.candidate.files)

    @property
    def bytes(self) -> int:
        """The stored size of those files."""
        return self.lakehouse.bytes if self.lakehouse else self.candidate.total_bytes


@dataclass(frozen=True)
class Skipped:
    """A folder of files that are none of the formats the crawler knows: no table, no failure."""

    uri: str
    looks_like: str


@dataclass(frozen=True)
class TextCount:
    """What reading text counted: rows and characters."""

    rows: int
    characters: int

    def records(self, reader: Reader) -> int:
        """Rows of the table: counted, or estimated from the stored size of the rows that were read."""
        if reader.exact:
            return self.rows
        return round(reader.candidate.total_bytes * self.rows / max(1, reader.stored_bytes_read))


def mean(total: int, count: int) -> int:
    """Rounded mean; 0 of nothing."""
    return round(total / count) if count else 0


def key_columns(candidate: Candidate) -> tuple[Column, ...]:
    """Partition keys with the type that holds all their values."""
    return tuple(
        Column(key, value_type(partition.values[index] for partition in candidate.partitions))
        for index, key in enumerate(candidate.keys)
    )


def without_keys(columns: list[Column], keys: tuple[str, ...]) -> tuple[list[Column], list[str]]:
    """Columns that are read by name cannot be renamed: those named like a partition key are left out, and
    noted.
    """
    kept = [column for column in columns if column.name not in keys]
    notes = [
        f"HiddenColumn: column {column.name!r} of the files is hidden by the partition key of that name"
        for column in columns
        if column.name in keys
    ]
    return kept, notes
