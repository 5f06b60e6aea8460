"""Rows of files that no engine reads, as the types that were decided; what is loaded and when."""

import datetime as dt
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.clients.hive import HiveTable, Storage
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    STRING,
    TIMESTAMP,
    HiveType,
    array,
    struct,
)
from emberlake.crawler.entry.conversion import (
    CONVERTED_FROM,
    LOADED_BY,
    SOURCE,
    fingerprint,
    is_loaded_by,
    load_of,
    source_of,
)
from emberlake.crawler.entry.convert import arrow_schema
from emberlake.crawler.entry.diff import ALTER, CREATE, DROP, NONE
from emberlake.crawler.entry.readable import readable_by
from emberlake.crawler.entry.render import UPDATED_BY, render
from emberlake.crawler.entry.undo import Undo, undone
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.rows import table_rows
from emberlake.crawler.files.values import fitted, strptime_format
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import MemoryStore, only


def zipped(text: str) -> bytes:
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("data.txt", text)
    return sink.getvalue()


def rows(files: dict[str, bytes | str]) -> list[dict[str, Any]]:
    store = MemoryStore(files)
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    assert not readable_by(found).somewhere
    return list(table_rows(store, found))


JULY = dt.datetime(2013, 7, 1, 6, 0)  # noqa: DTZ001  # tables have no zone


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"raw/t/a.csv.zip": zipped("id,at\n1,2013-07-01 06:00:00\n2,\n")},
            [{"id": 1, "at": JULY}, {"id": 2, "at": None}],
        ),
        (
            {"raw/t/a.json.zip": zipped('{"Id": 1, "tags": ["a"]}\n{"Id": null}\n')},
            [{"id": 1, "tags": ["a"]}, {"id": None, "tags": None}],
        ),
        (
            {"raw/t/a.json": '[\n {"id": 1, "inner": {"day": "2013-07-01"}},\n {"id": 2}\n]'},
            [{"id": 1, "inner": {"day": dt.date(2013, 7, 1)}}, {"id": 2, "inner": None}],
        ),
        (
            {"raw/t/a.xml": "<all><row id='1'><n>x</n></row><row id='2'><n>y</n></row></all>"},
            [{"_id": 1, "n": "x"}, {"_id": 2, "n": "y"}],
        ),
        (
            {
                "raw/t/year=2013/a.csv.zip": zipped("id,name\n1,a\n"),
                "raw/t/year=2014/b.csv.zip": zipped("id,name\n2,b\n"),
            },
            [{"id": 1, "name": "a", "year": 2013}, {"id": 2, "name": "b", "year": 2014}],
        ),
    ],
)
def test_rows_of_what_no_engine_reads(files: dict[str, bytes | str], expected: list[dict[str, Any]]) -> None:
    assert rows(files) == expected


@pytest.mark.parametrize(
    ("value", "kind", "pattern", "expected"),
    [
        ("1", BIGINT, "", 1),
        ("", BIGINT, "", None),
        ("", STRING, "", ""),
        (["7"], BIGINT, "", 7),
        (["1", "2"], array(BIGINT), "", [1, 2]),
        ("1", array(BIGINT), "", [1]),
        ({"a b": "1"}, struct([("a_b", BIGINT)]), "", {"a_b": 1}),
        ("31/12/1999", DATE, "dd/MM/yyyy", dt.date(1999, 12, 31)),
        ("2013-07-01T08:00:00+02:00", TIMESTAMP, "", JULY),
        ("TRUE", BOOLEAN, "", True),
        ("No", BOOLEAN, "yes/no", False),
        ("1.234,5", DOUBLE, "#.##0,#", 1234.5),
        ("1,234", BIGINT, "#,##0.#", 1234),
        ("1.50", HiveType("decimal(5,2)"), "", Decimal("1.50")),
        ({"a": 1}, STRING, "", '{"a": 1}'),
    ],
)
def test_values(value: Any, kind: HiveType, pattern: str, expected: Any) -> None:
    assert fitted(value, kind, pattern) == expected


def test_a_csv_with_all_that_engines_do_not_read() -> None:
    above, below = "Stations of the region\n\nid;wert;offen\n# by hand\n", "\nSource: the office\n"
    text = f"{above}1;1.234,5;yes\n2;0,25;no\n3;2,5;yes\n4;7,125;no\n{below}"
    found = rows({"raw/t/a.csv.zip": zipped(text)})
    assert [row["id"] for row in found] == [1, 2, 3, 4]
    assert [row["wert"] for row in found] == [1234.5, 0.25, 2.5, 7.125]
    assert [row["offen"] for row in found] == [True, False, True, False]


