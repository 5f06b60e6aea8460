"""The loop around observe, plan and apply, with an API server that accepts everything."""

import asyncio
import logging
from typing import Any, cast

import pytest

from emberlake.core.api import ApiError
from emberlake.core.cache import Cache
from emberlake.core.capability import Capability
from emberlake.core.context import Context
from emberlake.core.model import Manifest, Plan, Ref
from emberlake.core.reconcile import Reconciler
from emberlake.settings import Defaults, Settings

CATALOG, JOB = Ref("Catalog", "demo", "lake"), Ref("SparkJob", "demo", "etl")
SETTINGS = Settings(defaults=Defaults(release="ember-1.0"), releases={})
READY = {"state": "Ready", "reason": "CatalogReady"}


class AcceptingApi:
    """Gives every written object the next resourceVersion."""

    version = 1

    async def apply(self, manifest: Manifest, **_: Any) -> dict[str, Any]:
        self.version += 1
        meta = {**manifest["metadata"], "uid": "u", "resourceVersion": str(self.version)}
        return {**manifest, "metadata": meta}

    async def create(self, manifest: Manifest) -> dict[str, Any]:
        return await self.apply(manifest)


def stored(ref: Ref) -> dict[str, Any]:
    meta = {"name": ref.name, "namespace": ref.namespace, "uid": "u", "resourceVersion": "1"}
    meta["creationTimestamp"] = "2026-01-01T00:00:00Z"
    return {"apiVersion": "emberlake.dev/v1alpha1", "kind": ref.kind, "metadata": meta, "spec": {}}


def capability(kind: str, plan: Plan, *catalogs: str) -> Capability[Manifest]:
    async def observe(_: Context, manifest: Manifest) -> Manifest:
        return manifest

    return Capability(kind, (), {"Catalog": lambda _: frozenset(catalogs)}, observe, lambda *_: plan)


async def drained(reconciler: Reconciler) -> set[Ref]:
    found = set()
    while len(reconciler.queue):
        ref, _ = await reconciler.queue.get()
        reconciler.queue.done(ref)
        found.add(ref)
    return found


async def test_an_own_write_wakes_whoever_waits_for_it() -> None:
    """The watch told of the write when the cache held it already: a job waited for ever."""
    cache = Cache()
    context = Context(cast("Any", AcceptingApi()), cache, SETTINGS)
    catalog, job = capability("Catalog", Plan(status=READY)), capability("SparkJob", Plan(), "lake")
    reconciler = Reconciler(context, {"Catalog": catalog, "SparkJob": job})
    for ref in (CATALOG, JOB):
        cache.upsert(stored(ref))
    await drained(reconciler)
    await reconciler.reconcile(CATALOG)
    assert await drained(reconciler) == {CATALOG, JOB}


async def test_a_plan_that_wants_to_look_again_at_once_starves_nobody() -> None:
    cache = Cache()
    context = Context(cast("Any", AcceptingApi()), cache, SETTINGS)
    reconciler = Reconciler(context, {"SparkJob": capability("SparkJob", Plan(requeue_after=0.0))})
    cache.upsert(stored(JOB))
    work = asyncio.create_task(reconciler.run(1))
    # Whoever circles never gives this back.
    await asyncio.sleep(0.05)
    assert reconciler.queue.idle
    work.cancel()


async def test_what_runs_goes_before_what_is_new() -> None:
    """A new object has a status of defaults: news of what runs waited behind all that was new."""
    cache = Cache()
    context = Context(cast("Any", AcceptingApi()), cache, SETTINGS)
    reconciler = Reconciler(context, {"SparkJob": capability("SparkJob", Plan())})
    for name, status in (("new", {"run": 0}), ("old", {"run": 1, "state": "Running"})):
        cache.upsert({**stored(Ref("SparkJob", "demo", name)), "status": status})
    ref, _ = await reconciler.queue.get()
    assert ref.name == "old"


@pytest.mark.parametrize(
    ("message", "level"),
    [
        ('sparkjobs.emberlake.dev "etl" not found', "INFO"),
        ('namespaces "demo" not found', "WARNING"),
    ],
)
async def test_an_object_that_was_deleted_meanwhile_is_nothing_to_worry_about(
    message: str, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: object) -> Manifest:
        raise ApiError(404, "NotFound", message)

    cache = Cache()
    context = Context(cast("Any", AcceptingApi()), cache, SETTINGS)
    kind = Capability("SparkJob", (), {}, gone, lambda *_: Plan())
    reconciler = Reconciler(context, {"SparkJob": kind})
    cache.upsert(stored(JOB))
    with caplog.at_level(logging.INFO, "emberlake.core.reconcile"):
        work = asyncio.create_task(reconciler.run(1))
        await asyncio.sleep(0.05)
        work.cancel()
    assert [record.levelname for record in caplog.records] == [level]
