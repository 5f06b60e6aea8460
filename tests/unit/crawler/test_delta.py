"""Delta tables of a real writer: the log as it reads it, and what crawls make of the table run by run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from emberlake.crawler.config import Changes
from emberlake.crawler.decide.delta import decide_delta
from unit.crawler.memory import BUCKET, MemoryStore
from unit.crawler.world import World, new_world

PREFIX = "raw/sales/"


@pytest.fixture
def world() -> Iterator[World]:
    with new_world() as made:
        yield made


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """A table in which one of three rows is deleted."""
    rows = {"Id": [1, 2, 3], "name": ["x", "y", "z"], "day": ["a", "a", "b"]}
    write_deltalake(tmp_path, pa.table(rows), partition_by=["day"])
    DeltaTable(tmp_path).delete("Id = 2")
    return tmp_path


def files(table: Path) -> dict[str, bytes]:
    found = (path for path in table.rglob("*") if path.is_file())
    return {f"{PREFIX}{path.relative_to(table)}": path.read_bytes() for path in found}


def without_log(table: Path) -> dict[str, bytes]:
    return {key: body for key, body in files(table).items() if "_delta_log" not in key}


def widen(table: Path) -> None:
    """A commit with a row and a column more."""
    more = pa.table({"Id": [4], "day": ["c"], "price": [1.5]})
    write_deltalake(table, more, mode="append", schema_mode="merge")


def counted(table: Path) -> tuple[int, int, int]:
    """Version, rows and files by the crawler's reader."""
    found = decide_delta(MemoryStore(files(table)), BUCKET, PREFIX)
    assert found.lakehouse is not None
    assert found.exact
    return found.lakehouse.version, found.records, found.objects


def test_the_log_says_what_its_writer_reads(sales: Path) -> None:
    def written() -> tuple[int, int, int]:
        table = DeltaTable(sales)
        return table.version(), table.count(), len(table.file_uris())

    assert counted(sales) == written() == (1, 2, 2)
    widen(sales)
    DeltaTable(sales).create_checkpoint()
    for version in (0, 1):
        (sales / "_delta_log" / f"{version:020}.json").unlink()
    write_deltalake(sales, pa.table({"Id": [5], "day": ["c"]}), mode="append", schema_mode="merge")
    assert counted(sales) == written() == (3, 4, 4)
    write_deltalake(sales, pa.table({"Id": [9], "day": ["z"]}), mode="overwrite", schema_mode="overwrite")
    assert counted(sales) == written() == (4, 1, 1)


def test_a_table_is_registered_as_deltas(world: World, sales: Path) -> None:
    assert world.crawl(files(sales)).reason == "Crawled"
    assert world.columns("sales") == {"id": "bigint", "name": "string", "day": "string"}
    table = world.table("sales")
    assert (table.table_type, table.location, table.partition_keys) == (
        "EXTERNAL_TABLE", "s3://lake/raw/sales", (),
    )  # fmt: skip
    assert table.storage.serde_parameters["path"] == table.location
    assert "SequenceFile" in (table.storage.input_format or "")
    about_spark = {name for name in table.parameters if name.startswith("spark.")}
    assert about_spark == {"spark.sql.sources.provider"}
    told = {
        "spark.sql.sources.provider": "delta", "classification": "delta", "recordCount": "2",
        "recordCountKind": "exact", "objectCount": "2",
        "readableBy": "spark: not readable: Spark's image has no Delta Lake; trino: native",
    }  # fmt: skip
    assert {name: table.parameters[name] for name in told} == told
    assert not {"table_type", "metadata_location"} & table.parameters.keys()


def test_new_commits_reach_the_entry(world: World, sales: Path) -> None:
    world.crawl(files(sales))
    first = world.columns("sales")
    assert world.crawl(files(sales)).counts.tables_unchanged == 1
    widen(sales)
    assert world.crawl(files(sales)).counts.tables_updated == 1
    (told,) = world.report()["tables"]
    assert "column price double added" in told["changes"]
    assert world.table("sales").parameters["recordCount"] == "3"
    write_deltalake(sales, pa.table({"day": ["z"], "n": [1]}), mode="overwrite", schema_mode="overwrite")
    world.crawl(files(sales))
    assert world.columns("sales") == {"day": "string", "n": "bigint"}
    assert world.again(rollback_to=1).reason == "RolledBack"
    assert (world.columns("sales"), world.table("sales").parameters["recordCount"]) == (first, "2")


@pytest.mark.parametrize("update", ["Merge", "Replace"])
@pytest.mark.parametrize(("delete", "action"), [("Log", "none"), ("Deprecate", "alter"), ("Delete", "drop")])
def test_what_a_lost_log_leaves_behind_is_no_table(
    world: World, sales: Path, update: Any, delete: Any, action: str
) -> None:
    changes = Changes(update, delete)
    world.crawl(files(sales), changes=changes)
    before = world.table("sales")
    world.crawl(without_log(sales), changes=changes)
    (told,) = world.report()["tables"]
    assert (told["action"], "no Delta log" in told["changes"][0]) == (action, True)
    assert ("sales" in world.metastore.tables) == (delete != "Delete")
    if delete != "Delete":
        assert world.table("sales").storage == before.storage
        assert ("DEPRECATED_BY_CRAWLER" in world.table("sales").parameters) == (delete == "Deprecate")
        world.crawl(files(sales), changes=changes)
        assert "DEPRECATED_BY_CRAWLER" not in world.table("sales").parameters
    assert world.again(rollback_to=1).reason == "RolledBack"
    assert world.table("sales").storage == before.storage


def test_a_folder_that_is_gone_follows_the_delete_policy(world: World, sales: Path) -> None:
    kept = {"raw/kept/a.csv": "n,s\n1,x\n"}
    world.crawl(files(sales) | MemoryStore(kept).objects)
    assert world.crawl(kept, changes=Changes(delete="Delete")).counts.tables_deleted == 1
    assert sorted(world.metastore.tables) == ["kept"]


def test_partitions_of_loose_parquet_become_one_table_of_delta(world: World, tmp_path: Path) -> None:
    rows = pa.table({"n": [1, 2], "day": ["a", "b"]})
    pq.write_to_dataset(rows, tmp_path / "loose", partition_cols=["day"])
    world.crawl(files(tmp_path / "loose"))
    world.metastore.tables["sales"].parameters["owner_team"] = "sales"
    assert [key.name for key in world.table("sales").partition_keys] == ["day"]
    write_deltalake(tmp_path / "delta", rows, partition_by=["day"])
    assert world.crawl(files(tmp_path / "delta"), changes=Changes("Log")).counts.tables_unchanged == 1
    assert world.crawl(files(tmp_path / "delta")).reason == "Crawled"
    table = world.table("sales")
    assert (table.partition_keys, world.metastore.partitions["sales"]) == ((), {})
    assert (table.parameters["spark.sql.sources.provider"], table.parameters["owner_team"]) == (
        "delta", "sales",
    )  # fmt: skip
