"""Folders of Iceberg and Delta tables: decided by their own metadata, never as loose Parquet."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from typing import Any

from emberlake.crawler.decide.decision import Column, Decision, Lakehouse
from emberlake.crawler.decide.types import HiveType
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.layout import Candidate, PartitionFolder
from emberlake.crawler.listing.store import ObjectStore, StoredObject

MAX_METADATA = 64 * 1024 * 1024


def list_folder(store: ObjectStore, bucket: str, prefix: str) -> Iterator[StoredObject]:
    """Objects right under `prefix`."""
    after = ""
    while True:
        page = store.list_page(bucket, prefix, after, "/")
        yield from page.objects
        if not page.more:
            return
        after = max([item.key for item in page.objects[-1:]] + [f"{p}\U0010ffff" for p in page.prefixes[-1:]])


def read_json(store: ObjectStore, bucket: str, item: StoredObject) -> dict[str, Any]:
    """One metadata document, gzipped or not. Raises Problem when it is damaged or too large."""
    try:
        document = json.loads(read_metadata(store, bucket, item))
    except (ValueError, RecursionError) as error:
        raise damaged(bucket, item.key, error) from error
    if not isinstance(document, dict):
        raise damaged(bucket, item.key, "it is no object")
    return document


def read_metadata(store: ObjectStore, bucket: str, item: StoredObject) -> bytes:
    """The bytes of a metadata file, decompressed. Raises Problem when it is damaged or too large."""
    body = store.get_range(bucket, item.key, 0, min(item.size, MAX_METADATA + 1))
    try:
        if body.startswith(b"\x1f\x8b"):
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(MAX_METADATA + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(bucket, item.key, error) from error
    if len(body) > MAX_METADATA:
        raise damaged(bucket, item.key, f"it is larger than {MAX_METADATA} bytes")
    return body


def damaged(bucket: str, key: str, why: object) -> Problem:
    """The finding for metadata that cannot be used."""
    return Problem(f"s3://{bucket}/{key}", "NotReadable", f"the table's metadata cannot be used: {why}")


def registered(
    bucket: str,
    prefix: str,
    kind: str,
    lakehouse: Lakehouse,
    columns: list[tuple[str, HiveType]],
    records: int,
    *,
    exact: bool,
    notes: tuple[str, ...],
    evidence: dict[str, Any],
) -> Decision:
    """The decision about a table that keeps its own metadata; engines know its files from there."""
    return Decision(
        candidate=Candidate(bucket, prefix, (), (PartitionFolder((), prefix, ()),)),
        format=kind,
        columns=tuple(Column(name.lower(), of, source=name) for name, of in columns),
        keys=(),
        records=records,
        exact=exact,
        record_bytes=round(lakehouse.bytes / records) if records else 0,
        notes=notes,
        evidence={"format": {"value": kind, "classifier": kind, "certainty": 1.0}, **evidence},
        lakehouse=lakehouse,
    )
