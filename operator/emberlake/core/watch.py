"""The watch source: kopf streams events, which only update the cache.

kopf loses deletes when its watch breaks (an object gone during a 410 is never reported), so `relist`
reads everything again from time to time and replaces the cache.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

import kopf

from emberlake.core.api import KubeApi
from emberlake.core.cache import Cache
from emberlake.core.kinds import ALL, OWN
from emberlake.core.metrics import RELIST_SECONDS, RELISTED, WATCH_EVENTS
from emberlake.core.objects import EXECUTOR_ROLE, KIND_LABEL, ROLE_LABEL

log = logging.getLogger(__name__)

CHILD_SELECTOR = f"{KIND_LABEL},{ROLE_LABEL}!={EXECUTOR_ROLE}"


def selector(kind: str) -> str | None:
    """Server-side label selector of a watch: children by our label, executors never (there are too many)."""
    return None if kind in OWN else CHILD_SELECTOR


class WatchSource:
    """Feeds the cache."""

    def __init__(self, api: KubeApi, cache: Cache, kinds: Iterable[str], namespaces: list[str]) -> None:
        self._api, self._cache = api, cache
        self._kinds = tuple(kinds)
        self._namespaces = namespaces
        self._scopes: list[str | None] = [*namespaces] or [None]

    async def relist(self) -> None:
        """List every kind and replace the cache with what was found."""
        with RELIST_SECONDS.time():
            for kind in self._kinds:
                for namespace in self._scopes:
                    listing = await self._api.list(kind, namespace, selector(kind))
                    self._cache.replace(kind, listing.items, listing.version, namespace)
        RELISTED.set_to_current_time()

    async def run(self, stop: asyncio.Event) -> None:
        """Stream events until `stop` is set."""
        await kopf.operator(
            registry=self._registry(),
            settings=_settings(self._kinds),
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
        for name in self._kinds:
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


def _settings(kinds: Iterable[str]) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.networking.request_timeout = 30
    settings.queueing.error_delays = (1, 2, 5, 10, 30, 60)
    settings.watching.server_timeout = 300
    settings.watching.chunk_size = 500
    for name in kinds:
        if found := selector(name):
            kind = ALL[name]
            settings.watching.label_selectors[kind.group, kind.version, kind.plural] = found
    return settings
