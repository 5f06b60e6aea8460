"""The end of a Kubernetes Job is known before that of its pod: the watches of two kinds have no order."""

import json
from typing import Any, cast

import pytest

from emberlake import crawl
from emberlake.catalog.observe import observe as observe_catalog
from emberlake.core.api import Listing
from emberlake.core.cache import Cache
from emberlake.core.context import Context
from emberlake.core.objects import JOB_LABEL, KIND_LABEL, NAME_LABEL
from unit.catalog.catalogs import LAKE
from unit.catalog.test_plan import SETTINGS

CRAWL = {"catalog": "lake", "database": "raw", "targets": [{"s3": {"uri": "s3://lake/raw/"}}]}
SUMMARY = {"outcome": "Succeeded", "reason": "CheckPassed", "message": "well"}


def meta(kind: str, owner: str, name: str) -> dict[str, Any]:
    labels = {KIND_LABEL: kind, NAME_LABEL: owner, JOB_LABEL: name, "job-name": name}
    return {
        "namespace": "demo",
        "name": name,
        "uid": name,
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": labels,
    }


class Server:
    """Knows of a pod that no watch has told of yet."""

    def __init__(self, pod: dict[str, Any]) -> None:
        self.pod = pod
        self.asked: list[str | None] = []

    async def list(self, kind: str, namespace: str, selector: str) -> Listing:
        self.asked.append(selector)
        return Listing([self.pod], 9)


def world(kind: str, owner: str, job: str, end: str) -> tuple[Context, Server]:
    ended = {"state": {"terminated": {"exitCode": 0, "message": json.dumps(SUMMARY)}}}
    status = {"phase": "Succeeded", "containerStatuses": [{"name": "c", **ended}]}
    server = Server({"apiVersion": "v1", "kind": "Pod", "metadata": meta(kind, owner, job), "status": status})
    cache = Cache()
    conditions = [{"type": end, "status": "True"}]
    cache.upsert(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": meta(kind, owner, job),
            "status": {"conditions": conditions},
        }
    )
    return Context(cast("Any", server), cache, SETTINGS), server


def owner(kind: str, name: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    about = {"apiVersion": "emberlake.dev/v1alpha1", "kind": kind, "metadata": meta(kind, name, name)}
    return {**about, "spec": spec, "status": status}


@pytest.mark.parametrize("end", ["Complete", "Failed"])
async def test_the_summary_of_a_crawl_is_not_lost(end: str) -> None:
    """A Crawl whose Job ended first had no counts."""
    context, server = world("Crawl", "raw", "raw-1", end)
    found = await crawl.CAPABILITY.observe(context, owner("Crawl", "raw", CRAWL, {"run": 1}))
    assert [pod["metadata"]["name"] for pod in found.pods] == ["raw-1"]
    assert f"{JOB_LABEL}=raw-1" in server.asked


async def test_the_verdict_of_a_check_is_not_lost() -> None:
    """A Catalog whose check's Job ended first was checked again, as if the pod had been deleted."""
    context, server = world("Catalog", "lake", "lake-check-1-1", "Complete")
    check = {"generation": 1, "attempt": 1, "outcome": "Running"}

    async def ping(_: object) -> None:
        return None

    found = await observe_catalog(context, owner("Catalog", "lake", LAKE, {"check": check}), ping)
    assert [pod["metadata"]["name"] for pod in found.pods] == ["lake-check-1-1"]
    assert server.asked == [f"{JOB_LABEL}=lake-check-1-1"]
    await observe_catalog(context, owner("Catalog", "lake", LAKE, {"check": check}), ping)
    assert len(server.asked) == 1
