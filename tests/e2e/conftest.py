"""The end-to-end tier: one pass of the demo on the real stack, everything else hangs on it.

The operator's leader is killed while the driver starts; the pass must end right all the same.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from demo import kube, pipeline
from demo.queries import QUERIES, Answer, ask

from e2e import bucket

HERE = Path(__file__).parent
JOBS = HERE / "jobs"


@dataclass
class Pass:
    """What one run of the main job left behind."""

    catalog: dict[str, Any]
    crawl: dict[str, Any]
    job: dict[str, Any]
    killed: str
    answers: dict[str, Answer] = field(default_factory=dict)


@pytest.fixture(scope="session")
def expected() -> dict[str, Any]:
    """The truth about the data, counted without any engine."""
    found: dict[str, Any] = json.loads((HERE / "expected.json").read_text())
    return found


@pytest.fixture(scope="session")
def raw_data() -> None:
    """The raw data, the pipeline's script and the tests' own scripts in S3."""
    pipeline.load_raw()
    with pipeline.object_store() as s3:
        for path in JOBS.glob("*.py"):
            s3.put_object(Bucket=pipeline.BUCKET, Key=f"jobs/tests/{path.name}", Body=path.read_bytes())


@pytest.fixture(scope="session")
def main_job(raw_data: None) -> Pass:
    """One pass of the main job."""
    catalog = pipeline.apply_catalog()
    pipeline.apply_warehouse()
    crawl = pipeline.crawl()
    assert crawl["status"]["state"] == "Succeeded", crawl["status"]
    run = pipeline.start_spark_job()
    killed = _kill_leader(run)
    job = pipeline.spark_job_ended(run)
    assert job["status"]["state"] == "Succeeded", job["status"]
    pipeline.warehouse_ready()
    found = Pass(catalog, crawl, job, killed)
    with pipeline.sql() as port:
        for query in QUERIES:
            found.answers[query.name] = ask(port, query.sql)
    return found


def _kill_leader(run: int) -> str:
    kube.wait_state("sparkjob", "flights-weather", pipeline.NAMESPACE, ("Starting", "Running"), 60, run)
    lease = kube.get("lease", "emberlake-operator", pipeline.SYSTEM)
    leader = str(lease["spec"]["holderIdentity"])
    kube.kubectl("delete", "pod", leader, "-n", pipeline.SYSTEM, "--grace-period=0", "--force")
    return leader


@pytest.fixture
def prefix(raw_data: None) -> Iterator[str]:
    """A prefix of the test's own in the bucket, emptied afterwards."""
    name = f"test/{uuid.uuid4().hex[:8]}/"
    yield name
    bucket.empty(name)


@pytest.fixture
def cleanup() -> Iterator[Callable[[str, str], None]]:
    """Call it with kind and name of what a test makes: leftovers go first, and the object after the test."""
    made: list[tuple[str, str]] = []

    def remember(kind: str, name: str) -> None:
        made.append((kind, name))
        kube.kubectl("delete", kind, name, "-n", pipeline.NAMESPACE, "--ignore-not-found")

    yield remember
    for kind, name in made:
        kube.kubectl("delete", kind, name, "-n", pipeline.NAMESPACE, "--ignore-not-found", "--wait=false")
