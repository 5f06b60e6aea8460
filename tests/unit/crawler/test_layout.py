"""Folders to tables and partitions."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.crawler.grouping.layout import group
from emberlake.crawler.grouping.partitions import partition_chain, split_folder, value_type
from emberlake.crawler.listing.listing import sort_out
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import SYSTEM, listing, target


def tables(
    *keys: str, exclude: tuple[str, ...] = ()
) -> dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    layout = group(listing(list(keys), *exclude))
    assert not layout.problems
    return {c.prefix: (c.keys, [p.values for p in c.partitions]) for c in layout.candidates}


def problem(*keys: str, exclude: tuple[str, ...] = ()) -> str:
    layout = group(listing(list(keys), *exclude))
    (found,) = layout.problems
    return found.reason


def test_the_layout_of_the_demo() -> None:
    assert tables(
        "raw/airlines/airlines.csv",
        "raw/flights/year=2013/month=1/f.csv",
        "raw/flights/year=2013/month=2/f.csv",
        "raw/weather/obs_date=2013-01-01/w.csv",
    ) == {
        "raw/airlines/": ((), [()]),
        "raw/flights/": (("year", "month"), [("2013", "1"), ("2013", "2")]),
        "raw/weather/": (("obs_date",), [("2013-01-01",)]),
    }


@pytest.mark.parametrize(
    ("folders", "keys", "values"),
    [
        (["2013-01-01", "2013-01-02"], ("partition_0",), [("2013-01-01",), ("2013-01-02",)]),
        (["20130101"], ("partition_0",), [("20130101",)]),
        (["2013/01/31"], ("partition_0", "partition_1", "partition_2"), [("2013", "01", "31")]),
        (["2013/1/31/23"], tuple(f"partition_{n}" for n in range(4)), [("2013", "1", "31", "23")]),
        (["region=eu/2013-01-01"], ("region", "partition_1"), [("eu", "2013-01-01")]),
        (["Day=Mon%2FTue"], ("day",), [("Mon/Tue",)]),
        (["a="], ("a",), [("__HIVE_DEFAULT_PARTITION__",)]),
    ],
)
def test_partition_folders(folders: list[str], keys: tuple[str, ...], values: list[tuple[str, ...]]) -> None:
    assert tables(*[f"raw/t/{folder}/f.csv" for folder in folders]) == {"raw/t/": (keys, values)}


@pytest.mark.parametrize(
    "name", ["eu", "2013-13-01", "9999-01-01", "20131301", "01", "12", "v1", "=x", "1234"]
)
def test_other_folders_are_tables_of_their_own(name: str) -> None:
    assert partition_chain([name]) is None
    assert list(tables(f"raw/t/{name}/f.csv")) == [f"raw/t/{name}/"]


def test_a_table_below_a_table() -> None:
    assert list(tables("raw/a/x.csv", "raw/a/b/y.csv")) == ["raw/a/", "raw/a/b/"]


def test_ignored_objects_split_nothing() -> None:
    found = tables("raw/t/p=1/f.csv", "raw/t/_SUCCESS", "raw/t/.crc", "raw/t/_tmp/x.csv", "raw/t/p=1/_part")
    assert list(found) == ["raw/t/"]
    assert tables("raw/t/_k=1/f.csv") == {"raw/t/": (("_k",), [("1",)])}


def test_empty_objects_and_markers_are_ignored() -> None:
    found = listing({"raw/": 0, "raw/t/": 0, "raw/t/empty": 0, "raw/t/f.csv": 5})
    assert ([item.key for item in found.data], found.ignored) == (["raw/t/f.csv"], 3)


def test_the_system_prefix_does_not_count_at_all() -> None:
    found = listing(["_emberlake/reports/x.json", "raw/f.csv"], prefix="")
    assert (found.total, [item.key for item in found.data]) == (1, ["raw/f.csv"])


def test_files_of_delta_and_iceberg_tables_are_left_to_them() -> None:
    found = listing(
        [
            "raw/d/_delta_log/000.json", "raw/d/part.parquet", "raw/i/metadata/1.metadata.json",
            "raw/i/data/x.parquet", "raw/t/f.csv",
        ]
    )  # fmt: skip
    assert found.lakehouse == {"raw/d/": "Delta", "raw/i/": "Iceberg"}
    assert [item.key for item in found.data] == ["raw/t/f.csv"]


def test_contradicting_partitions_fail_their_table_only() -> None:
    layout = group(listing(["raw/t/a=1/f.csv", "raw/t/b=2/f.csv", "raw/u/f.csv"]))
    assert [p.reason for p in layout.problems] == ["InconsistentPartitions"]
    assert [c.prefix for c in layout.candidates] == ["raw/u/"]


def test_one_partition_in_two_folders() -> None:
    assert problem("raw/t/a=x%20y/f.csv", "raw/t/a=x y/f.csv") == "DuplicatePartition"


def test_stray_files_beside_partitions_are_noted() -> None:
    (candidate,) = group(listing(["raw/t/a=1/f.csv", "raw/t/f.csv"])).candidates
    assert candidate.notes[0].startswith("StrayFiles")
    assert [item.key for item in candidate.files] == ["raw/t/a=1/f.csv"]


def test_excluding_a_folder_heals_at_once() -> None:
    assert list(tables("raw/t/a=1/f.csv", "raw/t/old/b=1/f.csv", exclude=("t/old/**",))) == ["raw/t/"]


def test_an_excluded_file_beside_others_would_be_read_by_the_engines() -> None:
    assert problem("raw/t/f.csv", "raw/t/f.bak", exclude=("**.bak",)) == "ExcludedFileInTable"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "12"], "int"),
        (["01", "12"], "string"),
        (["-5"], "int"),
        (["3000000000"], "bigint"),
        (["99999999999999999999"], "string"),
        (["2013-01-01", "2013-12-31"], "date"),
        (["2013-01-01", "2013-02-30"], "string"),
        (["eu", "1"], "string"),
        (["1", "__HIVE_DEFAULT_PARTITION__"], "int"),
        ([], "string"),
    ],
)
def test_types_of_partition_values(values: list[str], expected: str) -> None:
    assert str(value_type(values)) == expected


NAMES = st.sampled_from(["a", "b", "x=1", "x=2", "y=a", "2013-01-01", "2013", "02", "t1"])


@given(st.lists(st.lists(NAMES, max_size=5).map("/".join), min_size=1, max_size=20))
def test_every_file_is_placed_once_or_reported(folders: list[str]) -> None:
    keys = sorted({f"raw/{folder}/f.csv".replace("//", "/") for folder in folders})
    layout = group(listing(keys))
    placed = [item.key for candidate in layout.candidates for item in candidate.files]
    assert len(placed) == len(set(placed))
    if not layout.problems:
        strays = any(candidate.notes for candidate in layout.candidates)
        assert strays or sorted(placed) == keys
    for candidate in layout.candidates:
        assert all(item.key.startswith(candidate.prefix) for item in candidate.files)
        assert all(len(partition.values) == len(candidate.keys) for partition in candidate.partitions)


@given(st.lists(NAMES, max_size=6))
def test_the_tail_of_partitions_is_the_longest(names: list[str]) -> None:
    start, chain = split_folder(names)
    assert len(chain) == len(names) - start
    assert start == 0 or partition_chain(names[start - 1 :]) is None


def test_a_million_folders_fit_into_a_gigabyte() -> None:
    """By the share of each of some thousand: 200 MB are left for the program."""
    number = 10_000
    days = (
        f"year={2000 + day // 336}/month={day // 28 % 12 + 1}/day={day % 28 + 1}" for day in range(number)
    )
    objects = (StoredObject(f"raw/events/{day}/part-0.parquet", 1000, f"{1:032x}") for day in days)
    tracemalloc.start()
    try:
        (found,) = group(sort_out(target(), SYSTEM, objects)).candidates
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.partitions) == number
    assert most / number < 800
