"""A status that was written is told once, whatever restarts and whoever else writes."""

import asyncio
import logging
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from emberlake.core.api import ApiError
from emberlake.core.cache import Cache
from emberlake.core.capability import Capability
from emberlake.core.context import Context
from emberlake.core.model import Manifest, Plan, Ref, Transition
from emberlake.core.reconcile import Reconciler
from emberlake.settings import Defaults, Settings
from unit.core.transitions import text

JOB = Ref("SparkJob", "demo", "etl")
SETTINGS = Settings(defaults=Defaults(release="ember-1.0"), releases={})
RUNNING = {
    "state": "Running",
    "reason": "DriverRunning",
    "message": "it runs",
    "run": 1,
    "startedAt": text(1),
}
DONE = {**RUNNING, "state": "Succeeded", "reason": "Succeeded", "message": "done", "finishedAt": text(9)}


class Server:
    """One SparkJob as the API server keeps it, and the Events about it."""

    job: dict[str, Any]

    def __init__(self) -> None:
        meta = {"name": JOB.name, "namespace": JOB.namespace, "uid": "u", "resourceVersion": "1"}
        meta["creationTimestamp"] = text(0)
        self.job = {"apiVersion": "emberlake.dev/v1alpha1", "kind": JOB.kind, "metadata": meta, "spec": {}}
        self.job["status"] = RUNNING
        self.reasons: list[str] = []

    async def apply(self, manifest: Manifest, **_: Any) -> dict[str, Any]:
        version = self.job["metadata"]["resourceVersion"]
        if manifest["metadata"]["resourceVersion"] != version:
            raise ApiError(409, "Conflict", "the object has been modified")
        meta = {**self.job["metadata"], "resourceVersion": str(int(version) + 1)}
        self.job = {**self.job, "metadata": meta, "status": manifest["status"]}
        return dict(self.job)

    async def create(self, manifest: Manifest) -> dict[str, Any]:
        self.reasons.append(manifest["reason"])
        return {**manifest, "metadata": {**manifest["metadata"], "uid": "e", "resourceVersion": "1"}}


class Operator:
    """A replica with a cache of its own, whose plan is to write DONE."""

    def __init__(self, server: Server) -> None:
        async def observe(_: Context, manifest: Manifest) -> Manifest:
            return manifest

        self.told: list[Transition] = []
        self.cache = Cache()
        job = Capability(
            "SparkJob",
            (),
            {},
            observe,
            lambda *_: Plan(status=DONE),
            measure=self.told.append,
        )
        context = Context(cast("Any", server), self.cache, SETTINGS)
        self.reconciler = Reconciler(context, {"SparkJob": job})
        self.cache.upsert(dict(server.job))

    async def work(self) -> None:
        """Work off the queue, and post the Events of it."""
        running = asyncio.create_task(self.reconciler.run(1))
        while not self.reconciler.queue.idle:  # noqa: ASYNC110  # the queue tells nobody
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])


def finished() -> float:
    labels = {"kind": "SparkJob", "outcome": "Succeeded", "category": "None"}
    return REGISTRY.get_sample_value("emberlake_runs_finished_total", labels) or 0


@pytest.fixture
def server() -> Server:
    return Server()


async def test_a_transition_is_counted_measured_logged_and_posted(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    before, operator = finished(), Operator(server)
    with caplog.at_level(logging.INFO):
        await operator.work()
    assert finished() == before + 1
    assert [(told.before, told.after) for told in operator.told] == [(RUNNING, DONE)]
    (line,) = (record for record in caplog.records if record.message == "state changed")
    assert (vars(line)["state"], vars(line)["reason"], vars(line)["detail"]) == (
        "Succeeded",
        "Succeeded",
        "done",
    )
    assert server.reasons == ["Succeeded"]


async def test_a_restart_counts_no_run_twice(server: Server) -> None:
    before = finished()
    for _ in range(3):
        await Operator(server).work()
    assert finished() == before + 1
    assert server.reasons == ["Succeeded"]


async def test_a_status_that_was_not_taken_is_not_told(server: Server) -> None:
    """As after a change of leader, when two believed to lead for a moment."""
    before, old, new = finished(), Operator(server), Operator(server)
    await new.work()
    await old.work()
    assert finished() == before + 1
    assert (len(old.told), len(new.told)) == (0, 1)


async def test_what_changes_no_state_is_measured_and_not_posted(server: Server) -> None:
    server.job["status"] = {**DONE, "observedGeneration": 0}
    operator = Operator(server)
    await operator.work()
    assert len(operator.told) == 1
    assert server.reasons == []
