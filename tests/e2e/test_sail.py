"""Jobs on Sail, with the real thing: all start at once and run side by side."""

from collections.abc import Iterator
from typing import Any

import pytest
from demo import kube, pipeline
from demo.queries import ask

from e2e.conftest import Pass

pytestmark = pytest.mark.e2e

NS = pipeline.NAMESPACE
TABLE = "lake.analytics.flights_weather"
WRITTEN = "lake.t_sail.months"
SCRIPTS = "s3://lake/jobs/tests"
MONTHS = f"SELECT month, count(*) AS flights FROM {TABLE} GROUP BY month ORDER BY month"
MERGE_FILE = f"{SCRIPTS}/merge.sql"
MERGE = f"""
SELECT count(*) AS flights FROM {TABLE};
CREATE OR REPLACE TABLE lake.t_sail.merged USING iceberg AS SELECT id FROM range(3);
MERGE INTO lake.t_sail.merged t USING (SELECT 2 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE;
SELECT count(*) AS remaining FROM lake.t_sail.merged
"""
# Sail has all rows of a batch in memory at one time, 1.2 GB of a pod of 896 MiB; Spark one row
LARGE = "SELECT max(length(repeat(CAST(id AS STRING), 1000000))) AS longest FROM range(100, 500)"


def job(name: str, **spec: Any) -> dict[str, Any]:
    """A small SparkJob."""
    small = {"coreRequest": "100m", "memory": "1Gi"}
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": name},
        "spec": {
            "engine": "Sail",
            "catalogs": ["lake"],
            "driver": small,
            "executor": {"instances": 0},
            "sparkConf": {"spark.sql.shuffle.partitions": "1"},
            **spec,
        },
    }


def script(name: str, file: str, *arguments: str, **spec: Any) -> dict[str, Any]:
    """A job that runs one of the tests' scripts."""
    return job(
        name, type="Python", mainApplicationFile=f"{SCRIPTS}/{file}", arguments=list(arguments), **spec
    )


JOBS = (
    script("sail-script", "on_sail.py", TABLE, WRITTEN, SCRIPTS),
    script("sail-raises", "raises.py"),
    job("sail-sql", type="SQL", sql={"text": MONTHS}),
    # what stands in the spec itself is judged before a driver starts
    job("sail-merge", type="SQL", sql={"file": MERGE_FILE}),
    job("auto-merge", type="SQL", sql={"file": MERGE_FILE}, engine="Auto"),
    job(
        "auto-large",
        type="SQL",
        sql={"text": LARGE},
        engine="Auto",
        driver={"coreRequest": "100m", "memory": "512Mi"},
    ),
)


@pytest.fixture(scope="module")
def statuses(main_job: Pass) -> Iterator[dict[str, Any]]:
    """How each job ended."""
    names = [document["metadata"]["name"] for document in JOBS]
    with pipeline.object_store() as s3:
        s3.put_object(Bucket=pipeline.BUCKET, Key="jobs/tests/merge.sql", Body=MERGE.encode())
    with pipeline.sql() as port:
        ask(port, "CREATE SCHEMA IF NOT EXISTS lake.t_sail")
        kube.kubectl("delete", "sparkjob", *names, "-n", NS, "--ignore-not-found")
        for document in JOBS:
            kube.apply(document, NS)
        yield {
            name: kube.wait_state("sparkjob", name, NS, ("Succeeded", "Failed"), 300)["status"]
            for name in names
        }
        kube.kubectl("delete", "sparkjob", *names, "-n", NS, "--wait=false")
        for table in ("months", "merged"):
            ask(port, f"DROP TABLE IF EXISTS lake.t_sail.{table}")
        ask(port, "DROP SCHEMA lake.t_sail")


def log(name: str, attempt: int = 1) -> list[str]:
    """What the driver wrote."""
    return kube.kubectl("logs", f"{name}-1-{attempt}-driver", "-n", NS).splitlines()


def cells(lines: list[str]) -> list[list[str]]:
    """The rows of what the SQL program printed."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"]


def per_month(expected: dict[str, Any]) -> dict[int, int]:
    return {int(month): count for month, count in expected["joined_per_month"].items()}


def test_a_script_reads_an_iceberg_table_as_spark_does(
    statuses: dict[str, Any], expected: dict[str, Any]
) -> None:
    status = statuses["sail-script"]
    assert (status["state"], status["engine"]) == ("Succeeded", "Sail"), status
    assert f"READ {expected['inner_join']} timestamp" in log("sail-script")


def test_statements_read_an_iceberg_table(statuses: dict[str, Any], expected: dict[str, Any]) -> None:
    assert statuses["sail-sql"]["state"] == "Succeeded", statuses["sail-sql"]
    _, *rows = cells(log("sail-sql"))
    assert {int(month): int(count) for month, count in rows} == per_month(expected)


def test_what_a_script_writes_trino_reads(statuses: dict[str, Any], expected: dict[str, Any]) -> None:
    assert statuses["sail-script"]["state"] == "Succeeded", statuses["sail-script"]
    found = sorted((month, count) for month, count in per_month(expected).items())
    twice = sorted([*found, *(row for row in found if row[0] > 6)])
    seen = [line.split()[1:] for line in log("sail-script") if line.startswith("MONTH")]
    assert [(int(month), int(count)) for month, count in seen] == twice
    with pipeline.sql() as port:
        rows = ask(port, f"SELECT month, flights FROM {WRITTEN}").rows
    assert sorted((month, count) for month, count in rows) == twice


def test_a_folder_of_s3_is_read_and_one_that_is_not_there_is_told_as_on_spark(
    statuses: dict[str, Any],
) -> None:
    assert [line for line in log("sail-script") if line.startswith(("FILES", "NONE"))] == [
        "FILES True",
        "NONE PATH_NOT_FOUND",
    ], statuses["sail-script"]


def test_an_error_of_a_script_is_told_as_on_spark(statuses: dict[str, Any]) -> None:
    status = statuses["sail-raises"]
    assert (status["state"], status["failure"]["category"]) == ("Failed", "User")
    assert status["failure"]["reason"] == "ValueError"
    assert "month 2013-13 does not exist" in status["message"]


def test_what_sail_does_not_do_is_named(statuses: dict[str, Any]) -> None:
    status = statuses["sail-merge"]
    assert (status["state"], status["failure"]["reason"]) == ("Failed", "UnsupportedByEngine"), status
    assert "set spec.engine: Spark" in status["message"]


def test_auto_goes_on_with_spark_where_sail_cannot(
    statuses: dict[str, Any], expected: dict[str, Any]
) -> None:
    status = statuses["auto-merge"]
    assert (status["state"], status["engine"], status["attempt"]["number"]) == ("Succeeded", "Spark", 2), (
        status
    )
    assert status["handedOver"]["message"]
    assert "retries" not in status
    assert cells(log("auto-merge", attempt=2))[-1] == ["2"]


def test_auto_goes_on_with_spark_where_sail_is_killed_for_memory(statuses: dict[str, Any]) -> None:
    status = statuses["auto-large"]
    assert (status["state"], status["engine"], status["attempt"]["number"]) == ("Succeeded", "Spark", 2), (
        status
    )
    assert status["handedOver"]["reason"] == "OutOfMemory"
    assert not {"retries", "sailWrites"} & status.keys()
    assert cells(log("auto-large", attempt=2))[-1] == ["3000000"]