@pytest.mark.parametrize(
    ("value", "kind"), [("x", BIGINT), ("1.5", BIGINT), ("yes", BOOLEAN), ("2013-13-01", DATE)]
)
def test_no_value_of_another_type_becomes_another_value(value: str, kind: HiveType) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever Python's parser says
        fitted(value, kind)


@given(
    st.dates(dt.date(1000, 1, 1)), st.sampled_from(["dd/MM/yyyy", "MM-dd-yyyy", "d.M.yyyy", "yyyy'y'MM'm'dd"])
)
def test_dates_of_any_pattern_come_back(day: dt.date, pattern: str) -> None:
    assert fitted(day.strftime(strptime_format(pattern)), DATE, pattern) == day


def test_a_row_that_does_not_fit_is_named() -> None:
    store = MemoryStore({"raw/t/a.csv.zip": zipped("id,name\n1,a\n2,b\n")})
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    columns = (found.columns[0], replace(found.columns[1], type=BIGINT))
    with pytest.raises(Problem, match="row 1: 'a' in column 'name' is no bigint"):
        list(table_rows(store, replace(found, columns=columns)))


def test_arrow_has_the_columns_and_the_keys() -> None:
    store = MemoryStore({"raw/t/year=2013/a.csv.zip": zipped("id,name\n1,a\n")})
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    assert {field.name: str(field.type) for field in arrow_schema(found)} == {
        "id": "int64", "name": "string", "year": "int32",
    }  # fmt: skip


def loaded(found: Decision) -> HiveTable:
    table, _ = render(found, "raw", "t", "demo/raw", (), None)
    told = {CONVERTED_FROM: found.candidate.uri, SOURCE: fingerprint(found)}
    return replace(table, location="s3://lake/warehouse/raw.db/t", parameters=table.parameters | told)


def test_files_are_loaded_once() -> None:
    store = MemoryStore({"raw/t/a.csv.zip": zipped("id,name\n1,a\n")})
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    (folder,) = found.candidate.partitions
    later = replace(folder, files=(*folder.files, StoredObject("raw/t/b.csv.zip", 9)))
    grown = replace(found, candidate=replace(found.candidate, partitions=(later,)))
    assert load_of(found, None) == CREATE
    assert load_of(found, loaded(found)) == NONE
    assert load_of(grown, loaded(found)) == ALTER
    assert source_of(loaded(found)) == "s3://lake/raw/t"


def test_a_table_over_the_files_themselves_is_not_replaced() -> None:
    store = MemoryStore({"raw/t/a.json": json.dumps([{"id": 1}], indent=1)})
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    table, _ = render(found, "raw", "t", "demo/raw", (), None)
    with pytest.raises(Problem, match="drop it, and the next run loads them"):
        load_of(found, table)


def load(source: str, metadata: str) -> HiveTable:
    parameters = {
        UPDATED_BY: "demo/raw", CONVERTED_FROM: "s3://lake/raw/t", SOURCE: source,
        "metadata_location": metadata,
    }  # fmt: skip
    storage = Storage("in", "out", "serde")
    return HiveTable("raw", "t", "s3://lake/warehouse/raw.db/t", (), (), storage, parameters)


@pytest.mark.parametrize(
    ("before", "now", "action"),
    [
        (None, load("b", "m2"), DROP),
        (load("a", "m1"), load("b", "m2"), ALTER),
        (load("a", "m1"), None, CREATE),
        (load("a", "m1"), load("a", "m3"), None),
    ],
    ids=["made since", "loaded anew since", "dropped since", "taken back already"],
)
def test_what_takes_a_load_back(before: HiveTable | None, now: HiveTable | None, action: str | None) -> None:
    found = undone(Undo("t", defined=True, definition=before), now, {}, "demo/raw")
    assert (found and found.action) == action
    if found and action != DROP:
        assert found.table.parameters["metadata_location"] == "m1"


def test_a_load_is_its_crawls_alone() -> None:
    assert is_loaded_by({LOADED_BY: "demo/raw/7"}, "demo/raw")
    assert not is_loaded_by({LOADED_BY: "demo/raw-2/7"}, "demo/raw")
    assert not is_loaded_by({"operation": "append"}, "demo/raw")


def test_what_the_crawler_does_not_read_is_not_planned_to_be_loaded() -> None:
    store = MemoryStore({"raw/t/a.csv.zip": zipped("id,name\n1,a\n")})
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    assert load_of(found, None) == CREATE
    with pytest.raises(Problem) as caught:
        load_of(replace(found, format="delta"), None)
    assert caught.value.reason == "NotConvertible"
