"""What a file is, by its content first; its name may contradict."""

import json
import re
from dataclasses import dataclass, replace

from emberlake.crawler.csvdialect import sniff
from emberlake.crawler.failure import Problem
from emberlake.crawler.formats import AVRO, CSV, JSON, NONE, ORC, PARQUET, UNKNOWN
from emberlake.crawler.lines import TextSource
from emberlake.crawler.store import ObjectStore, StoredObject

HEAD_BYTES = 64 * 1024

_MAGICS = (
    (b"PAR1", PARQUET),
    (b"PARE", "encrypted Parquet"),
    (b"ORC", ORC),
    (b"Obj\x01", AVRO),
    (b"PK\x03\x04", "zip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
_CONTAINERS = frozenset({PARQUET, ORC, AVRO})
_PROMISES = {
    "parquet": PARQUET,
    "parq": PARQUET,
    "orc": ORC,
    "avro": AVRO,
    "csv": CSV,
    "tsv": CSV,
    "psv": CSV,
    "json": JSON,
    "jsonl": JSON,
    "ndjson": JSON,
}


@dataclass(frozen=True)
class Found:
    """Format of one file, in words what it looked like, and its compression."""

    format: str
    looks_like: str
    codec: str = NONE


def promised(key: str) -> str | None:
    """The format that the name promises; a compression suffix is looked through."""
    name = re.sub(r"\.(gz|bz2|zst|lz4|snappy|sz|zip|xz)$", "", key.rpartition("/")[2].lower())
    parts = name.split(".")[1:]
    return _PROMISES.get(parts[-1]) if parts else None


def classify(store: ObjectStore, bucket: str, item: StoredObject) -> Found:
    """Look at the head of one object.

    Raises Problem NotWhatNameSays when the name promises one of our formats and the content is another.
    """
    source = TextSource(store, bucket, item)
    promise = promised(item.key)
    if promise == PARQUET and not source.compressed:
        return Found(PARQUET, PARQUET)  # its footer, which is read anyway, shows whether that is true
    head = source.head(HEAD_BYTES)
    found = by_content(head, complete=item.size <= HEAD_BYTES and not source.compressed, promise=promise)
    if promise and found.format != promise:
        raise Problem(
            source.uri,
            "NotWhatNameSays",
            f"the name says {promise} but the content looks like {found.looks_like}; mend or remove the "
            "file, or exclude it",
        )
    if found.format in _CONTAINERS and source.compressed:
        raise Problem(
            source.uri,
            "CompressedContainer",
            f"{found.format} is compressed inside; no engine reads it packed with {source.codec} once more",
        )
    return replace(found, codec=source.codec)


def by_content(head: bytes, *, complete: bool, promise: str | None) -> Found:
    """Format of a file that starts with `head` (`complete`: that is all of it)."""
    for magic, name in _MAGICS:
        if head.startswith(magic):
            return Found(name if name in _CONTAINERS else UNKNOWN, name)
    if b"\x00" in head:
        return Found(UNKNOWN, "binary data")
    try:
        text = head.decode("utf-8-sig") if complete else _cut_decode(head)
    except UnicodeDecodeError:
        return Found(promise if promise == CSV else UNKNOWN, "text that is not UTF-8")
    lines = text.splitlines(keepends=True)
    if not complete and len(lines) > 1:
        lines.pop()
    return _by_lines([line for line in lines if line.strip()], complete, promise)


def _cut_decode(head: bytes) -> str:
    """Decode a head whose last character may be cut."""
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:
                raise
    return head.decode("utf-8-sig")


def _by_lines(lines: list[str], complete: bool, promise: str | None) -> Found:
    if not lines:
        return Found(UNKNOWN, "empty text")
    first = lines[0].lstrip()
    if first.startswith(("{", "[")):
        found = _json_kind(lines, complete)
        if found.format == JSON or promise != CSV or not sniff(lines):
            return found
    if first.startswith("<"):
        return Found(UNKNOWN, "XML or HTML")
    if sniff(lines):
        return Found(CSV, "delimited text")
    return Found(CSV, "text of one column") if promise == CSV else Found(UNKNOWN, "text without columns")


def _json_kind(lines: list[str], complete: bool) -> Found:
    if lines[0].lstrip().startswith("["):
        return Found(UNKNOWN, "a JSON array; write one object in each line")
    try:
        json.loads(lines[0])
    except ValueError:
        if len(lines) == 1 and not complete:
            return Found(JSON, "a long JSON line")
        return Found(UNKNOWN, "a JSON document over several lines; write one object in each line")
    return Found(JSON, "JSON lines")
