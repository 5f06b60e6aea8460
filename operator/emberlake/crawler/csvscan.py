"""Read CSV text through and keep what decides about it: rows, kinds of cells per column, lines the engines
disagree on.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from emberlake.crawler.cells import TextColumn
from emberlake.crawler.csvdialect import Dialect
from emberlake.crawler.failure import Problem

CHUNK_ROWS = 10_000
CHUNK_CHARACTERS = 8 * 1024 * 1024
MAX_COLUMNS = 10_000
csv.field_size_limit(8 * 1024 * 1024)


class QuotesFoundError(Exception):
    """A field of a data row is quoted although the dialect said there are none: scan again with a quoted
    dialect.
    """


@dataclass
class CsvEvidence:
    """What was seen: data `rows`, `ragged` rows (another width than usual), columns, characters of text
    read.
    """

    columns: list[TextColumn] = field(default_factory=list)
    rows: int = 0
    ragged: int = 0
    characters: int = 0


class CsvScanner:
    """Feeds files of one table into one `CsvEvidence`.

    `header`: the names that every file must start with, in order (a file may have more or fewer at the
    end); None when the files have no header.
    """

    def __init__(self, dialect: Dialect, header: list[str] | None) -> None:
        self.dialect = dialect
        self.header = header
        self.evidence = CsvEvidence()
        if header:
            self._grow("", len(header))

    def scan(self, uri: str, lines: Iterable[str], *, whole: bool = True) -> int:
        """Read one file's `lines`; with `whole=False` they begin in the middle of it. Returns the number of
        data rows.

        Raises Problem for another header, empty lines, line breaks inside quotes and other text that the
        two engines would read differently; QuotesFoundError as said there.
        """
        counted = _Lines(lines)
        before = self.evidence.rows
        header_lines = 0
        try:
            if whole and self.header is not None:
                header_lines = 1
                self._check_header(uri, next(counted, ""))
            reader = self.dialect.rows(counted, strict=True)
            for number, chunk in enumerate(_chunks(reader, counted)):
                if counted.quotes and not self.dialect.quoted:
                    _refuse_quotes(chunk)
                if not number:
                    self._check_width(uri, chunk)
                self._look_at(uri, chunk)
        except csv.Error as error:
            raise Problem(
                uri, "NotReadable", f"line {counted.number}: its quotes do not enclose whole fields ({error})"
            ) from error
        rows = self.evidence.rows - before
        if self.dialect.quoted and counted.number > rows + header_lines:
            raise Problem(
                uri,
                "QuotedLineBreak",
                f"a quoted field holds a line break ({counted.number} lines, {rows + header_lines} rows); "
                "Trino reads CSV line by line, so convert the file to Parquet or replace the line breaks",
            )
        self.evidence.characters += counted.characters
        return rows

    def _check_header(self, uri: str, line: str) -> None:
        """Columns are read by position: files may differ in how many they have, not in their names and
        order.
        """
        expected = self.header or []
        found = next(replace(self.dialect, quoted=True).rows([line]), [])
        shared = min(len(found), len(expected))
        if found[:shared] != expected[:shared] or not found:
            raise Problem(
                uri,
                "DifferentColumns",
                f"the first line is {_short(found)} but other files of the folder start with "
                f"{_short(expected)}; CSV is read by position, so put each kind of file into a folder of "
                "its own",
            )
        if len(found) > len(expected):
            self.header = found
            self._grow(uri, len(found))

    def _check_width(self, uri: str, chunk: list[list[str]]) -> None:
        """The first rows of a file must be as wide as its header, or as those of the other files."""
        usual = Counter(map(len, chunk)).most_common(1)[0][0]
        known = len(self.evidence.columns)
        if self.header is not None and usual > known:
            raise Problem(
                uri,
                "HeaderTooShort",
                f"rows have {usual} fields but the header names {known}; name every column in the header",
            )
        if self.header is None and known and usual != known:
            raise Problem(
                uri,
                "DifferentColumns",
                f"rows have {usual} columns but those of other files in the folder {known}; put each kind "
                "of file into a folder of its own",
            )
        if self.header is None:
            self._grow(uri, usual)

    def _look_at(self, uri: str, chunk: list[list[str]]) -> None:
        widths = Counter(map(len, chunk))
        if blank := self._blank_row(chunk, widths):
            raise Problem(
                uri,
                "EmptyLine",
                f"data row {self.evidence.rows + blank} is an empty line; Spark leaves it out and Trino "
                "reads a row of NULLs, so remove empty lines from the file",
            )
        self.evidence.rows += len(chunk)
        self.evidence.ragged += len(chunk) - widths[len(self.evidence.columns)]
        for column, cells in zip(self.evidence.columns, zip_longest(*chunk, fillvalue=""), strict=False):
            column.add(set(cells))

    def _blank_row(self, chunk: list[list[str]], widths: "Counter[int]") -> int:
        """1-based number of the first row that is blank for Spark (nothing but whitespace), or 0."""
        if 0 not in widths and 1 not in widths and not self.dialect.delimiter.isspace():
            return 0
        for number, row in enumerate(chunk, 1):
            if (len(row) < 2 or self.dialect.delimiter.isspace()) and not any(cell.strip() for cell in row):
                return number
        return 0

    def _grow(self, uri: str, width: int) -> None:
        if width > MAX_COLUMNS:
            raise Problem(uri, "TooManyColumns", f"{width} columns; at most {MAX_COLUMNS} are read")
        columns = self.evidence.columns
        columns.extend(TextColumn() for _ in range(width - len(columns)))


class _Lines:
    """Lines of a file while they go through: counts them and notes quotes in the lines behind the header."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = self.characters = 0
        self.quotes = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.characters += len(line)
        self.quotes = self.quotes or '"' in line
        return line


def _refuse_quotes(chunk: list[list[str]]) -> None:
    if any(cell.startswith('"') for row in chunk for cell in row):
        raise QuotesFoundError


def _chunks(reader: Iterator[list[str]], counted: _Lines) -> Iterator[list[list[str]]]:
    """Rows in chunks of bounded size."""
    chunk: list[list[str]] = []
    start = counted.characters
    for row in reader:
        chunk.append(row)
        if len(chunk) >= CHUNK_ROWS or counted.characters - start >= CHUNK_CHARACTERS:
            yield chunk
            chunk, start = [], counted.characters
    if chunk:
        yield chunk


def _short(cells: list[str]) -> str:
    text = ",".join(cells)
    return repr(text if len(text) <= 120 else text[:117] + "...")
