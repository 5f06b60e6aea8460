"""Avro: columns from the schemas in the headers, rows from the counts of the blocks, which stay packed."""

import io
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import fastavro
from fastavro.schema import SchemaParseException

from emberlake.crawler.avrotypes import AvroTypes
from emberlake.crawler.columnar import ColumnarEvidence
from emberlake.crawler.decision import Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.formats import AVRO
from emberlake.crawler.reading import SAMPLE_FILES, Reader
from emberlake.crawler.sampling import spread
from emberlake.crawler.store import ObjectReader, StoredObject
from emberlake.crawler.types import HiveType

MAX_HEADER = 4 * 1024 * 1024
_SYNC = 16
_HEADER_ERRORS = (
    ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, AttributeError, RecursionError,
    struct.error, SchemaParseException,
)  # fmt: skip


def decide_avro(reader: Reader) -> Decision:
    """Columns over the headers of all files; rows counted by block where the table is read whole."""
    candidate, evidence = reader.candidate, ColumnarEvidence()
    schemas: dict[str, Any] = {}
    counted = {
        item.key for item in (candidate.files if reader.exact else spread(candidate.files, SAMPLE_FILES))
    }
    rows = stored = 0
    for item in candidate.files:
        uri = f"s3://{candidate.bucket}/{item.key}"
        schema, position, sync = _header(reader, uri, item)
        schemas.setdefault(json.dumps(schema, sort_keys=True), schema)
        evidence.add(uri, _fields(uri, schema))
        if item.key in counted:
            rows += _rows(reader, uri, item, position, sync)
            stored += item.size
    evidence.rows = rows if reader.exact else round(candidate.total_bytes * rows / max(1, stored))
    decision = evidence.decision(candidate, AVRO, exact=reader.exact)
    return replace(decision, avro_schema=_covering(list(schemas.values()), decision))


def _header(reader: Reader, uri: str, item: StoredObject) -> tuple[dict[str, Any], int, bytes]:
    """Schema of one file, where its blocks begin, its sync marker."""
    size = min(item.size, 64 * 1024)
    while True:
        head = io.BytesIO(reader.store.get_range(reader.candidate.bucket, item.key, 0, size))
        try:
            opened = fastavro.reader(head)
            schema = json.loads(opened.metadata["avro.schema"])
            position = head.tell()
            break
        except _HEADER_ERRORS as error:
            if size >= min(item.size, MAX_HEADER):
                raise Problem(uri, "NotReadable", f"the Avro header is damaged: {error!r}") from error
            size = min(item.size, MAX_HEADER)
    if not isinstance(schema, dict) or schema.get("type") != "record" or "fields" not in schema:
        raise Problem(uri, "NotReadable", "the Avro file holds values that are no records; write records")
    return schema, position, head.getvalue()[position - _SYNC : position]


def _rows(reader: Reader, uri: str, item: StoredObject, position: int, sync: bytes) -> int:
    """Sum of the counts in front of the blocks."""
    stream = io.BufferedReader(ObjectReader(reader.store, reader.candidate.bucket, item, position), 64 * 1024)
    rows = 0
    while stream.peek(1):
        count, size = _long(stream), _long(stream)
        if count < 0 or not 0 <= size <= item.size - stream.tell() - _SYNC:
            raise Problem(uri, "NotReadable", f"a block says it holds {count} rows in {size} bytes")
        stream.seek(size, io.SEEK_CUR)
        if stream.read(_SYNC) != sync:
            raise Problem(
                uri, "NotReadable", f"the block before byte {stream.tell()} does not end where it says"
            )
        rows += count
    return rows


def _long(stream: BinaryIO) -> int:
    """A zigzag varint; what is cut reads as -1."""
    value = 0
    for shift in range(0, 70, 7):
        byte = stream.read(1)
        if not byte:
            return -1
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
    return -1


def _fields(uri: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, HiveType | str]]:
    types = AvroTypes()
    for field in schema["fields"]:
        try:
            name = field["name"]
            try:
                yield name, types.hive(field["type"])
            except ValueError as error:
                yield name, str(error)
        except (KeyError, TypeError, AttributeError) as error:
            raise Problem(uri, "NotReadable", f"the Avro schema is damaged: {error!r}") from error


def _covering(schemas: list[Any], decision: Decision) -> str:
    """The one of the files' schemas that has all columns; empty when files differ beyond that."""
    wanted = {column.name: column.type for column in decision.columns}
    for schema in schemas:
        found = {name.lower(): kind for name, kind in _fields(decision.candidate.uri, schema)}
        if all(found.get(name) == kind for name, kind in wanted.items()):
            return json.dumps(schema)
    return ""
