"""What observe may use: the cache, live reads of the API, and the clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emberlake.core.api import KubeApi
from emberlake.core.cache import Cache
from emberlake.core.model import Ref
from emberlake.core.objects import JOB_LABEL
from emberlake.settings import Settings


@dataclass
class Context:
    """Handed to every `observe`. `memo` is a capability's own short-lived memory, by kind."""

    api: KubeApi
    cache: Cache
    settings: Settings
    memo: dict[str, Any] = field(default_factory=dict)

    def now(self) -> datetime:
        """The present moment, in UTC with whole seconds (the precision of Kubernetes' times)."""
        return datetime.now(UTC).replace(microsecond=0)

    async def pods_of_job(self, namespace: str, job: str) -> list[dict[str, Any]]:
        """The pods of a Kubernetes Job by a live list, oldest first: its end may be known before theirs."""
        found = (await self.api.list("Pod", namespace, f"{JOB_LABEL}={job}")).items
        for pod in found:
            self.cache.upsert(pod)
        return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    async def confirm(self, ref: Ref) -> dict[str, Any] | None:
        """The object by a live read: a cache that does not hold it proves nothing."""
        found = await self.api.get(ref)
        if found is not None:
            self.cache.upsert(found)
        return found
