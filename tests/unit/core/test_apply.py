"""Carrying out a plan: order, adoption, refusals. The API server is a stand-in that keeps a journal."""

from typing import Any, cast

import pytest

from emberlake.core.api import ApiError
from emberlake.core.apply import Applier, RefusedError
from emberlake.core.cache import Cache
from emberlake.core.model import (
    EARLIER_OBJECT,
    NAME_CONFLICT,
    Apply,
    Create,
    Delete,
    Manifest,
    Owner,
    Plan,
    Ref,
    Transition,
)
from emberlake.core.objects import KIND_LABEL, NAME_LABEL, ref_of

OWNER = {"apiVersion": "emberlake.dev/v1alpha1", "kind": "SparkJob", "name": "etl", "uid": "job-1"}
JOB: dict[str, Any] = {
    "apiVersion": OWNER["apiVersion"],
    "kind": "SparkJob",
    "metadata": {
        "name": "etl",
        "namespace": "demo",
        "uid": "job-1",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    },
}
WATCHED = {"SparkJob": (), "Pod": ("SparkJob",), "Service": ("Warehouse",)}
STATUS = {"state": "Starting", "reason": "DriverCreated"}


class Server:
    """Takes everything but what `refuses` names; `stored` is there already."""

    def __init__(
        self, refuses: dict[str, ApiError] | None = None, stored: dict[str, Any] | None = None
    ) -> None:
        self.refuses, self.stored = refuses or {}, stored or {}
        self.journal: list[str] = []

    def _take(self, verb: str, manifest: Manifest) -> dict[str, Any]:
        kind, meta = manifest["kind"], manifest["metadata"]
        self.journal.append(f"{verb} {kind}")
        if kind in self.refuses:
            raise self.refuses[kind]
        if kind in self.stored:
            raise ApiError(409, "AlreadyExists", f"{kind} exists")
        return {**manifest, "metadata": {**meta, "uid": f"{kind}-uid", "resourceVersion": "8"}}

    async def create(self, manifest: Manifest) -> dict[str, Any]:
        return self._take("create", manifest)

    async def apply(self, manifest: Manifest, *, subresource: str = "") -> dict[str, Any]:
        return self._take(f"apply{subresource}", manifest)

    async def get(self, ref: Ref) -> dict[str, Any] | None:
        return {"SparkJob": JOB, **self.stored}.get(ref.kind)

    async def delete(self, action: Delete) -> None:
        self.journal.append(f"delete {action.ref.kind}")
        if action.ref.kind in self.refuses:
            raise self.refuses[action.ref.kind]


def child(kind: str, *owners: dict[str, Any]) -> dict[str, Any]:
    labels = {KIND_LABEL: owners[0]["kind"], NAME_LABEL: owners[0]["name"]} if owners else {}
    meta = {
        "name": "x",
        "namespace": "demo",
        "uid": f"{kind}-old",
        "resourceVersion": "3",
        "labels": labels,
    }
    return {"apiVersion": "v1", "kind": kind, "metadata": {**meta, "ownerReferences": list(owners)}}


PLAN = Plan((Create(child("ConfigMap", OWNER)), Create(child("Pod", OWNER))), STATUS)


async def carry_out(server: Server, plan: Plan = PLAN) -> tuple[Cache, list[Transition]]:
    cache, told = Cache(), list[Transition]()
    await Applier(cast("Any", server), cache, WATCHED, told.append).execute(JOB, plan)
    return cache, told


@pytest.mark.parametrize(
    ("status_first", "journal"),
    [
        (False, ["create ConfigMap", "create Pod", "apply/status SparkJob"]),
        (True, ["apply/status SparkJob", "create ConfigMap", "create Pod"]),
    ],
)
async def test_the_order_is_the_plan_s(status_first: bool, journal: list[str]) -> None:
    server = Server()
    await carry_out(server, Plan(PLAN.actions, STATUS, status_first=status_first))
    assert server.journal == journal


async def test_an_outdated_object_is_stopped_before_anything_is_made() -> None:
    server = Server(refuses={"SparkJob": ApiError(409, "Conflict", "changed")})
    with pytest.raises(ApiError):
        await carry_out(server, Plan(PLAN.actions, STATUS, status_first=True))
    assert server.journal == ["apply/status SparkJob"]


@pytest.mark.parametrize("kind", [Create, Apply])
@pytest.mark.parametrize("status", [STATUS, None])
async def test_who_creates_before_the_status_asks_whether_the_object_is_as_it_was(
    status: dict[str, Any] | None, kind: type[Create | Apply]
) -> None:
    """A leader with a cache of the past made the Job of a cancelled Crawl anew."""
    later = {**JOB, "metadata": {**JOB["metadata"], "resourceVersion": "9"}}
    server = Server(stored={"SparkJob": later})
    with pytest.raises(ApiError) as caught:
        await carry_out(server, Plan((kind(child("Pod")),), status))
    assert (caught.value.status, server.journal) == (409, [])


