"""Parquet: columns and exact row counts from footers, one ranged read a file."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from emberlake.crawler.classify.formats import PARQUET
from emberlake.crawler.decide.columnar import ColumnarEvidence, alone
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.parquetfooter import looked_at
from emberlake.crawler.decide.types import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TIMESTAMP,
    TINYINT,
    HiveType,
    array,
    decimal,
    mapping,
    struct,
)
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.listing.store import ObjectStore, StoredObject

MAGIC, ENCRYPTED = b"PAR1", b"PARE"
FOOTER_GUESS = 64 * 1024
MAX_FOOTER = 64 * 1024 * 1024

_SCALARS: dict[pa.DataType, HiveType] = {
    pa.bool_(): BOOLEAN,
    pa.int8(): TINYINT,
    pa.int16(): SMALLINT,
    pa.int32(): INT,
    pa.int64(): BIGINT,
    pa.uint8(): SMALLINT,
    pa.uint16(): INT,
    pa.float32(): FLOAT,
    pa.float64(): DOUBLE,
    pa.string(): STRING,
    pa.large_string(): STRING,
    pa.string_view(): STRING,
    pa.binary(): BINARY,
    pa.large_binary(): BINARY,
    pa.date32(): DATE,
    pa.date64(): DATE,
}


def _fields(uri: str, metadata: pq.FileMetaData) -> list[tuple[str, HiveType | str]]:
    """Columns of one file with their types, or why they cannot be read."""
    try:
        nanos = _nanosecond_paths(metadata.schema)
        return [
            (column.name, type_or_reason(column.type, column.name in nanos))
            for column in metadata.schema.to_arrow_schema()
        ]
    except (pa.ArrowException, ValueError) as error:
        raise Problem(uri, "NotReadable", f"the schema in the footer cannot be read: {error}") from error


def type_or_reason(kind: pa.DataType, nanoseconds: bool = False) -> HiveType | str:
    """Hive type of a stored column, or why one of the engines cannot read it."""
    try:
        return hive_type(kind, nanoseconds)
    except ValueError as error:
        return str(error)


def hive_type(kind: pa.DataType, nanoseconds: bool = False) -> HiveType:
    """Hive type of a stored column. Raises ValueError when one of the engines cannot read it."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if pa.types.is_timestamp(kind):
        if nanoseconds:
            raise ValueError("timestamps in nanoseconds cannot be read by Spark; write them in microseconds")
        return TIMESTAMP
    if pa.types.is_decimal(kind) and kind.precision <= 38 and kind.scale >= 0:
        return decimal(kind.precision, kind.scale)
    return _nested(kind, nanoseconds)


def _nested(kind: pa.DataType, nanoseconds: bool) -> HiveType:
    if pa.types.is_dictionary(kind):
        return hive_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return array(hive_type(kind.value_type, nanoseconds))
    if pa.types.is_map(kind):
        return mapping(hive_type(kind.key_type, nanoseconds), hive_type(kind.item_type, nanoseconds))
    if pa.types.is_struct(kind) and kind.num_fields:
        return struct([(child.name, hive_type(child.type, nanoseconds)) for child in kind])
    if pa.types.is_fixed_size_binary(kind):
        return BINARY
    raise ValueError(f"type {kind} has no counterpart in Spark and Trino")


def _nanosecond_paths(schema: pq.ParquetSchema) -> set[str]:
    """Top-level columns that hold an INT64 timestamp in nanoseconds (INT96 ones are readable)."""
    found = set()
    for index in range(len(schema)):
        column = schema.column(index)
        if column.physical_type == "INT64" and "nanoseconds" in str(column.logical_type):
            found.add(column.path.split(".")[0])
    return found


def read_footer(store: ObjectStore, bucket: str, item: StoredObject) -> tuple[pq.FileMetaData, set[str]]:
    """The footer of one file without its row groups, and the compressions of its columns.

    Raises Problem when the object does not end like Parquet or its footer is damaged.
    """
    uri = f"s3://{bucket}/{item.key}"
    tail = store.get_range(bucket, item.key, max(0, item.size - FOOTER_GUESS), FOOTER_GUESS)
    if tail[-4:] == ENCRYPTED:
        raise Problem(
            uri, "NotReadable", "the Parquet footer is encrypted; write the file without encryption"
        )
    if item.size < 12 or tail[-4:] != MAGIC:
        raise Problem(
            uri, "NotWhatNameSays", "the file does not end with PAR1, so it is not (or not wholly) Parquet"
        )
    length = int.from_bytes(tail[-8:-4], "little")
    if length + 12 > item.size or length > MAX_FOOTER:
        raise Problem(
            uri, "NotReadable", f"the footer says it is {length} bytes long in a file of {item.size} bytes"
        )
    with alone(length):
        if length + 8 > len(tail):
            tail = store.get_range(bucket, item.key, item.size - length - 8, length + 8)
        return _parsed(uri, tail[-(length + 8) : -8])


def _parsed(uri: str, footer: bytes) -> tuple[pq.FileMetaData, set[str]]:
    try:
        found, rest = looked_at(footer)
        metadata = pq.read_metadata(pa.BufferReader(MAGIC + rest + len(rest).to_bytes(4, "little") + MAGIC))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Problem(uri, "NotReadable", f"the Parquet footer is damaged: {error}") from error
    return metadata, found


def decide_parquet(reader: Reader) -> Decision:
    """Columns and exact counts from the footers of all files."""
    candidate, evidence = reader.candidate, ColumnarEvidence()
    within: set[str] = set()
    for item in candidate.files:
        uri = f"s3://{candidate.bucket}/{item.key}"
        metadata, found = read_footer(reader.store, candidate.bucket, item)
        evidence.rows += metadata.num_rows
        evidence.add(uri, _fields(uri, metadata))
        within |= found
    return replace(evidence.decision(candidate, PARQUET), within=tuple(sorted(within)))
