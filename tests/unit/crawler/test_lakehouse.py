"""Iceberg and Delta folders: registered as what their own metadata says, and refused when that is damaged."""

import gzip
import io
import json
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.crawler.config import Location, Target
from emberlake.crawler.decide.delta import MAX_LOG, decide_delta
from emberlake.crawler.decide.iceberg import decide_iceberg
from emberlake.crawler.entry.readable import readable_by
from emberlake.crawler.failure import Problem
from emberlake.crawler.find import Finder
from emberlake.crawler.progress import Progress
from unit.crawler.memory import BUCKET, MemoryStore
from unit.crawler.test_cache import CONFIG

FOLDER = "raw/t/"


def iceberg_metadata(**changes: Any) -> dict[str, Any]:
    fields = [
        {"id": 1, "name": "Id", "type": "long", "required": True},
        {"id": 2, "name": "price", "type": "decimal(9, 2)", "required": False},
        {"id": 3, "name": "tags", "type": {"type": "list", "element": "string"}, "required": False},
        {"id": 4, "name": "at", "type": "timestamptz", "required": False},
    ]
    return {
        "format-version": 2, "location": f"s3a://{BUCKET}/raw/t", "last-updated-ms": 5,
        "schemas": [{"schema-id": 0, "fields": fields[:1]}, {"schema-id": 1, "fields": fields}],
        "current-schema-id": 1, "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": [{"name": "at_day", "transform": "day"}]}],
        "current-snapshot-id": 7,
        "snapshots": [
            {"snapshot-id": 6, "summary": {"total-records": "1"}},
            {"snapshot-id": 7, "summary": {"total-records": "10", "total-data-files": "2",
                                           "total-files-size": "900", "total-position-deletes": "0"}},
        ],
    } | changes  # fmt: skip


def store(files: dict[str, Any]) -> MemoryStore:
    return MemoryStore(
        {
            f"{FOLDER}{name}": body if isinstance(body, bytes) else json.dumps(body)
            for name, body in files.items()
        }
    )


def test_the_newest_metadata_of_iceberg_counts() -> None:
    found = decide_iceberg(
        store(
            {
                "data/a.parquet": b"PAR1",
                "metadata/00009-aaaa.metadata.json": iceberg_metadata(**{"current-schema-id": 0}),
                "metadata/00010-aaaa.metadata.json": iceberg_metadata(),
                "metadata/snap-1.avro": b"",
            }
        ),
        BUCKET,
        FOLDER,
    )
    assert found.lakehouse is not None
    assert found.lakehouse.metadata_location == "s3://lake/raw/t/metadata/00010-aaaa.metadata.json"
    assert (found.lakehouse.version, found.lakehouse.files, found.lakehouse.bytes) == (10, 2, 900)
    assert found.lakehouse.partition_columns == ("day(at_day)",)
    assert [(c.name, str(c.type)) for c in found.columns] == [
        ("id", "bigint"), ("price", "decimal(9,2)"), ("tags", "array<string>"), ("at", "timestamp"),
    ]  # fmt: skip
    assert (found.format, found.records, found.exact, found.candidate.uri) == (
        "iceberg", 10, True, "s3://lake/raw/t",
    )  # fmt: skip


def test_of_two_files_of_one_version_the_later_counts() -> None:
    found = decide_iceberg(
        store(
            {
                "metadata/v3.metadata.json": iceberg_metadata(**{"last-updated-ms": 9}),
                "metadata/v3.gz.metadata.json": gzip.compress(json.dumps(iceberg_metadata()).encode()),
            }
        ),
        BUCKET,
        FOLDER,
    )
    assert found.lakehouse is not None
    assert found.lakehouse.metadata_location.endswith("/v3.metadata.json")
    assert found.notes[0].startswith("SeveralNewest")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (iceberg_metadata(location="s3://lake/other"), "MovedTable"),
        (iceberg_metadata(schemas=[]), "NotReadable"),
        (iceberg_metadata(schemas=7), "NotReadable"),
        ([1], "NotReadable"),
        (b"{", "NotReadable"),
        (b"[" * 100_000, "NotReadable"),
        (gzip.compress(b"0" * 100_000_000), "NotReadable"),
        (b"\x1f\x8bxx", "NotReadable"),
    ],
)
def test_iceberg_metadata_that_cannot_be_used(metadata: Any, reason: str) -> None:
    with pytest.raises(Problem) as caught:
        decide_iceberg(store({"metadata/v1.metadata.json": metadata}), BUCKET, FOLDER)
    assert caught.value.reason == reason


