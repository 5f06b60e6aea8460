"""Excel workbooks (.xlsx) as rows: every part is checked and bounded before the library reads it."""

import datetime as dt
import io
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
_CHUNK = 256 * 1024

Cell = None | bool | int | float | str | dt.datetime | dt.date | dt.time | dt.timedelta
Row = tuple[Cell, ...]


class _Checked(Walk):
    """Reads XML for what is wrong with it alone."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Nothing."""

    def end(self, tag: str) -> None:
        """Nothing."""

    def text(self, text: str) -> None:
        """Nothing."""


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
    for info in infos:
        sheet = info.filename.startswith("xl/worksheets/")
        if info.file_size > (largest if sheet else MAX_PART):
            raise Problem(uri, "NotReadable", f"{info.filename!r} in the workbook is too large to be read")
        if not info.filename.endswith((".xml", ".rels")):
            continue
        try:
            with member(uri, archive, info) as part:
                for _ in _Checked().feed(part):
                    continue
        except DAMAGED as error:
            raise Problem(uri, "NotReadable", f"{info.filename!r} in the workbook: {error}") from error


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
