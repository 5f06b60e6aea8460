"""Decide a table of workbooks: its sheet, its header, the types of its columns."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from emberlake.crawler.classify.formats import EXCEL
from emberlake.crawler.classify.found import Found
from emberlake.crawler.csv.header import judge_header
from emberlake.crawler.decide.decision import Column, Decision, key_columns, mean
from emberlake.crawler.decide.types import BIGINT, BOOLEAN, DATE, DOUBLE, STRING, TIMESTAMP, HiveType
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.files.workbook import Cell, Row, first_sheet, sheet_rows, workbook
from emberlake.crawler.grouping.names import column_name, unique

HEADER_ROWS, MAX_ABOVE = 200, 20


@dataclass
class _Sheets:
    """What the sheets of a table hold: the names above them, the kinds of the cells in each column."""

    names: list[str] | None = None
    kinds: list[set[str]] = field(default_factory=list)
    rows: int = 0

    def add(self, row: Row) -> None:
        """Look at a row of values."""
        self.rows += 1
        while len(self.kinds) < len(row):
            self.kinds.append(set())
        for kinds, cell in zip(self.kinds, row, strict=False):
            if cell is not None:
                kinds.add(_kind(cell))


def decide_excel(reader: Reader, _: Found) -> Decision:
    """One table of the first sheet of each workbook. Raises Problem for damage and differing headers."""
    candidate, sheets = reader.candidate, _Sheets()
    title, others, first = "", [], _Header(None, "")
    for number, item in enumerate(candidate.files):
        with workbook(reader.store, candidate.bucket, item) as book:
            name, further = first_sheet(book)
            if not name:
                continue
            header = _header(book[name])
            if not sheets.rows:
                title, others, first, sheets.names = name, further, header, header.names
            elif header.names != sheets.names:
                raise _different(f"s3://{candidate.bucket}/{item.key}", header.names, sheets.names)
            for row in islice(sheet_rows(book[name]), header.rows, None):
                sheets.add(row)
        if sum(each.size for each in candidate.files[: number + 1]) > reader.scan_bytes:
            reader.exact = False
            break
    if not sheets.rows:
        raise Problem(candidate.uri, "NoRows", "no sheet has rows")
    read = sum(item.size for item in candidate.files[: number + 1])
    notes = [f"OtherSheets: the sheets {', '.join(others)} are not read; a table has one"] if others else []
    return Decision(
        candidate=candidate,
        format=EXCEL,
        columns=_columns(sheets, candidate.keys),
        keys=key_columns(candidate),
        records=sheets.rows if reader.exact else round(sheets.rows * candidate.total_bytes / max(1, read)),
        exact=reader.exact,
        record_bytes=mean(read, sheets.rows),
        notes=(*candidate.notes, *notes),
        evidence={
            "rowsAt": {"value": title, "why": "the first visible sheet with a value in it"},
            "preamble": {"value": first.above, "why": "rows of few cells above the names"},
            "header": {"value": sheets.names is not None, "why": first.why},
        },
        rows_at=title,
    )


def excel_rows(reader: Reader, decision: Decision) -> Iterator[dict[str, Any]]:
    """The rows of a decided table: values by the names of the columns.

    Raises Problem for a file of other columns: where the table was sampled, not all were seen before.
    """
    names = [column.name for column in decision.columns]
    sources = [column.source for column in decision.columns]
    expected = sources if decision.evidence["header"]["value"] else None
    for item in reader.candidate.files:
        with workbook(reader.store, reader.candidate.bucket, item) as book:
            sheet, _ = first_sheet(book)
            if not sheet:
                continue
            header = _header(book[sheet])
            told = header.names and [*header.names, *[""] * (len(names) - len(header.names))]
            if told != expected:
                raise _different(f"s3://{reader.candidate.bucket}/{item.key}", header.names, expected)
            for row in islice(sheet_rows(book[sheet]), header.rows, None):
                yield dict(zip(names, row, strict=False))


@dataclass(frozen=True)
class _Header:
    """The names above the rows, and how many rows of a title or a note stand above them."""

    names: list[str] | None
    why: str
    above: int = 0

    @property
    def rows(self) -> int:
        """How many rows are no values."""
        return self.above + (self.names is not None)


def _header(sheet: Any) -> _Header:
    """The names above the rows of a sheet."""
    rows = list(islice(sheet_rows(sheet), HEADER_ROWS))
    above = _above(rows)
    return replace(_names(rows[above:]), above=above)


def _above(rows: list[Row]) -> int:
    """How many rows of few cells stand above a row of texts as wide as the table, with values below it."""
    usual = Counter(map(len, rows)).most_common(1)[0][0]
    for number, row in enumerate(rows[:MAX_ABOVE]):
        filled = sum(cell not in {None, ""} for cell in row)
        if 2 * filled > usual:
            names = all(cell is None or isinstance(cell, str) for cell in row) and len(row) >= usual
            below = (cell for each in rows[number + 1 :] for cell in each if cell is not None)
            return number if names and any(_kind(cell) != "text" for cell in below) else 0
    return 0


def _names(rows: list[Row]) -> _Header:
    """Texts above other cells are names, texts above texts are judged as in CSV."""
    texts = all(isinstance(cell, str) or cell is None for cell in rows[0])
    if not texts or len(rows) < 2:
        return _Header(None, "the first row holds values" if not texts else "there is one row only")
    below = {_kind(cell) for row in rows[1:] for cell in row if cell is not None}
    names = [str(cell or "") for cell in rows[0]]
    if below - {"text"}:
        return _Header(names, "the first row is all text, and values of other types are below")
    judged = judge_header(names, [[str(cell or "") for cell in row] for row in rows[1:]])
    return _Header(names if judged.present else None, judged.why)


def _different(uri: str, found: list[str] | None, expected: list[str] | None) -> Problem:
    return Problem(
        uri,
        "DifferentColumns",
        f"the sheet has the columns {found} but other files of the folder have {expected}; put each kind of "
        "file into a folder of its own",
    )


def _columns(sheets: _Sheets, keys: tuple[str, ...]) -> tuple[Column, ...]:
    sources = (sheets.names or []) + [""] * (len(sheets.kinds) - len(sheets.names or []))
    plain = [column_name(source.strip(), f"col{index}") for index, source in enumerate(sources)]
    names = unique([f"{name}_file" if name in keys else name for name in plain], keys)
    kinds = [*sheets.kinds, *(set() for _ in range(len(sources) - len(sheets.kinds)))]
    return tuple(
        Column(name, _type(kind), source=source, why=" and ".join(sorted(kind)) or "no values")
        for name, source, kind in zip(names, sources, kinds, strict=True)
    )


def _kind(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int):
        return "integer" if -(2**63) <= cell < 2**63 else "text"
    if isinstance(cell, float):
        return "number"
    if isinstance(cell, dt.datetime):
        return "date" if cell.time() == dt.time.min else "timestamp"
    return "date" if isinstance(cell, dt.date) else "text"


def _type(kinds: set[str]) -> HiveType:
    if kinds == {"boolean"}:
        return BOOLEAN
    if kinds == {"integer"}:
        return BIGINT
    if kinds and kinds <= {"integer", "number"}:
        return DOUBLE
    if kinds == {"date"}:
        return DATE
    return TIMESTAMP if kinds and kinds <= {"date", "timestamp"} else STRING
