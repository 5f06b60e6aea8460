"""Exclusion globs: the examples that AWS documents, and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.crawler.listing.globs import excluder

DEPARTMENTS = [
    "departments/finance.json",
    "departments/market-us.json",
    "departments/market-emea.json",
    "departments/market-ap.json",
    "employees/hr.json",
    "employees/john.csv",
    "employees/jane.csv",
    "employees/juan.txt",
]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("departments/**", DEPARTMENTS[:4]),
        ("departments/market*", DEPARTMENTS[1:4]),
        ("**.csv", ["employees/john.csv", "employees/jane.csv"]),
        ("employees/*.csv", ["employees/john.csv", "employees/jane.csv"]),
        ("*.csv", []),
        ("*", []),
        ("departments/market-??.json", ["departments/market-us.json", "departments/market-ap.json"]),
        ("employees/{john,jane}.*", ["employees/john.csv", "employees/jane.csv"]),
        ("employees/[!h]*.csv", ["employees/john.csv", "employees/jane.csv"]),
        ("employees/[h-i]*", ["employees/hr.json"]),
    ],
)
def test_documented_examples(pattern: str, expected: list[str]) -> None:
    excluded = excluder([pattern])
    assert [key for key in DEPARTMENTS if excluded(key)] == expected


def test_all_but_one_part_of_a_year() -> None:
    excluded = excluder(["2015/01/{[!0],0[8-9]}**", "2015/0[2-9]/**", "2015/1[0-2]/**"])
    days = [f"2015/{month:02d}/{day:02d}/data" for month in range(1, 13) for day in range(1, 29)]
    assert [day for day in days if not excluded(day)] == [f"2015/01/{day:02d}/data" for day in range(1, 8)]


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("[-a]", "-", True),
        ("[?*]", "?", True),
        ("[?*]", "x", False),
        (".hidden", ".hidden", True),
        ("a[", "a[", True),
        ("a{b", "a{b", True),
        ("a{b,[}]", "a{b,}", True),
        ("{a,b}{c,", "b{c,", True),
        ("a?c", "a/c", False),
        ("a[!x]c", "a/c", False),
    ],
)
def test_special_characters(pattern: str, key: str, expected: bool) -> None:
    assert excluder([pattern])(key) is expected


@given(st.text(alphabet="ab/.[]{}*?!,\\-", max_size=20), st.text(alphabet="ab/.-", max_size=20))
def test_any_pattern_is_accepted(pattern: str, key: str) -> None:
    excluder([pattern])(key)


@given(st.text(alphabet="abc/.", min_size=1, max_size=20))
def test_a_plain_pattern_excludes_itself_and_two_stars_everything(key: str) -> None:
    assert excluder([key])(key)
    assert excluder(["**"])(key)
