"""The main job in steps that the demo shows and tests/e2e asserts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config

from demo import data, kube

NAMESPACE = "demo"
SYSTEM = "emberlake"
BUCKET = "lake"
SAMPLES = kube.ROOT / "manifests/samples"
JOB = kube.ROOT / "jobs/flights/flights_weather.py"


@contextmanager
def object_store() -> Iterator[Any]:
    """A boto3 client of the development S3, through a port-forward."""
    keys = kube.wait("Secret lake-s3", 120, _keys)
    with kube.forward("svc/emberlake-s3", SYSTEM, 7070) as port:
        yield boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 8, "mode": "standard"}),
        )


def _keys() -> dict[str, str] | None:
    try:
        return kube.secret("lake-s3", NAMESPACE)
    except kube.KubectlError:
        return None


def load_raw() -> tuple[int, int]:
    """Put the raw data and the job's script into S3; objects in all and written."""
    with object_store() as s3:
        s3.put_object(Bucket=BUCKET, Key=f"jobs/{JOB.name}", Body=JOB.read_bytes())
        return data.upload(s3, BUCKET)


def sample(name: str) -> str:
    """Text of a sample manifest."""
    return (SAMPLES / f"{name}.yaml").read_text()


def apply_catalog() -> dict[str, Any]:
    """Apply the Catalog and wait until it is Ready."""
    kube.apply(sample("catalog"), NAMESPACE)
    return kube.wait_state("catalog", "lake", NAMESPACE, ("Ready",), 180)


def crawl() -> dict[str, Any]:
    """Run the Crawl (anew where it ran before) and wait for its end."""
    return _ended("crawl", "raw-flights", 300, _start("crawl", "raw-flights"))


def start_spark_job() -> int:
    """Start a run of the SparkJob (anew where it ran before); its number."""
    return _start("sparkjob", "flights-weather")


def spark_job_ended(run: int | None = None) -> dict[str, Any]:
    """Wait for the end of the SparkJob."""
    return _ended("sparkjob", "flights-weather", 600, run)


def spark_job() -> dict[str, Any]:
    """Run the SparkJob and wait for its end."""
    return spark_job_ended(start_spark_job())


def _start(kind: str, name: str) -> int:
    try:
        kube.get(kind, name, NAMESPACE)
    except kube.KubectlError:
        kube.apply(sample(kind), NAMESPACE)
        return 1
    kube.apply(sample(kind), NAMESPACE)
    return kube.request_run(kind, name, NAMESPACE)


def _ended(kind: str, name: str, seconds: float, run: int | None) -> dict[str, Any]:
    return kube.wait_state(kind, name, NAMESPACE, ("Succeeded", "Failed", "Cancelled"), seconds, run)


def seconds(job: dict[str, Any]) -> float:
    """From the first attempt's start to the end of the run."""
    begin, end = (datetime.fromisoformat(job["status"][key]) for key in ("startedAt", "finishedAt"))
    return (end - begin).total_seconds()


def apply_warehouse() -> dict[str, Any]:
    """Apply the Warehouse; it starts while other steps run."""
    kube.apply(sample("warehouse"), NAMESPACE)
    return kube.get("warehouse", "wh", NAMESPACE)


def warehouse_ready() -> dict[str, Any]:
    """Wait until the Warehouse answers SQL."""
    return kube.wait_state("warehouse", "wh", NAMESPACE, ("Ready",), 300)


@contextmanager
def sql() -> Iterator[int]:
    """A local port on which the Warehouse answers."""
    with kube.forward("svc/wh", NAMESPACE, 8080) as port:
        yield port
