"""Leadership by a coordination.k8s.io Lease, given back on shutdown.

The client library's election keeps its record in an annotation format of its own and never releases,
so a restart would wait a whole lease; client-go's protocol (KEP-589) is followed here instead.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from emberlake.core.api import ApiError, KubeApi
from emberlake.core.model import Ref

log = logging.getLogger(__name__)


class Lease:
    """Tries to hold one Lease."""

    def __init__(
        self,
        api: KubeApi,
        ref: Ref,
        identity: str,
        *,
        duration: float = 15,
        renew: float = 4,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """`duration`: seconds others wait after the last renewal they saw; `renew`: seconds between tries."""
        self._api, self._ref, self._identity = api, ref, identity
        self._duration, self._renew = duration, renew
        self._clock = monotonic or (lambda: asyncio.get_running_loop().time())
        self._seen: tuple[Any, float] = (None, 0.0)
        self._renewed = float("-inf")

    @property
    def _ends(self) -> float:
        """Until when it is ours for certain, with a margin before others may take it."""
        return self._renewed + self._duration * 2 / 3

    def is_held(self) -> bool:
        """Whether it is ours now; a process that slept knows at once that it is not."""
        return self._clock() < self._ends

    async def acquire(self) -> None:
        """Wait until this process holds the Lease."""
        while not await self._guarded():  # noqa: ASYNC110  # the Lease lives in the API server
            await asyncio.sleep(self._renew / 2)
        log.info("became leader", extra={"identity": self._identity})

    async def hold(self) -> None:
        """Renew until the Lease is lost; returns then, with a margin before others may take it."""
        while self.is_held():
            try:
                # A server that does not answer must not hold us beyond the time.
                async with asyncio.timeout(self._ends - self._clock()):
                    await asyncio.sleep(self._renew)
                    renewed = await self._guarded()
            except TimeoutError:
                break
            if not renewed and self._seen[0] is not None and self._seen[0][0] not in (self._identity, ""):
                break
        log.error("lost the lease", extra={"identity": self._identity})

    async def release(self) -> None:
        """Let another process take over at once."""
        self._renewed = float("-inf")
        lease = await self._api.get(self._ref)
        if lease is None or lease["spec"].get("holderIdentity") != self._identity:
            return
        lease["spec"]["holderIdentity"] = ""
        lease["spec"]["leaseDurationSeconds"] = 1
        await self._api.replace(lease)

    async def _guarded(self) -> bool:
        started = self._clock()
        try:
            renewed = await self._try()
        except (ApiError, TimeoutError, OSError) as error:
            log.warning("lease not renewed", extra={"error": str(error)})
            return False
        if renewed:
            self._renewed = started
        return renewed

    async def _try(self) -> bool:
        lease = await self._api.get(self._ref)
        if lease is None:
            await self._api.create(self._document(0))
            return True
        spec = lease["spec"]
        record = (spec.get("holderIdentity"), spec.get("renewTime"))
        if record != self._seen[0]:
            self._seen = (record, self._clock())
        mine = record[0] == self._identity
        expired = self._clock() - self._seen[1] > float(spec.get("leaseDurationSeconds") or 0)
        if not (mine or expired or not record[0]):
            return False
        changes = int(spec.get("leaseTransitions") or 0) + (0 if mine else 1)
        renewed = self._document(changes)
        if mine:
            renewed["spec"]["acquireTime"] = spec.get("acquireTime")
        renewed["metadata"] = lease["metadata"]
        await self._api.replace(renewed)
        return True

    def _document(self, transitions: int) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._ref.name, "namespace": self._ref.namespace},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": int(self._duration),
                "acquireTime": now,
                "renewTime": now,
                "leaseTransitions": transitions,
            },
        }
