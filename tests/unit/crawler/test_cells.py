"""Cells of text: what counts as a type, and which cells are NULL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.crawler.csv.cells import Kind, TextColumn, classify, null_rule
from emberlake.crawler.decide.types import STRING


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", Kind.EMPTY), ("NA", Kind.MISSING), ("\\N", Kind.MISSING), ("na", Kind.STRING),
        ("0", Kind.INT), ("-17", Kind.INT), ("007", Kind.STRING), ("+5", Kind.STRING), (" 5", Kind.STRING),
        ("9223372036854775807", Kind.BIG_INT), ("9223372036854775808", Kind.STRING),
        ("٣", Kind.STRING),
        ("1.5", Kind.DOUBLE), ("-2e3", Kind.DOUBLE), (".5", Kind.DOUBLE), ("5.", Kind.DOUBLE),
        ("1,5", Kind.STRING),
        ("01.5", Kind.STRING), ("e5", Kind.STRING), ("-", Kind.MISSING),
        ("--1", Kind.STRING), ("1e", Kind.STRING),
        ("true", Kind.BOOLEAN), ("FALSE", Kind.BOOLEAN), ("yes", Kind.STRING), ("9E", Kind.STRING),
        ("2013-01-01", Kind.DATE), ("2013-02-30", Kind.STRING), ("2013-1-1", Kind.STRING),
        ("20130101", Kind.INT),
        ("2013-01-01T06:00:00Z", Kind.TIMESTAMP), ("2013-01-01 06:00", Kind.TIMESTAMP),
        ("2013-01-01T06:00:00+01:00", Kind.STRING), ("2013-01-01 24:00:00", Kind.STRING),
        ("2013-01-01 06:00:00.1234567", Kind.STRING),
        ("2013-01-01T06:00:00.1234", Kind.STRING), ("2013-01-01T06:00:00Z x", Kind.STRING),
    ],
)  # fmt: skip
def test_kinds(cell: str, kind: Kind) -> None:
    assert classify(cell)[0] is kind


@pytest.mark.parametrize(
    ("cell", "pattern"),
    [
        ("2013-01-01T06:00:00Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"),
        ("2013-01-01T06:00:00.125", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
        ("2013-01-01 06:00:00.123456", ""),
        ("2013-01-01 06:00", "yyyy-MM-dd HH:mm"),
    ],
)
def test_patterns_of_timestamps(cell: str, pattern: str) -> None:
    assert classify(cell)[1] == pattern


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2", "", "NA"], "bigint"),
        (["1", "2.5"], "double"),
        (["1.5", "9223372036854775807"], "string"),
        (["1", "x"], "string"),
        (["2013-01-01", "2013-01-01 00:00:00"], "string"),
        (["true", "FALSE"], "boolean"),
        (["true", "1"], "string"),
        (["2013-01-01T06:00:00Z", "2013-01-01T06:00:00.5Z"], "timestamp"),
        (["", "NA"], "string"),
        ([], "string"),
    ],
)
def test_the_type_holds_every_cell(cells: list[str], expected: str) -> None:
    column = TextColumn()
    column.add(cells)
    assert str(column.type()) == expected


@given(st.lists(st.one_of(st.integers().map(str), st.floats(allow_nan=False).map(repr), st.text(max_size=8))))
def test_numbers_are_read_back(cells: list[str]) -> None:
    column = TextColumn()
    column.add(cells)
    values = [cell for cell in cells if classify(cell)[0] not in (Kind.EMPTY, Kind.MISSING)]
    if str(column.type()) == "bigint":
        assert [str(int(cell)) for cell in values] == [
            cell.replace("-0", "0") if cell == "-0" else cell for cell in values
        ]
    if str(column.type()) == "double":
        assert all(isinstance(float(cell), float) for cell in values)


@pytest.mark.parametrize(
    ("typed", "text", "spark", "hive"),
    [
        (["1"], ["a", ""], "", ""),
        (["1", "NA"], ["a", "NA"], "NA", "NA"),
        (["1", "NA", ""], ["a"], "NA", "NA"),
        (["1", "NA"], ["a", ""], "NA", ""),
        (["1", "NA"], ["a", "", "NA"], "", ""),
        (["1"], ["a", "NA"], "", ""),
        (["1", "-", "NA", "-"], ["a"], "-", "-"),
    ],
)
def test_null_cells_agree_in_both_engines(typed: list[str], text: list[str], spark: str, hive: str) -> None:
    columns = []
    for cells in (typed, text):
        column = TextColumn()
        column.add(cells)
        columns.append((column.type(), column))
    assert columns[1][0] == STRING
    rule = null_rule(columns)
    assert (rule.spark, rule.hive) == (spark, hive)
