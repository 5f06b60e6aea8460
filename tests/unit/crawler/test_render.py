"""The metastore entry of a decision, the fit to what is there, and the difference: applied twice it is
nothing.
"""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.clients.hive import HiveColumn, HivePartition, HiveTable
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.entry.diff import ALTER, CREATE, NONE, TablePlan, check_ours, plan
from emberlake.crawler.entry.merge import merge
from emberlake.crawler.entry.render import render
from emberlake.crawler.entry.sparkschema import spark_schema_of
from emberlake.crawler.failure import Problem
from unit.crawler.memory import MemoryStore, only

WEATHER = {
    "raw/t/day=2013-01-01/f.csv": (
        "origin,temp,day,when\nEWR,39.02,1,2013-01-01T06:00:00Z\nJFK,NA,1,2013-01-01T07:00:00Z\n"
    ),
    "raw/t/day=2013-01-02/f.csv": "origin,temp,day,when\nEWR,1,2,2013-01-02T06:00:00Z\n",
}
Entry = tuple[HiveTable, dict[tuple[str, ...], HivePartition]]


def decision(files: dict[str, str]) -> Decision:
    store = MemoryStore(files)
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    return found


def planned(files: dict[str, str], existing: Entry | None = None) -> TablePlan:
    """What a crawl of `files` would write over `existing`."""
    before, partitions = existing or (None, {})
    fitted = merge(decision(files), before)
    return plan(*render(fitted, "raw", "t", "demo/raw", (), before), before, partitions)


def applied(found: TablePlan, existing: Entry | None = None) -> Entry:
    """The entries after `found` was written."""
    partitions = dict(existing[1]) if existing else {}
    return found.table, partitions | {p.values: p for p in (*found.add, *found.alter)}


def test_csv_for_both_engines() -> None:
    found = planned(WEATHER)
    assert found.action == CREATE
    table = found.table
    assert table.location == "s3://lake/raw/t"
    assert [(c.name, c.type) for c in table.columns] == [
        ("origin", "string"), ("temp", "double"), ("day_file", "bigint"), ("when", "timestamp"),
    ]  # fmt: skip
    assert [(c.name, c.type) for c in table.partition_keys] == [("day", "date")]
    assert table.storage.serde.endswith("LazySimpleSerDe")
    assert table.storage.serde_parameters == {
        "path": "s3://lake/raw/t", "header": "true", "sep": ",", "field.delim": ",",
        "serialization.format": ",",
        "nullValue": "NA", "quote": "", "timestamp.formats": "yyyy-MM-dd'T'HH:mm:ss'Z'", "timeZone": "UTC",
    }  # fmt: skip
    assert table.parameters.items() >= {
        "EXTERNAL": "TRUE", "UPDATED_BY_CRAWLER": "demo/raw", "classification": "csv",
        "compressionType": "none",
        "typeOfData": "file", "recordCount": "3", "recordCountKind": "exact", "objectCount": "2",
        "skip.header.line.count": "1", "serialization.null.format": "NA",
        "spark.sql.sources.provider": "csv",
        "spark.sql.partitionProvider": "catalog",
        "spark.sql.sources.schema.numPartCols": "1",
        "spark.sql.sources.schema.partCol.0": "day",
    }.items()  # fmt: skip
    fields = json.loads(spark_schema_of(table.parameters) or "")["fields"]
    assert [(f["name"], f["type"]) for f in fields] == [
        ("origin", "string"), ("temp", "double"), ("day_file", "long"), ("when", "timestamp"),
        ("day", "date"),
    ]  # fmt: skip


def test_partitions_inherit_from_the_table() -> None:
    found = planned(WEATHER)
    first = found.add[0]
    assert (first.values, first.location) == (("2013-01-01",), "s3://lake/raw/t/day=2013-01-01")
    assert first.columns == found.table.columns
    assert first.storage.serde == found.table.storage.serde
    assert "path" not in first.storage.serde_parameters
    assert first.parameters == {"numFiles": "1", "totalSize": str(len(WEATHER["raw/t/day=2013-01-01/f.csv"]))}


def test_quoted_csv_is_all_text_in_both_engines() -> None:
    table = planned({"raw/t/a.csv": 'id,name\n1,"a, b"\n'}).table
    assert table.storage.serde.endswith("OpenCSVSerde")
    assert (
        table.storage.serde_parameters.items()
        >= {"quoteChar": '"', "separatorChar": ",", "escape": '"'}.items()
    )
    assert {c.type for c in table.columns} == {"string"}


def test_json_keeps_the_case_of_keys_for_spark() -> None:
    table = planned({"raw/t/a.json": '{"Id":1}\n'}).table
    assert table.columns == (HiveColumn("id", "bigint"),)
    assert json.loads(spark_schema_of(table.parameters) or "")["fields"][0]["name"] == "Id"
    assert table.storage.serde == "org.apache.hive.hcatalog.data.JsonSerDe"


