"""The main job's numbers, in Spark and in Trino, against the truth."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from demo import kube, pipeline
from demo.queries import ICEBERG, RAW, ask

from e2e.conftest import Pass

pytestmark = pytest.mark.e2e

Cleanup = Callable[[str, str], None]

RAW_TABLES = ("flights", "weather", "airlines", "airports", "planes")


def test_row_counts(main_job: Pass, expected: dict[str, Any]) -> None:
    assert dict(main_job.answers["counts"].rows) == {
        "flights": expected["flights"],
        "flights: partitions": 12,
        "weather": expected["weather"],
        "flights_weather": expected["inner_join"],
    }


def test_delay_by_month(main_job: Pass, expected: dict[str, Any]) -> None:
    rows = main_job.answers["delay_by_month"].rows
    assert {str(row[0]): row[1] for row in rows} == expected["joined_per_month"]
    assert {str(row[0]): row[2] for row in rows} == expected["sum_dep_delay_per_month"]


def test_rain_and_delay(main_job: Pass, expected: dict[str, Any]) -> None:
    assert {row[0]: [row[1], row[2]] for row in main_job.answers["rain"].rows} == {
        "dry": expected["dry"],
        "wet": expected["wet"],
    }


def test_a_crawled_table_joins_the_iceberg_table(main_job: Pass) -> None:
    names = [row[0] for row in main_job.answers["carriers"].rows]
    assert len(names) == 5
    assert "Frontier Airlines Inc." in names


def test_one_driver_although_the_leader_was_killed(main_job: Pass) -> None:
    run = main_job.job["status"]["run"]
    selector = f"emberlake.dev/name=flights-weather,emberlake.dev/run={run},emberlake.dev/role=driver"
    pods = kube.items("pods", pipeline.NAMESPACE, selector)
    assert [pod["metadata"]["name"] for pod in pods] == [f"flights-weather-{run}-1-driver"]
    assert main_job.job["status"]["attempt"]["number"] == 1
    leaders = [pod["metadata"]["name"] for pod in kube.items("pods", pipeline.SYSTEM)]
    assert main_job.killed not in leaders


def test_a_second_crawl_writes_nothing(main_job: Pass) -> None:
    counts = pipeline.crawl()["status"]["counts"]
    written = ("tablesCreated", "tablesUpdated", "tablesFailed", "partitionsAdded", "partitionsUpdated")
    assert {name: counts[name] for name in written} == dict.fromkeys(written, 0)
    assert counts["tablesUnchanged"] == len(RAW_TABLES)


def test_a_key_that_is_also_a_column_keeps_its_name(main_job: Pass) -> None:
    with pipeline.sql() as port:
        columns = dict(row[:2] for row in ask(port, f"DESCRIBE {RAW}.flights").rows)
        differing = ask(
            port, f"SELECT count(*) FROM {RAW}.flights WHERE year <> year_file OR month <> month_file"
        )
    assert {"year", "month", "year_file", "month_file"} <= set(columns)
    assert differing.rows == ((0,),)


def test_spark_and_trino_see_the_same_tables(main_job: Pass, cleanup: Cleanup) -> None:
    cleanup("sparkjob", "read-tables")
    tables = [f"raw.{name}" for name in RAW_TABLES]
    run_script("read-tables", "read_tables.py", tables)
    log = kube.kubectl("logs", "read-tables-1-1-driver", "-n", pipeline.NAMESPACE)
    seen = [json.loads(line[6:]) for line in log.splitlines() if line.startswith("TABLE ")]
    assert [table["name"] for table in seen] == tables
    with pipeline.sql() as port:
        for table in seen:
            assert trino_view(port, table) == {k: v for k, v in table.items() if k not in ("name", "types")}


def trino_view(port: int, table: dict[str, Any]) -> dict[str, Any]:
    """The aggregates of tests/e2e/jobs/read_tables.py, asked of Trino."""
    wanted = ["count(*)"]
    keys = ["rows"]
    for key in table:
        what, _, column = key.partition(" ")
        if what in ("sum", "count") and column:
            function = f'count("{column}")' if what == "count" else f'CAST(sum("{column}") AS double)'
            wanted.append(function)
            keys.append(key)
    row = ask(port, f"SELECT {', '.join(wanted)} FROM lake_hive.{table['name']}").rows[0]
    return {key: pytest.approx(value) for key, value in zip(keys, row, strict=True)}


def test_a_run_for_one_month_replaces_just_that_month(
    main_job: Pass, expected: dict[str, Any], cleanup: Cleanup
) -> None:
    cleanup("sparkjob", "one-month")
    job = script_job("one-month", "../flights_weather.py", ["--month", "2013-01"])
    job["spec"]["mainApplicationFile"] = "s3://lake/jobs/flights_weather.py"
    kube.apply(job, pipeline.NAMESPACE)
    kube.wait_state("sparkjob", "one-month", pipeline.NAMESPACE, ("Succeeded",), 300)
    with pipeline.sql() as port:
        summary = ask(
            port,
            'SELECT summary FROM lake.analytics."flights_weather$snapshots"'
            " ORDER BY committed_at DESC LIMIT 1",
        ).rows[0][0]
        rows = ask(port, f"SELECT month, count(*) FROM {ICEBERG} GROUP BY month").rows
    assert summary["changed-partition-count"] == "1"
    assert (
        int(summary["added-records"]) == int(summary["deleted-records"]) == expected["joined_per_month"]["1"]
    )
    assert {str(month): count for month, count in rows} == expected["joined_per_month"]


def script_job(name: str, script: str, arguments: list[str]) -> dict[str, Any]:
    """A small SparkJob that runs one of tests/e2e/jobs."""
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": name},
        "spec": {
            "type": "Python",
            "catalogs": ["lake"],
            "mainApplicationFile": f"s3://lake/jobs/tests/{script}",
            "arguments": arguments,
            "sparkConf": {"spark.sql.shuffle.partitions": "4"},
            "driver": {"coreRequest": "250m", "memory": "1Gi"},
            "executor": {"instances": 1, "coreRequest": "250m", "memory": "1Gi"},
        },
    }


def run_script(name: str, script: str, arguments: list[str]) -> dict[str, Any]:
    kube.apply(script_job(name, script, arguments), pipeline.NAMESPACE)
    ended = kube.wait_state("sparkjob", name, pipeline.NAMESPACE, ("Succeeded", "Failed"), 300)
    assert ended["status"]["state"] == "Succeeded", ended["status"]
    return ended


def test_a_java_application_reads_the_catalog(main_job: Pass, cleanup: Cleanup) -> None:
    cleanup("sparkjob", "java")
    job = script_job("java", "", ["-e", "SELECT count(*) FROM raw.airports"])
    job["spec"].update(
        type="Java",
        mainClass="org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver",
        mainApplicationFile="local:///opt/spark/jars/spark-hive-thriftserver_2.13-4.1.4.jar",
    )
    kube.apply(job, pipeline.NAMESPACE)
    kube.wait_state("sparkjob", "java", pipeline.NAMESPACE, ("Succeeded",), 300)
    assert "1458" in kube.kubectl("logs", "java-1-1-driver", "-n", pipeline.NAMESPACE).splitlines()
