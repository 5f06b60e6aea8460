"""What happened to each job and when, as two watches tell it: one of driver pods, one of the jobs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from kubernetes.aio import client

from bench.submission.adapters.base import Adapter

ENDS = ("Succeeded", "Failed")
_HOUR = 3600


@dataclass
class Job:
    """Moments of one job, in seconds of the monotonic clock.

    Attributes:
        offered: just before the request that creates it was sent.
        drivers: uid of each driver pod that was ever seen -> when.
        pod: phase of a driver pod -> when it was first seen in it.
        told: phase -> when the job first told of it.
    """

    offered: float
    drivers: dict[str, float] = field(default_factory=dict)
    pod: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)

    @property
    def ended(self) -> float | None:
        """When the job told of its end."""
        return next((self.told[phase] for phase in ENDS if phase in self.told), None)


class Timeline:
    """Jobs by name, written by the offering side and by the watches."""

    def __init__(self, adapter: Adapter, api: client.ApiClient, namespace: str, expected: int) -> None:
        """`ended` is set once `expected` jobs have told of their end."""
        self._adapter, self._api, self._namespace = adapter, api, namespace
        self.jobs: dict[str, Job] = {}
        self._open = expected
        self.ended = asyncio.Event()

    def offer(self, name: str) -> None:
        """Note that the job `name` is about to be created."""
        self.jobs[name] = Job(time.monotonic())

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[None]:
        """Watch while the block runs; a watch that misses events fails the block."""
        adapter, place = self._adapter, f"namespaces/{self._namespace}"
        pods = f"/api/v1/{place}/pods"
        jobs = f"/apis/{adapter.group}/{adapter.version}/{place}/{adapter.plural}"
        async with asyncio.TaskGroup() as group:
            tasks = (
                group.create_task(self._watch(pods, adapter.driver_selector, self.see_pod)),
                group.create_task(self._watch(jobs, "", self.see_job)),
            )
            yield
            for task in tasks:
                task.cancel()

    def see_pod(self, pod: Mapping[str, Any]) -> None:
        """One watch event of a driver pod."""
        meta, now = pod["metadata"], time.monotonic()
        job = self.jobs.get(meta["labels"].get(self._adapter.job_label, ""))
        if job is not None:
            job.drivers.setdefault(meta["uid"], now)
            job.pod.setdefault(pod.get("status", {}).get("phase", "Pending"), now)

    def see_job(self, obj: Mapping[str, Any]) -> None:
        """One watch event of a job."""
        job, phase = self.jobs.get(obj["metadata"]["name"]), self._adapter.phase(obj)
        if job is None or phase is None or phase in job.told:
            return
        if job.ended is None and phase in ENDS:
            self._open -= 1
            if not self._open:
                self.ended.set()
        job.told[phase] = time.monotonic()

    async def _watch(self, path: str, selector: str, take: Callable[[Mapping[str, Any]], None]) -> None:
        version = ""
        while True:
            # The API server ends a watch that it cannot feed fast enough; the next goes on where it ended.
            query = {"watch": "true", "labelSelector": selector, "resourceVersion": version}
            request = await self._api.param_serialize(
                method="GET", resource_path=path, query_params=[*query.items()], auth_settings=["BearerToken"]
            )
            answer = await self._api.call_api(*request, _request_timeout=_HOUR)
            async for line in answer.response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise RuntimeError(f"watch of {path}: {event['object']}")
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "DELETED":
                    take(event["object"])
