"""SQL jobs and dependencies, with real Spark: all jobs start at once and run side by side."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from demo import kube, pipeline

from e2e import packages
from e2e.conftest import Pass

pytestmark = pytest.mark.e2e

NS = pipeline.NAMESPACE
PREFIX = "jobs/tests/depth"
SQL = """
CREATE NAMESPACE IF NOT EXISTS lake.t_depth;
CREATE OR REPLACE TABLE lake.t_depth.words USING iceberg AS
  SELECT id, :word || '; -- it''s ' || id AS word FROM range(CAST(:count AS INT));
BEGIN
  DECLARE most STRING;
  SET most = (SELECT max(word) FROM lake.t_depth.words);
  SELECT most, (SELECT count(*) FROM lake.t_depth.words WHERE word LIKE :word || '%') AS found;
END;
DROP TABLE lake.t_depth.words;
DROP NAMESPACE lake.t_depth
"""
FAILING_SQL = (
    "SET spark.sql.shuffle.partitions = 3;\n\nSELECT 1,\n  :word FROM none_such;\nSELECT 'never run';\n"
)


def job(name: str, **spec: Any) -> dict[str, Any]:
    """A small SparkJob."""
    small = {"coreRequest": "100m", "memory": "768Mi"}
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": name},
        "spec": {
            "catalogs": ["lake"],
            "driver": small,
            "executor": small,
            **spec,
        },
    }


def jobs(url: str) -> list[dict[str, Any]]:
    """What this module runs; `url` serves the packages."""
    index = f"{url}/simple"
    home = f"s3://lake/{PREFIX}"
    dependencies = {
        "requirements": [packages.REQUIREMENT],
        "indexUrl": index,
        "packages": [packages.COORDINATE],
        "repositories": [f"{url}/maven"],
        "files": [f"{home}/word.txt"],
        "pyFiles": [f"{home}/helper.py"],
        "archives": [f"{home}/data.zip#data"],
    }
    missing = {"requirements": ["hello-ember==9"], "indexUrl": index}
    script = "s3://lake/jobs/tests/uses_dependencies.py"
    word = {"word": "it's; DROP"}
    # no statement of it has a task: it ends without an executor
    on_demand = {"dynamicAllocation": {"maxExecutors": 1}}
    return [
        job("sql-text", type="SQL", sql={"text": SQL, "parameters": {**word, "count": "3"}}),
        job("sql-file", type="SQL", sql={"file": f"{home}/failing.sql", "parameters": word}, **on_demand),
        job("dependencies", type="Python", mainApplicationFile=script, deps=dependencies),
        job("alone", type="Python", mainApplicationFile=script, deps=dependencies, executor={"instances": 0}),
        job("no-requirement", type="Python", mainApplicationFile=script, deps=missing),
    ]


@pytest.fixture(scope="module")
def statuses(main_job: Pass) -> Iterator[dict[str, Any]]:
    """How each job ended."""
    with pipeline.object_store() as s3:
        for name, body in _uploads().items():
            s3.put_object(Bucket=pipeline.BUCKET, Key=f"{PREFIX}/{name}", Body=body)
    with packages.served() as url:
        documents = jobs(url)
        names = [document["metadata"]["name"] for document in documents]
        kube.kubectl("delete", "sparkjob", *names, "-n", NS, "--ignore-not-found")
        for document in documents:
            kube.apply(document, NS)
        yield {name: _ended(name) for name in names}
    kube.kubectl("delete", "sparkjob", *names, "-n", NS, "--wait=false")


def _uploads() -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("word.txt", "from the archive")
    return {
        "word.txt": b"from the file",
        "helper.py": b'WORD = "from the py file"\n',
        "data.zip": archive.getvalue(),
        "failing.sql": FAILING_SQL.encode(),
    }


def _ended(name: str) -> dict[str, Any]:
    found: dict[str, Any] = kube.wait_state("sparkjob", name, NS, ("Succeeded", "Failed"), 300)["status"]
    return found


def log(name: str) -> str:
    """What the job's driver wrote."""
    return kube.kubectl("logs", f"{name}-1-1-driver", "-n", NS, "-c", "spark-kubernetes-driver")


def test_sql_with_bound_parameters(statuses: dict[str, Any]) -> None:
    assert statuses["sql-text"]["state"] == "Succeeded", statuses["sql-text"]
    lines = log("sql-text").splitlines()
    assert "|it's; DROP; -- it's 2|    3|" in lines
    assert [line for line in lines if line.startswith("== statement 3 of 5")] == [
        "== statement 3 of 5, line 5"
    ]


def test_a_failing_statement_is_named_with_its_line(statuses: dict[str, Any]) -> None:
    status = statuses["sql-file"]
    assert (status["state"], status["failure"]["category"]) == ("Failed", "User")
    assert "statement 2 at line 3: [TABLE_OR_VIEW_NOT_FOUND]" in status["message"]
    assert "|spark.sql.shuffle.partitions|    3|" in log("sql-file").splitlines()
    assert "executorsAt" not in status["attempt"]


@pytest.mark.parametrize("name", ["dependencies", "alone"])
def test_every_kind_of_dependency_reaches_driver_and_executor(statuses: dict[str, Any], name: str) -> None:
    assert statuses[name]["state"] == "Succeeded", statuses[name]
    (line,) = [line for line in log(name).splitlines() if line.startswith("FOUND ")]
    words = {
        "requirement": "from the index",
        "pyFile": "from the py file",
        "file": "from the file",
        "archive": "from the archive",
    }
    assert json.loads(line[6:]) == {"driver": words, "executor": words, "package": "from the repository"}


def test_a_requirement_that_does_not_exist_is_named(statuses: dict[str, Any]) -> None:
    status = statuses["no-requirement"]
    assert (status["state"], status["failure"]["category"]) == ("Failed", "User")
    assert "No matching distribution found for hello-ember==9" in status["message"]