@pytest.mark.parametrize("status", [STATUS, None])
async def test_who_deletes_before_the_status_asks_whether_the_object_is_as_it_was(
    status: dict[str, Any] | None,
) -> None:
    """A leader that knew a job of the past and its driver of today took the driver for a stray."""
    later = {**JOB, "metadata": {**JOB["metadata"], "resourceVersion": "9"}}
    server = Server(stored={"SparkJob": later})
    stray = Delete(Ref("Pod", "demo", "etl-1-1-driver"), "Pod-old")
    with pytest.raises(ApiError) as caught:
        await carry_out(server, Plan((stray,), status))
    assert (caught.value.status, server.journal) == (409, [])


async def test_a_delete_of_what_has_changed_brings_what_is_there_now() -> None:
    """Else the same delete would be tried until a watch that has gone silent is missed."""
    pod = child("Pod", OWNER)
    server = Server(refuses={"Pod": ApiError(409, "Conflict", "changed")}, stored={"Pod": pod})
    cache, stray = Cache(), Delete(ref_of(pod), "Pod-old", resource_version="2")
    applier = Applier(cast("Any", server), cache, WATCHED, list[Transition]().append)
    with pytest.raises(ApiError):
        await applier.execute(JOB, Plan((stray,), None))
    assert cache.get(stray.ref) == pod


async def test_the_cache_holds_only_what_a_watch_keeps_up_to_date() -> None:
    """ConfigMaps stayed for ever: nobody tells of their end."""
    cache, _ = await carry_out(Server())
    assert [len(cache.of_kind(kind)) for kind in ("Pod", "ConfigMap")] == [1, 0]


@pytest.mark.parametrize("code", [400, 403, 413, 422])
async def test_a_refusal_names_what_was_made_before_it(code: int) -> None:
    server = Server(refuses={"Pod": ApiError(code, "Forbidden", "exceeded quota")})
    with pytest.raises(RefusedError) as caught:
        await carry_out(server)
    refusal = caught.value.refusal
    assert (refusal.ref, refusal.code, refusal.message) == (Ref("Pod", "demo", "x"), code, "exceeded quota")
    assert refusal.made == (Delete(Ref("ConfigMap", "demo", "x"), "ConfigMap-uid"),)
    assert "apply/status SparkJob" not in server.journal


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiError(500, "InternalError", 'failed calling webhook "policy"'), RefusedError),
        (ApiError(500, "InternalError", "etcdserver: leader changed"), ApiError),
        (ApiError(429, "TooManyRequests", "slow down"), ApiError),
    ],
)
async def test_what_passes_by_itself_is_no_refusal(error: ApiError, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        await carry_out(Server(refuses={"Pod": error}))


async def test_an_own_object_is_adopted() -> None:
    cache, _ = await carry_out(Server(stored={"Pod": child("Pod", OWNER)}))
    assert [pod["metadata"]["uid"] for pod in cache.of_kind("Pod")] == ["Pod-old"]


@pytest.mark.parametrize(
    ("owners", "reason"), [((), NAME_CONFLICT), (({**OWNER, "uid": "job-0"},), EARLIER_OBJECT)]
)
async def test_somebody_else_s_object_is_left_alone(owners: tuple[dict[str, Any], ...], reason: str) -> None:
    server = Server(stored={"Pod": child("Pod", *owners)})
    with pytest.raises(RefusedError) as caught:
        await carry_out(server)
    assert caught.value.refusal.reason == reason
    assert "apply/status SparkJob" not in server.journal


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ApiError(500, "InternalError", "etcdserver: leader changed"), 1),
        (ApiError(403, "Forbidden", "quota"), 0),
    ],
    ids=["tried again", "refused"],
)
async def test_a_status_that_stands_is_told_whatever_follows(error: ApiError, told: int) -> None:
    """Its next write would come too late: a run's end was counted never. A refusal brings its own story."""
    heard = list[Transition]()
    applier = Applier(cast("Any", Server(refuses={"Pod": error})), Cache(), WATCHED, heard.append)
    with pytest.raises((ApiError, RefusedError)):
        await applier.execute(JOB, Plan(PLAN.actions, STATUS, status_first=True))
    assert len(heard) == told


async def test_the_same_status_is_not_written_again() -> None:
    server = Server()
    _, told = await carry_out(server, Plan(status={}))
    assert (server.journal, told) == ([], [])


async def test_what_no_watch_tells_of_is_not_kept() -> None:
    """The Service of a SparkJob stayed in the cache when it was gone, and was not made again."""
    cache, _ = await carry_out(Server(), Plan((Apply(child("Service", OWNER)), Create(child("Pod", OWNER)))))
    assert [ref.kind for ref in cache.family(Owner.of(JOB).ref)] == ["Pod"]
