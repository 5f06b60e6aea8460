"""What a script writes, through the gateway, with rows of a real Sail."""

from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from pyspark.errors import AnalysisException, UnsupportedOperationException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from emberlake.sail.writes import Mode, PartitionedBy, Target
from unit.sail.served import Served, carried_out, served


@pytest.fixture
def session(sail: str) -> Iterator[Served]:
    with served(sail, "Sail") as session:
        session.tables.existing.add("lake.db.t")
        yield session


T = "lake.db.t"


WRITES: list[tuple[Callable[[SparkSession, DataFrame], object], Mode, bool]] = [
    (lambda _, df: df.writeTo(T).append(), Mode.APPEND, True),
    (lambda _, df: df.writeTo(T).overwritePartitions(), Mode.OVERWRITE_PARTITIONS, True),
    (lambda _, df: df.writeTo(T).create(), Mode.CREATE, True),
    (lambda _, df: df.writeTo(T).replace(), Mode.REPLACE, True),
    (lambda _, df: df.writeTo(T).using("iceberg").createOrReplace(), Mode.CREATE_OR_REPLACE, True),
    (lambda _, df: df.write.saveAsTable(T), Mode.CREATE, True),
    (lambda _, df: df.write.mode("append").saveAsTable(T), Mode.APPEND, True),
    (lambda _, df: df.write.mode("append").saveAsTable("lake.db.new"), Mode.CREATE, True),
    (lambda _, df: df.write.mode("overwrite").format("iceberg").saveAsTable(T), Mode.CREATE_OR_REPLACE, True),
    (lambda _, df: df.write.mode("ignore").saveAsTable(T), Mode.CREATE_IF_ABSENT, True),
    (lambda _, df: df.write.insertInto(T), Mode.APPEND, False),
    (lambda _, df: df.write.insertInto(T, overwrite=True), Mode.OVERWRITE, False),
    (lambda spark, _: spark.sql(f"INSERT INTO {T} SELECT id FROM source"), Mode.APPEND, False),
    (
        lambda spark, _: spark.sql(f"INSERT INTO {T} (id) SELECT id + :n FROM source", {"n": 0}),
        Mode.APPEND,
        True,
    ),
    (
        lambda spark, _: spark.sql(f"WITH c AS (TABLE source) INSERT OVERWRITE {T} TABLE c"),
        Mode.OVERWRITE,
        False,
    ),
    (lambda spark, _: spark.sql(f"CREATE TABLE {T} AS TABLE source"), Mode.CREATE, True),
    (
        lambda spark, _: spark.sql(f"CREATE OR REPLACE TABLE {T} AS TABLE source"),
        Mode.CREATE_OR_REPLACE,
        True,
    ),
]


@pytest.mark.parametrize(("write", "mode", "by_name"), WRITES)
def test_a_write_of_the_script_reaches_the_table_with_its_rows(
    session: Served, write: Callable[[SparkSession, DataFrame], object], mode: Mode, by_name: bool
) -> None:
    rows = session.spark.range(20_000)
    rows.createOrReplaceTempView("source")
    write(session.spark, rows)
    [(asked, written)] = session.tables.written
    assert (asked.mode, asked.by_name, asked.write_id) == (mode, by_name, "uid/1/1")
    assert sorted(written.column(0).to_pylist()) == list(range(20_000))
    assert session.gateway.close() == 1
    assert session.refusals == []


def test_a_new_table_is_partitioned_as_the_script_says(session: Served) -> None:
    rows = session.spark.range(3).select("id", f.current_timestamp().alias("ts"))
    rows.writeTo(T).partitionedBy("id", f.partitioning.days("ts"), f.partitioning.bucket(4, "id")).create()
    [(asked, _)] = session.tables.written
    assert asked.new.partitioning == (
        PartitionedBy("id"),
        PartitionedBy("ts", "day"),
        PartitionedBy("id", "bucket[4]"),
    )


def test_a_name_is_filled_up_by_the_current_catalog_and_database(session: Served) -> None:
    session.spark.range(1).write.saveAsTable("t")
    session.spark.range(1).write.saveAsTable("db.`t t`")
    catalog, database = session.spark.catalog.currentCatalog(), session.spark.catalog.currentDatabase()
    assert [write.target for write, _ in session.tables.written] == [
        Target(catalog, database, "t"),
        Target(catalog, "db", "t t"),
    ]


def test_the_writes_of_a_script_are_counted(session: Served) -> None:
    for _ in range(3):
        session.spark.range(1).writeTo(T).append()
    assert [write.write_id for write, _ in session.tables.written] == ["uid/1/1", "uid/1/2", "uid/1/3"]


def test_a_write_is_told_before_it_can_be_committed(session: Served) -> None:
    with pytest.raises(AnalysisException):
        session.spark.range(1).writeTo("lake.db.none").append()
    assert session.tables.committing == []
    for name in ("a", "b"):
        session.spark.range(1).writeTo(f"lake.db.{name}").create()
    assert session.tables.told == [[1], [1, 2]]


