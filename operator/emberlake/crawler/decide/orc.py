"""ORC: columns and exact row counts from the tails of the files."""

import io

import pyarrow as pa
import pyarrow.orc as po

from emberlake.crawler.classify.formats import ORC
from emberlake.crawler.decide.columnar import ColumnarEvidence, alone
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.parquet import type_or_reason
from emberlake.crawler.decide.types import HiveType
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.listing.store import ObjectReader, ObjectStore, StoredObject

MAGIC = b"ORC"
TAIL_GUESS = 64 * 1024
# ORC's writers refuse more than this, because a chunk's length is stored in 23 bits.
MAX_BLOCK = 1 << 23
# unpacked: the library makes objects of fifty times that of the smallest messages
MAX_FOOTER = 4 * 1024 * 1024
_FOOTER_LENGTH, _COMPRESSION, _BLOCK_SIZE = 1, 2, 3
_ZLIB, _MOST_DEFLATED = 1, 1032


Fields = list[tuple[str, HiveType | str]]


def decide_orc(reader: Reader) -> Decision:
    """Columns and exact counts of all files."""
    candidate, evidence = reader.candidate, ColumnarEvidence()
    for item in candidate.files:
        fields, rows = read_tail(reader.store, candidate.bucket, item)
        evidence.rows += rows
        evidence.add(f"s3://{candidate.bucket}/{item.key}", fields)
    return evidence.decision(candidate, ORC)


def _type(kind: pa.DataType) -> HiveType | str:
    if pa.types.is_timestamp(kind) and kind.tz:
        return (
            "Trino reads timestamps with local time zone as another type than Spark; write plain timestamps"
        )
    return type_or_reason(kind)


def read_tail(store: ObjectStore, bucket: str, item: StoredObject) -> tuple[Fields, int]:
    """Columns and rows of one file.

    Raises Problem when the object does not end like ORC, or its tail is damaged or says more than it holds.
    """
    uri = f"s3://{bucket}/{item.key}"
    tail = store.get_range(bucket, item.key, max(0, item.size - TAIL_GUESS), TAIL_GUESS)
    length = tail[-1] if tail else 0
    postscript = tail[-1 - length : -1]
    if length < len(MAGIC) or not postscript.endswith(MAGIC):
        raise Problem(
            uri, "NotWhatNameSays", "the file does not end like ORC, so it is not (or not wholly) ORC"
        )
    try:
        numbers, behind = _numbers(postscript), length + 1
        needed = _check(numbers, item.size) + behind
        if needed > len(tail):
            tail = store.get_range(bucket, item.key, item.size - needed, needed)
        with alone(_check_unpacked(numbers, tail[-needed:-behind])):
            opened = po.ORCFile(pa.PythonFile(io.BufferedReader(_Tail(store, bucket, item, tail)), mode="r"))
            found = [(column.name, _type(column.type)) for column in opened.schema], opened.nrows
            del opened
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise Problem(uri, "NotReadable", f"the ORC tail is damaged: {error}") from error
    return found


def _check(postscript: dict[int, int], size: int) -> int:
    """The length of the footer. The library allocates what the postscript says: it must fit into the file."""
    footer = postscript.get(_FOOTER_LENGTH, 0)
    if footer > min(size, MAX_FOOTER):
        raise ValueError(f"it says its footer is {footer} bytes long in a file of {size} bytes")
    if postscript.get(_BLOCK_SIZE, 0) > MAX_BLOCK:
        raise ValueError(f"it says its blocks are {postscript[_BLOCK_SIZE]} bytes; at most {MAX_BLOCK}")
    return footer


def _check_unpacked(postscript: dict[int, int], footer: bytes) -> int:
    """How long the footer is at most when it is unpacked. Its chunks begin with their length, doubled, and a
    bit that says they are not compressed.
    """
    kind, block = postscript.get(_COMPRESSION, 0), postscript.get(_BLOCK_SIZE, 0)
    position, unpacked = 0, 0 if kind else len(footer)
    while kind and position < len(footer):
        header = int.from_bytes(footer[position : position + 3], "little")
        length = header >> 1
        most = min(block, _MOST_DEFLATED * length) if kind == _ZLIB else block
        unpacked += length if header & 1 else most
        position += 3 + length
    if unpacked > MAX_FOOTER:
        raise ValueError(f"its footer unpacks to up to {unpacked} bytes; at most {MAX_FOOTER} are read")
    return unpacked


def _numbers(message: bytes) -> dict[int, int]:
    """The integer fields of a protobuf message by their number. Raises IndexError when it is cut."""
    found, position = {}, 0
    while position < len(message):
        tag, position = _varint(message, position)
        value, position = _varint(message, position)
        if tag & 7 == 2:
            position += value  # bytes: the value was their length
        elif tag & 7 == 0:
            found[tag >> 3] = value
        else:
            raise ValueError(f"its field {tag >> 3} has a type that a postscript does not have")
    return found


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


class _Tail(ObjectReader):
    """An object whose tail was fetched already."""

    def __init__(self, store: ObjectStore, bucket: str, item: StoredObject, tail: bytes) -> None:
        super().__init__(store, bucket, item, chunk=1024 * 1024)
        self._chunk, self._chunk_start = tail, item.size - len(tail)
