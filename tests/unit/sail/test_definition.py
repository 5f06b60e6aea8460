"""A replaced table keeps the ids of what stays, so that its history stays readable."""

from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import update_table_metadata

from emberlake.sail import definition
from emberlake.sail.writes import NewTable, PartitionedBy, RejectedWriteError, UnsupportedWriteError

NESTED = pa.struct([("x", pa.int32()), ("y", pa.list_(pa.string()))])
BEFORE = pa.schema([("id", pa.int64()), ("s", NESTED), ("m", pa.map_(pa.string(), pa.float64()))])


def created(incoming: pa.Schema, *by: PartitionedBy) -> TableMetadata:
    schema = definition.new_schema(incoming)
    spec: PartitionSpec = definition.new_spec(schema, by)
    return new_table_metadata(schema, spec, UNSORTED_SORT_ORDER, "s3://b/t", {"kept": "1", "changed": "1"})


def replaced(base: TableMetadata, incoming: pa.Schema, new: NewTable) -> TableMetadata:
    return update_table_metadata(base, definition.replacement(base, incoming, new))


def ids(schema: Schema) -> dict[str, int]:
    return {schema.find_column_name(number) or "": number for number in sorted(schema.field_ids)}


def test_columns_get_ids_level_by_level_as_spark_gives_them() -> None:
    assert ids(created(BEFORE).schema()) == {
        "id": 1, "s": 2, "m": 3, "s.x": 4, "s.y": 5, "s.y.element": 6, "m.key": 7, "m.value": 8,
    }  # fmt: skip


def test_a_replaced_table_keeps_ids_by_name_and_numbers_what_is_new_after_all_others() -> None:
    base = created(BEFORE, PartitionedBy("id", "bucket[4]"))
    after = pa.schema([("new", pa.string()), ("s", NESTED), ("id", pa.int64())])
    now = replaced(base, after, NewTable((PartitionedBy("new"), PartitionedBy("id", "bucket[4]"))))
    assert ids(now.schema()) == {"id": 1, "s": 2, "s.x": 4, "s.y": 5, "s.y.element": 6, "new": 9}
    assert [(field.name, field.field_id) for field in now.spec().fields] == [
        ("new", 1001),
        ("id_bucket", 1000),
    ]
    assert (now.current_schema_id, now.default_spec_id) == (1, 1)
    assert [spec.spec_id for spec in now.partition_specs] == [0, 1]
    assert now.current_snapshot_id is None
    assert now.table_uuid == base.table_uuid


def test_a_table_replaced_by_one_of_the_same_form_gets_no_second_schema_or_spec() -> None:
    base = created(BEFORE, PartitionedBy("id"))
    now = replaced(base, BEFORE, NewTable((PartitionedBy("id"),)))
    assert (now.schemas, now.partition_specs) == (base.schemas, base.partition_specs)


def test_properties_stay_and_are_added_to() -> None:
    new = NewTable(
        properties={"changed": "2", "format-version": "2"}, comment="why", location="s3://b/other/"
    )
    now = replaced(created(BEFORE), BEFORE, new)
    assert now.properties == {"kept": "1", "changed": "2", "comment": "why"}
    assert now.location == "s3://b/other"


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ([("ts", "day")], ["ts_day"]),
        (
            [("ts", "hour"), ("name", "truncate[3]"), ("ID", "bucket[8]")],
            ["ts_hour", "name_trunc", "id_bucket"],
        ),
        ([("name", "identity")], ["name"]),
        ([("ts", "year")], ["ts_year"]),
        ([("ts", "month")], ["ts_month"]),
    ],
)
def test_partition_fields_have_the_names_that_spark_gives_them(by: Any, names: list[str]) -> None:
    schema = definition.new_schema(
        pa.schema([("id", pa.int64()), ("name", pa.string()), ("ts", pa.timestamp("us", "UTC"))])
    )
    spec = definition.new_spec(schema, tuple(PartitionedBy(*item) for item in by))
    assert [field.name for field in spec.fields] == names


def test_what_cannot_be_made_is_named() -> None:
    with pytest.raises(UnsupportedWriteError, match="'odd'"):
        definition.new_schema(pa.schema([("odd", pa.duration("us"))]))
    with pytest.raises(RejectedWriteError, match="'gone'"):
        definition.new_spec(definition.new_schema(BEFORE), (PartitionedBy("gone"),))
    with pytest.raises(UnsupportedWriteError, match="'void'"):
        definition.new_spec(definition.new_schema(BEFORE), (PartitionedBy("id", "void"),))
