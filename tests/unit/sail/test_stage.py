"""Data files hold the rows of the write, each in its partition, and memory stays bounded."""

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.io import FileIO, InputFile, OutputFile
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.types import LongType, NestedField, StringType

from emberlake.sail import definition, stage
from emberlake.sail.writes import PartitionedBy

SCHEMA = Schema(NestedField(1, "id", LongType()), NestedField(2, "part", StringType()))
INCOMING = pa.schema([("id", pa.int64()), ("part", pa.string())])


class Files(FileIO):
    """A local folder that counts what is stored and removed."""

    def __init__(self) -> None:
        super().__init__()
        self._files = PyArrowFileIO()
        self.stored: list[str] = []
        self.removed: list[str] = []

    def new_input(self, location: str) -> InputFile:
        return self._files.new_input(location)

    def new_output(self, location: str) -> OutputFile:
        self.stored.append(location)
        return self._files.new_output(location)

    def delete(self, location: Any) -> None:
        self.removed.append(location)
        self._files.delete(location)


@pytest.fixture
def files() -> Files:
    return Files()


def staging(place: Any, files: Files, *, by: str = "", **bounds: int) -> stage.Stage:
    fields = (PartitionedBy(by),) if by else ()
    spec: PartitionSpec = definition.new_spec(SCHEMA, fields)
    metadata = new_table_metadata(SCHEMA, spec, UNSORTED_SORT_ORDER, f"file://{place}", {})
    return stage.Stage(metadata, files, **bounds)


def batch(ids: range, parts: int) -> pa.RecordBatch:
    return pa.record_batch([list(ids), [f"p{number % parts}" for number in ids]], INCOMING)


def rows_of(file: DataFile) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(file.file_path.removeprefix("file://")).to_pylist()
    return found


def test_each_partition_has_its_rows_in_a_file_that_describes_them(tmp_path: Any, files: Files) -> None:
    staged = staging(tmp_path, files, by="part")
    for start in range(0, 90, 30):
        staged.add(batch(range(start, start + 30), 3), [0, 1])
    found = staged.finish()
    ids = {file.partition[0]: [row["id"] for row in rows_of(file)] for file in found}
    assert ids == {f"p{part}": list(range(part, 90, 3)) for part in range(3)}
    for file in found:
        assert f"/data/part={file.partition[0]}/" in file.file_path
        assert file.record_count == 30
        assert file.value_counts == {1: 30, 2: 30}
        assert file.null_value_counts == {1: 0, 2: 0}
        low = int.from_bytes(file.lower_bounds[1], "little")
        assert low == ids[file.partition[0]][0]


def test_field_ids_stand_in_the_file(tmp_path: Any, files: Files) -> None:
    staged = staging(tmp_path, files)
    staged.add(batch(range(1), 1), [0, 1])
    (file,) = staged.finish()
    schema = pq.read_schema(file.file_path.removeprefix("file://"))
    assert [field.metadata[b"PARQUET:field_id"] for field in schema] == [b"1", b"2"]


def test_what_is_open_never_takes_more_than_its_share_of_memory(tmp_path: Any, files: Files) -> None:
    share = 64 * 1024
    staged = staging(tmp_path, files, by="part", memory_bytes=share)
    for start in range(0, 40_000, 1000):
        staged.add(batch(range(start, start + 1000), 20), [0, 1])
        assert sum(file.size for file in staged._open.values()) <= share
    seen = defaultdict(list)
    for file in staged.finish():
        seen[file.partition[0]] += [row["id"] for row in rows_of(file)]
    assert len(files.stored) > 20
    assert dict(seen) == {f"p{part}": list(range(part, 40_000, 20)) for part in range(20)}


def test_a_file_is_stored_when_it_is_large_enough(
    tmp_path: Any, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "ROW_GROUP_BYTES", 4096)
    staged = staging(tmp_path, files, largest_file=10_000)
    for start in range(0, 20_000, 1000):
        staged.add(batch(range(start, start + 1000), 1), [0, 1])
    found = staged.finish()
    assert len(found) > 2
    assert [row["id"] for file in found for row in rows_of(file)] == list(range(20_000))


def test_no_rows_make_no_files(tmp_path: Any, files: Files) -> None:
    staged = staging(tmp_path, files)
    staged.add(batch(range(0), 1), [0, 1])
    assert staged.finish() == []


def test_what_was_stored_is_removed_with_a_write_that_failed(tmp_path: Any, files: Files) -> None:
    staged = staging(tmp_path, files, by="part")
    staged.add(batch(range(10), 2), [0, 1])
    staged.finish()
    staged.discard()
    assert files.removed == files.stored
    assert len(files.removed) == 2
