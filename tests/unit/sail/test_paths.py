"""Paths at which there is nothing, before a real Sail; S3 is a set of keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from pyspark.errors import AnalysisException, UnsupportedOperationException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.connect.proto import base_pb2

from emberlake.crawler.failure import Problem
from emberlake.sail.errors import SparkError, rejected
from emberlake.sail.paths import Paths
from emberlake.sail.refusal import Refusal
from emberlake.sail.wire import Node
from unit.sail.served import served


class Keys:
    """Of one bucket, lake; others are not ours to see."""

    def __init__(self, *keys: str) -> None:
        self.keys, self.asked = keys, 0

    def exists(self, bucket: str, key: str) -> bool:
        return self.holds(bucket, key) and key in self.keys

    def holds(self, bucket: str, prefix: str) -> bool:
        self.asked += 1
        if bucket != "lake":
            raise Problem(f"s3://{bucket}/{prefix}", "AccessDenied", "grant it")
        return any(key.startswith(prefix) for key in self.keys)


def reading(*paths: str, form: str = "text", query: str = "") -> Node:
    plan = base_pb2.Plan()
    if query:
        plan.root.sql.query = query
    else:
        plan.root.filter.input.read.data_source.format = form
        plan.root.filter.input.read.data_source.paths.extend(paths)
    return Node(base_pb2.Plan.DESCRIPTOR, memoryview(plan.SerializeToString()))


KEYS = ("raw/day/1.txt", "raw/day-2.txt", "one.txt", "marker/")


def wrong(plan: Node, engine: Literal["Sail", "Auto"] = "Sail") -> Refusal | SparkError | None:
    return Paths(engine, lambda: Keys(*KEYS)).wrong(plan)


@pytest.mark.parametrize(
    "path",
    [
        *("s3://lake/raw/day", "s3a://lake/raw/day/", "s3://lake/raw/day/1.txt", "s3://lake/one.txt"),
        *("s3://lake/marker", "s3://lake", "s3://lake/", "s3://other/none", "hdfs://host/none"),
    ],
)
def test_passes_what_may_be_there(path: str) -> None:
    assert wrong(reading(path)) is None


@pytest.mark.parametrize(
    "path", ["s3://lake/ra", "s3://lake/raw/day/1", "s3a://lake/none/", "/none", "file:///none"]
)
def test_finds_what_is_not(path: str) -> None:
    told = rejected("PATH_NOT_FOUND", f"Path does not exist: {path}. SQLSTATE: 42K03")
    assert wrong(reading("s3://lake/one.txt", path)) == told
    assert wrong(reading(query=f"SELECT * FROM text.`{path}`")) == told
    assert wrong(reading(path), "Auto") == Refusal("read.missing-path", f"there is nothing at {path}")
    assert wrong(reading(path, form="iceberg")) is None


@pytest.mark.parametrize("path", ["s3://lake/raw/*.txt", "s3://lake/{none,raw}", "/tmp/[a-z]"])
def test_takes_no_pattern_which_may_find_nothing(path: str) -> None:
    refused = wrong(reading("s3://lake/one.txt", path))
    assert isinstance(refused, Refusal)
    assert (refused.feature, path in refused.message) == ("read.pattern", True)


def test_what_was_there_is_asked_for_once() -> None:
    keys = Keys(*KEYS)
    paths = Paths("Sail", lambda: keys)
    for _ in range(3):
        assert paths.wrong(reading("s3://lake/raw/day")) is None
    assert keys.asked == 1


READS: list[Callable[[SparkSession, Path], DataFrame]] = [
    lambda spark, path: spark.read.text(str(path)),
    lambda spark, path: spark.read.format("binaryFile").load(str(path)).select("length"),
    lambda spark, path: spark.sql(f"SELECT * FROM text.`{path}`"),
    lambda spark, path: spark.table(f"text.`{path}`"),
]


@pytest.mark.parametrize("read", READS)
def test_a_program_is_told_as_spark_tells_it(
    sail: str, tmp_path: Path, read: Callable[[SparkSession, Path], DataFrame]
) -> None:
    file = tmp_path / "x" / "rows.txt"
    with served(sail, "Sail") as job:
        for action in (lambda: read(job.spark, file).collect(), lambda: read(job.spark, file).columns):
            with pytest.raises(AnalysisException, match=r"Path does not exist: .*/x/rows\.txt") as told:
                action()
            assert told.value.getCondition() == "PATH_NOT_FOUND"
        assert job.refusals == []
        file.parent.mkdir()
        file.write_text("1")
        assert read(job.spark, file).count() == 1


def test_with_auto_spark_tells_it(sail: str, tmp_path: Path) -> None:
    with served(sail, "Auto") as job:
        with pytest.raises(UnsupportedOperationException, match="there is nothing at"):
            job.spark.read.format("text").load(str(tmp_path / "none")).collect()
        assert [refusal.feature for refusal in job.refusals] == ["read.missing-path"]


def test_files_of_no_format_are_read_as_parquet_is(sail: str, tmp_path: Path) -> None:
    with served(sail, "Sail") as job, pytest.raises(UnsupportedOperationException, match=r"read\.parquet"):
        job.spark.read.load(str(tmp_path)).collect()


def test_a_path_that_the_engine_would_not_take_is_refused(sail: str, tmp_path: Path) -> None:
    with (
        served(sail, "Sail") as job,
        pytest.raises(UnsupportedOperationException, match="give the path to"),
    ):
        job.spark.read.format("text").option("Path", str(tmp_path)).load().collect()