SCHEMA = json.dumps(
    {
        "type": "struct",
        "fields": [
            {"name": "Id", "type": "long", "nullable": True, "metadata": {}},
            {"name": "m", "type": {"type": "map", "keyType": "string", "valueType": "integer"}},
        ],
    }
)
META = {"metaData": {"schemaString": SCHEMA, "partitionColumns": ["day"]}}


def add(path: str, rows: int | None, deleted: int = 0) -> dict[str, Any]:
    added: dict[str, Any] = {"path": path, "size": 100}
    if rows is not None:
        added["stats"] = json.dumps({"numRecords": rows})
    if deleted:
        added["deletionVector"] = {"cardinality": deleted}
    return {"add": added}


def commit(*actions: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(action) for action in actions).encode()


def sidecar(name: str, body: bytes) -> dict[str, Any]:
    return {"sidecar": {"path": name, "sizeInBytes": len(body)}}


def checkpoint(*actions: dict[str, Any]) -> bytes:
    body = io.BytesIO()
    text = pa.string()
    schema = pa.schema(
        [
            ("metaData", pa.struct([("schemaString", text), ("partitionColumns", pa.list_(text))])),
            ("add", pa.struct([("path", text), ("size", pa.int64()), ("stats", text),
                               ("partitionValues", pa.map_(text, text))])),
            ("remove", pa.struct([("path", text)])),
            ("sidecar", pa.struct([("path", text), ("sizeInBytes", pa.int64())])),
        ]
    )  # fmt: skip
    pq.write_table(
        pa.Table.from_pylist(list(actions), schema), body, compression="none", use_dictionary=False
    )
    return body.getvalue()


def log(name: int) -> str:
    return f"_delta_log/{name:020}.json"


def test_the_log_of_delta_is_replayed() -> None:
    found = decide_delta(
        store(
            {
                log(0): commit({"protocol": {}}, META, add("a", 5), add("b", 7)),
                log(1): commit({"remove": {"path": "a"}}, add("c", 3, deleted=1)),
                "c": b"PAR1",
            }
        ),
        BUCKET,
        FOLDER,
    )
    assert found.lakehouse is not None
    assert (found.lakehouse.version, found.lakehouse.files, found.lakehouse.bytes) == (1, 2, 200)
    assert found.lakehouse.partition_columns == ("day",)
    assert [(c.name, str(c.type)) for c in found.columns] == [("id", "bigint"), ("m", "map<string,int>")]
    assert (found.format, found.records, found.exact) == ("delta", 9, True)


def test_a_checkpoint_stands_for_the_commits_before_it() -> None:
    many = [add(f"{n:032}{'x' * 900}", 1) for n in range(9_000)]
    assert decide_delta(
        store({f"_delta_log/{1:020}.checkpoint.parquet": checkpoint(META, *many)}), BUCKET, FOLDER
    ).records == 9_000  # fmt: skip
    files = {
        f"_delta_log/{10:020}.checkpoint.parquet": checkpoint(META, add("a", 5), add("b", None)),
        log(10): commit({"commitInfo": {}}),
        log(11): commit(add("c", 3), {"remove": {"path": "a"}}),
    }
    found = decide_delta(store(files), BUCKET, FOLDER)
    assert (found.records, found.exact) == (3, False)
    half = f"_delta_log/{11:020}.checkpoint.{1:010}.{2:010}.parquet"
    assert decide_delta(store({**files, half: checkpoint(META)}), BUCKET, FOLDER).records == 3


def test_the_sidecars_of_a_checkpoint_count() -> None:
    body = checkpoint(add("a", 5), add("b", 2))
    top = (META, sidecar("a%2D1.parquet", body))
    names = [f"{3:020}.checkpoint.{uuid.uuid4()}.json", f"{3:020}.checkpoint.{uuid.uuid4()}.parquet"]
    for name, made in zip(
        (*names, f"{3:020}.checkpoint.parquet"), (commit, checkpoint, checkpoint), strict=True
    ):
        files = {f"_delta_log/{name}": made(*top), "_delta_log/_sidecars/a-1.parquet": body}
        assert decide_delta(store({**files, log(4): commit(add("c", 3))}), BUCKET, FOLDER).records == 10
    big = {"sidecar": {"path": "a-1.parquet", "sizeInBytes": MAX_LOG}}
    with pytest.raises(Problem) as caught:
        decide_delta(store({**files, log(4): commit(big)}), BUCKET, FOLDER)
    assert caught.value.reason == "LogTooLarge"


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_may_be_added_with_other_deletions_in_the_commit_that_removes_it(order: int) -> None:
    def file(row: str) -> dict[str, Any]:
        return {"path": "a", "size": 9, "stats": '{"numRecords": 5}', "deletionVector": {
            "storageType": "u", "pathOrInlineDv": row, "offset": 1, "cardinality": len(row)}}  # fmt: skip

    changes = [{"remove": file("x")}, {"add": file("yy")}][::order]
    files = {log(0): commit(META, {"add": file("x")}), log(1): commit(*changes)}
    assert decide_delta(store(files), BUCKET, FOLDER).records == 3


