"""Runs queries as a SparkJob of the installed platform, on one engine, and reads what its driver printed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo import kube, pipeline

NAME = "bench-engine"
NS = pipeline.NAMESPACE
_SCRIPT = Path(__file__).with_name("script.py")
_UNFILLED = "QUERIES: dict[str, str] = {}"
_SECONDS = 7200


@dataclass(frozen=True)
class Size:
    """Of the one pod that an application has, whichever engine it is on; `memory` is `driver.memory`."""

    cores: int
    memory: str


@dataclass(frozen=True)
class Found:
    """What one query gave on one engine: why it gave nothing, or all the rest.

    `digest` is of the sorted rows, `ordered` of the rows as they came, `columns` of each column as it came.
    """

    name: str
    error: str = ""
    seconds: list[float] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    count: int = 0
    digest: str = ""
    ordered: str = ""
    columns: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    peak: float = 0
    cpu: float = 0


@dataclass(frozen=True)
class Run:
    """All queries on one engine: the pod's memory limit, its peak in MiB, and seconds of all pods."""

    queries: dict[str, Found]
    limit: str
    peak: float
    cpu: float
    wall: float
    pods: int


def run(engine: str, database: str, queries: Mapping[str, str], size: Size, times: int, rows: int = 0) -> Run:
    """Run each query `times` times; one that takes its pod down is told as failed, and the rest go on.

    Raises:
        RuntimeError: a job ended before its first query; says why.
    """
    found: dict[str, Found] = {}
    limit, cpu, wall, pods = "", 0.0, 0.0, 0
    # of its own, so that suites can run side by side
    name = f"{NAME}-{database}".replace("_", "-")
    while left := {query: text for query, text in queries.items() if query not in found}:
        key = _upload(f"{name}.py", left)
        with ended(document(engine, size, key, [database, str(times), str(rows)], name)) as (job, log):
            limit = memory_limit(job)
        done = [Found(**json.loads(line)) for line in told(log, "BENCH")]
        found |= {one.name: one for one in done}
        pods, wall = pods + 1, wall + pipeline.seconds(job)
        cpu += max((one.cpu for one in done), default=0)
        begun, why = list(told(log, "BEGINS")), f"{job['status']['reason']}: {job['status']['message']}"
        if not begun:
            raise RuntimeError(f"engine {engine}: {why}")
        found.setdefault(begun[-1], Found(begun[-1], error=why))
    peak = max(one.peak for one in found.values())
    return Run({query: found[query] for query in queries}, limit, peak, cpu, wall, pods)


def document(
    engine: str, size: Size, key: str, arguments: Sequence[str] = (), name: str = NAME
) -> dict[str, Any]:
    """A SparkJob of one pod: Spark runs its tasks in the driver, so that both engines have the same."""
    cores = {"cores": size.cores, "coreRequest": "100m", "coreLimit": str(size.cores)}
    spec = {
        "type": "Python",
        "engine": engine,
        "catalogs": ["lake"],
        "mainApplicationFile": f"s3://{pipeline.BUCKET}/{key}",
        "arguments": list(arguments),
        "driver": {**cores, "memory": size.memory, "labels": {"bench": "engine"}},
    }
    if engine == "Spark":
        spec["executor"] = {"instances": 0}
    head = {"apiVersion": "emberlake.dev/v1alpha1", "kind": "SparkJob", "metadata": {"name": name}}
    return {**head, "spec": spec}


@contextmanager
def ended(job: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The SparkJob when it has ended, well or not, and its driver's log; it is deleted afterwards."""
    name = job["metadata"]["name"]
    kube.kubectl("delete", "sparkjob", name, "-n", NS, "--ignore-not-found")
    kube.apply(job, NS)
    try:
        found = kube.wait_state("sparkjob", name, NS, ("Succeeded", "Failed"), _SECONDS)
        attempt = found["status"].get("attempt")
        if not attempt:
            raise RuntimeError(f"{found['status']['reason']}: {found['status']['message']}")
        yield found, kube.kubectl("logs", attempt["pod"], "-n", NS)
    finally:
        kube.kubectl("delete", "sparkjob", name, "-n", NS)


def told(log: str, word: str) -> Iterator[str]:
    """The rest of each line of the log that begins with this word."""
    return (line.removeprefix(f"{word} ") for line in log.splitlines() if line.startswith(f"{word} "))


def memory_limit(job: dict[str, Any]) -> str:
    """Of the driver container of the job's last attempt."""
    pod = kube.get("pod", job["status"]["attempt"]["pod"], NS)
    limit: str = pod["spec"]["containers"][0]["resources"]["limits"]["memory"]
    return limit


def _upload(name: str, queries: Mapping[str, str]) -> str:
    text = _SCRIPT.read_text()
    if text.count(_UNFILLED) != 1:
        raise RuntimeError(f"{_SCRIPT.name} has no line {_UNFILLED!r} to fill in")
    return upload(name, text.replace(_UNFILLED, f"QUERIES = {dict(queries)!r}"))


def upload(name: str, text: str) -> str:
    """Put a script into S3; its key."""
    key = f"bench/engine/{name}"
    with pipeline.object_store() as s3:
        s3.put_object(Bucket=pipeline.BUCKET, Key=key, Body=text.encode())
    return key
