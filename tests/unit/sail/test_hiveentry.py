"""The metastore's entry tells of a table what its metadata does, and keeps what others wrote."""

import json

import pyarrow as pa
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

from emberlake.sail import definition, hiveentry
from emberlake.sail.writes import PartitionedBy

COLUMNS = pa.schema([("id", pa.int64())])


def metadata(*by: PartitionedBy, **properties: str) -> TableMetadata:
    schema = definition.new_schema(COLUMNS)
    spec = definition.new_spec(schema, by) if by else UNPARTITIONED_PARTITION_SPEC
    named = {key.replace("_", "."): value for key, value in properties.items()}
    return new_table_metadata(schema, spec, UNSORTED_SORT_ORDER, "s3://b/t", named)


def with_snapshot(base: TableMetadata, **totals: str) -> TableMetadata:
    summary = Summary(Operation.APPEND, **{key.replace("_", "-"): value for key, value in totals.items()})
    snapshot = Snapshot(
        snapshot_id=7,
        sequence_number=1,
        timestamp_ms=5,
        manifest_list="s3://b/l",
        summary=summary,
        schema_id=0,
    )
    return base.model_copy(update={"snapshots": [snapshot], "current_snapshot_id": 7})


def test_the_entry_has_the_place_the_state_and_the_statistics_of_the_table() -> None:
    new = with_snapshot(
        metadata(PartitionedBy("id")), total_records="3", total_data_files="1", total_files_size="9"
    )
    found = hiveentry.parameters({}, None, new, "s3://b/m2", "s3://b/m1")
    assert found["metadata_location"] == "s3://b/m2"
    assert found["previous_metadata_location"] == "s3://b/m1"
    assert (found["table_type"], found["EXTERNAL"], found["uuid"]) == ("ICEBERG", "TRUE", str(new.table_uuid))
    assert (found["numRows"], found["numFiles"], found["totalSize"]) == ("3", "1", "9")
    assert (found["current-snapshot-id"], found["current-snapshot-timestamp-ms"]) == ("7", "5")
    assert found["snapshot-count"] == "1"
    assert json.loads(found["current-snapshot-summary"])["total-records"] == "3"
    assert json.loads(found["current-schema"])["fields"][0] == {
        "id": 1, "name": "id", "type": "long", "required": False,
    }  # fmt: skip
    assert json.loads(found["default-partition-spec"])["fields"][0]["transform"] == "identity"


def test_what_another_engine_wrote_stays_and_what_the_table_has_lost_goes() -> None:
    base = metadata(PartitionedBy("id"), gone="1", gc_enabled="true", kept="1")
    standing = {
        "trino_version": "476",
        "gone": "1",
        "external.table.purge": "true",
        "default-partition-spec": "{}",
    }
    found = hiveentry.parameters(standing, base, metadata(kept="2"), "s3://b/m", None)
    assert found["trino_version"] == "476"
    assert found["kept"] == "2"
    assert not {"gone", "external.table.purge", "default-partition-spec"} & found.keys()


def test_what_is_too_long_for_the_metastore_is_left_out() -> None:
    wide = pa.schema([(f"column_{number:04}", pa.int64()) for number in range(1000)])
    schema = definition.new_schema(wide)
    new = new_table_metadata(schema, UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, "s3://b/t", {})
    assert "current-schema" not in hiveentry.parameters(
        {"current-schema": "old"}, None, new, "s3://b/m", None
    )
