"""Avro: columns from the schemas in the headers, rows from the counts of the blocks, which stay packed."""

import io
import json
import struct
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import fastavro
from fastavro.schema import SchemaParseException

from emberlake.crawler.classify.formats import AVRO
from emberlake.crawler.decide.avrotypes import AvroTypes
from emberlake.crawler.decide.columnar import ColumnarEvidence
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.types import HiveType
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import SAMPLE_FILES, Reader
from emberlake.crawler.grouping.sampling import spread
from emberlake.crawler.listing.store import ObjectReader, StoredObject

HEAD = 64 * 1024
MAX_HEADER = 4 * 1024 * 1024
MAX_SCHEMAS = 100
_SYNC = 16
_HEADER_ERRORS = (
    ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, AttributeError, RecursionError,
    struct.error, SchemaParseException,
)  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """What stands before the rows: the schema, the columns in it, where the blocks begin, what ends each."""

    schema: dict[str, Any]
    fields: dict[str, HiveType | str]
    position: int
    sync: bytes


def decide_avro(reader: Reader) -> Decision:
    """Columns over the headers of all files; rows counted by block where the table is read whole."""
    candidate, evidence = reader.candidate, ColumnarEvidence()
    headers: dict[str, _Header] = {}
    counted = {
        item.key for item in (candidate.files if reader.exact else spread(candidate.files, SAMPLE_FILES))
    }
    rows = stored = 0
    for item in candidate.files:
        uri = f"s3://{candidate.bucket}/{item.key}"
        header = _header(reader, uri, item)
        if len(headers) < MAX_SCHEMAS:
            headers.setdefault(json.dumps(header.schema, sort_keys=True), header)
        evidence.add(uri, header.fields.items())
        if item.key in counted:
            rows += _rows(reader, uri, item, header)
            stored += item.size
    evidence.rows = rows if reader.exact else round(candidate.total_bytes * rows / max(1, stored))
    decision = evidence.decision(candidate, AVRO, exact=reader.exact)
    return replace(decision, avro_schema=_covering(list(headers.values()), decision))


def _header(reader: Reader, uri: str, item: StoredObject, size: int = HEAD) -> _Header:
    """The header of one file; once more with more bytes when it is longer than usual."""
    head = reader.store.get_range(reader.candidate.bucket, item.key, 0, min(item.size, size))
    try:
        return _parse(head)
    except _HEADER_ERRORS as error:
        if size >= min(item.size, MAX_HEADER):
            raise Problem(uri, "NotReadable", f"the Avro header is damaged: {error!r}") from error
    return _header(reader, uri, item, MAX_HEADER)


def _parse(head: bytes) -> _Header:
    """The header at the start of `head`. Raises one of `_HEADER_ERRORS` when it is cut or damaged."""
    stream = io.BytesIO(head)
    schema = json.loads(fastavro.reader(stream).metadata["avro.schema"])
    if schema["type"] != "record":
        raise ValueError("its values are no records")
    types = AvroTypes()
    fields: dict[str, HiveType | str] = {}
    for field in schema["fields"]:
        try:
            fields[str(field["name"])] = types.hive(field["type"])
        except ValueError as error:
            fields[str(field["name"])] = str(error)
    end = stream.tell()
    return _Header(schema, fields, end, head[end - _SYNC : end])


def _rows(reader: Reader, uri: str, item: StoredObject, header: _Header) -> int:
    """Sum of the counts in front of the blocks."""
    stream = io.BufferedReader(
        ObjectReader(reader.store, reader.candidate.bucket, item, header.position), 64 * 1024
    )
    rows = 0
    while stream.peek(1):
        count, size = _long(stream), _long(stream)
        if count < 0 or not 0 <= size <= item.size - stream.tell() - _SYNC:
            raise Problem(uri, "NotReadable", f"a block says it holds {count} rows in {size} bytes")
        stream.seek(size, io.SEEK_CUR)
        if stream.read(_SYNC) != header.sync:
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


def _covering(headers: list[_Header], decision: Decision) -> str:
    """The one of the files' schemas that has all columns; empty when files differ beyond that."""
    wanted = {column.name: column.type for column in decision.columns}
    for header in headers:
        found = {name.lower(): kind for name, kind in header.fields.items()}
        if all(found.get(name) == kind for name, kind in wanted.items()):
            return json.dumps(header.schema)
    return ""
