"""Offers jobs to the API server, at a rate or as fast as it takes them."""

import asyncio
import time
from collections.abc import Sequence

from kubernetes.aio import client

from bench.submission.adapters.base import Adapter
from bench.submission.timeline import Timeline

# requests under way at most
_HANDS = 16


async def offer(
    adapter: Adapter,
    api: client.ApiClient,
    namespace: str,
    timeline: Timeline,
    names: Sequence[str],
    per_minute: float,
) -> None:
    """Create a job of each name.

    Args:
        per_minute: evenly at this rate; 0: as fast as the API server takes them.
    """
    objects = client.CustomObjectsApi(api)
    pause = 60 / per_minute if per_minute else 0.0
    start = time.monotonic()
    free = asyncio.Semaphore(_HANDS)

    async def create(name: str) -> None:
        async with free:
            timeline.offer(name)
            await objects.create_namespaced_custom_object(
                adapter.group, adapter.version, namespace, adapter.plural, adapter.manifest(name)
            )

    async with asyncio.TaskGroup() as group:
        for number, name in enumerate(names):
            await asyncio.sleep(max(0.0, start + number * pause - time.monotonic()))
            group.create_task(create(name))
