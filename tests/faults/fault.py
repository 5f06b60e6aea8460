"""What a fault may do to an operator's requests; the base class lets everything pass."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from faults.calls import Call, Write

Send = Callable[[bytes], Awaitable[None]]


class DroppedError(Exception):
    """The connection breaks here."""


@dataclass(frozen=True)
class Answer:
    """What the API server said, or the fault in its stead."""

    status: int
    body: bytes
    headers: dict[str, str]


def refusal(status: int, reason: str, message: str, retry_after: int | None = None) -> Answer:
    """An answer as the API server gives it when it refuses."""
    document = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
    headers = {"Content-Type": "application/json"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Answer(status, json.dumps({**document, "reason": reason, "message": message}).encode(), headers)


class Target(Protocol):
    """What a fault may do beside the connection."""

    async def restart(self) -> None:
        """End the operator as kill -9 does, and start it again."""

    async def version(self) -> int:
        """The API server's present resourceVersion."""


@dataclass
class Fault:
    """Fair weather. `fired` is the moment (of the monotonic clock) at which a fault struck first."""

    fired: float | None = field(default=None, init=False)

    def strike(self) -> None:
        """Note that it struck."""
        if self.fired is None:
            self.fired = time.monotonic()

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        """A request came in and was not forwarded yet; an answer is given in the API server's stead."""
        return None

    async def answered(self, call: Call, write: Write | None, answer: Answer, target: Target) -> Answer:
        """The API server answered."""
        return answer

    async def sent(self, call: Call, write: Write | None, target: Target) -> None:
        """The answer was sent."""

    async def line(self, call: Call, line: bytes, send: Send, target: Target) -> None:
        """A line of a watch came."""
        await send(line)

    async def pieces(self, data: bytes) -> AsyncIterator[bytes]:
        """In which pieces bytes are sent."""
        yield data


@dataclass
class Kill(Fault):
    """The operator dies at a write: before it is forwarded, with the answer withheld, or after the answer."""

    write: Write
    moment: str

    async def _at(self, moment: str, write: Write | None, target: Target) -> bool:
        if self.fired is not None or write != self.write or moment != self.moment:
            return False
        self.strike()
        await target.restart()
        return True

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if await self._at("before", write, target):
            raise DroppedError
        return None

    async def answered(self, call: Call, write: Write | None, answer: Answer, target: Target) -> Answer:
        if answer.status < 300 and await self._at("withheld", write, target):
            raise DroppedError
        return answer

    async def sent(self, call: Call, write: Write | None, target: Target) -> None:
        await self._at("after", write, target)
