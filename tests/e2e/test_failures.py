"""What a user sees when something is wrong: state, category, and words to act on."""

from collections.abc import Callable
from typing import Any

import pytest
from demo import kube, pipeline
from demo.queries import ask

from e2e.conftest import Pass
from e2e.test_main_job import script_job

pytestmark = pytest.mark.e2e

NS = pipeline.NAMESPACE
Cleanup = Callable[[str, str], None]


def failing(name: str, script: str, made: Cleanup, **spec: Any) -> dict[str, Any]:
    made("sparkjob", name)
    job = script_job(name, script, [])
    job["spec"].update(spec)
    job["spec"]["driver"] = {"coreRequest": "100m", "memory": "512Mi"}
    return job


def ended(job: dict[str, Any], seconds: float = 180) -> dict[str, Any]:
    kube.apply(job, NS)
    return kube.wait_state("sparkjob", job["metadata"]["name"], NS, ("Failed", "Succeeded"), seconds)[
        "status"
    ]


def test_a_job_that_raises_says_what_it_raised(main_job: Pass, cleanup: Cleanup) -> None:
    status = ended(failing("raises", "raises.py", cleanup))
    assert (status["state"], status["failure"]["category"]) == ("Failed", "User")
    assert status["reason"] == "ValueError"
    table = kube.kubectl("get", "sparkjob", "raises", "-n", NS)
    assert "ValueError: month 2013-13 does not exist" in table


def test_a_driver_killed_for_memory(main_job: Pass, cleanup: Cleanup) -> None:
    status = ended(failing("eats-memory", "eats_memory.py", cleanup))
    assert status["failure"]["category"] == "OutOfMemory", status
    assert "driver.memory" in status["message"]


def test_an_image_that_does_not_exist_fails_within_a_minute(main_job: Pass, cleanup: Cleanup) -> None:
    status = ended(failing("no-image", "raises.py", cleanup, image="emberlake/none-such:1"), 60)
    assert status["failure"]["category"] == "Image"
    assert "emberlake/none-such:1" in status["message"]


def test_a_script_that_does_not_exist(main_job: Pass, cleanup: Cleanup) -> None:
    status = ended(failing("no-script", "none_such.py", cleanup))
    assert status["failure"]["category"] == "User"
    assert "none_such.py" in status["message"]


def test_a_job_waits_for_its_catalog_and_starts_by_itself(main_job: Pass, cleanup: Cleanup) -> None:
    cleanup("catalog", "late")
    kube.apply(failing("waits", "raises.py", cleanup, catalogs=["late"]), NS)
    waiting = kube.wait_state("sparkjob", "waits", NS, ("Pending",), 30)
    assert waiting["status"]["reason"] == "CatalogNotFound"
    kube.apply(pipeline.sample("catalog").replace("name: lake\n", "name: late\n"), NS)
    kube.wait_state("sparkjob", "waits", NS, ("Starting", "Running", "Failed"), 120)
    done = kube.wait_state("sparkjob", "waits", NS, ("Failed",), 120)
    assert done["status"]["reason"] == "ValueError"


def crawl(name: str, uri: str, database: str, made: Cleanup) -> dict[str, Any]:
    made("crawl", name)
    document = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "Crawl",
        "metadata": {"name": name},
        "spec": {"catalog": "lake", "database": database, "targets": [{"s3": {"uri": uri}}]},
    }
    kube.apply(document, NS)
    return kube.wait_state("crawl", name, NS, ("Succeeded", "Failed"), 120)["status"]


def test_a_crawl_of_a_bucket_that_does_not_exist(main_job: Pass, cleanup: Cleanup) -> None:
    status = crawl("no-bucket", "s3://none-such/raw/", "t_no_bucket", cleanup)
    assert (status["state"], status["reason"]) == ("Failed", "BucketNotFound")
    assert "none-such" in status["message"]


def test_a_crawl_of_a_prefix_that_does_not_exist(main_job: Pass, cleanup: Cleanup) -> None:
    status = crawl("no-prefix", "s3://lake/none-such/", "t_no_prefix", cleanup)
    assert (status["state"], status["reason"]) == ("Failed", "PrefixNotFound")


def test_a_crawl_of_an_empty_prefix_finds_nothing(main_job: Pass, prefix: str, cleanup: Cleanup) -> None:
    with pipeline.object_store() as s3:
        s3.put_object(Bucket="lake", Key=prefix, Body=b"")
    status = crawl("empty", f"s3://lake/{prefix}", "t_empty", cleanup)
    assert (status["state"], status["reason"]) == ("Succeeded", "NothingFound")


def test_a_file_that_is_not_what_its_name_says(main_job: Pass, prefix: str, cleanup: Cleanup) -> None:
    with pipeline.object_store() as s3:
        s3.put_object(Bucket="lake", Key=f"{prefix}good/a.csv", Body=b"id,name\n1,x\n2,y\n")
        s3.put_object(Bucket="lake", Key=f"{prefix}bad/b.parquet", Body=b"this is no parquet at all\n" * 9)
    status = crawl("lies", f"s3://lake/{prefix}", "t_lies", cleanup)
    assert status["state"] == "Failed"
    assert "b.parquet" in status["message"]
    assert status["counts"]["tablesCreated"] == 1
    with pipeline.sql() as port:
        assert ask(port, "SELECT sum(id) FROM lake_hive.t_lies.good").rows == ((3,),)
        assert ask(port, "SHOW TABLES FROM lake_hive.t_lies").rows == (("good",),)
        ask(port, "DROP TABLE lake_hive.t_lies.good")


def test_wrong_credentials_are_told_by_the_catalog_within_a_minute(main_job: Pass, cleanup: Cleanup) -> None:
    cleanup("catalog", "wrong-keys")
    cleanup("secret", "wrong-keys")
    kube.kubectl(
        "create",
        "secret",
        "generic",
        "wrong-keys",
        "-n",
        NS,
        "--from-literal=AWS_ACCESS_KEY_ID=nobody",
        "--from-literal=AWS_SECRET_ACCESS_KEY=nothing",
    )
    text = pipeline.sample("catalog").replace("name: lake\n", "name: wrong-keys\n")
    kube.apply(text.replace("secretName: lake-s3", "secretName: wrong-keys"), NS)

    def told() -> str | None:
        reason = (kube.get("catalog", "wrong-keys", NS).get("status") or {}).get("reason")
        return reason if reason in ("InvalidCredentials", "AccessDenied") else None

    assert kube.wait("the Catalog to say that its credentials are wrong", 60, told)


def test_a_metastore_restart_during_a_crawl(main_job: Pass, cleanup: Cleanup) -> None:
    run = kube.request_run("crawl", "raw-flights", NS)
    kube.wait_state("crawl", "raw-flights", NS, ("Starting", "Running"), 60, run)
    kube.kubectl("rollout", "restart", "deployment/emberlake-metastore", "-n", pipeline.SYSTEM)
    done = kube.wait_state("crawl", "raw-flights", NS, ("Succeeded", "Failed"), 300, run)
    assert done["status"]["state"] == "Succeeded", done["status"]
    kube.kubectl(
        "rollout", "status", "deployment/emberlake-metastore", "-n", pipeline.SYSTEM, "--timeout=180s"
    )
