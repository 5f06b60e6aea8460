"""Tables of a metastore that are not Iceberg's, before a real Sail."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.connect.proto import base_pb2

from emberlake.sail.formats import named
from emberlake.sail.verified import Finding, Verdict, Verified
from emberlake.sail.wire import Node
from unit.sail.served import Served, served

DIFFERS = {
    "table.csv": Finding(Verdict.DIFFERS, "header lines count as rows"),
    "read.csv": Finding(Verdict.DIFFERS, "quotes are read otherwise"),
}
SAME = Finding(Verdict.SAME)


class _Any(dict[str, Finding]):
    """Everything was compared, but for what is told."""

    def get(self, name: str, default: Finding | None = None) -> Finding | None:  # type: ignore[override]
        return super().get(name, default if name.startswith("table.") else SAME)


def session(
    sail: str, engine: Literal["Sail", "Auto"], told: dict[str, Finding], folder: Path
) -> Iterator[Served]:
    """A session that has a table of CSV and a table of Parquet files."""
    verified = Verified("0.7.2", "4.1.4", _Any(), _Any(told))
    with served(sail, engine, verified) as found:
        direct = SparkSession.builder.remote(f"sc://{sail}/;session_id={found.spark.session_id}").create()
        for name in ("csv", "parquet"):
            (folder / name).mkdir(exist_ok=True)
            direct.sql(f"CREATE TABLE of_{name} (n INT) USING {name} LOCATION '{folder / name}'").collect()
        yield found


@pytest.fixture
def sail_job(sail: str, tmp_path: Path) -> Iterator[SparkSession]:
    for found in session(sail, "Sail", DIFFERS, tmp_path):
        yield found.spark


@pytest.fixture
def auto_job(sail: str, tmp_path: Path) -> Iterator[SparkSession]:
    for found in session(sail, "Auto", {}, tmp_path):
        yield found.spark


def of_view(spark: SparkSession) -> DataFrame:
    spark.sql("CREATE TEMPORARY VIEW v AS SELECT n FROM of_csv")
    return spark.table("v")


@pytest.mark.parametrize(
    "read",
    [
        lambda spark: spark.table("of_csv"),
        lambda spark: spark.table("default.of_csv").where("n > 0"),
        lambda spark: spark.sql("SELECT n FROM of_csv"),
        lambda spark: spark.sql("WITH of_csv AS (SELECT * FROM `of_csv`) SELECT 1 FROM of_csv"),
        lambda spark: spark.sql("SELECT 1 WHERE 1 IN (SELECT n FROM default.`of_csv`)"),
        lambda spark: spark.range(1).selectExpr("(SELECT max(n) FROM of_csv)"),
        lambda spark: spark.range(1).join(spark.table("of_csv"), how="cross"),
        of_view,
    ],
)
def test_a_table_whose_format_is_read_differently_is_refused(sail_job: SparkSession, read: object) -> None:
    with pytest.raises(UnsupportedOperationException, match=r"of_csv is a table of format csv: header lines"):
        read(sail_job).collect()  # type: ignore[operator]


@pytest.mark.parametrize(
    "read",
    [
        lambda spark, file: spark.sql(f"SELECT * FROM CSV.`{file}`"),
        lambda spark, file: spark.sql(f"SELECT 1 WHERE 1 IN (SELECT _c0 FROM csv.`{file}`)"),
        lambda spark, file: spark.table(f"csv.`{file}`"),
    ],
)
def test_a_file_that_is_named_as_a_table_is_judged_by_its_format(
    sail_job: SparkSession, tmp_path: Path, read: Callable[[SparkSession, Path], DataFrame]
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("1\n")
    with pytest.raises(UnsupportedOperationException, match=r"rows\.csv is read as (csv|CSV): quotes"):
        read(sail_job, file).collect()
    assert sail_job.sql(f"SELECT * FROM text.`{file}`").collect() == [("1",)]


def test_a_format_that_nobody_compared_passes_on_sail_alone(
    sail_job: SparkSession, auto_job: SparkSession
) -> None:
    assert sail_job.table("of_parquet").collect() == []
    with pytest.raises(UnsupportedOperationException, match="of_parquet is a table of format parquet"):
        auto_job.table("of_parquet").collect()


def test_what_reads_no_rows_is_not_asked_for_the_format(sail_job: SparkSession) -> None:
    assert sail_job.sql("DESCRIBE TABLE of_csv").collect()
    assert sail_job.table("of_csv").columns == ["n"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SELECT * FROM a.b, `c d` x JOIN e.f.g", {("a", "b"), ("c d",), ("e", "f", "g")}),
        ("INSERT INTO t SELECT * FROM s", {("t",), ("s",)}),
        ("CREATE TEMPORARY VIEW v AS SELECT * FROM s", {("v",), ("s",)}),
        ("TABLE a.b", {("TABLE",), ("a",), ("a", "b")}),
        ("SHOW COLUMNS IN a.b", set()),
    ],
)
def test_names_in_a_text(text: str, names: set[tuple[str, ...]]) -> None:
    plan = base_pb2.Plan()
    plan.root.sql.query = text
    assert named(Node(base_pb2.Plan.DESCRIPTOR, memoryview(plan.SerializeToString()))) == names
