"""Faults of what the operator sees: watches that end, lag, hide and repeat, lists of the past."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faults.calls import Call, Write, event_of
from faults.fault import Answer, DroppedError, Fault, Send, Target, refusal
from faults.record import stable_name

_GONE = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410}


def subject(event: Mapping[str, Any]) -> str:
    """The object that an event is about, "" of a bookmark."""
    return "" if event["type"] in ("BOOKMARK", "ERROR") else stable_name(event["object"])


def _error(document: Mapping[str, Any]) -> bytes:
    return json.dumps({"type": "ERROR", "object": document}).encode() + b"\n"


@dataclass
class Cut(Fault):
    """The stream breaks in the middle of the first line about an object."""

    name: str

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        if self.fired is None and subject(event_of(line)) == self.name:
            self.strike()
            await send(line[: len(line) // 2])
            raise DroppedError
        await send(line)


@dataclass
class Gap(Fault):
    """The stream breaks, the object is deleted meanwhile, and to resume is too late: 410."""

    name: str
    _gone: str = ""

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if call.verb == "watch" and call.plural == self._gone:
            self._gone = ""
            return refusal(410, "Expired", "too old resource version")
        return None

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        event = event_of(line)
        if self.fired is None and event["type"] == "DELETED" and subject(event) == self.name:
            self.strike()
            self._gone = call.plural
            raise DroppedError
        await send(line)


@dataclass
class Broken(Fault):
    """In the stream of a kind comes an error, `code`, once."""

    plural: str
    code: int

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        await send(line)
        if self.fired is None and call.plural == self.plural:
            self.strike()
            await send(_error({**_GONE, "code": self.code, "reason": "InternalError"}))


@dataclass
class Silent(Fault):
    """The stream of a kind falls silent after its first line, bookmarks included, and stays open."""

    plural: str
    _stream: Send | None = None

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        if self.fired is None and call.plural == self.plural:
            self.strike()
            self._stream = send
        elif send is not self._stream:
            await send(line)


@dataclass
class Deaf(Fault):
    """Of a kind nothing but bookmarks comes: only lists tell the news."""

    plural: str

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        if call.plural == self.plural and event_of(line)["type"] != "BOOKMARK":
            self.strike()
        else:
            await send(line)


@dataclass
class Hide(Fault):
    """Events of one object are held back until one cancels them: its deletion, or the newest in a while."""

    name: str
    seconds: float = 2.0
    _held: bytes = b""

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        event = event_of(line)
        if subject(event) != self.name:
            await send(line)
        elif event["type"] == "DELETED":
            self.strike()
            self._held = b""
            await send(line)
        else:
            self.strike()
            if not self._held:
                asyncio.get_running_loop().call_later(self.seconds, self._release, send)
            self._held = line

    def _release(self, send: Send) -> None:
        line, self._held = self._held, b""
        if line:
            self._task = asyncio.ensure_future(_quietly(send, line))


async def _quietly(send: Send, line: bytes) -> None:
    # Whose stream ended meanwhile is told by the next one.
    try:
        await send(line)
    except (ConnectionError, RuntimeError):
        return


@dataclass
class Twice(Fault):
    """Each event comes twice."""

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        self.strike()
        await send(line)
        await send(line)


@dataclass
class Late(Fault):
    """After a write all watches lag for `seconds`."""

    write: Write
    seconds: float = 2.0
    _until: float = 0.0

    async def answered(self, call: Call, write: Write | None, answer: Answer, target: Target) -> Answer:
        if self.fired is None and write == self.write:
            self.strike()
            self._until = time.monotonic() + self.seconds
        return answer

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        await asyncio.sleep(max(0.0, self._until - time.monotonic()))
        await send(line)


@dataclass
class Stale(Fault):
    """The operator dies after a write, and wakes up in the world as it was before `since`.

    The world catches up after `seconds`. Until then lists that a watch goes on from are those of the older
    revision, and watches lag; a read of one object, or of those with one label, is one of the present, as the
    API server promises.
    """

    write: Write
    since: Write
    seconds: float = 2.0
    _version: int = 0
    _until: float = 0.0

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if not self._version and write == self.since:
            self._version = await target.version()
        lasts = time.monotonic() < self._until
        if call.verb == "list" and lasts and "continue" not in query and not _by_one_label(query):
            query.update(resourceVersion=str(self._version), resourceVersionMatch="Exact")
        return None

    async def sent(self, call: Call, write: Write | None, target: Target) -> None:
        if self.fired is None and write == self.write:
            self.strike()
            self._until = time.monotonic() + self.seconds
            await target.restart()

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        await asyncio.sleep(max(0.0, self._until - time.monotonic()))
        await send(line)


def _by_one_label(query: Mapping[str, str]) -> bool:
    """Whether a list is of the objects with one label; a watch follows those of several owners."""
    return re.search(r"[^!]=", query.get("labelSelector", "")) is not None


@dataclass
class NoList(Fault):
    """A kind cannot be listed for the first `times` tries."""

    plural: str
    status: int
    times: int = 3

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if call.verb != "list" or call.plural != self.plural or not self.times:
            return None
        self.times -= 1
        self.strike()
        return refusal(self.status, "ServiceUnavailable", "refused by the test")


@dataclass
class LostPage(Fault):
    """Lists of a kind come object by object, and the second page has expired, twice."""

    plural: str
    times: int = 2

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if call.verb != "list" or call.plural != self.plural:
            return None
        query["limit"] = "1"
        if "continue" not in query or not self.times:
            return None
        self.times -= 1
        self.strike()
        return refusal(410, "Expired", "the continue parameter is too old")
