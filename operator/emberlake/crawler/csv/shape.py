"""Where the names and the rows of a CSV text stand: preamble, comments, rows of names. Pure."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from emberlake.crawler.csv.cellshape import NOTHING, TYPED, looks
from emberlake.crawler.csv.dialect import Dialect
from emberlake.crawler.csv.header import Header, header_rows, judge_header
from emberlake.crawler.csv.region import Region, find_region
from emberlake.crawler.csv.sniff import COMMENTS, LEAST_CONSISTENT

MAX_PREAMBLE_ROWS = 30
_SURE = 0.95


@dataclass(frozen=True)
class Row:
    """One row with the number of its first line, from 0, and of the line behind its last."""

    line: int
    end: int
    cells: list[str]


@dataclass(frozen=True)
class Shape:
    """Where the table of one file lies.

    `skip_lines` lines stand above it, made of nothing but comments and empty lines if `only_comments`; then
    `header_lines` lines with `header_rows` rows of `names` (none without a header). `comment` is what
    comment lines start with. `first` is the first row, `body` those behind the names. `labelled`: the first
    column has no name, and a label for each row.
    """

    skip_lines: int
    header: Header
    header_rows: int
    header_lines: int
    names: list[str]
    comment: str
    only_comments: bool
    first: list[str]
    body: list[list[str]]
    labelled: bool = False


def shape_of(lines: Sequence[str], dialect: Dialect) -> Shape | None:
    """The shape of `lines` (complete lines from the start of a file); None when they hold no row."""
    columns = _columns(lines, dialect)
    lines = _mended(lines, dialect, columns)
    comment = comment_prefix(lines, dialect, columns)
    rows = [row for row in numbered_rows(lines, dialect, comment) if row.cells and row.cells != [""]]
    if not rows:
        return None
    region = _region(rows, columns)
    first, header = _first_row(rows, region, columns)
    if named := _named_by_comment(lines, dialect, comment, rows, first, header):
        return named
    start = rows[first]
    body = [row for row in rows[first:] if row.line >= start.line]
    count = header_rows([row.cells for row in body]) if header.present else 0
    names = joined_names([row.cells for row in body[:count]])
    labelled = len(names) == columns - 1 and _labels([row.cells[0] for row in body[count:]])
    above = [line for line in lines[: start.line] if line.strip()]
    return Shape(
        skip_lines=start.line,
        header=header,
        header_rows=count,
        header_lines=body[count - 1].end - start.line if count else 0,
        names=_fitted([""] * labelled + names, columns),
        comment=comment,
        only_comments=all(comment and line.startswith(comment) for line in above),
        first=start.cells,
        body=[row.cells for row in body[count:]],
        labelled=labelled,
    )


def renamed(shape: Shape) -> Shape:
    """`shape` of a file whose first row, which was taken for values, names the columns."""
    return replace(shape, names=shape.first, header_rows=1, header_lines=1, body=shape.body[1:])


def without_open_quote(line: str, dialect: Dialect) -> str:
    """A line of names without its quotes where one of them is never closed."""
    return line.replace(dialect.quote, "") if line.count(dialect.quote) % 2 else line


def _mended(lines: Sequence[str], dialect: Dialect, columns: int) -> Sequence[str]:
    """`lines` with a quote closed that the line of names opens: else it swallows the rows below."""
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith(COMMENTS)), None)
    if first is None or columns < 2 or first + 1 >= len(lines):
        return lines
    mended = without_open_quote(lines[first], dialect)
    if mended == lines[first]:
        return lines
    names = next(replace(dialect, quoted=False).rows([mended]))
    below = next(dialect.rows([lines[first + 1]]))
    if abs(len(names) - columns) > 1 or len(below) != columns or any(looks(name) in TYPED for name in names):
        return lines
    return [*lines[:first], mended, *lines[first + 1 :]]


def _columns(lines: Sequence[str], dialect: Dialect) -> int:
    """How many columns the table has."""
    plain = [line for line in lines if line.strip() and not line.startswith(COMMENTS)]
    rows = numbered_rows(plain or lines, dialect, "")
    region = find_region([len(row.cells) for row in rows if row.cells])
    return region.columns if region and region.consistent >= LEAST_CONSISTENT else 1


def numbered_rows(lines: Sequence[str], dialect: Dialect, comment: str) -> Iterator[Row]:
    """Rows of `lines` with their places; lines that start with `comment` between rows are left out."""
    feed = _Feed(lines)
    reader = dialect.rows(feed)
    while True:
        feed.skip(comment)
        before = feed.position
        try:
            cells = next(reader)
        except (StopIteration, csv.Error):
            return
        yield Row(before, feed.position, cells)


class _Feed:
    """Lines one by one, with the place in them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.position = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.position >= len(self.lines):
            raise StopIteration
        self.position += 1
        return self.lines[self.position - 1]

    def skip(self, comment: str) -> None:
        """Leave out the comments that come next."""
        while comment and self.position < len(self.lines) and self.lines[self.position].startswith(comment):
            self.position += 1


