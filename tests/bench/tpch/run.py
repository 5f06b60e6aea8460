"""Runs the queries as a SparkJob of the installed platform and reads what it printed."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from demo import kube, pipeline

HERE = Path(__file__).parent
PREFIX = "bench/tpch"


@dataclass(frozen=True)
class Measured:
    """One query or write of one application."""

    name: str
    seconds: float
    digest: str


def upload() -> None:
    """Put the script and the queries into S3."""
    with pipeline.object_store() as s3:
        for path in (HERE / "power.py", *(HERE / "queries").glob("*.sql")):
            key = f"{PREFIX}/{path.relative_to(HERE)}"
            s3.put_object(Bucket=pipeline.BUCKET, Key=key, Body=path.read_bytes())


def application(
    schema: str, conf: Mapping[str, str], cores: int, memory: str, *arguments: str
) -> list[Measured]:
    """Run everything once in a fresh application; `arguments` are more of power.py's.

    Raises:
        RuntimeError: the job did not succeed; says why.
    """
    name = "bench-tpch"
    root = f"s3://{pipeline.BUCKET}/{PREFIX}"
    job = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "SparkJob",
        "metadata": {"name": name},
        "spec": {
            "type": "Python",
            "catalogs": ["lake"],
            "mainApplicationFile": f"{root}/power.py",
            "arguments": [f"lake.{schema}", f"{root}/queries", *arguments],
            "sparkConf": dict(conf),
            "driver": {"coreRequest": "100m", "memory": "1536Mi"},
            "executor": {"instances": 1, "cores": cores, "coreRequest": "100m", "memory": memory},
        },
    }
    kube.kubectl("delete", "sparkjob", name, "-n", pipeline.NAMESPACE, "--ignore-not-found")
    kube.apply(job, pipeline.NAMESPACE)
    try:
        ended = kube.wait_state("sparkjob", name, pipeline.NAMESPACE, ("Succeeded", "Failed"), 3600)
        if ended["status"]["state"] != "Succeeded":
            raise RuntimeError(f"{ended['status']['reason']}: {ended['status']['message']}")
        log = kube.kubectl("logs", ended["status"]["attempt"]["pod"], "-n", pipeline.NAMESPACE)
    finally:
        kube.kubectl("delete", "sparkjob", name, "-n", pipeline.NAMESPACE)
    return [Measured(**json.loads(line[6:])) for line in log.splitlines() if line.startswith("BENCH ")]


def medians(runs: Iterable[Sequence[Measured]]) -> dict[str, float]:
    """Name of each query or write -> median seconds over the applications.

    Raises:
        ValueError: a query gave different rows in two of them.
    """
    seconds: dict[str, list[float]] = defaultdict(list)
    digests: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        for found in run:
            seconds[found.name].append(found.seconds)
            digests[found.name].add(found.digest)
    if unequal := sorted(name for name, seen in digests.items() if len(seen) > 1):
        raise ValueError(f"these gave different rows in different applications: {', '.join(unequal)}")
    return {name: median(values) for name, values in seconds.items()}
