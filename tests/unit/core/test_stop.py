"""The emergency stop: an annotation on an object, and nothing is written for it."""

from typing import Any, cast

import pytest

from emberlake.__main__ import CAPABILITIES
from emberlake.api import RECONCILE
from emberlake.core.cache import Cache
from emberlake.core.context import Context
from emberlake.core.events import EventRecorder
from emberlake.core.model import Decision, Owner, Plan, Ref
from emberlake.core.reconcile import Reconciler
from unit.core.test_reconcile import JOB, READY, SETTINGS, AcceptingApi, capability, stored


def annotated(ref: Ref, version: int, value: str | None, uid: str = "u") -> dict[str, Any]:
    found = stored(ref)
    annotations = {RECONCILE: value} if value else {}
    found["metadata"] |= {"resourceVersion": str(version), "annotations": annotations, "uid": uid}
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Reasons of the Events."""
    found: list[str] = []

    def say(_: object, __: Owner, decision: Decision, *___: object, **____: object) -> None:
        found.append(decision.reason)

    monkeypatch.setattr(EventRecorder, "say", say)
    return found


def reconciler(api: AcceptingApi, cache: Cache, kind: str = "SparkJob") -> Reconciler:
    context = Context(cast("Any", api), cache, SETTINGS)
    return Reconciler(context, {kind: capability(kind, Plan(status=READY, requeue_after=1))})


@pytest.mark.parametrize("kind", CAPABILITIES)
async def test_nothing_is_written_until_the_annotation_goes(kind: str, said: list[str]) -> None:
    api, cache, ref = AcceptingApi(), Cache(), Ref(kind, "demo", "x")
    work = reconciler(api, cache, kind)
    cache.upsert(annotated(ref, 1, "disabled"))
    for _ in range(3):
        await work.reconcile(ref)
    assert (api.version, said) == (1, ["ReconcileDisabled"])
    cache.upsert(annotated(ref, 2, None))
    await work.reconcile(ref)
    assert api.version == 2


@pytest.mark.parametrize("value", ["enabled", "Disabled", "false"])
async def test_only_the_one_word_stops(value: str, said: list[str]) -> None:
    api, cache = AcceptingApi(), Cache()
    cache.upsert(annotated(JOB, 1, value))
    await reconciler(api, cache).reconcile(JOB)
    assert (api.version, said) == (2, ["CatalogReady"])


async def test_it_is_told_again_when_it_is_set_again(said: list[str]) -> None:
    cache = Cache()
    work = reconciler(AcceptingApi(), cache)
    for version, value in enumerate(("disabled", None, "disabled"), 5):
        cache.upsert(annotated(JOB, version * 10, value))
        await work.reconcile(JOB)
    assert said.count("ReconcileDisabled") == 2


async def test_an_object_of_the_same_name_is_told_of_anew(said: list[str]) -> None:
    cache = Cache()
    work = reconciler(AcceptingApi(), cache)
    for version, uid in enumerate(("u1", "u2"), 1):
        cache.upsert(annotated(JOB, version, "disabled", uid))
        await work.reconcile(JOB)
    assert said == ["ReconcileDisabled"] * 2