def test_a_write_without_rows_has_the_schema_of_its_query(session: Served) -> None:
    session.spark.sql("SELECT 1 AS a, 'x' AS b WHERE false").writeTo(T).append()
    [(_, rows)] = session.tables.written
    assert (rows.num_rows, rows.schema.names) == (0, ["a", "b"])


def test_a_statement_that_writes_has_an_empty_result(session: Served) -> None:
    result = session.spark.sql(f"INSERT INTO {T} VALUES (1)")
    assert (result.columns, result.collect()) == ([], [])
    assert len(session.tables.written) == 1


def test_a_table_of_columns_alone_is_created_without_rows(session: Served) -> None:
    columns = "a INT, `b c` decimal(10,2), s struct<x:int,y:array<string>>, d DATE"
    session.spark.sql(f"CREATE TABLE IF NOT EXISTS {T} ({columns}) USING iceberg PARTITIONED BY (a, days(d))")
    [(asked, rows)] = session.tables.written
    assert (asked.mode, asked.new.partitioning) == (
        Mode.CREATE_IF_ABSENT,
        (PartitionedBy("a"), PartitionedBy("d", "day")),
    )
    assert (rows.num_rows, rows.schema.names) == (0, ["a", "b c", "s", "d"])
    assert rows.schema.types[:2] == [pa.int32(), pa.decimal128(10, 2)]
    assert rows.schema.types[2].num_fields == 2
    assert all(field.nullable for field in rows.schema)


def test_a_database_that_is_there_need_not_be_created(session: Served) -> None:
    result = session.spark.sql("CREATE NAMESPACE IF NOT EXISTS `default`")
    assert (result.columns, session.refusals) == ([], [])


def test_a_query_that_fails_writes_nothing_and_raises_the_engines_error(session: Served) -> None:
    with pytest.raises(AnalysisException, match="no_such_column"):
        session.spark.range(1).select("no_such_column").writeTo(T).append()
    assert session.tables.written == []
    assert session.gateway.close() == 0


def test_a_write_that_the_table_rejects_raises_sparks_condition(session: Served) -> None:
    with pytest.raises(AnalysisException) as raised:
        session.spark.range(1).writeTo("lake.db.none").append()
    assert raised.value.getCondition() == "TABLE_OR_VIEW_NOT_FOUND"


REFUSED: list[tuple[Callable[[SparkSession], object], str]] = [
    (lambda spark: spark.range(1).write.parquet("s3://b/x"), "write.path"),
    (lambda spark: spark.range(1).write.option("k", "v").saveAsTable(T), "write.options"),
    (lambda spark: spark.range(1).write.format("csv").saveAsTable(T), "write.provider"),
    (lambda spark: spark.range(1).writeTo(T).overwrite(f.col("id") > 1), "write.overwrite-condition"),
    (lambda spark: spark.sql(f"DELETE FROM {T}"), "sql.delete"),
    (lambda spark: spark.sql(f"MERGE INTO {T} USING x ON true WHEN MATCHED THEN DELETE"), "sql.merge"),
    (lambda spark: spark.sql("SELECT 1; DROP TABLE t"), "sql.several-statements"),
    (lambda spark: spark.sql(f"CREATE TABLE {T} (a INT NOT NULL)"), "sql.create"),
    (lambda spark: spark.sql("CREATE DATABASE IF NOT EXISTS no_such"), "sql.create-database"),
    (lambda spark: spark.catalog.createTable("t", path="s3://b/x"), "catalog.create_table"),
    (lambda spark: spark.catalog.refreshTable("t"), "catalog.refresh_table"),
    (lambda spark: spark.readStream.format("rate").load().writeStream.start(), "command.write_stream"),
    (lambda spark: spark.conf.set("spark.sql.ansi.enabled", "false"), "conf.spark.sql.ansi.enabled"),
    (lambda spark: spark.sql("SELECT bround(2.5)"), "bround"),
    (lambda spark: spark.range(1).select(f.expr("CAST(id AS DECIMAL(9, 2)) / 3BD")).collect(), "/:decimal"),
    (lambda spark: spark.range(1).select(f.rint("id")).collect(), "rint"),
    (lambda spark: spark.range(1).select(f.expr("bround(2.5)")).collect(), "bround"),
]


@pytest.mark.parametrize(("ask", "feature"), REFUSED)
def test_what_the_engine_does_not_do_is_an_exception_with_the_mend(
    session: Served, ask: Callable[[SparkSession], object], feature: str
) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"Set spec\.engine: Spark") as raised:
        carried_out(ask(session.spark))
    assert raised.value.getCondition() == "UNSUPPORTED_FEATURE"
    assert session.refusals[0].feature.startswith(feature)
    assert session.tables.written == []


def test_a_plan_of_many_steps_is_judged_to_its_depth(session: Served) -> None:
    rows = session.spark.range(10).select(f.rint("id").alias("id"))
    plain = session.spark.range(10)
    for _ in range(150):
        rows, plain = rows.limit(5), plain.limit(5)
    assert plain.count() == 5
    with pytest.raises(UnsupportedOperationException, match="rint"):
        rows.collect()
