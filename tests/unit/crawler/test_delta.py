"""Delta tables of a real writer: the log as it reads it."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from emberlake.crawler.decide.delta import decide_delta
from unit.crawler.memory import BUCKET, MemoryStore

PREFIX = "raw/sales/"


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
