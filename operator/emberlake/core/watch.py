"""The watch source: kopf streams events, which only update the cache.

kopf loses deletes when its watch breaks (an object gone during a 410 is never reported), so `relist`
reads everything again from time to time and replaces the cache.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import kopf

from emberlake.core.api import KubeApi
from emberlake.core.cache import Cache
from emberlake.core.kinds import ALL
from emberlake.core.metrics import RELIST_SECONDS, RELISTED, WATCH_EVENTS
from emberlake.core.objects import EXECUTOR_ROLE, KIND_LABEL, ROLE_LABEL

log = logging.getLogger(__name__)

Owners = Mapping[str, Iterable[str]]


def selector(owners: Iterable[str]) -> str | None:
    """Server-side label selector of a watch: only children somebody looks at, and executors never.

    There are too many executors, and the ConfigMaps of SparkJobs, which nobody reads, would fill the cache.
    """
    kinds = ",".join(sorted(owners))
    return f"{KIND_LABEL} in ({kinds}),{ROLE_LABEL}!={EXECUTOR_ROLE}" if kinds else None


class WatchSource:
    """Feeds the cache."""

    def __init__(
        self, api: KubeApi, cache: Cache, owners: Owners, namespaces: list[str], silence: float
    ) -> None:
        """`owners`: as `watched` finds them; `silence`: seconds until a watch that says nothing is dead."""
        self._api, self._cache, self._owners, self._silence = api, cache, owners, silence
        self._namespaces = namespaces
        self._scopes: list[str | None] = [*namespaces] or [None]

    async def relist(self) -> None:
        """List every kind and replace the cache with what was found."""
        with RELIST_SECONDS.time():
            for kind, owners in self._owners.items():
                for namespace in self._scopes:
                    listing = await self._api.list(kind, namespace, selector(owners))
                    self._cache.replace(kind, listing.items, listing.version, namespace)
        RELISTED.set_to_current_time()

    async def run(self, stop: asyncio.Event) -> None:
        """Stream events until `stop` is set, or until kopf gives up and raises what it gave up with.

        It gives up when a stream brings an error, or when a list is refused for a minute. The process has to
        end then: kopf cancels every task that was made after its own.
        """
        await kopf.operator(
            registry=self._registry(),
            settings=_settings(self._owners, self._silence),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=stop,
        )

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        inside = "KUBERNETES_SERVICE_HOST" in os.environ
        login = kopf.login_with_service_account if inside else kopf.login_with_kubeconfig
        kopf.on.login(registry=registry)(login)
        for name in self._owners:
            kind = ALL[name]
            kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)(self._handler(name))
        return registry

    def _handler(self, kind: str) -> Callable[..., Any]:
        async def on_event(event: dict[str, Any], **_: object) -> None:
            self.take(kind, event["type"], dict(event["object"]))

        return on_event

    def take(self, kind: str, event: str | None, obj: dict[str, Any]) -> None:
        """One watch event. A delete is a hint: observe confirms with a live read what it depends on."""
        obj.setdefault("kind", kind)
        obj.setdefault("apiVersion", ALL[kind].api_version)
        WATCH_EVENTS.labels(kind, event or "LISTED").inc()
        if event == "DELETED":
            self._cache.discard(obj)
        else:
            self._cache.upsert(obj)


class _NoDiffs(kopf.DiffBaseStorage):
    """No handler asks what changed: no copy of each object is kept or compared."""

    def build(self, *, body: kopf.Body, extra_fields: object = None) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        raise NotImplementedError("no handler of ours has a state to store")


def _settings(owners: Owners, silence: float) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = _NoDiffs()
    settings.scanning.disabled = True
    settings.networking.request_timeout = 30
    settings.queueing.error_delays = (1, 2, 5, 10, 30, 60)
    settings.watching.server_timeout = 300
    settings.watching.inactivity_timeout = silence
    settings.watching.chunk_size = 500
    for name, parents in owners.items():
        if found := selector(parents):
            kind = ALL[name]
            settings.watching.label_selectors[kind.group, kind.version, kind.plural] = found
    return settings
