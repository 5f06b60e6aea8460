"""Writes rows as data files of a table, in bounded memory. Nobody sees them before they are committed."""

import io
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import (
    ParquetFormatWriter,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema, sanitize_column_names
from pyiceberg.table import TableProperties
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Record

from emberlake.sail import columns, partition

MIB = 1024 * 1024
# rows and finished pages of all open files together
MEMORY_BYTES = 128 * MIB
# a file is stored by one request, from memory
LARGEST_FILE = 64 * MIB
ROW_GROUP_BYTES = 16 * MIB
_LOG = logging.getLogger(__name__)


@dataclass
class _Open:
    """The file that a partition's rows go to: those not encoded yet, and the writer of those that are."""

    output: "_InMemory"
    writer: ParquetFormatWriter
    batches: list[pa.RecordBatch] = field(default_factory=list)
    waiting: int = 0
    rows: int = 0

    @property
    def size(self) -> int:
        return self.waiting + self.output.size


class _InMemory(io.BytesIO):
    """An output of PyIceberg's writer whose content outlives its end."""

    content = b""

    def create(self, overwrite: bool = False) -> "_InMemory":
        return self

    @property
    def size(self) -> int:
        return len(self.content) if self.closed else self.getbuffer().nbytes

    def close(self) -> None:
        if not self.closed:
            self.content = self.getvalue()
        super().close()


class Stage:
    """The data files of one write."""

    def __init__(
        self,
        table: TableMetadata,
        store: FileIO,
        *,
        memory_bytes: int = MEMORY_BYTES,
        largest_file: int = LARGEST_FILE,
    ) -> None:
        """`table`: schema, partitions, properties and location that the rows get."""
        self._schema: Schema = table.schema()
        self._spec: PartitionSpec = table.spec()
        self._spec_id = table.default_spec_id
        self._properties = table.properties
        self._places = load_location_provider(table.location, table.properties)
        self._store = store
        self._file_schema = sanitize_column_names(self._schema)
        self._arrow = columns.file_schema(self._schema)
        target = int(table.properties.get(TableProperties.WRITE_TARGET_FILE_SIZE_BYTES, largest_file))
        self._memory, self._largest = memory_bytes, min(largest_file, target)
        self._id, self._open = uuid.uuid4(), dict[Record, _Open]()
        self._files: list[DataFile] = []

    @property
    def rows(self) -> int:
        """How many rows the finished files have."""
        return sum(file.record_count for file in self._files)

    def add(self, batch: pa.RecordBatch, order: list[int]) -> None:
        """Take rows; `order` is what `columns.matched` found."""
        rows = columns.converted(batch, order, self._arrow)
        for key, part in partition.split(rows, self._spec, self._schema):
            if part.num_rows:
                self._take(key, part)
        while sum(file.size for file in self._open.values()) > self._memory:
            self._store_file(max(self._open, key=lambda key: self._open[key].size))

    def finish(self) -> list[DataFile]:
        """Store what is open; the files to commit."""
        for key in list(self._open):
            self._store_file(key)
        return self._files

    def discard(self) -> None:
        """Remove what was stored: the write is not committed."""
        self._open.clear()
        for file in self._files:
            try:
                self._store.delete(file.file_path)
            except Exception as error:  # noqa: BLE001  # the write has failed already, that is what is told
                _LOG.warning("%s is left behind: %s", file.file_path, error)
        self._files = []

    def _take(self, key: Record, part: pa.RecordBatch) -> None:
        if key not in self._open:
            output = _InMemory()
            # PyIceberg asks of an output no more than to create a stream
            writer = ParquetFormatWriter(cast("Any", output), self._file_schema, self._properties)
            self._open[key] = _Open(output, writer)
        file = self._open[key]
        file.batches.append(part)
        file.waiting += part.nbytes
        file.rows += part.num_rows
        if file.waiting >= ROW_GROUP_BYTES:
            _encode(file)
        if file.output.size >= self._largest:
            self._store_file(key)

    def _store_file(self, key: Record) -> None:
        file = self._open.pop(key)
        _encode(file)
        statistics = file.writer.close()
        name = f"00000-{len(self._files)}-{self._id}.parquet"
        path = self._places.new_data_location(name, self._folder(key))
        with self._store.new_output(path).create(overwrite=True) as stream:
            stream.write(file.output.content)
        described: dict[str, Any] = {
            "content": DataFileContent.DATA,
            "file_path": path,
            "file_format": FileFormat.PARQUET,
            "partition": key,
            "file_size_in_bytes": file.output.size,
            "sort_order_id": None,
            "spec_id": self._spec_id,
            "equality_ids": None,
            "key_metadata": None,
        }
        self._files.append(DataFile.from_args(**described, **statistics.to_serialized_dict()))

    def _folder(self, key: Record) -> Any:
        """What PyIceberg's layout asks for the path of a partition."""
        return _Folder(lambda: self._spec.partition_to_path(key, self._schema)) if self._spec.fields else None


@dataclass(frozen=True)
class _Folder:
    to_path: Callable[[], str]


def _encode(file: _Open) -> None:
    if file.batches:
        file.writer.write(pa.Table.from_batches(file.batches))
        file.batches, file.waiting = [], 0
