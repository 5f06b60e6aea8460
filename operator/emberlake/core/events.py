"""Kubernetes Events: what happened to an object, for people who describe it.

Best effort, as the API conventions have it: posted beside the work, never in its way. What is said again
within a while counts up the Event that stands (as client-go's correlator does), and an object that flaps
is cut off after a burst, so that it floods neither the API server nor the reader.
"""

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from emberlake.core.api import ApiError, KubeApi
from emberlake.core.metrics import EVENTS
from emberlake.core.model import Decision, Manifest, Owner, Transition
from emberlake.core.objects import labels, parse_time, timestamp

log = logging.getLogger(__name__)

BURST = 25
REFILL_SECONDS = 60
SERIES_SECONDS = 600
_WARNING_STATES = ("Failed", "Cancelled", "NotReady", "Retrying")
_MESSAGE_LIMIT = 1024
_REMEMBERED = 4096
_WAITING = 2500
# A request takes some 10 ms, and 600 jobs a minute are 50 Events a second.
_POSTERS = 4
_FAREWELL_SECONDS = 2

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class EventRecorder:
    """Posts an Event for each transition; those of one object in the order they came."""

    def __init__(self, api: KubeApi, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds, for the rate limit."""
        self._api, self._clock = api, clock
        self._series: _Recent[tuple[str, ...], _Series] = _Recent(_Series)
        self._buckets: _Recent[str, _Bucket] = _Recent(_Bucket)
        self._queues: list[_Line] = [asyncio.Queue(_WAITING) for _ in range(_POSTERS)]

    def record(self, transition: Transition) -> None:
        """Put the Event of `transition` in line."""
        after = transition.after
        decision = Decision(str(after.get("reason") or ""), str(after.get("message") or ""))
        self.say(transition.owner, decision, transition.at, warning=after.get("state") in _WARNING_STATES)

    def say(self, owner: Owner, decision: Decision, at: datetime, *, warning: bool) -> None:
        """Put an Event about `owner` in line."""
        if not self._buckets.of(owner.uid).take(self._clock()):
            EVENTS.labels("RateLimited").inc()
            return
        event = _event(owner, decision, at, "Warning" if warning else "Normal")
        series = self._series.of((owner.uid, event["type"], event["reason"], event["message"]))
        try:
            self._queues[hash(owner.uid) % _POSTERS].put_nowait((event, series))
        except asyncio.QueueFull:
            EVENTS.labels("QueueFull").inc()

    async def run(self) -> None:
        """Post until cancelled; what is in line then still goes out, for nobody else will say it."""
        async with asyncio.TaskGroup() as group:
            for line in self._queues:
                group.create_task(self._work_off(line))

    async def _work_off(self, line: "_Line") -> None:
        try:
            while True:
                await self._guarded(*await line.get())
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL_SECONDS):
                    while not line.empty():
                        await self._guarded(*line.get_nowait())

    async def _guarded(self, event: Manifest, series: "_Series") -> None:
        try:
            await self._post(event, series)
            result = "Posted"
        except (ApiError, TimeoutError, OSError) as error:
            # A namespace that ends refuses Events, and no Event is worth a retry.
            result = "Refused"
            log.debug("event not posted", extra={"reason": event["reason"], "error": str(error)})
        EVENTS.labels(result).inc()

    async def _post(self, event: Manifest, series: "_Series") -> None:
        if series.event is None or _seconds_between(series.event, event) > SERIES_SECONDS:
            series.event = _as_stored(event, await self._api.create(event))
            return
        again = {"count": series.event["count"] + 1, "lastTimestamp": event["lastTimestamp"]}
        counted = {**series.event, **again}
        series.event = _as_stored(counted, await self._api.apply(counted))


class _Recent(Generic[Key, Value]):
    """The values of the keys that were used last."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def of(self, key: Key) -> Value:
        value = self._values.pop(key) if key in self._values else self._make()
        self._values[key] = value
        if len(self._values) > _REMEMBERED:
            self._values.popitem(last=False)
        return value


@dataclass
class _Series:
    """The Event that stands for all that say the same."""

    event: Manifest | None = None


@dataclass
class _Bucket:
    """How many Events an object may still post."""

    tokens: float = BURST
    filled: float = float("-inf")

    def take(self, now: float) -> bool:
        self.tokens = min(BURST, self.tokens + (now - self.filled) / REFILL_SECONDS)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


_Line = asyncio.Queue[tuple[Manifest, _Series]]


def _as_stored(event: Manifest, answer: Manifest) -> Manifest:
    """The Event with what its next write must carry: that it is still the one that was written."""
    identity = {key: answer["metadata"][key] for key in ("uid", "resourceVersion")}
    return {**event, "metadata": {**event["metadata"], **identity}}


def _seconds_between(earlier: Manifest, later: Manifest) -> float:
    return (parse_time(later["lastTimestamp"]) - parse_time(earlier["lastTimestamp"])).total_seconds()


def _event(owner: Owner, decision: Decision, at: datetime, severity: str) -> dict[str, Any]:
    key = f"{owner.uid}{severity}{decision.reason}{decision.message}{at.isoformat()}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{owner.name}.{hashlib.sha256(key.encode()).hexdigest()[:16]}",
            "namespace": owner.namespace,
            "labels": labels(owner, "event"),
        },
        "involvedObject": {
            "apiVersion": owner.api_version,
            "kind": owner.kind,
            "namespace": owner.namespace,
            "name": owner.name,
            "uid": owner.uid,
        },
        "type": severity,
        "reason": decision.reason,
        "message": decision.message[:_MESSAGE_LIMIT],
        "source": {"component": "emberlake"},
        "firstTimestamp": timestamp(at),
        "lastTimestamp": timestamp(at),
        "count": 1,
    }
