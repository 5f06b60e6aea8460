"""Events: one for each transition, counted up when said again, cut off when an object flaps."""

import asyncio
from typing import Any, cast

import pytest

from emberlake.core.api import ApiError
from emberlake.core.events import BURST, REFILL_SECONDS, SERIES_SECONDS, EventRecorder
from emberlake.core.model import Manifest
from unit.core.transitions import text, transition

READY = {"state": "Ready", "reason": "CatalogReady", "message": "it answers"}
LOST = {"state": "NotReady", "reason": "MetastoreUnreachable", "message": "it does not"}


class Events:
    """The API server's Events, by name."""

    def __init__(self) -> None:
        self.stored: dict[str, Manifest] = {}
        self.refuse, self.version = False, 0

    async def create(self, manifest: Manifest) -> Manifest:
        if self.refuse:
            raise ApiError(403, "Forbidden", "the namespace is being terminated")
        name = manifest["metadata"]["name"]
        assert name not in self.stored, f"{name} was created twice"
        return self._keep(manifest)

    async def apply(self, manifest: Manifest) -> Manifest:
        known = self.stored[manifest["metadata"]["name"]]["metadata"]
        for key in ("uid", "resourceVersion"):
            assert manifest["metadata"][key] == known[key], "somebody else's Event was overwritten"
        return self._keep(manifest)

    def _keep(self, manifest: Manifest) -> Manifest:
        meta, self.version = manifest["metadata"], self.version + 1
        identity = {"uid": f"uid-{meta['name']}", "resourceVersion": str(self.version)}
        stored = {**manifest, "metadata": {**meta, **identity}}
        self.stored[meta["name"]] = stored
        return stored


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def api() -> Events:
    return Events()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(api: Events, clock: Clock) -> EventRecorder:
    return EventRecorder(cast("Any", api), clock)


async def posted(recorder: EventRecorder, api: Events) -> list[Manifest]:
    """The Events once all were posted: a recorder that is stopped says what it still has."""
    running = asyncio.create_task(recorder.run())
    for _ in range(2):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running])
    return list(api.stored.values())


async def test_an_event_says_what_the_condition_says(recorder: EventRecorder, api: Events) -> None:
    recorder.record(transition({}, LOST, 5, "Catalog"))
    (event,) = await posted(recorder, api)
    assert (event["type"], event["reason"], event["message"]) == (
        "Warning",
        "MetastoreUnreachable",
        "it does not",
    )
    assert event["involvedObject"] == {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": "Catalog",
        "namespace": "demo",
        "name": "etl",
        "uid": "u",
    }
    assert event["metadata"]["namespace"] == "demo"


@pytest.mark.parametrize(
    ("state", "expected"),
    [("Running", "Normal"), ("Succeeded", "Normal"), ("Failed", "Warning"), ("Retrying", "Warning")],
)
async def test_what_went_wrong_is_a_warning(
    recorder: EventRecorder, api: Events, state: str, expected: str
) -> None:
    recorder.record(transition({}, {"state": state, "reason": "R", "message": ""}))
    (event,) = await posted(recorder, api)
    assert event["type"] == expected


async def test_what_is_said_again_is_counted_up(recorder: EventRecorder, api: Events) -> None:
    for at in range(0, 60, 20):
        recorder.record(transition(READY, LOST, at))
        recorder.record(transition(LOST, READY, at + 10))
    events = {event["reason"]: event for event in await posted(recorder, api)}
    assert {reason: event["count"] for reason, event in events.items()} == {
        "MetastoreUnreachable": 3,
        "CatalogReady": 3,
    }
    lost = events["MetastoreUnreachable"]
    assert (lost["firstTimestamp"], lost["lastTimestamp"]) == (text(0), text(40))


async def test_what_was_said_long_ago_is_said_anew(recorder: EventRecorder, api: Events) -> None:
    for at in (0, SERIES_SECONDS + 1):
        recorder.record(transition(READY, LOST, at))
    assert [event["count"] for event in await posted(recorder, api)] == [1, 1]


async def test_objects_have_events_of_their_own(recorder: EventRecorder, api: Events) -> None:
    for uid in ("a", "b"):
        recorder.record(transition(READY, LOST, uid=uid))
    assert [event["count"] for event in await posted(recorder, api)] == [1, 1]


async def test_an_object_that_flaps_is_cut_off_and_no_other(
    recorder: EventRecorder, api: Events, clock: Clock
) -> None:
    def say(count: int, uid: str) -> None:
        for number in range(count):
            recorder.record(transition({}, {**LOST, "message": f"{clock.now} {number}"}, uid=uid))

    say(BURST + 10, "flaps")
    say(1, "calm")
    assert len(await posted(recorder, api)) == BURST + 1
    clock.now += 3 * REFILL_SECONDS
    say(10, "flaps")
    assert len(await posted(recorder, api)) == BURST + 1 + 3


async def test_a_refused_event_stops_nothing(recorder: EventRecorder, api: Events) -> None:
    api.refuse = True
    recorder.record(transition({}, LOST))
    assert await posted(recorder, api) == []
    api.refuse = False
    recorder.record(transition({}, LOST))
    assert [event["count"] for event in await posted(recorder, api)] == [1]
