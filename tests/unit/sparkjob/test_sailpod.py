"""The driver pod of an attempt on Sail."""

import json
from dataclasses import replace
from typing import Any

import pytest

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.crawler.config import S3Settings
from emberlake.sail.config import SailCatalog, SailConfig, parse
from emberlake.sparkjob.build import children
from emberlake.sparkjob.names import Attempt
from emberlake.sparkjob.sailpod import pool_bytes
from unit.sparkjob.fixtures import CATALOG, SETTINGS, owner, spec

CATALOGS = [("lake", CATALOG)]
ATTEMPT = Attempt(2, 3, "Sail")


def made(attempt: Attempt = ATTEMPT, catalogs: Any = None, **fields: Any) -> dict[str, Any]:
    """What an attempt makes, by kind."""
    found = children(
        owner(),
        spec(**{"engine": "Sail", **fields}),
        CATALOGS if catalogs is None else catalogs,
        SETTINGS,
        attempt,
    )
    return {str(manifest["kind"]): dict(manifest) for manifest in found}


def config(**fields: Any) -> SailConfig:
    """The program's input, as the program reads it."""
    return parse(json.loads(made(**fields)["ConfigMap"]["data"]["sail.json"]))


def env(pod: dict[str, Any]) -> dict[str, Any]:
    found = pod["spec"]["containers"][0]["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in found}


def test_the_program_is_told_what_the_job_says() -> None:
    found = config(
        engine="Auto",
        arguments=["--month", "2013-01"],
        sparkConf={"spark.sql.ansi.enabled": "true", "spark.x": "1"},
    )
    assert found.server["SAIL_CATALOG__DEFAULT_CATALOG"] == "spark_catalog"
    assert replace(found, server={}) == SailConfig(
        engine="Auto",
        kind="Python",
        application="s3://lake/jobs/etl.py",
        arguments=("--month", "2013-01"),
        run_id=f"{owner().uid}/2",
        attempt=3,
        catalogs=(
            SailCatalog(
                "lake",
                ("thrift://emberlake-metastore.emberlake.svc:9083",),
                "s3://lake/warehouse",
                S3Settings("http://emberlake-s3.emberlake.svc:7070", "us-east-1", path_style=True),
            ),
        ),
        conf={"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC", "spark.x": "1"},
    )


def test_settings_of_all_jobs_that_a_result_may_show_are_told_too() -> None:
    settings = SETTINGS.model_copy(
        update={
            "defaults": SETTINGS.defaults.model_copy(
                update={"spark_conf": {"spark.sql.ansi.enabled": "false", "spark.log.level": "WARN"}}
            )
        }
    )
    found = children(owner(), spec(engine="Sail"), CATALOGS, settings, Attempt(1, 1, "Sail"))[0]
    assert parse(json.loads(found["data"]["sail.json"])).conf == {
        "spark.sql.ansi.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
    }


def test_statements_are_a_file_of_the_pod_or_in_s3() -> None:
    sql = {"type": "SQL", "mainApplicationFile": None}
    found = config(**sql, sql={"text": "SELECT :a", "parameters": {"a": "b"}})
    assert (found.kind, found.application, found.parameters) == (
        "SQL",
        "/opt/spark/sql/statements.sql",
        {"a": "b"},
    )
    assert config(**sql, sql={"file": "s3://lake/a.sql"}).application == "s3://lake/a.sql"
    pod = made(**sql, sql={"text": "SELECT 1"})["Pod"]
    mounts = {mount["mountPath"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
    assert "/opt/spark/sql" in mounts


def test_the_pod_is_the_drivers_with_another_program() -> None:
    pod, spark = made()["Pod"], made(Attempt(2, 3, "Spark"))["Pod"]
    assert pod["metadata"]["labels"] == spark["metadata"]["labels"]
    (container,), (beside,) = pod["spec"]["containers"], spark["spec"]["containers"]
    assert container["image"] == "emberlake/sail:1"
    assert "args" not in container
    assert "ports" not in container
    same = ("name", "resources", "securityContext", "imagePullPolicy")
    assert [container[key] for key in same] == [beside[key] for key in same]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert env(spark) == env(pod)


def test_the_pod_reads_its_configuration_alone() -> None:
    found = made()
    volumes = {volume["name"]: volume for volume in found["Pod"]["spec"]["volumes"]}
    assert volumes["spark-conf-volume-driver"]["configMap"]["items"][0]["path"] == "sail.json"
    assert "pod-template-volume" not in volumes
    assert sorted(found["ConfigMap"]["data"]) == ["sail.json", "sources.json", "spark.properties"]


def test_sail_takes_cores_and_memory_of_the_driver() -> None:
    found = config(driver={"cores": 4, "memory": "2Gi", "memoryOverhead": "1Gi"}).server
    assert found["TOKIO_WORKER_THREADS"] == found["SAIL_EXECUTION__DEFAULT_PARALLELISM"] == "4"
    assert found["SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE"] == str(pool_bytes(3 * 1024))


@pytest.mark.parametrize(("pod", "pool"), [(8602, 3690), (1434, 465), (896, 223), (512, 57)])
def test_sails_part_of_a_pod(pod: int, pool: int) -> None:
    assert pool_bytes(pod) // 1024**2 == pool


def test_a_job_may_bring_its_own_image() -> None:
    assert made(image="acme/sail:2")["Pod"]["spec"]["containers"][0]["image"] == "acme/sail:2"


def test_catalogs_of_two_object_stores_are_refused() -> None:
    other = CatalogSpec.model_validate(
        {**CATALOG.model_dump(by_alias=True), "sqlName": "far", "s3": {"region": "eu-central-1"}}
    )
    with pytest.raises(ValueError, match=r"set spec\.engine: Spark"):
        made(catalogs=[("lake", CATALOG), ("far", other)])