def test_a_long_schema_is_cut_into_parts() -> None:
    names = [f"a_rather_long_name_of_a_column_{n}" for n in range(200)]
    parameters = planned(
        {"raw/t/a.csv": ",".join(names) + "\n" + ",".join("1" for _ in names) + "\n"}
    ).table.parameters
    assert int(parameters["spark.sql.sources.schema.numParts"]) > 1
    assert all(len(value) <= 4000 for value in parameters.values())
    assert [f["name"] for f in json.loads(spark_schema_of(parameters) or "")["fields"]] == names


def test_what_users_wrote_is_kept() -> None:
    table, partitions = applied(planned(WEATHER))
    mine = replace(
        table,
        parameters=table.parameters | {"owner_team": "sky", "recordCount": "9"},
        columns=(replace(table.columns[0], comment="airport"), *table.columns[1:]),
    )
    found = planned(WEATHER, (mine, partitions))
    assert found.action == ALTER
    assert found.changes == ("parameters recordCount, schema for Spark",)
    assert found.table.parameters["owner_team"] == "sky"
    assert found.table.columns[0].comment == "airport"
    again = planned(WEATHER, applied(found, (mine, partitions)))
    assert again.empty


def test_a_comment_that_only_spark_knows_is_kept() -> None:
    table, partitions = applied(planned(WEATHER))
    schema = (spark_schema_of(table.parameters) or "").replace(
        '"metadata":{}', '"metadata":{"comment":"airport"}', 1
    )
    edited = replace(table, parameters=table.parameters | {"spark.sql.sources.schema.part.0": schema})
    assert planned(WEATHER, (edited, partitions)).table.columns[0].comment == "airport"


def test_types_are_widened_and_partitions_follow() -> None:
    before = applied(planned(WEATHER))
    more = WEATHER | {"raw/t/day=2013-01-03/f.csv": "origin,temp,day,when\nEWR,1,x,2013-01-02T06:00:00Z\n"}
    found = planned(more, before)
    assert "column day_file becomes string, was bigint" in found.changes
    assert (len(found.add), len(found.alter)) == (1, 2)
    after = applied(found, before)
    assert {p.columns for p in after[1].values()} == {after[0].columns}
    assert planned(more, after).empty
    back = planned(WEATHER, after)
    assert back.table.columns == after[0].columns


def test_a_column_that_files_no_longer_have_is_kept() -> None:
    before = applied(planned({"raw/t/a.csv": "a,b,c\n1,2,x\n"}))
    assert [c.name for c in planned({"raw/t/a.csv": "a,b\n1,2\n"}, before).table.columns] == ["a", "b", "c"]
    assert [c.name for c in planned({"raw/t/a.csv": "b,a\n1,2\n"}, before).table.columns] == ["b", "a"]


@pytest.mark.parametrize(
    "files",
    [
        {"raw/t/day=x/f.csv": "a,b\n1,2\n"},
        {"raw/t/hour=1/f.csv": "a,b\n1,2\n"},
        {"raw/t/f.csv": "a,b\n1,2\n"},
    ],
)
def test_partition_keys_cannot_change(files: dict[str, str]) -> None:
    with pytest.raises(Problem, match="drop the table") as caught:
        planned(files, applied(planned(WEATHER)))
    assert caught.value.reason == "PartitionKeysChanged"


@pytest.mark.parametrize("change", [{"parameters": {"EXTERNAL": "TRUE"}}, {"table_type": "VIRTUAL_VIEW"}])
def test_tables_of_others_are_left_alone(change: dict[str, object]) -> None:
    table, _ = applied(planned(WEATHER))
    check_ours(table, "s3://lake/raw/t")
    with pytest.raises(Problem, match="left alone"):
        check_ours(replace(table, **change), "s3://lake/raw/t")  # type: ignore[arg-type]


CELL = st.sampled_from(["1", "2.5", "x", "NA", "", "2013-01-01", "2013-01-01 01:02:03", "true"])
TABLES = st.dictionaries(
    st.sampled_from(["p=1", "p=2", "p=3"]),
    st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4),
    min_size=1,
)


def files_of(table: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    return {
        f"raw/t/{folder}/f.csv": "id,k,v\n" + "".join(f"7,{k},{v}\n" for k, v in rows)
        for folder, rows in table.items()
    }


@given(TABLES, TABLES)
def test_a_plan_applied_twice_is_nothing(
    first: dict[str, list[tuple[str, str]]], second: dict[str, list[tuple[str, str]]]
) -> None:
    created = applied(planned(files_of(first)))
    assert planned(files_of(first), created).action == NONE
    assert planned(files_of(first), created).empty
    changed = applied(planned(files_of(second), created), created)
    assert planned(files_of(second), changed).empty
    known = {column.name: column.type for column in created[0].columns}
    for column in changed[0].columns:
        assert known[column.name] == column.type or column.type in ("string", "double")
