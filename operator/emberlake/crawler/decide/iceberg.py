"""Iceberg tables in a folder: the newest metadata file, its schema and its counts.

Source: the table specification, and the two ways of naming metadata files, `v<N>.metadata.json` of tables in
a file system and `<N>-<uuid>.metadata.json` of tables in a catalog.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from emberlake.crawler.classify.formats import ICEBERG
from emberlake.crawler.decide.decision import Decision, Lakehouse
from emberlake.crawler.decide.lakehouse import damaged, list_folder, read_json, registered
from emberlake.crawler.decide.types import (
    BIGINT,
    BINARY,
    BOOLEAN,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    STRING,
    TIMESTAMP,
    HiveType,
    array,
    decimal,
    mapping,
    struct,
)
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import ObjectStore, StoredObject

MAX_DEPTH = 32
_NAME = re.compile(r"v?(\d+)(?:-[0-9a-fA-F-]+)?(?:\.gz)?\.metadata\.json(?:\.gz)?")
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_SCHEME = re.compile(r"^s3[an]?://")
_SCALARS = {
    "boolean": BOOLEAN, "int": INT, "long": BIGINT, "float": FLOAT, "double": DOUBLE, "date": DATE,
    "time": STRING, "timestamp": TIMESTAMP, "timestamptz": TIMESTAMP, "timestamp_ns": TIMESTAMP,
    "timestamptz_ns": TIMESTAMP, "string": STRING, "uuid": STRING, "binary": BINARY, "unknown": STRING,
}  # fmt: skip


def decide_iceberg(store: ObjectStore, bucket: str, prefix: str) -> Decision:
    """The table in the folder `prefix`. Raises Problem for damaged metadata and a moved table."""
    item, metadata, notes = _newest(store, bucket, prefix)
    _check_place(bucket, prefix, metadata)
    try:
        schema = _schema(metadata)
        columns = [(field["name"], _type(field["type"], 0)) for field in schema["fields"]]
        snapshot = _snapshot(metadata)
        summary = {key: int(value) for key, value in snapshot.items() if str(value).isdigit()}
        keys = _partition_columns(metadata)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise damaged(bucket, item.key, repr(error)) from error
    deleted = summary.get("total-position-deletes", 0)
    location = f"s3://{bucket}/{item.key}"
    found = Lakehouse(
        location,
        version_of(item),
        json.dumps(schema),
        keys,
        summary.get("total-data-files", 0),
        summary.get("total-files-size", 0),
    )
    return registered(
        bucket,
        prefix,
        ICEBERG,
        found,
        columns,
        max(0, summary.get("total-records", 0) - deleted),
        exact=not deleted and not summary.get("total-equality-deletes", 0),
        notes=notes,
        evidence={"metadata": {"location": location, "updated": metadata.get("last-updated-ms"), **summary}},
    )


def version_of(item: StoredObject) -> int:
    """The version in the name of a metadata file; -1 where it has none."""
    match = _NAME.fullmatch(item.key.rpartition("/")[2])
    return int(match.group(1)) if match else -1


def _newest(
    store: ObjectStore, bucket: str, prefix: str
) -> tuple[StoredObject, dict[str, Any], tuple[str, ...]]:
    """The file of the highest version; of several the one that was updated last."""
    files = [
        item for item in list_folder(store, bucket, f"{prefix}metadata/") if ".metadata.json" in item.key
    ]
    if not files:
        raise Problem(f"s3://{bucket}/{prefix}", "NotReadable", "the table's metadata files are gone")
    highest = max(map(version_of, files))
    last = [item for item in files if version_of(item) == highest][-10:]
    read = [(item, read_json(store, bucket, item)) for item in last]
    item, metadata = max(read, key=lambda pair: _updated(pair[1]))
    if len(last) == 1:
        return item, metadata, ()
    note = f"SeveralNewest: {len(last)} metadata files have version {highest}; {item.key} was updated last"
    return item, metadata, (note,)


def _updated(metadata: Mapping[str, Any]) -> int:
    value = metadata.get("last-updated-ms", 0)
    return value if isinstance(value, int) else 0


def _check_place(bucket: str, prefix: str, metadata: Mapping[str, Any]) -> None:
    """Paths in the metadata are absolute: a copy of a table still tells of the files of the original."""
    place = _SCHEME.sub("s3://", str(metadata.get("location", ""))).rstrip("/")
    here = f"s3://{bucket}/{prefix}".rstrip("/")
    if place != here:
        raise Problem(
            here,
            "MovedTable",
            f"the metadata says that the table lies at {place or 'no place'}; it was copied or moved, and "
            "engines would read the files there",
        )


def _schema(metadata: Mapping[str, Any]) -> dict[str, Any]:
    if "schemas" not in metadata:
        return dict(metadata["schema"])
    current = metadata["current-schema-id"]
    return dict({schema["schema-id"]: schema for schema in metadata["schemas"]}[current])


def _snapshot(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Summary of the current snapshot; empty for a table without one."""
    current = metadata.get("current-snapshot-id")
    found = [s for s in metadata.get("snapshots") or () if s["snapshot-id"] == current]
    return dict(found[0].get("summary") or {}) if found else {}


def _partition_columns(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    fields = metadata.get("partition-spec") or []
    for spec in metadata.get("partition-specs") or []:
        if spec["spec-id"] == metadata.get("default-spec-id"):
            fields = spec["fields"]
    return tuple(f"{field['transform']}({field['name']})" for field in fields)


def _type(kind: Any, depth: int) -> HiveType:
    if depth > MAX_DEPTH:
        raise ValueError(f"types are nested deeper than {MAX_DEPTH} levels")
    if isinstance(kind, str):
        if match := _DECIMAL.fullmatch(kind):
            return decimal(int(match.group(1)), int(match.group(2)))
        return BINARY if kind.startswith("fixed") else _SCALARS.get(kind, STRING)
    if kind["type"] == "list":
        return array(_type(kind["element"], depth + 1))
    if kind["type"] == "map":
        return mapping(_type(kind["key"], depth + 1), _type(kind["value"], depth + 1))
    return struct([(field["name"], _type(field["type"], depth + 1)) for field in kind["fields"]])
