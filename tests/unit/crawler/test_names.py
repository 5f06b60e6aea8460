"""Names of tables and columns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.crawler.grouping.names import MAX_NAME, assign, column_name, table_name, unique, with_hash


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("carrier", "carrier"),
        ("Dep Time", "dep_time"),
        ("p. medio (EUR)", "p_medio_eur"),
        ("my__key", "my__key"),
        ("_id", "_id"),
        ("größe", "größe"),
        ("", "col3"),
        ("***", "col3"),
    ],
)
def test_column_names(text: str, expected: str) -> None:
    assert column_name(text, "col3") == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("raw/flights/", "x_flights"), ("raw/My-Data.v2/", "x_my_data_v2"), ("", "x_lake")],
)
def test_table_names(folder: str, expected: str) -> None:
    assert table_name("x_", folder, "lake") == expected


def test_twins_are_numbered() -> None:
    assert unique(["a", "b", "a", "a_2"], taken=["b"]) == ["a", "b_2", "a_2", "a_2_2"]


def test_a_name_taken_by_another_location_gets_a_hash() -> None:
    wanted = [("t", "s3://l/b/t"), ("t", "s3://l/a/t")]
    assert assign(wanted, {}) == {"s3://l/a/t": "t", "s3://l/b/t": with_hash("t", "s3://l/b/t")}
    assert assign(wanted, {"t": "s3://l/b/t"})["s3://l/b/t"] == "t"
    assert assign(wanted[:1], {"t": "s3://elsewhere"}) == {"s3://l/b/t": with_hash("t", "s3://l/b/t")}


LOCATIONS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True)


@given(LOCATIONS, st.sampled_from(["t", "u"]), st.text(max_size=200))
def test_names_are_unique_stable_and_legal(folders: list[str], name: str, odd: str) -> None:
    wanted = [(table_name("", f"{name}{odd}", "lake"), f"s3://l/{folder}/t") for folder in folders]
    first = assign(wanted, {})
    assert len(set(first.values())) == len(folders)
    assert all(len(n) <= MAX_NAME and re.fullmatch(r"[a-z0-9_]+", n) for n in first.values())
    assert assign(wanted, {n: location for location, n in first.items()}) == first
    assert assign(list(reversed(wanted)), {}) == first
