"""The operator's process: `python -m emberlake`."""

import asyncio
import logging
import os
import random
import signal
import time
from contextlib import suppress

from prometheus_client import REGISTRY

from emberlake import catalog, classifier, crawl, sparkjob, warehouse
from emberlake.core import logs, metrics, web
from emberlake.core.api import ApiError, KubeApi
from emberlake.core.cache import Cache
from emberlake.core.capability import watched
from emberlake.core.collect import CacheCollector, QueueCollector
from emberlake.core.context import Context
from emberlake.core.lease import Lease
from emberlake.core.model import Ref
from emberlake.core.reconcile import Reconciler
from emberlake.core.watch import WatchSource
from emberlake.settings import Settings, load

log = logging.getLogger("emberlake")

CAPABILITIES = {
    capability.kind: capability
    for capability in (
        catalog.CAPABILITY,
        sparkjob.CAPABILITY,
        crawl.CAPABILITY,
        classifier.CAPABILITY,
        warehouse.CAPABILITY,
    )
}
LEASE = "emberlake-operator"
WORKERS = 20
RELIST_RETRY_SECONDS = 5
MISSED_RELISTS = 3


class Operator:
    """One replica: watches always, works only while it leads."""

    def __init__(self, api: KubeApi, settings: Settings) -> None:
        self.timers = settings.timers
        cache = Cache()
        identity = os.environ.get("POD_NAME", f"local-{os.getpid()}")
        self.lease = Lease(api, Ref("Lease", settings.namespace, LEASE), identity)
        self.reconciler = Reconciler(Context(api, cache, settings), CAPABILITIES, self.lease.is_held)
        REGISTRY.register(CacheCollector(cache, CAPABILITIES))
        REGISTRY.register(QueueCollector(self.reconciler, CAPABILITIES))
        owners = watched(CAPABILITIES.values())
        self.source = WatchSource(api, cache, owners, settings.watch_namespaces, settings.timers.silence)
        self.listed: float | None = None
        self.synced = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set or the Lease is lost."""
        runner = await web.serve(int(os.environ.get("EMBERLAKE_PORT", "8080")), self.problem, self.unready)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._lead(stop)),
                    group.create_task(self._relist_forever()),
                    group.create_task(self._watch(stop)),
                ]
                await stop.wait()
                for task in tasks[:2]:
                    task.cancel()
        finally:
            await self.lease.release()
            await runner.cleanup()

    async def _watch(self, stop: asyncio.Event) -> None:
        # kopf takes the signals over and returns on SIGTERM, which then must end the rest too.
        try:
            await self.source.run(stop)
        finally:
            stop.set()

    async def _lead(self, stop: asyncio.Event) -> None:
        leader = metrics.LEADER.labels(LEASE)
        leader.set(0)
        # Before the first list a missing child proves nothing.
        await self.synced.wait()
        await self.lease.acquire()
        leader.set(1)
        work = asyncio.create_task(self.reconciler.run(WORKERS))
        try:
            await self.lease.hold()
        finally:
            leader.set(0)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        # A replica that lost the Lease starts afresh: its cache may be behind what the new leader wrote.
        stop.set()

    async def _relist_forever(self) -> None:
        while True:
            try:
                await self.source.relist()
            except (ApiError, TimeoutError, OSError) as error:
                metrics.RELIST_ERRORS.inc()
                log.warning("list failed", extra={"error": str(error)})
                await asyncio.sleep(min(RELIST_RETRY_SECONDS, self.timers.relist))
                continue
            self.listed = time.monotonic()
            self.synced.set()
            await asyncio.sleep(self.timers.relist * random.uniform(0.9, 1.1))

    def problem(self) -> str | None:
        """What makes this replica unhealthy."""
        stale = MISSED_RELISTS * self.timers.relist
        if self.listed is not None and time.monotonic() - self.listed > stale:
            return f"nothing was listed for {stale:.0f} s"
        return None

    def unready(self) -> str | None:
        """What keeps this replica from being ready."""
        return "the first list has not ended" if self.listed is None else self.problem()


async def main() -> None:
    """Run the operator until SIGTERM or SIGINT."""
    logs.configure()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    settings = load()
    api = await KubeApi.connect(settings.timers.request)
    try:
        await Operator(api, settings).run(stop)
    finally:
        await api.close()


if __name__ == "__main__":
    asyncio.run(main())
