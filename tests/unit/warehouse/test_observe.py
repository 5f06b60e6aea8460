"""When Trino is asked, and what is looked up live."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from emberlake.core.cache import Cache
from emberlake.core.context import Context
from emberlake.core.model import Ref
from emberlake.warehouse.observe import Observed, Reply, available, observe
from emberlake.warehouse.plan import plan
from unit.catalog.catalogs import LAKE
from unit.warehouse.warehouses import LISTED, NOW, SETTINGS, deployed, manifests, observed

MANIFEST: dict[str, Any] = {
    "apiVersion": "emberlake.dev/v1alpha1",
    "kind": "Warehouse",
    "metadata": {
        "namespace": "demo",
        "name": "wh",
        "uid": "uid-1",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "resourceVersion": "1",
    },
    "spec": {"catalogs": ["lake"]},
}


@dataclass
class Api:
    """Live objects."""

    objects: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    reads: list[Ref] = field(default_factory=list)

    async def get(self, ref: Ref) -> dict[str, Any] | None:
        self.reads.append(ref)
        return self.objects.get(ref)


@dataclass
class World(Context):
    """A context whose time the test moves, with a Trino that answers what it is told."""

    at: datetime = NOW
    reply: Reply = field(default_factory=lambda: Reply(LISTED))
    asked: int = 0

    def now(self) -> datetime:
        return self.at

    async def ask(self, url: str) -> Reply:
        assert url == "http://wh.demo.svc:8080"
        self.asked += 1
        return self.reply

    async def look(self, **spec: Any) -> Observed:
        return await observe(self, {**MANIFEST, "spec": {**MANIFEST["spec"], **spec}}, self.ask)

    async def wait(self, seconds: int) -> int:
        self.at += timedelta(seconds=seconds)
        await self.look()
        return self.asked


def world(*, up: bool = True) -> World:
    cache = Cache()
    catalog = {"apiVersion": MANIFEST["apiVersion"], "kind": "Catalog", "spec": LAKE}
    catalog["metadata"] = {"namespace": "demo", "name": "lake", "uid": "c", "resourceVersion": "1"}
    cache.upsert(catalog)
    first = plan(observed(), SETTINGS)
    objects = manifests(first)
    objects["Deployment", "wh-coordinator"] = deployed(first, "coordinator", ready=1 if up else 0)
    for obj in objects.values():
        obj["metadata"] |= {"resourceVersion": "2", "uid": obj["metadata"]["name"]}
        cache.upsert(obj)
    return World(cast("Any", Api()), cache, SETTINGS)


async def test_a_serving_trino_is_asked_once_a_minute() -> None:
    here = world()
    assert (await here.look()).probe is not None
    assert await here.wait(59) == 1
    assert await here.wait(1) == 2


@pytest.mark.parametrize("reply", [Reply(error="refused"), Reply(frozenset({"system"}))])
async def test_a_starting_one_every_3_s(reply: Reply) -> None:
    here = world()
    here.reply = reply
    await here.look()
    assert await here.wait(2) == 1
    assert await here.wait(1) == 2


async def test_nobody_is_asked_while_the_coordinator_is_away_and_at_once_when_it_is_back() -> None:
    here, gone = world(), world(up=False)
    await here.look()
    down, here.cache = here.cache, gone.cache
    assert (await here.look()).probe is None
    here.cache = down
    assert (await here.look()).probe is not None
    assert here.asked == 2


async def test_a_suspended_one_is_not_asked() -> None:
    here = world()
    assert (await here.look(suspend=True)).probe is None
    assert here.asked == 0


async def test_live_reads_only_for_what_was_not_made_yet() -> None:
    here = world()
    await here.look()
    assert cast("Api", here.api).reads == []
    fresh = World(cast("Any", Api()), Cache(), SETTINGS)
    found = await fresh.look()
    assert len(cast("Api", fresh.api).reads) == 6
    assert found.taken is None
    assert found.catalogs == {}


async def test_an_object_of_somebody_else_is_seen() -> None:
    foreign = {"metadata": {"name": "wh", "namespace": "demo"}}
    api = Api({Ref("Service", "demo", "wh"): foreign})
    fresh = World(cast("Any", api), Cache(), SETTINGS)
    found = await fresh.look()
    assert found.taken is not None
    assert found.taken["kind"] == "Service"


async def test_why_a_catalog_is_not_ready_is_seen() -> None:
    here = world()
    assert (await here.look()).catalogs["lake"].reason == "NotChecked"
    catalog = here.cache.get(Ref("Catalog", "demo", "lake"))
    assert catalog is not None
    catalog["status"] = {"reason": "AccessDenied", "conditions": [{"type": "Ready", "status": "False"}]}
    assert (await here.look()).catalogs["lake"].reason == "AccessDenied"
    catalog["status"]["conditions"][0]["status"] = "True"
    assert (await here.look()).catalogs["lake"].reason == ""


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1}, True),
        ({"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1}, False),
        ({"observedGeneration": 2, "updatedReplicas": 0, "availableReplicas": 1}, False),
        ({"observedGeneration": 2, "updatedReplicas": 1}, False),
        ({}, False),
    ],
)
def test_available(status: dict[str, int], expected: bool) -> None:
    deployment = {"metadata": {"generation": 2}, "spec": {"replicas": 1}, "status": status}
    assert available(deployment) is expected


def test_nothing_is_available_when_nothing_is_wanted() -> None:
    deployment = {"metadata": {"generation": 1}, "spec": {"replicas": 0}, "status": {"observedGeneration": 1}}
    assert not available(deployment)
    assert not available(None)
