"""Namespaces for worlds: each is used again and again, since to delete one costs the cluster a second."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from faults.upstream import RefusedError, Upstream
from faults.world import World, watched

ACCOUNTS = ("emberlake-driver", "emberlake-executor", "emberlake-crawler")
LABEL = {"emberlake.dev/faults": "true"}
_ALL = "/api/v1/namespaces"


@dataclass
class Namespaces:
    """Those that were made and are free."""

    upstream: Upstream
    _free: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def world(self) -> AsyncIterator[World]:
        """An empty namespace with the accounts that jobs need; it is emptied afterwards, or goes."""
        name = self._free.pop() if self._free else await self._make()
        free = False
        try:
            async with watched(self.upstream, name) as world:
                yield world
                free = await self._is_active(name) and await world.empty()
        finally:
            if free:
                self._free.append(name)
            else:
                await self._delete(name)

    async def close(self) -> None:
        """Delete them all."""
        for name in self._free:
            await self._delete(name)

    async def _make(self) -> str:
        name = f"faults-{uuid.uuid4().hex[:10]}"
        await self.upstream.call("POST", _ALL, {"metadata": {"name": name, "labels": LABEL}})
        for account in ACCOUNTS:
            await self.upstream.call(
                "POST", f"{_ALL}/{name}/serviceaccounts", {"metadata": {"name": account}}
            )
        return name

    async def _is_active(self, name: str) -> bool:
        try:
            found = await self.upstream.call("GET", f"{_ALL}/{name}")
        except RefusedError:
            return False
        return bool(found["status"]["phase"] == "Active")

    async def _delete(self, name: str) -> None:
        with suppress(RefusedError):
            await self.upstream.call("DELETE", f"{_ALL}/{name}")
