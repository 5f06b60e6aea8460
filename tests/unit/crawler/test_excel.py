"""Workbooks: the sheet, the header and the types; bombs and damage are findings."""

import datetime as dt
import io
import zipfile
from contextlib import suppress
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.exceltable import excel_rows
from emberlake.crawler.failure import Problem
from emberlake.crawler.files import workbook
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.files.rows import table_rows
from unit.crawler.memory import MemoryStore, only

WHOLE = 1 << 30


def book(sheets: dict[str, list[list[Any]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    body = io.BytesIO()
    made.save(body)
    return body.getvalue()


def repacked(body: bytes, **parts: bytes) -> bytes:
    """The workbook with other content in some of its parts (`_` for `/`)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            key = info.filename.removesuffix(".xml").replace("/", "_")
            new.writestr(info.filename, parts.get(key, old.read(info)))
    return out.getvalue()


def decided(files: dict[str, bytes]) -> tuple[Decision, MemoryStore]:
    store = MemoryStore({f"raw/t/{name}": body for name, body in files.items()})
    found = decide(store, only(store), WHOLE)
    assert isinstance(found, Decision)
    return found, store


ROWS = [
    ["Id", "Price", "When", "Day", "Ok", "Note"],
    [1, 9.5, dt.datetime(2020, 1, 1, 6), dt.datetime(2020, 1, 1), True, "a"],  # noqa: DTZ001
    [2, 10, dt.datetime(2020, 1, 2, 7), dt.datetime(2020, 1, 2), False, 7],  # noqa: DTZ001
    [],
    [3, None, None, None, None, "c"],
]
BOOK = book({"empty": [], "Data": ROWS, "More": [["x", "y"]]})


def test_a_workbook_is_its_first_sheet_with_values() -> None:
    found, store = decided({"a.xlsx": BOOK, "b.xlsx": BOOK})
    assert [(c.name, str(c.type)) for c in found.columns] == [
        ("id", "bigint"), ("price", "double"), ("when", "timestamp"), ("day", "date"), ("ok", "boolean"),
        ("note", "string"),
    ]  # fmt: skip
    assert (found.format, found.rows_at, found.records, found.exact) == ("excel", "Data", 6, True)
    assert found.notes == ("OtherSheets: the sheets More are not read; a table has one",)
    rows = list(excel_rows(Reader(store, found.candidate, WHOLE), found))
    assert [row["id"] for row in rows] == [1, 2, 3, 1, 2, 3]


def test_a_sheet_without_header() -> None:
    found, _ = decided({"a.xlsx": book({"s": [[1, "a"], [2, "b"]]})})
    assert ([c.name for c in found.columns], found.records) == (["col0", "col1"], 2)


def loaded(files: dict[str, bytes]) -> list[dict[str, Any]]:
    """The rows as an Iceberg table gets them."""
    found, store = decided(files)
    return list(table_rows(store, found))


@pytest.mark.parametrize("above", [[], [["Quarterly sales"]], [["Sales"], [None, "until", "May"], []]])
def test_lines_above_the_header_are_no_names(above: list[list[Any]]) -> None:
    body = book({"Sales": [*above, *ROWS]})
    found, _ = decided({"a.xlsx": body})
    assert [c.name for c in found.columns] == ["id", "price", "when", "day", "ok", "note"]
    assert found.records == 3
    assert [row["id"] for row in loaded({"a.xlsx": body, "b.xlsx": BOOK})] == [1, 2, 3, 1, 2, 3]


def test_values_of_several_kinds_become_plain_text() -> None:
    noon = dt.datetime(2020, 1, 1, 12)  # noqa: DTZ001
    cells = ["x", 7, 1.5, True, noon, dt.datetime(2020, 1, 2), dt.time(6, 30)]  # noqa: DTZ001
    rows = loaded({"a.xlsx": book({"s": [["n", "v"], *([n, cell] for n, cell in enumerate(cells))]})})
    texts = ["x", "7", "1.5", "true", "2020-01-01 12:00:00", "2020-01-02", "06:30:00"]
    assert [row["v"] for row in rows] == texts


def test_a_file_of_other_columns_that_was_not_sampled_is_not_loaded() -> None:
    found, store = decided({"a.xlsx": BOOK})
    store.objects["raw/t/b.xlsx"] = book({"s": [["other", "names"], [1, 2]]})
    with pytest.raises(Problem) as caught:
        list(excel_rows(Reader(store, only(store), WHOLE), found))
    assert caught.value.reason == "DifferentColumns"


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize(
    "body",
    [
        BOOK[:-40],
        BOOK[: len(BOOK) // 2],
        repacked(BOOK, xl_workbook=b"<workbook/>"),
        repacked(BOOK, xl_worksheets_sheet2=SHEET % b'<row r="99999999999"><c r="A1"><v>1</v></c></row>'),
        repacked(BOOK, xl_worksheets_sheet2=SHEET % b'<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'),
        repacked(BOOK, xl_worksheets_sheet2=SHEET % (b"<row>" * 1000)),
        repacked(BOOK, xl_worksheets_sheet2=SHEET % (b"<row><c><v>1</v></c><c><v>2</v></c></row>" * 900_000)),
        repacked(BOOK, xl_worksheets_sheet2=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        repacked(BOOK, xl_styles=b"<x>" + b" " * 40_000_000 + b"</x>"),
        repacked(BOOK, xl_styles=b"<x>" + b"<y/>" * 210_000 + b"</x>"),
        repacked(BOOK, xl_worksheets_sheet2=SHEET % (b"<row><row/>" + b"<c/>" * 140_000 + b"</row>")),
        book({"s": []}),
        book({"s": [["a", "b"], [1, 2]]}).replace(b"xl/workbook.xml", b"xl/workbook.xmm"),
    ],
)
def test_broken_and_hostile_workbooks_are_findings(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        decided({"a.xlsx": body})
    assert caught.value.reason in {"NotReadable", "NoRows"}


def test_a_workbook_of_many_parts_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_RATIO", 1)
    monkeypatch.setattr(workbook, "MAX_PART", 1 << 16)
    many = io.BytesIO(BOOK)
    with zipfile.ZipFile(many, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/media/{number}.bin", b" " * (1 << 16))
    with pytest.raises(Problem, match="unpacks to more than 131072 bytes"):
        decided({"a.xlsx": many.getvalue()})


def test_workbooks_of_other_columns_are_no_table() -> None:
    with pytest.raises(Problem) as caught:
        decided({"a.xlsx": BOOK, "b.xlsx": book({"s": [["other", "names"], [1, 2]]})})
    assert caught.value.reason == "DifferentColumns"


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=9))
def test_damage_is_a_finding(position: int, noise: bytes) -> None:
    body = bytearray(BOOK)
    body[position : position + len(noise)] = noise
    with suppress(Problem):
        decided({"a.xlsx": bytes(body)})
