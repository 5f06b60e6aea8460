"""Faults of the API and the network at one write: refusals, broken connections, silence, slowness."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from faults.calls import Call, Write
from faults.fault import Answer, DroppedError, Fault, Target, refusal

REASONS = {
    409: "Conflict",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}
_PIECE = 256


@dataclass
class Refuse(Fault):
    """The API server refuses a write `times` times, each try of it counted."""

    write: Write
    status: int
    times: int = 2

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if write != self.write or not self.times:
            return None
        self.times -= 1
        self.strike()
        retry_after = 1 if self.status == 429 else None
        return refusal(self.status, REASONS[self.status], "refused by the test", retry_after)


@dataclass
class Break(Fault):
    """The connection breaks at a write: before it is forwarded, or with the answer withheld."""

    write: Write
    moment: str

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        self._at("before", write)
        return None

    async def answered(self, call: Call, write: Write | None, answer: Answer, target: Target) -> Answer:
        self._at("withheld", write)
        return answer

    def _at(self, moment: str, write: Write | None) -> None:
        if self.fired is None and write == self.write and moment == self.moment:
            self.strike()
            raise DroppedError


@dataclass
class Hang(Fault):
    """A write is carried out, and no answer comes for `seconds`: longer than the operator waits."""

    write: Write
    seconds: float

    async def answered(self, call: Call, write: Write | None, answer: Answer, target: Target) -> Answer:
        if self.fired is None and write == self.write:
            self.strike()
            await asyncio.sleep(self.seconds)
            raise DroppedError
        return answer


@dataclass
class Slow(Fault):
    """Every byte comes slowly."""

    async def pieces(self, data: bytes) -> AsyncIterator[bytes]:
        self.strike()
        for start in range(0, len(data), _PIECE):
            await asyncio.sleep(0.005)
            yield data[start : start + _PIECE]


@dataclass
class Unsteady(Fault):
    """Of all requests that are no watch every `every`-th is refused, for as long as it lasts."""

    status: int
    every: int
    lasting: int = 6
    _count: int = 0

    async def arrived(
        self, call: Call, write: Write | None, query: dict[str, str], target: Target
    ) -> Answer | None:
        if call.verb in ("watch", "other") or not self.lasting:
            return None
        self._count += 1
        if self._count % self.every:
            return None
        self.lasting -= 1
        self.strike()
        return refusal(self.status, REASONS[self.status], "refused by the test")
