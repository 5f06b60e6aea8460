"""Every write that can be made: a POST of a deterministic name, or one that names what it was decided on."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest
from aiohttp import web
from kubernetes.aio import client

from emberlake.core.api import NEVER, ApiError, KubeApi
from emberlake.core.apply import Applier, NotLeadingError
from emberlake.core.cache import Cache
from emberlake.core.events import EventRecorder
from emberlake.core.lease import Lease
from emberlake.core.model import Action, Apply, Create, Delete, Plan, Ref
from unit.core.test_apply import JOB, STATUS, WATCHED, child
from unit.core.test_events import LOST, READY
from unit.core.transitions import transition

OPERATOR = Path(__file__).parents[3] / "operator" / "emberlake"
STORED = child("Service", {"uid": "job-1", "kind": "SparkJob", "name": "etl"})
_META = {key: value for key, value in STORED["metadata"].items() if key not in ("uid", "resourceVersion")}
SERVICE = {**STORED, "metadata": _META}
ACTIONS: dict[type[Any], Any] = {
    Create: Create(child("Pod")),
    Apply: Apply(SERVICE),
    Delete: Delete(Ref("Pod", "demo", "x"), "pod-1"),
}


class Server:
    """Takes every write and notes it; a GET finds what `stored` has under its path."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        self.stored: dict[str, dict[str, Any]] = {
            "/apis/emberlake.dev/v1alpha1/namespaces/demo/sparkjobs/etl": JOB
        }
        self.exists = False

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            found = self.stored.get(request.path)
            return web.json_response(found or {"reason": "NotFound"}, status=200 if found else 404)
        body = json.loads(await request.text())
        self.writes.append((request.method, request.path, body))
        meta = body.get("metadata") or {}
        if self.exists and meta.get("resourceVersion") == NEVER:
            return web.json_response({"reason": "Conflict"}, status=409)
        return web.json_response({**body, "metadata": {**meta, "uid": "new", "resourceVersion": "9"}})


@pytest.fixture
async def server(unused_tcp_port: int) -> AsyncIterator[tuple[Server, KubeApi]]:
    found, app = Server(), web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{unused_tcp_port}"
    api = KubeApi(client.ApiClient(configuration))
    yield found, api
    await api.close()
    await runner.cleanup()


def is_guarded(method: str, path: str, body: dict[str, Any]) -> bool:
    meta = body.get("metadata") or {}
    if method == "POST":
        return bool(meta.get("name")) and not meta.get("generateName")
    if method == "DELETE":
        return bool(body["preconditions"].get("uid"))
    named = path.removesuffix("/status").endswith(f"/{meta['name']}")
    return method in ("PATCH", "PUT") and named and bool(meta.get("resourceVersion"))


def applier(api: KubeApi, *, leads: bool = True) -> Applier:
    return Applier(api, Cache(), WATCHED, lambda _: None, lambda: leads)


@pytest.mark.parametrize("kind", get_args(Action), ids=lambda kind: str(kind.__name__))
@pytest.mark.parametrize("status_first", [True, False])
async def test_every_write_of_a_plan_is_guarded(
    server: tuple[Server, KubeApi], kind: type[Any], status_first: bool
) -> None:
    found, api = server
    plan = Plan((ACTIONS[kind],), STATUS, status_first=status_first)
    await applier(api).execute(JOB, plan)
    assert len(found.writes) == 2
    assert [write for write in found.writes if not is_guarded(*write)] == []


