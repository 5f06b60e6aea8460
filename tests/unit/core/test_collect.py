"""What is read off the cache and the queue at a scrape."""

import asyncio
from datetime import datetime
from typing import Any, cast

from prometheus_client import CollectorRegistry

from emberlake.core.cache import Cache
from emberlake.core.capability import Capability
from emberlake.core.collect import CacheCollector, QueueCollector
from emberlake.core.context import Context
from emberlake.core.model import Manifest, Plan
from emberlake.core.reconcile import Reconciler
from emberlake.settings import Defaults, Settings
from unit.core.transitions import moment, text

SETTINGS = Settings(defaults=Defaults(release="ember-1.0"), releases={})


async def observe(_: Context, manifest: Manifest) -> Manifest:
    return manifest


def capability(kind: str) -> Capability[Manifest]:
    return Capability(kind, (), {}, observe, lambda *_: Plan(), deadline=lambda m: m["spec"]["by"])


KINDS = {kind: capability(kind) for kind in ("SparkJob", "Catalog")}


def stored(
    kind: str, name: str, created: float = 0, by: datetime | None = None, **status: Any
) -> dict[str, Any]:
    meta = {"namespace": "demo", "name": name, "uid": name, "resourceVersion": "1"}
    meta["creationTimestamp"] = text(created)
    return {"kind": kind, "metadata": meta, "spec": {"by": by}, "status": status}


def samples(cache: Cache, *, at: float, registry: CollectorRegistry | None = None) -> CollectorRegistry:
    found = registry or CollectorRegistry()
    found.register(CacheCollector(cache, KINDS, lambda: moment(at)))
    return found


def value(registry: CollectorRegistry, name: str, state: str, kind: str = "SparkJob") -> float | None:
    return registry.get_sample_value(name, {"kind": kind, "state": state})


def test_objects_are_counted_by_kind_and_state() -> None:
    cache = Cache()
    for number in range(3):
        cache.upsert(stored("SparkJob", f"r{number}", state="Running"))
    cache.upsert(stored("SparkJob", "s", state="Succeeded"))
    cache.upsert(stored("SparkJob", "n"))
    cache.upsert(stored("Catalog", "c", state="Ready"))
    found = samples(cache, at=0)
    assert value(found, "emberlake_objects", "Running") == 3
    assert value(found, "emberlake_objects", "Succeeded") == 1
    assert value(found, "emberlake_objects", "New") == 1
    assert value(found, "emberlake_objects", "Ready", "Catalog") == 1


def test_a_state_that_emptied_is_told_as_zero() -> None:
    cache = Cache()
    job = stored("SparkJob", "a", state="Running")
    cache.upsert(job)
    found = samples(cache, at=0)
    assert value(found, "emberlake_objects", "Running") == 1
    cache.discard(job)
    assert value(found, "emberlake_objects", "Running") == 0
    assert value(found, "emberlake_oldest_in_state_seconds", "Running") == 0


def test_the_age_is_that_of_the_state_and_of_the_oldest() -> None:
    cache = Cache()
    cache.upsert(stored("SparkJob", "a", state="Pending", waitingSince=text(100)))
    cache.upsert(stored("SparkJob", "b", state="Pending", waitingSince=text(40)))
    cache.upsert(stored("SparkJob", "c", created=90))
    cache.upsert(stored("SparkJob", "d", state="Succeeded", finishedAt=text(1)))
    found = samples(cache, at=140)
    assert value(found, "emberlake_oldest_in_state_seconds", "Pending") == 100
    assert value(found, "emberlake_oldest_in_state_seconds", "New") == 50
    assert value(found, "emberlake_oldest_in_state_seconds", "Succeeded") is None


def test_overdue_is_what_passed_its_own_deadline_by_more_than_a_minute() -> None:
    cache = Cache()
    for name, by in (("late", 30), ("just", 90), ("early", 500)):
        cache.upsert(stored("SparkJob", name, by=moment(by), state="Starting"))
    cache.upsert(stored("SparkJob", "free", state="Running"))
    cache.upsert(stored("SparkJob", "unseen"))
    cache.upsert(stored("SparkJob", "done", by=moment(1), state="Failed"))
    found = samples(cache, at=120)
    assert value(found, "emberlake_overdue_objects", "Starting") == 1
    assert value(found, "emberlake_overdue_objects", "Running") == 0
    assert value(found, "emberlake_overdue_objects", "New") == 1
    assert value(found, "emberlake_overdue_objects", "Failed") is None


async def test_the_queue_counts_for_the_replica_that_works() -> None:
    cache = Cache()
    hold, held = asyncio.Event(), asyncio.Event()

    async def stuck(_: Context, manifest: Manifest) -> Manifest:
        held.set()
        await hold.wait()
        return manifest

    slow = Capability("SparkJob", (), {}, stuck, lambda *_: Plan())
    reconciler = Reconciler(Context(cast("Any", None), cache, SETTINGS), {"SparkJob": slow})
    registry = CollectorRegistry()
    registry.register(QueueCollector(reconciler, ["SparkJob"]))

    def read(name: str) -> float:
        found = registry.get_sample_value(name, {"name": "SparkJob"})
        assert found is not None
        return found

    for name in "abc":
        cache.upsert(stored("SparkJob", name))
    assert read("workqueue_depth") == 0
    work = asyncio.create_task(reconciler.run(1))
    await held.wait()
    assert read("workqueue_depth") == 2
    assert read("workqueue_longest_running_processor_seconds") > 0
    work.cancel()
    await asyncio.wait([work])
