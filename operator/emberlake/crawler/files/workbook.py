"""Excel workbooks (.xlsx) as rows: every part is checked and bounded before the library reads it."""

import datetime as dt
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import openpyxl

from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.files.compression import DAMAGED
from emberlake.crawler.files.xmlrows import Walk
from emberlake.crawler.files.zipped import member, members
from emberlake.crawler.listing.store import ObjectReader, ObjectStore, StoredObject

# Sheets are streamed, all else is held in memory.
MAX_SHEET = 512 * 1024 * 1024
MAX_PART = 32 * 1024 * 1024
# A sheet that is larger than a part may unpack to so many times the workbook.
MAX_RATIO = 100
# Excel's own limits: a file that says more is made up.
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
# Elements that the library holds until a part is read, or a row of one is: some hundred bytes each.
MAX_ELEMENTS, MAX_ROW_ELEMENTS = 200_000, 8 * MAX_COLUMNS
# of sheets and of the texts of cells, which are let go again; a name and a text of each row
MAX_STREAMED = 2 * MAX_ROWS
_STREAMED = re.compile(r"xl/(worksheets/.*|sharedStrings\.xml)")
_CHUNK = 256 * 1024

Cell = None | bool | int | float | str | dt.datetime | dt.date | dt.time | dt.timedelta
Row = tuple[Cell, ...]


class _Checked(Walk):
    """Reads XML for what is wrong with it, and for more than the library may hold of it at a time."""

    def __init__(self, most: int, held: int) -> None:
        super().__init__()
        self._most, self.elements = most, held
        self._row = self._before = self._size = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count it."""
        if tag == "row" and not self._row:
            self._row, self._before = self.depth, self.elements
        self.elements += 1
        most = min(self._most, self._before + MAX_ROW_ELEMENTS) if self._row else self._most
        if self.elements > most:
            raise ValueError(f"there are more than {most - self._before} elements to be held at a time")
        self._grow(sum(map(len, attributes.values())))

    def end(self, tag: str) -> None:
        """Of a row nothing but itself is held on."""
        if self.depth == self._row:
            self._row, self.elements, self._size = 0, self._before + 1, 0

    def text(self, text: str) -> None:
        """Count it."""
        self._grow(len(text))

    def _grow(self, characters: int) -> None:
        self._size += characters
        if self._size > MAX_PART:
            raise ValueError(f"there are more than {MAX_PART} characters to be held at a time")


@contextmanager
def workbook(store: ObjectStore, bucket: str, item: StoredObject) -> Iterator[Any]:
    """An openpyxl workbook of the object. Raises Problem NotReadable for a damaged or oversized one."""
    uri = f"s3://{bucket}/{item.key}"
    stream = cast("BinaryIO", io.BufferedReader(ObjectReader(store, bucket, item), _CHUNK))
    _check(uri, stream, item.size)
    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()
    except (Problem, RetryableError):
        raise
    except Exception as error:  # the library fails in whatever way a damaged part leads it to
        raise Problem(uri, "NotReadable", f"the workbook is damaged: {error!r}") from error


def _check(uri: str, stream: BinaryIO, size: int) -> None:
    archive, infos = members(uri, stream)
    largest = min(MAX_SHEET, max(MAX_PART, MAX_RATIO * size))
    if sum(info.file_size for info in infos) > 2 * largest:
        raise Problem(uri, "NotReadable", f"the workbook unpacks to more than {2 * largest} bytes")
    held = 0
    for info in infos:
        streamed = _STREAMED.fullmatch(info.filename) is not None
        sheet = info.filename.startswith("xl/worksheets/")
        if info.file_size > (largest if sheet else MAX_PART):
            raise Problem(uri, "NotReadable", f"{info.filename!r} in the workbook is too large to be read")
        if not info.filename.endswith((".xml", ".rels")):
            continue
        checked = _Checked(MAX_STREAMED, 0) if streamed else _Checked(MAX_ELEMENTS, held)
        try:
            with member(uri, archive, info) as part:
                for _ in checked.feed(part):
                    continue
        except DAMAGED as error:
            raise Problem(uri, "NotReadable", f"{info.filename!r} in the workbook: {error}") from error
        held = held if streamed else checked.elements


def first_sheet(book: Any) -> tuple[str, list[str]]:
    """The first visible sheet with a value in it, empty when there is none; and the names of the others."""
    filled = [
        sheet.title
        for sheet in book.worksheets
        if sheet.sheet_state == "visible" and next(sheet_rows(sheet), None) is not None
    ]
    return (filled[0], filled[1:]) if filled else ("", [])


def sheet_rows(sheet: Any) -> Iterator[Row]:
    """Rows with some value, without the empty cells at their end.

    Raises ValueError for more rows or columns than Excel has.
    """
    sheet.reset_dimensions()  # what the file says about its size is not held against its cells
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number > MAX_ROWS or len(row) > MAX_COLUMNS:
            raise ValueError("the sheet has more rows or columns than Excel has")
        width = len(row)
        while width and row[width - 1] in {None, ""}:
            width -= 1
        if width:
            yield row[:width]
