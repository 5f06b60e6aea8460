"""Listing with several requests at a time, and the columns that hold what was listed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.inventory import Inventory, Joined, tag
from emberlake.crawler.listing.store import Page, StoredObject
from emberlake.crawler.listing.walk import walk
from unit.crawler.memory import BUCKET, MemoryStore

PARTS = st.sampled_from(["a", "a-", "a b", "b", "b=1", "é", "\U0001f600", "0", "z"])
KEYS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


class Paged(MemoryStore):
    page_size = 2


@given(st.sets(KEYS, min_size=1, max_size=60), st.integers(1, 4))
@settings(deadline=None)
def test_every_object_is_listed_once(keys: set[str], listers: int) -> None:
    store = Paged(dict.fromkeys((f"raw/{key}" for key in keys), "x") | {"other/x": "x"})
    seen = [item.key for page in walk(store, BUCKET, "raw/", listers) for item in page]
    assert sorted(seen) == sorted(f"raw/{key}" for key in keys)


class Counting(Paged):
    lists = 0

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        self.lists += 1
        return super().list_page(bucket, prefix, after, delimiter)


def test_the_requests_stay_near_those_of_a_listing_in_order() -> None:
    store = Counting({f"raw/d={folder:02}/f{n}": "x" for folder in range(40) for n in range(20)})
    assert sum(len(page) for page in walk(store, BUCKET, "raw/")) == 800
    assert store.lists < 1.5 * 400


class Broken(Paged):
    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        if after >= "raw/d=20":
            raise Problem("s3://lake/raw/", "AccessDenied", "not yours")
        return super().list_page(bucket, prefix, after, delimiter)


def test_an_error_of_any_request_ends_the_listing() -> None:
    store = Broken({f"raw/d={folder}/f{n}": "x" for folder in range(10, 30) for n in range(20)})
    with pytest.raises(Problem, match="not yours"):
        list(walk(store, BUCKET, "raw/"))


def test_a_reader_may_stop_early() -> None:
    store = Paged({f"raw/d={folder}/f{n}": "x" for folder in range(50) for n in range(20)})
    assert next(walk(store, BUCKET, "raw/"))


OBJECTS = st.dictionaries(KEYS, st.integers(1, 10**12), max_size=40)


@given(OBJECTS, st.randoms())
def test_what_goes_into_an_inventory_comes_out_by_folder(objects: dict[str, int], chance: object) -> None:
    inventory = Inventory()
    keys = list(objects)
    chance.shuffle(keys)  # type: ignore[attr-defined]
    for key in keys:
        folder, slash, name = key.rpartition("/")
        inventory.add(folder + slash, name, objects[key], f"{len(key):032x}")
    folders = inventory.folders()
    joined = Joined(list(folders.values()))
    assert {item.key: item.size for item in joined} == objects
    assert [item.key for item in joined] == [joined[index].key for index in range(len(joined))]
    assert sum(files.bytes for files in folders.values()) == sum(objects.values())
    for prefix, files in folders.items():
        names = [item.key for item in files]
        assert names == sorted(names)
        assert all(name.rpartition("/")[0] == prefix[:-1] for name in names)
        assert files[-1] == files[len(files) - 1] == list(files)[-1] == files[-1:][0]


def test_etags_are_told_apart() -> None:
    etags = ["", "9e107d9d372bb6826bd81d3542a419d6", "9e107d9d372bb682-3", "2026-01-01T00:00:00Z", "W/x"]
    assert len({tag(etag) for etag in etags}) == len(etags)
    assert StoredObject("k", 1, "x").etag == "x"