def comment_prefix(lines: Sequence[str], dialect: Dialect, columns: int) -> str:
    """What lines that are no rows start with: they have another number of fields than the rows."""
    for prefix in COMMENTS:
        found = [line for line in lines if line.startswith(prefix)]
        if not found or 2 * len(found) > len(lines) + 4 or dialect.delimiter.startswith(prefix):
            continue
        widths = [len(row) for row in replace(dialect, quoted=False).rows(found)]
        if columns > 1 and sum(width != columns for width in widths) > 0.7 * len(widths):
            return prefix
        if (columns == 1 or dialect.delimiter == " ") and all(line.startswith("# ") for line in found):
            return prefix
    return ""


def _region(rows: Sequence[Row], columns: int) -> Region:
    widths = [len(row.cells) for row in rows]
    if columns > 1 and columns in widths:
        if (found := find_region(widths)) and found.columns == columns:
            return found
        return Region(widths.index(columns), len(rows), columns, 1.0)
    return Region(0, len(rows), columns, 1.0)


def _first_row(rows: Sequence[Row], region: Region, columns: int) -> tuple[int, Header]:
    """Index of the first row of the table, and whether it names the columns."""
    table = [row.cells for row in rows[region.start :]]
    plain = judge_header(table[0], table[1:])
    if columns < 2:
        return region.start, plain
    if region.start and (found := _uneven_header(rows[region.start - 1].cells, table, columns)):
        return region.start - 1, found
    if not plain.present and (group := _under_groups(table)):
        return region.start, group
    skipped = 1 if _names_separator(table[0]) else _sparse_rows(table)
    if skipped and (header := judge_header(table[skipped], table[skipped + 1 :])).present:
        return region.start + skipped, header
    return region.start, plain


def _names_separator(row: Sequence[str]) -> bool:
    """Whether the row is the line `sep=;` by which spreadsheets are told the delimiter."""
    return row[0].strip().lower() == "sep=" and not any(cell.strip() for cell in row[1:])


def _under_groups(table: Sequence[list[str]]) -> Header | None:
    """The header whose first row names groups of columns (`,2019,,2020,`) above the row of names."""
    if len(table) < 3 or not any(cell.strip() for cell in table[0]):
        return None
    filled = [sum(bool(cell.strip()) for cell in row) for row in table[:2]]
    if filled[0] < 2 or filled[0] >= filled[1]:
        return None
    found = judge_header(table[1], table[2:])
    return found if found.present and found.confidence >= _SURE and header_rows(table) > 1 else None


def _uneven_header(above: list[str], table: Sequence[list[str]], columns: int) -> Header | None:
    """Names that are one too few (none above row labels) or one too many (a delimiter too much)."""
    typed = [looks(cell) in TYPED for cell in table[0]]
    if len(above) < 2 or abs(len(above) - columns) != 1 or not any(typed):
        return None
    if any(looks(cell) in TYPED for cell in above):
        return None
    found = judge_header(["", *above] if len(above) < columns else above[:columns], table)
    return found if found.present else None


def _sparse_rows(table: Sequence[list[str]]) -> int:
    """How many rows of little more than a title, filled up with delimiters, stand above the names."""
    filled = [sum(looks(cell) != NOTHING for cell in row) for row in table[: MAX_PREAMBLE_ROWS * 4]]
    usual = median(filled[len(filled) // 3 :] or filled)
    most = max(1, int(usual // 3))
    count = 0
    while count < min(MAX_PREAMBLE_ROWS, len(filled) - 2) and filled[count] <= most:
        count += 1
    fuller = count and filled[count] > max(most, 1) and usual >= 2
    if not fuller or (usual < 3 and count == 1):
        return 0
    return count


def _named_by_comment(
    lines: Sequence[str], dialect: Dialect, comment: str, rows: Sequence[Row], first: int, header: Header
) -> Shape | None:
    """Names in the last comment above the rows (`#id<tab>name`), where the first row is a value row."""
    above = rows[first].line - 1
    if not comment or header.present or above < 0 or not lines[above].startswith(comment):
        return None
    table = [row.cells for row in rows[first:]]
    names = next(replace(dialect, quoted=False).rows([lines[above].rstrip("\r\n")]))
    if len(names) != len(table[0]):
        return None
    found = judge_header(names, table)
    if not found.present:
        return None
    return Shape(above, found, 1, 1, names, "", above == 0, names, table)


def joined_names(rows: Sequence[list[str]]) -> list[str]:
    """One name for each column: the parts that the rows of names give it, each once."""
    if len(rows) < 2:
        return list(rows[0]) if rows else []
    width = max(map(len, rows))
    padded = [row + [""] * (width - len(row)) for row in rows]
    return [
        " ".join(dict.fromkeys(filter(None, map(str.strip, parts)))) for parts in zip(*padded, strict=True)
    ]


def _fitted(names: list[str], columns: int) -> list[str]:
    """`names` without an empty one behind the last column, which a delimiter at the end of the line makes."""
    return names[:-1] if len(names) == columns + 1 and not names[-1].strip() else names


def _labels(cells: Sequence[str]) -> bool:
    """Whether the first cells of the rows are labels: distinct texts, or the numbers from 1 or 0."""
    if len(set(cells)) < len(cells) or not cells:
        return False
    if all(looks(cell) not in TYPED for cell in cells):
        return True
    return cells[0] in {"0", "1"} and list(cells) == [str(int(cells[0]) + n) for n in range(len(cells))]
