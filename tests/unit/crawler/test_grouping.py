"""Which folders are one table when names alone do not tell: what their files look like, and the knobs."""

from collections.abc import Mapping

import pytest

from emberlake.crawler.config import Grouping
from emberlake.crawler.grouping.layout import Layout, group
from emberlake.crawler.grouping.sampling import folders_to_sample
from emberlake.crawler.grouping.shape import Shape
from emberlake.crawler.grouping.tree import build
from unit.crawler.memory import listing

SALES = "csv id region amount day"
USERS = "csv user name email born"
TEXT = "unknown"


def shape(text: str) -> Shape:
    kind, *columns = text.split()
    return Shape(kind, frozenset(columns))


def layout(folders: Mapping[str, str], grouping: Grouping | None = None) -> Layout:
    """The layout of folders below raw/, each with one file of the given shape."""
    keys = [f"raw/{folder}f" for folder in folders]
    shapes = {f"raw/{folder}": shape(text) for folder, text in folders.items()}
    return group(listing(keys), shapes, grouping)


def tables(
    folders: Mapping[str, str], grouping: Grouping | None = None
) -> dict[str, tuple[tuple[str, ...], int]]:
    """Prefix below raw/ -> partition keys and number of partitions."""
    found = layout(folders, grouping)
    assert not found.problems
    return {c.prefix.removeprefix("raw/"): (c.keys, len(c.partitions)) for c in found.candidates}


COMPATIBLE = Grouping(policy="Compatible")


def test_plain_folders_that_are_alike_are_partitions_without_a_name() -> None:
    assert tables({"sales/eu/": SALES, "sales/us/": SALES, "users/": USERS}) == {
        "sales/": (("partition_0",), 2),
        "users/": ((), 1),
    }


def test_plain_folders_of_their_own_columns_are_tables() -> None:
    assert list(tables({"sales/": SALES, "users/": USERS})) == ["sales/", "users/"]


def test_plain_folders_below_the_target_are_tables() -> None:
    folders = {"eu/": SALES, "us/": SALES}
    assert list(tables(folders)) == ["eu/", "us/"]
    assert list(tables(folders, COMPATIBLE)) == [""]


def test_levels_of_plain_folders() -> None:
    found = tables({"t/eu/a/": SALES, "t/eu/b/": SALES, "t/us/a/": SALES, "users/": USERS})
    assert found["t/"] == (("partition_0", "partition_1"), 3)


def test_a_single_folder_is_a_name_and_no_partition() -> None:
    found = tables({"a/orders/": SALES, "b/orders/": SALES, "c/users/": USERS})
    assert list(found) == ["a/orders/", "b/orders/", "c/users/"]


def test_what_was_taken_for_a_partition_is_undone() -> None:
    found = tables({"t/eu/a/": SALES, "t/eu/b/": SALES, "t/us/a/": USERS})
    assert found == {"t/eu/": (("partition_0",), 2), "t/us/a/": ((), 1)}


def test_columns_that_came_later_keep_partitions_together() -> None:
    found = tables({"t/d=1/": "csv a b", "t/d=2/": "csv a b c", "t/d=3/": "csv a b c d e f"})
    assert found == {"t/": (("d",), 3)}


def test_half_of_the_columns_keep_partitions_together_but_not_plain_folders() -> None:
    assert list(tables({"t/d=1/": "json a b", "t/d=2/": "json a c e"})) == ["t/"]
    assert len(tables({"t/x/": "json a b", "t/y/": "json a c e"})) == 2


def test_the_documented_example_of_the_two_policies() -> None:
    folders = {"t/year=2017/": "csv a b", "t/year=2018/": "csv c d"}
    assert list(tables(folders)) == ["t/year=2017/", "t/year=2018/"]
    assert tables(folders, COMPATIBLE) == {"t/": (("year",), 2)}


def test_formats_are_never_one_table() -> None:
    folders = {"t/d=1/": "csv a b", "t/d=2/": "csv a b", "t/d=3/": "parquet a b"}
    expected = {"t/": (("d",), 2), "t/d=3/": ((), 1)}
    assert tables(folders) == tables(folders, COMPATIBLE) == expected


@pytest.mark.parametrize(("threshold", "count"), [(0.3, 1), (0.7, 2), (1.0, 2)])
def test_the_threshold(threshold: float, count: int) -> None:
    folders = {"t/a/": "csv a b c d", "t/b/": "csv a b x y"}
    assert len(tables(folders, Grouping(threshold=threshold))) == count


def test_an_odd_folder_does_not_split_a_dataset() -> None:
    regions = {f"t/r{number}/": SALES for number in range(5)}
    assert tables({**regions, "t/zz/": USERS}) == {"t/": (("partition_0",), 5), "t/zz/": ((), 1)}
    assert tables({**regions, "t/docs/": TEXT})["t/"] == (("partition_0",), 5)


def test_a_stray_file_does_not_split_a_dataset() -> None:
    (found,) = layout({"t/": TEXT, "t/eu/": SALES, "t/us/": SALES}).candidates
    assert (found.prefix, len(found.partitions)) == ("raw/t/", 2)
    assert found.notes[0].startswith("StrayFiles")


def test_a_folder_of_files_without_format_is_no_partition() -> None:
    found = tables({"t/d=1/": SALES, "t/d=2/": SALES, "t/d=3/": TEXT})
    assert found["t/"] == (("d",), 2)


def test_too_many_kinds_of_folders_are_tables() -> None:
    kinds = {f"t/d={number}/": f"csv a{number} b{number}" for number in range(6)}
    alike = {f"t/d={number}/": SALES for number in range(10, 30)}
    assert len(tables({**kinds, **alike})) == 26


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (2, {"": (("partition_0", "partition_1"), 2)}),
        (3, {"x/": (("partition_0",), 1), "y/": (("partition_0",), 1)}),
        (4, {"x/p/": ((), 1), "y/q/": ((), 1)}),
    ],
)
def test_the_table_level(level: int, expected: dict[str, tuple[tuple[str, ...], int]]) -> None:
    assert tables({"x/p/": SALES, "y/q/": USERS}, Grouping(table_level=level)) == expected


def test_a_table_level_above_the_target_is_the_target() -> None:
    assert tables({"x/": SALES, "y/": USERS}, Grouping(table_level=1)) == {"": (("partition_0",), 2)}


def test_folders_below_the_table_level_must_be_laid_out_alike() -> None:
    found = layout({"x/p/": SALES, "x/q/r/": SALES}, Grouping(table_level=3))
    assert [problem.reason for problem in found.problems] == ["InconsistentPartitions"]


def test_ten_thousand_levels_of_folders_are_no_trouble() -> None:
    deep = "a/" * 10_000
    assert list(tables({deep: SALES})) == [deep]


def test_very_many_kinds_of_folders_are_compared_in_bounded_time() -> None:
    folders = {f"t/{number}/": f"csv a{number} b{number}" for number in range(3_000)}
    assert len(tables(folders)) == 3_000


def test_few_files_are_looked_at_where_paths_tell() -> None:
    keys = [f"raw/t/d={number}/{name}" for number in range(500) for name in "abc"] + ["raw/u/f", "raw/v/f"]
    found = listing(keys)
    chosen = folders_to_sample(build("raw/", found.folders))
    assert {"raw/u/", "raw/v/"} < set(chosen)
    assert len(chosen) == 18
