"""Reads what the plan of a SparkJob needs into one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec, SparkJobStatus
from emberlake.core.model import Manifest, Owner, Ref

if TYPE_CHECKING:
    from emberlake.core.context import Context

DRIVER_CONTAINER = "spark-kubernetes-driver"
_LOG_LINES = 200
_LOG_BYTES = 64 * 1024


@dataclass(frozen=True)
class CatalogView:
    """A Catalog as a job sees it."""

    spec: CatalogSpec
    ready: bool
    message: str


@dataclass(frozen=True)
class Observed:
    """Everything the plan of a SparkJob looks at."""

    now: datetime
    owner: Owner
    spec: SparkJobSpec
    status: SparkJobStatus
    raw_status: Mapping[str, Any]
    catalogs: Mapping[str, CatalogView | None]
    drivers: tuple[Manifest, ...] = ()
    log_tail: str = ""
    conditions: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def driver(self) -> Manifest | None:
        """The pod of the current attempt."""
        attempt = self.status.attempt
        if attempt is None:
            return None
        return next((pod for pod in self.drivers if pod["metadata"]["name"] == attempt.pod), None)


async def observe(context: "Context", manifest: Manifest) -> Observed:
    """Read a SparkJob's world; live reads only for a missing driver and for the log of a failed one."""
    owner = Owner.of(manifest)
    spec = SparkJobSpec.model_validate(manifest["spec"])
    raw = manifest.get("status") or {}
    status = SparkJobStatus.model_validate(raw)
    drivers = await _drivers(context, owner, status)
    return Observed(
        now=context.now(),
        owner=owner,
        spec=spec,
        status=status,
        raw_status=raw,
        catalogs={name: _catalog(context, owner.namespace, name) for name in spec.catalogs},
        drivers=drivers,
        log_tail=await _log_tail(context, status, drivers),
        conditions=tuple(raw.get("conditions") or ()),
    )


async def _drivers(context: "Context", owner: Owner, status: SparkJobStatus) -> tuple[Manifest, ...]:
    pods = list(context.cache.children(owner.ref, "Pod"))
    attempt = status.attempt
    active = attempt is not None and status.finished_at is None and attempt.ended is None
    if attempt and active and all(pod["metadata"]["name"] != attempt.pod for pod in pods):
        found = await context.confirm(Ref("Pod", owner.namespace, attempt.pod))
        if found is not None:
            pods.append(found)
    return tuple(pods)


def _catalog(context: "Context", namespace: str, name: str) -> CatalogView | None:
    found = context.cache.get(Ref("Catalog", namespace, name))
    if found is None:
        return None
    status = found.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    return CatalogView(CatalogSpec.model_validate(found["spec"]), ready, status.get("message") or "")


async def _log_tail(context: "Context", status: SparkJobStatus, drivers: tuple[Manifest, ...]) -> str:
    attempt = status.attempt
    if attempt is None or status.finished_at is not None:
        return ""
    for pod in drivers:
        meta = pod["metadata"]
        if meta["name"] == attempt.pod and pod.get("status", {}).get("phase") == "Failed":
            ref = Ref("Pod", meta["namespace"], meta["name"])
            return await context.api.logs(ref, DRIVER_CONTAINER, _LOG_LINES, _LOG_BYTES)
    return ""
