"""A keyed work queue: each key at most once in line, never in two hands, with delay and backoff."""

import asyncio
import heapq
import itertools
import random
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


# Of so many keys handed out one is from the back line, so that a busy front line cannot hold it up for ever.
_BACK_SHARE = 8


class KeyedQueue(Generic[Key]):
    """Work by key. A key added while it is processed is handed out again afterwards.

    There are two lines: what is added to the front one is handed out before the back one.
    """

    def __init__(
        self,
        *,
        backoff_base: float = 0.5,
        backoff_cap: float = 60.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Backoff of a failing key doubles from `backoff_base` to `backoff_cap` seconds, plus up to 10 %."""
        self._front: dict[Key, float] = {}
        self._back: dict[Key, float] = {}
        self._turn = itertools.count(1)
        self._active: dict[Key, float] = {}
        # in hand and added anew -> whether only to the back line
        self._again: dict[Key, bool] = {}
        self._due: dict[Key, float] = {}
        self._timers: list[tuple[float, int, Key]] = []
        self._order = itertools.count()
        self._failures: dict[Key, int] = {}
        self._wake = asyncio.Event()
        self._base, self._cap, self._jitter = backoff_base, backoff_cap, jitter

    def __len__(self) -> int:
        return len(self._front) + len(self._back)

    @property
    def idle(self) -> bool:
        """Nothing in line and nothing in hand (timers may still wait)."""
        return not len(self) and not self._active

    @property
    def waiting(self) -> Iterable[Key]:
        """The keys in line."""
        return itertools.chain(self._front, self._back)

    @property
    def held(self) -> Mapping[Key, float]:
        """The keys in hand, each with the seconds since it was handed out."""
        now = _now()
        return {key: now - since for key, since in self._active.items()}

    def restart(self) -> None:
        """Count the time in line from now: until now nobody meant to hand anything out."""
        self._front = dict.fromkeys(self._front, _now())
        self._back = dict.fromkeys(self._back, _now())

    def add(self, key: Key, *, back: bool = False) -> None:
        """Hand `key` out when a worker is free; one that is in line already keeps the better place."""
        if key in self._active:
            self._again[key] = back and self._again.get(key, True)
        elif not back:
            self._front.setdefault(key, self._back.pop(key, _now()))
        elif key not in self._front:
            self._back.setdefault(key, _now())
        self._wake.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Hand `key` out in `seconds`, or at an earlier time that is already set."""
        due = _now() + max(0.0, seconds)
        if self._due.get(key, float("inf")) <= due:
            return
        self._due[key] = due
        heapq.heappush(self._timers, (due, next(self._order), key))
        self._wake.set()

    async def get(self) -> tuple[Key, float]:
        """The next key and the seconds it stood in line; the caller must call `done`."""
        while True:
            wait = self._release_due()
            if line := self._line():
                key = next(iter(line))
                since = line.pop(key)
                now = self._active[key] = _now()
                return key, now - since
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                continue

    def done(self, key: Key, *, failed: bool = False) -> None:
        """Give `key` back; a failed one comes again after its backoff."""
        self._active.pop(key, None)
        if failed:
            count = self._failures[key] = self._failures.get(key, 0) + 1
            delay = min(self._cap, self._base * 2.0 ** min(count - 1, 30))
            self.add_after(key, delay * (1 + 0.1 * self._jitter()))
        else:
            self._failures.pop(key, None)
        if key in self._again:
            self.add(key, back=self._again.pop(key))

    def _line(self) -> dict[Key, float]:
        if self._front and self._back:
            return self._front if next(self._turn) % _BACK_SHARE else self._back
        return self._front or self._back

    def _release_due(self) -> float | None:
        while self._timers:
            due, _, key = self._timers[0]
            if self._due.get(key) != due:
                heapq.heappop(self._timers)
                continue
            if due > _now():
                return due - _now()
            heapq.heappop(self._timers)
            del self._due[key]
            self.add(key)
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()
