"""When a holder knows that the Lease is its own, and when it gives up."""

import asyncio
from typing import Any, cast

from emberlake.core.lease import Lease
from emberlake.core.model import Ref


class Server:
    """One Lease, that can fall silent."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.silent = False

    async def get(self, _: Ref) -> dict[str, Any] | None:
        if self.silent:
            await asyncio.Event().wait()
        return self.lease

    async def create(self, manifest: dict[str, Any]) -> None:
        self.lease = manifest

    replace = create


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def lease(server: Server, clock: Clock | None = None, **times: float) -> Lease:
    return Lease(cast("Any", server), Ref("Lease", "demo", "x"), "me", monotonic=clock, **times)


async def test_a_process_that_slept_does_not_hold_it() -> None:
    """A paused leader went on with what it had in hand, before its next renewal told it."""
    clock = Clock()
    found = lease(Server(), clock, duration=15)
    assert not found.is_held()
    await found.acquire()
    assert found.is_held()
    clock.now += 10
    assert not found.is_held()


async def test_what_was_given_back_is_not_held() -> None:
    found = lease(Server())
    await found.acquire()
    await found.release()
    assert not found.is_held()


async def test_a_silent_server_does_not_keep_the_leader_beyond_its_time() -> None:
    """A renewal without an answer lasted for its whole timeout, twice as long as the Lease."""
    server = Server()
    found = lease(server, duration=0.3, renew=0.01)
    await found.acquire()
    server.silent = True
    async with asyncio.timeout(5):
        await found.hold()
    assert not found.is_held()
