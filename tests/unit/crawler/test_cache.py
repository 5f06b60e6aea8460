"""A crawl of what was crawled before: what is read again, and what is done about a cache that is broken."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emberlake.crawler.config import CatalogSettings, CrawlConfig, Grouping, Location, S3Settings, Target
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.failure import RetryableError
from emberlake.crawler.find import Finder, Found
from emberlake.crawler.progress import Progress
from unit.crawler.memory import BUCKET, SYSTEM, MemoryStore

CONFIG = CrawlConfig(
    namespace="ns",
    name="crawl",
    uid="u",
    run=1,
    catalog=CatalogSettings("lake", "lake_hive", (), Location(BUCKET, "warehouse/"), SYSTEM, S3Settings()),
    database="raw",
    targets=(Target(Location(BUCKET, "raw/")),),
)
STATE = "_emberlake/state/crawl/ns/crawl.cache"


def parquet(rows: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": list(range(rows)), "name": ["x"] * rows}), buffer)
    return buffer.getvalue()


def find(store: MemoryStore, config: CrawlConfig = CONFIG) -> tuple[Found, io.StringIO]:
    told = io.StringIO()
    store.read_keys.clear()
    return Finder(config, store, Progress(told)).find(), told


def decisions(found: Found) -> dict[str, Decision]:
    assert not found.problems
    return {decision.candidate.prefix: decision for decision, _ in found.decisions}


def data_read(store: MemoryStore) -> list[str]:
    return sorted(key for key in store.read_keys if key.startswith("raw/"))


OBJECTS: Mapping[str, bytes | str] = {
    "raw/t/d=1/f.csv": "id,name\n1,a\n2,b\n",
    "raw/t/d=2/f.csv": "id,name\n3,c\n",
    "raw/j/a.json": '{"k": 1}\n',
    "raw/p/d=1/a.parquet": parquet(10),
    "raw/p/d=2/a.parquet": parquet(20),
    "raw/text/README": "words\n\nand words\n",
}


def test_what_did_not_change_is_not_read_again() -> None:
    store = MemoryStore(OBJECTS)
    first, _ = find(store)
    assert data_read(store)
    second, _ = find(store)
    assert data_read(store) == []
    for prefix, decision in decisions(second).items():
        before = decisions(first)[prefix]
        assert replace(decision, candidate=before.candidate) == before
        assert list(decision.candidate.files) == list(before.candidate.files)
    assert second.skipped == first.skipped


def test_a_parquet_file_is_read_by_one_request_in_a_later_crawl() -> None:
    store = MemoryStore(OBJECTS)
    find(store)
    store.objects["raw/p/d=3/b.parquet"] = parquet(5)
    found, _ = find(store)
    table = decisions(found)["raw/p/"]
    assert (table.records, table.exact) == (35, True)
    assert [partition.values for partition in table.candidate.partitions] == [("1",), ("2",), ("3",)]
    assert data_read(store) == ["raw/p/d=3/b.parquet"]


def test_a_large_parquet_file_is_read_by_one_request() -> None:
    noise = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(4_000)]
    buffer = io.BytesIO()
    pq.write_table(pa.table({"noise": noise}), buffer)
    assert buffer.tell() > 100_000
    store = MemoryStore({f"raw/p/d={day}/a.parquet": buffer.getvalue() for day in range(3)})
    found, _ = find(store)
    assert decisions(found)["raw/p/"].records == 12_000
    assert data_read(store) == [f"raw/p/d={day}/a.parquet" for day in range(3)]


def test_new_files_widen_types_and_add_rows() -> None:
    store = MemoryStore(OBJECTS)
    find(store)
    store.objects["raw/t/d=3/f.csv"] = b"id,name\n1.5,x\n"
    found, _ = find(store)
    table = decisions(found)["raw/t/"]
    assert [str(column.type) for column in table.columns] == ["double", "string"]
    assert (table.records, table.exact) == (4, True)
    assert set(data_read(store)) == {"raw/t/d=3/f.csv"}


def test_new_files_of_quoted_text_and_missing_values_fit_as_if_all_were_read() -> None:
    early = {f"raw/t/d={day}/f.csv": 'id,name,score\n1,"a, b",NA\n2,"c",5\n' for day in (1, 2, 3)}
    late = {"raw/t/d=4/f.csv": 'id,name,score\n3,"d, e",7\n4,"",NA\n'}
    store = MemoryStore(early)
    find(store)
    store.objects |= {key: body.encode() for key, body in late.items()}
    fitted = decisions(find(store)[0])["raw/t/"]
    assert set(data_read(store)) == set(late)
    whole = decisions(find(MemoryStore(early | late))[0])["raw/t/"]
    assert [replace(column, why="") for column in fitted.columns] == [
        replace(column, why="") for column in whole.columns
    ]
    assert (fitted.records, fitted.exact) == (whole.records, whole.exact) == (8, True)
    assert fitted.csv is not None
    assert whole.csv is not None
    assert fitted.csv.nulls == whole.csv.nulls


def test_a_file_that_was_written_anew_is_read_alone() -> None:
    objects = {f"raw/t/d={number}/f.csv": "id,name\n1,a\n2,b\n" for number in range(10)}
    store = MemoryStore(objects)
    find(store)
    store.objects["raw/t/d=4/f.csv"] = b"id,name\n1,a\n2,b\n3,c\n"
    found, _ = find(store)
    table = decisions(found)["raw/t/"]
    assert (table.records, table.exact) == (21, False)
    assert set(data_read(store)) == {"raw/t/d=4/f.csv"}


def test_a_table_that_is_another_now_is_decided_as_a_whole() -> None:
    store = MemoryStore(OBJECTS)
    find(store)
    store.objects["raw/j/b.json"] = b'{"k": {"nested": true}}\n'
    found, _ = find(store)
    assert [problem.reason for problem in found.problems] == ["MixedTypes"]
    assert {"raw/j/a.json", "raw/j/b.json"} <= set(data_read(store))


def test_a_folder_that_cannot_be_a_table_is_not_read_again_either() -> None:
    store = MemoryStore({"raw/m/a.csv": "a,b\n1,2\n", "raw/m/b.json": '{"a": 1}\n'})
    first, _ = find(store)
    second, _ = find(store)
    assert [str(problem) for problem in second.problems] == [str(problem) for problem in first.problems]
    assert [problem.reason for problem in second.problems] == ["MixedFiles"]
    assert data_read(store) == []
    find(store)
    assert data_read(store) == []
    del store.objects["raw/m/b.json"]
    third, _ = find(store)
    assert list(decisions(third)) == ["raw/m/"]


def test_only_new_folders() -> None:
    config = replace(CONFIG, recrawl="NewFolders")
    store = MemoryStore(OBJECTS)
    find(store, config)
    store.objects["raw/t/d=1/more.csv"] = b"id,name\n9,z\n"
    store.objects["raw/t/d=3/f.csv"] = b"id,name\n4,d\n"
    store.objects["raw/new/f.csv"] = b"a,b\n1,2\n"
    del store.objects["raw/p/d=2/a.parquet"]
    found, _ = find(store, config)
    tables = decisions(found)
    assert "raw/t/d=1/more.csv" not in data_read(store)
    assert {"raw/t/d=3/f.csv", "raw/new/f.csv"} == set(data_read(store))
    assert len(tables["raw/t/"].candidate.partitions) == 3
    assert len(tables["raw/p/"].candidate.partitions) == 1


@pytest.mark.parametrize(
    "body", [b"", b"no gzip", b"\x1f\x8b\x08\x00broken"], ids=["empty", "other", "broken"]
)
def test_a_broken_cache_is_told_and_done_without(body: bytes) -> None:
    store = MemoryStore({**OBJECTS, STATE: body})
    found, told = find(store)
    assert len(decisions(found)) == 3
    assert "CacheIgnored" in told.getvalue()


def test_a_cache_runs_no_code() -> None:
    import gzip  # noqa: PLC0415
    import pickle  # noqa: PLC0415

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return exec, ("raise SystemExit",)

    store = MemoryStore({**OBJECTS, STATE: gzip.compress(pickle.dumps(("v", Evil())))})
    found, told = find(store)
    assert len(decisions(found)) == 3
    assert "builtins.exec is no part of a cache" in told.getvalue()


def test_with_other_classifiers_all_is_decided_anew() -> None:
    store = MemoryStore(OBJECTS)
    find(store)
    found, told = find(store, replace(CONFIG, scan_bytes=1_000_000))
    assert "other classifiers" in told.getvalue()
    assert set(data_read(store)) == {key for key in store.objects if key.startswith("raw/")}
    assert len(decisions(found)) == 3


def test_some_files_of_each_folder_are_looked_at() -> None:
    objects = {f"raw/t/d={day}/{n}.csv": "id,name\n1,a\n" for day in range(3) for n in range(20)}
    store = MemoryStore(objects)
    config = replace(CONFIG, targets=(replace(CONFIG.targets[0], sample_size=2),))
    found, _ = find(store, config)
    table = decisions(found)["raw/t/"]
    assert len(set(data_read(store))) <= 6 + 3
    assert (table.records, table.exact) == (60, False)
    assert len(table.candidate.files) == 60


def test_too_many_tables_are_all_named_and_none_is_decided() -> None:
    store = MemoryStore(OBJECTS)
    found, _ = find(store, replace(CONFIG, grouping=Grouping(max_tables=2)))
    assert [problem.reason for problem in found.problems] == ["TooManyTables"]
    assert found.too_many == ["s3://lake/raw/j", "s3://lake/raw/p", "s3://lake/raw/t"]
    assert not found.decisions


class Failing(MemoryStore):
    """Cannot read what lies under `broken`."""

    broken = "raw/p/"

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        if key.startswith(self.broken):
            raise RetryableError("Throttled", "slow down")
        return super().get_range(bucket, key, start, length)


def test_a_table_that_cannot_be_read_now_is_told_and_the_others_go_on() -> None:
    store = Failing(OBJECTS)
    found, _ = find(store)
    assert [(problem.path, problem.reason) for problem in found.unreachable] == [
        ("s3://lake/raw/p", "Throttled")
    ]
    assert set(decisions(found)) == {"raw/j/", "raw/t/"}
    store.broken = "none"
    later, _ = find(store)
    assert set(decisions(later)) == {"raw/j/", "raw/p/", "raw/t/"}
    assert {key.split("/")[1] for key in data_read(store)} == {"p"}


def test_a_store_that_fails_throughout_ends_the_run() -> None:
    store = Failing({f"raw/t{number}/f.csv": f"a{number},b\n1,2\n" for number in range(9)})
    store.broken = "raw/"
    with pytest.raises(RetryableError, match="slow down"):
        find(store)
