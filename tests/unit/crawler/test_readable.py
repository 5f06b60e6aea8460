"""Which engine reads a table, and how an engine that would read other rows is kept out."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from emberlake.clients.hive import HiveTable
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision, GrokFormat, Lakehouse
from emberlake.crawler.decide.types import BIGINT, DATE, DOUBLE, STRING
from emberlake.crawler.entry.diff import ALTER, CREATE, NONE, plan, with_view
from emberlake.crawler.entry.merge import merge
from emberlake.crawler.entry.readable import BY_VIEW, NATIVE, plain_avro, readable_by
from emberlake.crawler.entry.render import render
from emberlake.crawler.entry.sparkschema import types_of
from emberlake.crawler.entry.typed import trino_format
from emberlake.crawler.entry.view import free_name, render_view
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import MemoryStore, only

QUOTED = 'id,name,at\n1,"a, b",2013-01-01T06:00:00Z\n2,"",2013-01-01T07:00:00Z\n'


def decision(text: str = "id,name\n1,a\n2,b\n", name: str = "f.csv") -> Decision:
    store = MemoryStore({f"raw/t/{name}": text})
    found = decide(store, only(store), 1 << 30)
    assert isinstance(found, Decision)
    return found


def csv(**fields: Any) -> Decision:
    found = decision()
    assert found.csv
    dialect = {name: fields.pop(name) for name in ("delimiter", "quoted", "comment") if name in fields}
    return replace(found, csv=replace(found.csv, dialect=replace(found.csv.dialect, **dialect), **fields))


def view_sql(view: HiveTable) -> str:
    document = json.loads(base64.b64decode(view.view.removeprefix("/* Presto View: ").removesuffix(" */")))
    return str(document["originalSql"])


def rendered(found: Decision, existing: HiveTable | None = None) -> HiveTable:
    return render(found, "raw", "t", "demo/raw", (), existing)[0]


@pytest.mark.parametrize(
    ("fields", "spark", "trino"),
    [
        ({}, True, NATIVE),
        ({"quoted": True}, True, BY_VIEW),
        ({"delimiter": "||"}, True, BY_VIEW),
        ({"padded": True}, True, BY_VIEW),
        ({"encoding": "latin-1"}, True, "latin-1"),
        ({"encoding": "utf-8-sig"}, True, NATIVE),
        ({"line_breaks": True, "quoted": True}, True, "line break"),
        ({"blank_lines": 1}, True, "empty line"),
        ({"comment": "#"}, True, NATIVE),
        ({"comment": "#", "comment_lines": 1}, True, "'#'"),
        ({"skip_lines": 2, "skip_comments": True, "comment": "#"}, True, NATIVE),
        ({"stray_quotes": True}, False, "quotes"),
        ({"unnamed_columns": 1}, False, "name every column"),
        ({"skip_lines": 2}, False, NATIVE),
        ({"header_rows": 2}, False, NATIVE),
        ({"footer_lines": 1}, False, NATIVE),
        ({"footer_lines": 1, "encoding": "utf-16"}, False, "utf-16"),
    ],
)
def test_what_text_each_engine_reads(fields: dict[str, Any], spark: bool, trino: str) -> None:
    found = readable_by(csv(**fields))
    assert found.in_spark == spark
    assert trino in found.trino
    assert found.somewhere == (spark or trino in {NATIVE, BY_VIEW})


def test_an_engine_that_would_read_other_rows_is_kept_out() -> None:
    footer = rendered(csv(footer_lines=1))
    assert footer.parameters["spark.sql.sources.provider"] == "readable-by-trino-only"
    assert footer.parameters["skip.footer.line.count"] == "1"
    latin = rendered(csv(encoding="latin-1"))
    assert latin.storage.serde == "readable-by-spark-only"
    assert latin.storage.serde_parameters["encoding"] == "latin-1"
    assert latin.parameters["readableBy"] == (
        "spark: native; trino: not readable: Trino reads text as UTF-8, the files are latin-1"
    )


@pytest.mark.parametrize(
    ("key", "codecs", "readable"),
    [
        ("a.csv.gz", ("gzip",), True),
        ("a.csv.lz4", ("lz4-hadoop",), True),
        ("a.csv.lz4", ("lz4",), False),
        ("a.csv.snappy", ("snappy",), False),
        ("a.csv.zip", ("zip",), False),
        ("a.csv", ("gzip",), False),
        ("a.csv.gz", ("none",), False),
    ],
)
def test_compression_is_told_by_name_and_framing(key: str, codecs: tuple[str, ...], readable: bool) -> None:
    found = decision()
    (folder,) = found.candidate.partitions
    candidate = replace(found.candidate, partitions=(replace(folder, files=(StoredObject(key, 1),)),))
    assert readable_by(replace(found, candidate=candidate, codecs=codecs)).somewhere == readable


@pytest.mark.parametrize(
    ("within", "spark", "trino"),
    [(("snappy",), True, True), (("lz4_raw", "snappy"), True, False), (("brotli",), False, False)],
)
def test_compression_within_parquet(within: tuple[str, ...], spark: bool, trino: bool) -> None:
    found = readable_by(replace(decision(), format="parquet", csv=None, within=within))
    assert (found.in_spark, found.in_trino) == (spark, trino)


@pytest.mark.parametrize(
    ("field", "plain"),
    [
        ({"name": "id", "type": ["null", "long"]}, True),
        ({"name": "Id", "type": "long"}, False),
        ({"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}, True),
        ({"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}}, False),
        ({"name": "kind", "type": {"type": "enum", "name": "k", "symbols": ["A"]}}, False),
        ({"name": "many", "type": {"type": "array", "items": "string"}}, True),
    ],
)
def test_the_avro_schemas_that_columns_tell_wholly(field: dict[str, Any], plain: bool) -> None:
    assert plain_avro(json.dumps({"type": "record", "name": "r", "fields": [field]})) == plain


def test_quoted_values_have_types_in_spark_and_in_the_view() -> None:
    found = decision(QUOTED)
    table = rendered(found)
    assert [column.type for column in table.columns] == ["string"] * 3
    assert [str(kind) for kind in types_of(table.parameters).values()] == ["bigint", "string", "timestamp"]
    view = render_view(found, table, "t_typed", "lake_hive", stands=False)
    assert view is not None
    assert (view.name, view.table_type, view.parameters["presto_view"]) == ("t_typed", "VIRTUAL_VIEW", "true")
    assert 'TRY_CAST(nullif("id", \'\') AS bigint) AS "id"' in view_sql(view)
    assert 'FROM "lake_hive"."raw"."t"' in view_sql(view)


def test_a_native_table_has_no_view() -> None:
    found = decision()
    assert render_view(found, rendered(found), "t_typed", "lake_hive", stands=False) is None


def test_a_view_is_written_once_and_keeps_what_others_set() -> None:
    found = decision(QUOTED)
    table = rendered(found)
    view = render_view(found, table, "t_typed", "lake_hive", stands=False)
    first = with_view(plan(table, (), None, {}), view, None)
    assert (first.action, first.view_action) == (CREATE, CREATE)
    assert first.view
    theirs = replace(first.view, parameters=first.view.parameters | {"owner": "ann"})
    again = with_view(plan(table, (), table, {}), view, theirs)
    assert again.empty
    changed = with_view(plan(table, (), table, {}), replace(first.view, view="other"), theirs)
    assert (changed.view_action, changed.empty) == (ALTER, False)
    assert changed.view
    assert changed.view.parameters["owner"] == "ann"


def test_the_view_leaves_names_of_others_alone() -> None:
    table = rendered(decision(QUOTED))
    other = replace(table, name="t_typed")
    assert free_name(table, {}, ["t"]) == "t_typed"
    assert free_name(table, {"t_typed": other}, ["t"]).startswith("t_typed_")
    assert free_name(table, {}, ["t", "t_typed"]).startswith("t_typed_")


def test_a_quoted_type_is_widened_never_narrowed() -> None:
    text = rendered(decision(QUOTED.replace("1,", "x1,", 1)))
    merged = merge(decision(QUOTED), text)
    assert [column.meant for column in merged.columns][:1] == [None]
    assert types_of(rendered(merged, text).parameters)["id"] == STRING
    number = rendered(decision(QUOTED))
    wider = merge(decision(QUOTED.replace("1,", "1.5,", 1)), number)
    assert wider.columns[0].meant == DOUBLE


def test_a_date_format_of_all_dates_is_told_to_spark() -> None:
    found = decision()
    columns = (
        replace(found.columns[0], type=STRING, meant=DATE, pattern="dd/MM/yyyy"),
        replace(found.columns[1], type=STRING, meant=BIGINT),
    )
    table = rendered(replace(found, columns=columns))
    assert table.storage.serde_parameters["dateFormat"] == "dd/MM/yyyy"
    assert list(types_of(table.parameters).values()) == [DATE, BIGINT]
    view = render_view(replace(found, columns=columns), table, "v", "lake_hive", stands=False)
    assert view is not None
    assert "CAST(try(date_parse(nullif(\"id\", ''), '%d/%m/%Y')) AS date)" in view_sql(view)


def test_two_date_formats_leave_text_to_both_engines() -> None:
    found = decision()
    patterns = ("dd/MM/yyyy", "MM-dd-yyyy")
    columns = tuple(
        replace(column, type=STRING, meant=DATE, pattern=pattern)
        for column, pattern in zip(found.columns, patterns, strict=True)
    )
    table = rendered(replace(found, columns=columns))
    assert set(types_of(table.parameters).values()) == {STRING}


@pytest.mark.parametrize(
    ("java", "trino"),
    [
        ("dd/MM/yyyy", "%d/%m/%Y"),
        ("d MMM yy", "%e %b %y"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSS", "%Y-%m-%dT%H:%i:%s.%f"),
        ("100%% d", "100%%%% %e"),
        ("yyyy-MM-dd XXX", None),
    ],
)
def test_date_formats_of_trino(java: str, trino: str | None) -> None:
    assert trino_format(java) == trino


def test_a_log_is_read_by_its_expression() -> None:
    found = replace(
        decision(), format="grok", csv=None, classification="apache", grok=GrokFormat("%{X}", "(.*) (.*)")
    )
    table = rendered(found)
    assert table.storage.serde.endswith("RegexSerDe")
    assert table.storage.serde_parameters["input.regex"] == "(.*) (.*)"
    assert table.parameters["classification"] == "apache"
    assert "spark.sql.sources.provider" not in table.parameters


def iceberg(location: str) -> HiveTable:
    lake = Lakehouse(f"s3://lake/raw/t/metadata/{location}", 1, "{}")
    return rendered(replace(decision(), format="iceberg", csv=None, lakehouse=lake))


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ("00001-a.metadata.json", "00002-b.metadata.json", ALTER),
        ("00002-b.metadata.json", "00001-a.metadata.json", NONE),
        ("v9.metadata.json", "v10.metadata.json", ALTER),
    ],
)
def test_an_iceberg_entry_moves_forward_only(before: str, after: str, action: str) -> None:
    assert plan(iceberg(after), (), iceberg(before), {}).action == action


def test_an_iceberg_table_that_engines_write_is_left_to_them() -> None:
    there = iceberg("00001-a.metadata.json")
    there = replace(there, parameters=there.parameters | {"previous_metadata_location": "s3://lake/x"})
    assert plan(iceberg("00002-b.metadata.json"), (), there, {}).action == NONE