@pytest.mark.parametrize(
    ("protocol", "reason"),
    [
        ({"minReaderVersion": 1}, ""),
        ({"minReaderVersion": 3, "readerFeatures": ["columnMapping", "deletionVectors", "v2Checkpoint"]}, ""),
        ({"minReaderVersion": 3, "readerFeatures": ["timestampNtz", "liquidGas"]}, ": liquidGas"),
        ({"minReaderVersion": 4}, ": reader version 4"),
    ],
)
def test_what_a_delta_table_asks_of_readers(protocol: dict[str, Any], reason: str) -> None:
    found = readable_by(decide_delta(store({log(0): commit({"protocol": protocol}, META)}), BUCKET, FOLDER))
    assert (found.in_spark, found.somewhere) == (False, not reason)
    assert found.trino.endswith(reason or "native")


def test_vectors_within_the_log_are_not_read_by_trino() -> None:
    inline = {"add": {"path": "a", "deletionVector": {"storageType": "i", "pathOrInlineDv": "x"}}}
    files = {log(0): commit(META, inline)}
    assert readable_by(decide_delta(store(files), BUCKET, FOLDER)).trino.endswith("vectors within the log")
    assert readable_by(
        decide_delta(store({**files, log(1): commit({"remove": inline["add"]})}), BUCKET, FOLDER)
    ).in_trino


@pytest.mark.parametrize(
    "files",
    [
        {log(0): commit({"protocol": {"minReaderVersion": "x"}}, META)},
        {log(1): commit(META)},
        {log(0): commit(META), log(2): commit(add("a", 1))},
        {log(0): commit(add("a", 1))},
        {log(0): b"{"},
        {log(0): b"[" * 100_000},
        {log(0): commit({"metaData": {"schemaString": "7"}})},
        {f"_delta_log/{1:020}.checkpoint.parquet": b"PAR1xxPAR1"},
    ],
)
def test_logs_that_cannot_be_used(files: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        decide_delta(store(files), BUCKET, FOLDER)
    assert caught.value.reason == "NotReadable"


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=9))
def test_damage_is_a_finding(position: int, noise: bytes) -> None:
    body = bytearray(checkpoint(META, add("a", 5)))
    position %= len(body)
    body[position : position + len(noise)] = noise
    with suppress(Problem):
        decide_delta(store({f"_delta_log/{1:020}.checkpoint.parquet": bytes(body)}), BUCKET, FOLDER)


def test_a_crawl_registers_what_it_may() -> None:
    place = {name: {"location": f"s3://{BUCKET}/{name}"} for name in ("raw/i", "raw/out/i", "raw/house/db/i")}
    objects = {
        f"{name}/metadata/v1.metadata.json": json.dumps(iceberg_metadata(**change))
        for name, change in place.items()
    } | {
        f"raw/d/{log(0)}": commit(META, add("a", 5)).decode(),
        "raw/d/a.parquet": "PAR1",
        "raw/i/data/a.parquet": "PAR1",
        "raw/moved/metadata/v1.metadata.json": json.dumps(iceberg_metadata()),
        "raw/c/a.csv": "id,name\n1,a\n",
    }  # fmt: skip
    config = replace(
        CONFIG,
        catalog=replace(CONFIG.catalog, warehouse=Location(BUCKET, "raw/house/")),
        targets=(Target(Location(BUCKET, "raw/"), ("out/**",)),),
    )
    found = Finder(config, MemoryStore(objects), Progress(io.StringIO())).find()
    assert {decision.candidate.prefix: decision.format for decision, _ in found.decisions} == {
        "raw/c/": "csv", "raw/d/": "delta", "raw/i/": "iceberg",
    }  # fmt: skip
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        ("s3://lake/raw/moved", "MovedTable")
    ]
