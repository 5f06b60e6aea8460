"""Delta tables in a folder: the log replayed to its newest version.

Source: the protocol's specification: commits `<20 digits>.json` are lines of actions, checkpoints hold the
state up to their version, part of it in sidecar files that they name.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from emberlake.crawler.classify.formats import DELTA
from emberlake.crawler.decide.decision import Decision, Lakehouse
from emberlake.crawler.decide.lakehouse import damaged, list_folder, read_metadata, registered
from emberlake.crawler.decide.sparktypes import hive_types
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.store import ObjectReader, ObjectStore, StoredObject

DAMAGED_LOG = (KeyError, TypeError, ValueError, AttributeError, RecursionError)
MAX_LOG = 256 * 1024 * 1024
_COMMIT = re.compile(r"(\d{20})\.json")
# its version; of one in parts the number of each and of all, or the name of one that may have sidecars
_CHECKPOINT = re.compile(
    r"(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10})|\.([0-9A-Fa-f-]{36}))?\.(?:parquet|json)"
)
_ACTIONS = ("protocol", "metaData", "add", "remove", "sidecar")
_NEWEST_READER = 3
# no feature of its own in the protocol, but readers differ in it
INLINE_VECTORS = "deletion vectors within the log"


@dataclass
class _State:
    """What the log says so far: protocol and metadata; of each file rows (None unknown) and bytes."""

    protocol: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    files: dict[tuple[Any, ...], tuple[int | None, int]] = field(default_factory=dict)

    def apply(self, action: Mapping[str, Any]) -> None:
        """One action. Raises KeyError, TypeError or ValueError for a damaged one."""
        if told := action.get("protocol"):
            self.protocol = dict(told)
        if found := action.get("metaData"):
            self.metadata = dict(found)
        if added := action.get("add"):
            self.files[_identity(added)] = (_rows(added), int(added.get("size") or 0))
        if removed := action.get("remove"):
            self.files.pop(_identity(removed), None)

    def features(self) -> tuple[str, ...]:
        """What a reader of the table must know."""
        version = int(self.protocol.get("minReaderVersion") or 1)
        later = (f"reader version {version}",) if version > _NEWEST_READER else ()
        inline = (INLINE_VECTORS,) if any(kind == "i" for _, kind, *_ in self.files) else ()
        return (*later, *inline, *sorted(map(str, self.protocol.get("readerFeatures") or ())))


def _identity(file: Mapping[str, Any]) -> tuple[Any, ...]:
    """A file and what is deleted of it: one commit may remove a file and add it with other deletions."""
    vector = file.get("deletionVector") or {}
    return (file["path"], *(vector.get(name) for name in ("storageType", "pathOrInlineDv", "offset")))


def _rows(added: Mapping[str, Any]) -> int | None:
    """Rows of a file by its statistics, those that a deletion vector hides left out."""
    stats = json.loads(added.get("stats") or "{}")
    if "numRecords" not in stats:
        return None
    return int(stats["numRecords"]) - int((added.get("deletionVector") or {}).get("cardinality") or 0)


def decide_delta(store: ObjectStore, bucket: str, prefix: str) -> Decision:
    """The table in the folder `prefix`. Raises Problem when its log is damaged, cut or too large."""
    folder = f"{prefix}_delta_log/"
    checkpoint, commits, version = _plan(bucket, folder, list(list_folder(store, bucket, folder)))
    state = _State()
    for item, actions in _replayed(store, bucket, [*checkpoint, *commits]):
        try:
            for action in actions:
                state.apply(action)
        except (*DAMAGED_LOG, pa.ArrowException, OSError) as error:
            raise damaged(bucket, item.key, repr(error)) from error
    try:
        schema = state.metadata["schemaString"]
        columns = hive_types(json.loads(schema))
        features = state.features()
    except DAMAGED_LOG as error:
        raise damaged(bucket, folder, repr(error)) from error
    counted = [rows for rows, _ in state.files.values() if rows is not None]
    found = Lakehouse(
        f"s3://{bucket}/{folder}",
        version,
        schema,
        tuple(state.metadata.get("partitionColumns") or ()),
        len(state.files),
        sum(size for _, size in state.files.values()),
        features,
    )
    return registered(
        bucket,
        prefix,
        DELTA,
        found,
        columns,
        sum(counted),
        exact=len(counted) == len(state.files),
        notes=(),
        evidence={"log": {"version": version, "commitsRead": len(commits), "checkpoint": bool(checkpoint)}},
    )


def _plan(
    bucket: str, folder: str, items: Sequence[StoredObject]
) -> tuple[list[StoredObject], list[StoredObject], int]:
    """The newest whole checkpoint, the commits behind it, and the version that they lead to."""
    commits = {int(m.group(1)): item for item in items if (m := _COMMIT.fullmatch(_name(item)))}
    start, parts = max(_checkpoints(items).items(), default=(-1, []))
    version = max([start, *commits])
    missing = [number for number in range(start + 1, version + 1) if number not in commits]
    if missing or version < 0:
        raise damaged(bucket, folder, f"the commit of version {missing[0] if missing else 0} is not there")
    behind = [commits[number] for number in range(start + 1, version + 1)]
    _check_size(bucket, folder, sum(item.size for item in (*parts, *behind)))
    return parts, behind, version


def _checkpoints(items: Iterable[StoredObject]) -> dict[int, list[StoredObject]]:
    """The parts of a checkpoint by its version, of each version one that is there as a whole."""
    found: dict[tuple[int, int, str], list[StoredObject]] = {}
    for item in items:
        if match := _CHECKPOINT.fullmatch(_name(item)):
            version, count, name = match.groups()
            found.setdefault((int(version), int(count or 1), name or ""), []).append(item)
    return {version: parts for (version, count, _), parts in found.items() if len(parts) == count}


def _check_size(bucket: str, folder: str, size: int) -> None:
    if size > MAX_LOG:
        raise Problem(
            f"s3://{bucket}/{folder}", "LogTooLarge", f"the log is larger than {MAX_LOG} bytes; checkpoint it"
        )


def _name(item: StoredObject) -> str:
    return item.key.rpartition("/")[2]


def _replayed(
    store: ObjectStore, bucket: str, items: Iterable[StoredObject]
) -> Iterator[tuple[StoredObject, Iterator[dict[str, Any]]]]:
    """The actions of each file of the log, those of its sidecars among them."""
    for item in items:
        read = _rows_of if item.key.endswith(".parquet") else _lines_of
        yield item, _with_sidecars(store, bucket, item, read(store, bucket, item))


def _with_sidecars(
    store: ObjectStore, bucket: str, item: StoredObject, actions: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    folder, size = item.key.rpartition("/")[0], item.size
    for action in actions:
        yield action
        if sidecar := action.get("sidecar"):
            name = unquote(sidecar["path"]).rpartition("/")[2]
            found = StoredObject(f"{folder}/_sidecars/{name}", int(sidecar["sizeInBytes"]), "")
            size += found.size
            _check_size(bucket, f"{folder}/", size)
            yield from _rows_of(store, bucket, found)


def _lines_of(store: ObjectStore, bucket: str, item: StoredObject) -> Iterator[dict[str, Any]]:
    for line in read_metadata(store, bucket, item).splitlines():
        if line.strip():
            yield json.loads(line)


def _rows_of(store: ObjectStore, bucket: str, item: StoredObject) -> Iterator[dict[str, Any]]:
    source = pa.PythonFile(io.BufferedReader(ObjectReader(store, bucket, item)), mode="r")
    file = pq.ParquetFile(source)
    leaves = [file.schema.column(number).path for number in range(len(file.schema))]
    wanted = [leaf for leaf in leaves if leaf.startswith(tuple(f"{name}." for name in _ACTIONS))]
    plain = [leaf for leaf in wanted if not leaf.startswith(("add.stats_parsed", "add.partitionValues"))]
    for batch in file.iter_batches(batch_size=1000, columns=plain):
        yield from batch.to_pylist()
