"""Read CSV text through and keep what decides about it: rows, kinds of cells per column, lines the engines
disagree on.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from emberlake.crawler.csv.cells import TextColumn
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.csv.footer import footer_rows, held_back
from emberlake.crawler.csv.shape import joined_names, without_open_quote
from emberlake.crawler.failure import Problem

CHUNK_ROWS = 10_000
CHUNK_CHARACTERS = 2 * 1024 * 1024
MAX_COLUMNS = 10_000
csv.field_size_limit(8 * 1024 * 1024)


class QuotesFoundError(Exception):
    """A field of a data row is quoted although the dialect said there are none: scan again with a quoted
    dialect.
    """


class StrayQuoteError(Exception):
    """A quote stands inside a field: scan again without strictness, and say so."""


@dataclass(frozen=True)
class Layout:
    """What every file of the table starts with: `skip_lines` lines above the names, then `header_lines`
    lines with the rows of `names` (None without a header). `labelled`: the first column has a label for each
    row and no name in the files.
    """

    skip_lines: int = 0
    header_lines: int = 0
    names: tuple[str, ...] | None = None
    labelled: bool = False


@dataclass
class CsvEvidence:
    """What was seen: data `rows`, `ragged` rows (another width than usual), columns, characters of text
    read; of the file that has most of them: blank lines and comments among the rows; how many files have
    how many lines behind the rows; how many columns the names leave out.
    """

    columns: list[TextColumn] = field(default_factory=list)
    rows: int = 0
    ragged: int = 0
    characters: int = 0
    blank: int = 0
    comments: int = 0
    footers: Counter[int] = field(default_factory=Counter)
    line_breaks: bool = False
    unnamed: int = 0


class CsvScanner:
    """Feeds files of one table, the folder `uri`, into one `CsvEvidence`.

    The names of `layout` are what every file must start with, in order (a file may have more or fewer at the
    end). `strict`: quotes must enclose whole fields.
    """

    def __init__(self, uri: str, dialect: Dialect, layout: Layout, *, strict: bool = True) -> None:
        self.dialect, self.layout, self.strict = dialect, layout, strict
        self.header = list(layout.names) if layout.names is not None else None
        self.evidence = CsvEvidence()
        if self.header:
            self._grow(uri, len(self.header))

    def scan(self, uri: str, lines: Iterable[str], *, whole: bool = True, cut: bool = False) -> int:
        """Read one file's `lines`; with `whole=False` they begin in the middle of it, perhaps of a row, and
        with `cut` they may end there. Returns the number of data rows.

        Raises Problem for another header, too many columns and fields that are too long;
        QuotesFoundError and StrayQuoteError as said there.
        """
        counted = _Lines(lines, self.dialect.comment)
        before = self.evidence.rows
        if whole:
            self._above(uri, counted)
        blank = parted = 0
        try:
            reader = self.dialect.rows(counted, strict=self.strict)
            for number, (chunk, last) in enumerate(held_back(_chunks(reader, counted))):
                parted += len(chunk)
                if counted.quotes and not self.dialect.quoted:
                    _refuse_quotes(chunk, self.dialect.quote)
                rows, empty = self._without_blanks(chunk)
                if last and self.width > 1:
                    rows, empty = self._without_footer(chunk, rows, empty, known=bool(number))
                blank += empty
                if rows and not number and whole:
                    self._check_width(uri, rows)
                self._look_at(rows if whole else [row for row in rows if len(row) == self.width])
        except csv.Error as error:
            if not whole or (cut and counted.ended):
                return self.evidence.rows - before
            if self.strict and "field limit" not in str(error):
                raise StrayQuoteError from error
            raise Problem(
                uri, "NotReadable", f"line {counted.number}: {error}; is a quote never closed?"
            ) from error
        self.evidence.blank = max(self.evidence.blank, blank)
        self.evidence.comments = max(self.evidence.comments, counted.comments)
        self.evidence.characters += counted.characters
        self.evidence.line_breaks |= counted.given > parted
        return self.evidence.rows - before

    @property
    def width(self) -> int:
        """How many columns the table has so far."""
        return len(self.evidence.columns)

    def _above(self, uri: str, counted: "_Lines") -> None:
        """Read the preamble and the names."""
        for _ in range(self.layout.skip_lines):
            if not counted.raw():
                return
        if self.header is not None:
            self._check_header(uri, [counted.raw() for _ in range(self.layout.header_lines)])

    def _check_header(self, uri: str, lines: list[str]) -> None:
        """Columns are read by position: files may differ in how many they have, not in their names and
        order.
        """
        expected = self.header or []
        found = self._names(lines)
        shared = min(len(found), len(expected))
        if found[:shared] != expected[:shared] or not found:
            raise Problem(
                uri,
                "DifferentColumns",
                f"the names are {_short(found)} but other files of the folder start with "
                f"{_short(expected)}; CSV is read by position, so put each kind of file into a folder of "
                "its own",
            )
        if len(found) > len(expected):
            self.header = found
            self._grow(uri, len(found))

    def _names(self, lines: list[str]) -> list[str]:
        if len(lines) == 1:
            lines = [without_open_quote(lines[0], self.dialect)]
        rows = [row for row in replace(self.dialect, quoted=True).rows(lines) if row]
        names = [""] * self.layout.labelled + joined_names(rows)
        one_more = len(names) == len(self.header or []) + 1 and not names[-1].strip()
        return names[:-1] if one_more else names

    def _check_width(self, uri: str, chunk: list[list[str]]) -> None:
        """The first rows of a file must be as wide as its header, or as those of the other files."""
        usual = Counter(map(len, chunk)).most_common(1)[0][0]
        known = self.width
        if self.header is not None and usual > known:
            self.evidence.unnamed = usual - known
            self._grow(uri, usual)
        if self.header is None and known and usual != known:
            raise Problem(
                uri,
                "DifferentColumns",
                f"rows have {usual} columns but those of other files in the folder {known}; put each kind "
                "of file into a folder of its own",
            )
        if self.header is None:
            self._grow(uri, usual)

    def _without_blanks(self, chunk: list[list[str]]) -> tuple[list[list[str]], int]:
        """The rows that hold something, and how many lines hold nothing but whitespace: Spark leaves them
        out, Trino reads a row of NULLs.
        """
        white = self.dialect.delimiter.isspace()
        if not white and all(len(row) > 1 for row in chunk):
            return chunk, 0
        rows = [row for row in chunk if (len(row) > 1 and not white) or any(cell.strip() for cell in row)]
        return rows, len(chunk) - len(rows)

    def _without_footer(
        self, chunk: list[list[str]], rows: list[list[str]], empty: int, *, known: bool
    ) -> tuple[list[list[str]], int]:
        """The last rows of a file without the lines behind the table, which are noted."""
        width = self.width if known or self.header else 0
        count = footer_rows(chunk, width)
        self.evidence.footers[count] += 1
        if not count:
            return rows, empty
        return self._without_blanks(chunk[:-count])

    def _look_at(self, chunk: list[list[str]]) -> None:
        widths = Counter(map(len, chunk))
        self.evidence.rows += len(chunk)
        self.evidence.ragged += len(chunk) - widths[self.width]
        for column, cells in zip(self.evidence.columns, zip_longest(*chunk, fillvalue=""), strict=False):
            column.add(set(cells))

    def _grow(self, uri: str, width: int) -> None:
        if width > MAX_COLUMNS:
            raise Problem(uri, "TooManyColumns", f"{width} columns; at most {MAX_COLUMNS} are read")
        columns = self.evidence.columns
        columns.extend(TextColumn() for _ in range(width - len(columns)))


class _Lines:
    """Lines of a file while they go through: leaves out comments, counts, and notes quotes behind the
    header.
    """

    def __init__(self, lines: Iterable[str], comment: str) -> None:
        self._lines = iter(lines)
        self._comment = comment
        self.number = self.characters = self.comments = self.given = 0
        self.quotes = self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def raw(self) -> str:
        """The next line as it is; empty at the end."""
        line = next(self._lines, "")
        self.ended = not line
        self.number += bool(line)
        self.characters += len(line)
        return line

    def __next__(self) -> str:
        while line := self.raw():
            if not self._comment or not line.startswith(self._comment):
                self.quotes = self.quotes or '"' in line
                self.given += 1
                return line
            self.comments += 1
        raise StopIteration


def _refuse_quotes(chunk: list[list[str]], quote: str) -> None:
    if any(cell.startswith(quote) for row in chunk for cell in row):
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
