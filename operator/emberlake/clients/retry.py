"""Bounded exponential backoff."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Backoff:
    """Waits of `first` seconds, doubled up to `longest`, until `total` seconds have passed since the first
    try.
    """

    first: float = 0.5
    longest: float = 15.0
    total: float = 180.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def run(
        self,
        call: Callable[[int], T],
        retry_on: tuple[type[Exception], ...],
        told: Callable[[Exception], None],
    ) -> T:
        """`call(attempt)` until it returns; errors of `retry_on` are told and tried again, the last one is
        raised.
        """
        start, wait, attempt = self.clock(), self.first, 0
        while True:
            try:
                return call(attempt)
            except retry_on as error:
                pause = wait * random.uniform(0.75, 1.25)
                if self.clock() - start + pause > self.total:
                    raise
                told(error)
                self.sleep(pause)
                wait, attempt = min(wait * 2, self.longest), attempt + 1