async def test_the_writes_of_leases_and_events_are_guarded(server: tuple[Server, KubeApi]) -> None:
    found, api = server
    lease = Lease(api, Ref("Lease", "demo", "operator"), "me")
    await lease.acquire()
    path = "/apis/coordination.k8s.io/v1/namespaces/demo/leases/operator"
    found.stored[path] = {**found.writes[0][2], "metadata": {"name": "operator", "namespace": "demo"}}
    found.stored[path]["metadata"]["resourceVersion"] = "9"
    await lease.acquire()
    await lease.release()
    recorder = EventRecorder(api)
    for before, after in ((READY, LOST), (LOST, READY), (READY, LOST)):
        recorder.record(transition(before, after))
    posting = asyncio.create_task(recorder.run())
    async with asyncio.timeout(10):
        while len(found.writes) < 6:  # noqa: ASYNC110  # the server is told by nobody
            await asyncio.sleep(0.01)
    posting.cancel()
    assert [method for method, _, _ in found.writes] == ["POST", "PUT", "PUT", "POST", "POST", "PATCH"]
    assert [write for write in found.writes if not is_guarded(*write)] == []


def test_nobody_else_writes() -> None:
    """A write somewhere else would escape these tests."""
    files = [file for file in OPERATOR.rglob("*.py") if "cli" not in file.parts]
    call = re.compile(r"api\.(create|apply|replace|delete)\(")
    writers = {file.relative_to(OPERATOR).as_posix() for file in files if call.search(file.read_text())}
    assert writers == {"core/apply.py", "core/events.py", "core/lease.py"}


async def test_an_apply_that_knows_no_version_is_a_defect(server: tuple[Server, KubeApi]) -> None:
    found, api = server
    with pytest.raises(ValueError, match=r"without metadata\.resourceVersion"):
        await api.apply(SERVICE)
    assert found.writes == []


async def test_what_was_seen_is_applied_to_as_it_was_seen(server: tuple[Server, KubeApi]) -> None:
    """An outdated leader wrote its old rendering over the newer one of the leader after it."""
    found, api = server
    seen = {Ref("Service", "demo", "x"): STORED}
    await applier(api).execute(JOB, Plan((Apply(SERVICE),)), seen)
    ((method, _, body),) = found.writes
    assert (method, body["metadata"]["uid"], body["metadata"]["resourceVersion"]) == (
        "PATCH",
        "Service-old",
        "3",
    )


@pytest.mark.parametrize(("version", "written"), [("7", True), ("8", False)])
async def test_what_nobody_saw_is_applied_to_while_its_owner_is_as_it_was(
    server: tuple[Server, KubeApi], version: str, written: bool
) -> None:
    """Whoever made it meanwhile has written its owner's status too."""
    found, api = server
    found.exists = True
    found.stored["/api/v1/namespaces/demo/services/x"] = STORED
    path = "/apis/emberlake.dev/v1alpha1/namespaces/demo/sparkjobs/etl"
    found.stored[path] = {**JOB, "metadata": {**JOB["metadata"], "resourceVersion": version}}
    if written:
        await applier(api).execute(JOB, Plan((Apply(SERVICE),)))
    else:
        with pytest.raises(ApiError, match="has changed since"):
            await applier(api).execute(JOB, Plan((Apply(SERVICE),)))
    versions = [body["metadata"]["resourceVersion"] for _, _, body in found.writes]
    assert versions == ([NEVER, "3"] if written else [])


@pytest.mark.parametrize("kind", get_args(Action), ids=lambda kind: str(kind.__name__))
async def test_without_the_lease_nothing_is_written(server: tuple[Server, KubeApi], kind: type[Any]) -> None:
    found, api = server
    for plan in (Plan((ACTIONS[kind],)), Plan(status=STATUS)):
        with pytest.raises(NotLeadingError):
            await applier(api, leads=False).execute(JOB, plan)
    assert found.writes == []


async def test_what_is_as_it_was_applied_is_not_applied_again(server: tuple[Server, KubeApi]) -> None:
    found, api = server
    await applier(api).execute(JOB, Plan((Apply(SERVICE),)))
    ((_, _, sent),) = found.writes
    stored = {**sent, "metadata": {**sent["metadata"], "uid": "new"}, "spec": {"clusterIP": "10.0.0.1"}}
    seen = {Ref("Service", "demo", "x"): stored}
    await applier(api).execute(JOB, Plan((Apply(SERVICE),)), seen)
    assert len(found.writes) == 1
