"""One namespace with everything in it as it really is: past the proxy, whatever the operator is told.

It plays the kubelet where there is no node: a pod on a node that does not exist goes when it is deleted.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from faults.kinds import BY_PLURAL, path
from faults.upstream import APPLY, MERGE, Object, RefusedError, Upstream

MADE_BY_KUBERNETES = ("kube-root-ca.crt",)
_LATE_PODS = 2.0
REPLICA_SETS = "/apis/apps/v1/namespaces/{}/replicasets"


@dataclass(frozen=True)
class Seen:
    """Something that happened: ADDED, MODIFIED or DELETED."""

    type: str
    plural: str
    object: Object

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def uid(self) -> str:
        return str(self.object["metadata"]["uid"])


@dataclass
class World:
    """Objects by plural and name, and all that happened to them."""

    upstream: Upstream
    namespace: str
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    history: list[Seen] = field(default_factory=list)
    listeners: list[Callable[[Seen], None]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def follow(self, plural: str, listed: asyncio.Event) -> None:
        """Watch one kind until cancelled."""
        where = path(plural, self.namespace)
        about = {"apiVersion": BY_PLURAL[plural].api_version, "kind": BY_PLURAL[plural].kind}
        found = await self.upstream.call("GET", where)
        version = found["metadata"]["resourceVersion"]
        for item in found["items"]:
            self._take(Seen("ADDED", plural, {**about, **item}))
        listed.set()
        while True:
            with suppress(aiohttp.ClientError):
                async for event in self.upstream.events(where, version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
                        self._take(Seen(event["type"], plural, event["object"]))

    def _take(self, seen: Seen) -> None:
        key = (seen.plural, seen.name)
        if seen.type == "DELETED":
            self.objects.pop(key, None)
        else:
            self.objects[key] = seen.object
        self.history.append(seen)
        for listener in self.listeners:
            listener(seen)
        self._changed.set()
        if _must_go(seen):
            self._later(self._finish(seen.name))

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, pod: str) -> None:
        with suppress(RefusedError):
            await self.delete("pods", pod, grace=0)

    async def until(self, what: str, look: Callable[["World"], bool], seconds: float) -> None:
        """Wait until `look` finds what it looks for; raises TimeoutError that names `what`."""
        deadline = time.monotonic() + seconds
        while not look(self):
            self._changed.clear()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"waited {seconds:.0f} s for {what}")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, 0.5))

    def get(self, plural: str, name: str) -> Object | None:
        """The object as it is now."""
        return self.objects.get((plural, name))

    async def apply(self, document: Object) -> None:
        """Apply an object of a user's."""
        plural = next(p for p, kind in BY_PLURAL.items() if kind.kind == document["kind"])
        where = path(plural, self.namespace, document["metadata"]["name"])
        query = {"fieldManager": "user", "force": "true", "fieldValidation": "Strict"}
        await self.upstream.call("PATCH", where, document, query, APPLY)

    async def patch(self, plural: str, name: str, document: Object, subresource: str = "") -> None:
        """Merge something into an object."""
        where = path(plural, self.namespace, name, subresource)
        await self.upstream.call("PATCH", where, document, content_type=MERGE)

    async def delete(self, plural: str, name: str, grace: int | None = None) -> None:
        """Delete an object."""
        body: Object = {"propagationPolicy": "Background"}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        await self.upstream.call("DELETE", path(plural, self.namespace, name), body)

    @property
    def present(self) -> set[str]:
        """The kinds that there is something of, but for what Kubernetes makes by itself."""
        return {plural for plural, name in self.objects if name not in MADE_BY_KUBERNETES}

    async def empty(self, seconds: float = 30.0) -> bool:
        """Delete everything; whether nothing was left in time.

        A Deployment's pods are made by somebody who may not have heard yet that it is gone.
        """
        deadline = time.monotonic() + seconds
        had_pods_of_others = any(seen.plural == "deployments" for seen in self.history)
        since = time.monotonic()
        while time.monotonic() < deadline:
            present = self.present
            if present:
                since = time.monotonic()
            for where in (REPLICA_SETS, *(path(plural, "{}") for plural in BY_PLURAL if plural in present)):
                query = {"gracePeriodSeconds": "0", "propagationPolicy": "Background"}
                await self.upstream.call("DELETE", where.format(self.namespace), query=query)
            if not present and time.monotonic() - since >= (_LATE_PODS if had_pods_of_others else 0):
                return True
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.5)
        return False


@asynccontextmanager
async def watched(upstream: Upstream, namespace: str) -> AsyncIterator[World]:
    """A namespace with all that happens in it."""
    world = World(upstream, namespace)
    listed = {plural: asyncio.Event() for plural in BY_PLURAL}
    watches = [asyncio.create_task(world.follow(plural, listed[plural])) for plural in BY_PLURAL]
    try:
        await asyncio.gather(*(event.wait() for event in listed.values()))
        yield world
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)


def _must_go(seen: Seen) -> bool:
    """Whether a kubelet would now report that a deleted pod has ended."""
    pod = seen.object
    deleted = seen.type != "DELETED" and seen.plural == "pods" and pod["metadata"].get("deletionTimestamp")
    return bool(deleted and pod["spec"].get("nodeName"))
