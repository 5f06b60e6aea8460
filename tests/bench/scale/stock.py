"""Makes jobs, pods and crawl runs by the thousand."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.submission.stock import HANDS, Object, copy, renamed, set_status
from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.crawl import CrawlSpec, CrawlStatus
from emberlake.core.api import KubeApi
from emberlake.core.conditions import bounded
from emberlake.core.model import Decision, Owner
from emberlake.core.objects import timestamp
from emberlake.crawl.build import job as crawl_job
from emberlake.crawl.observe import Observed
from emberlake.crawl.plan import KEPT_RUNS, spec_hash
from emberlake.settings import Defaults, Release, Settings

CRAWL = {"catalog": "lake", "database": "raw", "targets": [{"s3": {"uri": "s3://lake/raw/"}}]}
CATALOG = {
    "metastore": {"uris": ["thrift://metastore.example.com:9083"]},
    "warehouse": "s3://lake/warehouse",
    "system": "s3://lake/_emberlake/",
    "s3": {"endpoint": "http://s3.example.com", "region": "us-east-1", "pathStyle": True},
}
# So that the cluster's own controller makes no pods of them.
_NOBODY = "emberlake.dev/bench"
_SETTINGS = Settings(
    defaults=Defaults(release="bench"),
    releases={
        "bench": Release.model_validate(
            {
                **dict.fromkeys(("spark", "iceberg", "java", "python"), "1"),
                "images": dict.fromkeys(("spark", "crawler", "trino"), "emberlake/bench:1"),
            }
        )
    },
)


@dataclass(frozen=True)
class Stock:
    """How many of each; `pods` are drivers, the running jobs' first. A crawl has as many Jobs as are kept."""

    finished: int
    running: int
    pods: int
    executors: int = 0
    crawls: int = 0

    def __str__(self) -> str:
        parts = [f"{self.finished:,} finished and {self.running:,} running jobs, {self.pods:,} driver pods"]
        parts += [f"{self.executors:,} executor pods"] if self.executors else []
        parts += [f"{self.crawls * KEPT_RUNS:,} Jobs of {self.crawls:,} crawls"] if self.crawls else []
        return ", ".join(parts)


async def fill(namespace: str, moulds: Mapping[str, tuple[Object, Object]], stock: Stock) -> None:
    """Make all of it, beside the moulds."""
    free = asyncio.Semaphore(HANDS)
    api = await KubeApi.connect()
    copies = [("Running", number, True) for number in range(stock.running - 1)]
    left = stock.pods - stock.running - 1
    copies += [("Succeeded", number, number < left) for number in range(stock.finished - 1)]
    executor = _executor(moulds["Running"][1])
    try:
        async with asyncio.TaskGroup() as group:
            for phase, number, with_pod in copies:
                job, pod = (renamed(obj, f"{phase.lower()}-{number:05d}") for obj in moulds[phase])
                group.create_task(copy(api, free, job, pod if with_pod else None))
            for number in range(stock.executors):
                group.create_task(_create(api, free, _named(executor, f"executor-{number:05d}")))
            for number in range(stock.crawls):
                group.create_task(_crawl(api, free, namespace, f"crawl-{number:05d}"))
    finally:
        await api.close()


def _executor(driver: Object) -> Object:
    """A pod of the size of a driver's, with the labels of an executor."""
    found = renamed(driver, "executor")
    labels = {**found["metadata"]["labels"], "emberlake.dev/role": "executor", "spark-role": "executor"}
    found["metadata"] = {**found["metadata"], "labels": labels}
    del found["metadata"]["ownerReferences"], found["status"]
    return found


def _named(obj: Object, name: str) -> Object:
    return {**obj, "metadata": {**obj["metadata"], "name": name}}


async def _create(api: KubeApi, free: asyncio.Semaphore, obj: Object) -> Object:
    async with free:
        return await api.create(obj)


async def _crawl(api: KubeApi, free: asyncio.Semaphore, namespace: str, name: str) -> None:
    """A Crawl whose last run has ended well, with the Jobs that are kept."""
    manifest = {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "Crawl",
        "metadata": {"name": name, "namespace": namespace},
        "spec": CRAWL,
    }
    made = await _create(api, free, manifest)
    owner = Owner.of(made)
    catalog = CatalogSpec.model_validate(CATALOG)
    for run in range(1, KEPT_RUNS + 1):
        job = dict(crawl_job(owner, catalog, _SETTINGS, run))
        await _create(api, free, {**job, "spec": {**job["spec"], "managedBy": _NOBODY}})
    async with free:
        await set_status(api, {**manifest, "status": _ended(owner, made["spec"])}, made)


def _ended(owner: Owner, spec: Object) -> Object:
    now = datetime.now(UTC)
    model = CrawlSpec.model_validate(spec)
    observed = Observed(now, owner, model, CrawlStatus(run=KEPT_RUNS), {}, None)
    decision = Decision("TablesWritten", "5 tables created, 12 unchanged, 0 removed")
    return {
        **bounded("Succeeded", decision, owner.generation, [], now),
        "run": KEPT_RUNS,
        "specHash": spec_hash(observed),
        "startedAt": timestamp(now),
        "finishedAt": timestamp(now),
        "jobUid": owner.uid,
        "tables": [f"raw.table_{number}" for number in range(17)],
    }
