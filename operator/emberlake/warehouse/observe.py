"""Reads what the plan of a Warehouse needs into one frozen value."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.warehouse import WarehouseSpec, WarehouseStatus
from emberlake.core.model import Manifest, Owner, Ref
from emberlake.core.objects import is_owned
from emberlake.warehouse.build import CATALOGS, COORDINATOR, WORKER, refs
from emberlake.warehouse.config import service_url

if TYPE_CHECKING:
    from emberlake.core.context import Context


@dataclass(frozen=True)
class Reply:
    """What Trino said: the catalogs it lists, or what went wrong."""

    catalogs: frozenset[str] = frozenset()
    error: str | None = None


Ask = Callable[[str], Awaitable[Reply]]

SERVING_SECONDS = 60
STARTING_SECONDS = 3


@dataclass(frozen=True)
class Probe:
    """The last reply, and the coordinator Deployment's generation that gave it."""

    at: datetime
    generation: int
    reply: Reply


@dataclass(frozen=True)
class CatalogView:
    """A Catalog as a warehouse sees it; `reason` says why it is not ready, "" when it is."""

    spec: CatalogSpec
    reason: str = ""


@dataclass(frozen=True)
class Observed:
    """Everything the plan of a Warehouse looks at.

    Attributes:
        catalogs: the Catalogs of the spec that exist.
        rendered: the ConfigMap with what was rendered last.
        taken: an object that has a name we need and is not ours.
        probe: what Trino last said, None while the coordinator is not available.
    """

    now: datetime
    owner: Owner
    spec: WarehouseSpec
    status: WarehouseStatus
    catalogs: Mapping[str, CatalogView]
    rendered: Manifest | None = None
    coordinator: Manifest | None = None
    workers: Manifest | None = None
    pods: tuple[Manifest, ...] = ()
    taken: Manifest | None = None
    probe: Probe | None = None
    conditions: tuple[Mapping[str, Any], ...] = field(default=())


async def observe(context: "Context", manifest: Manifest, ask: Ask) -> Observed:
    """Read a Warehouse's world; Trino is asked only when its coordinator is available."""
    owner = Owner.of(manifest)
    spec = WarehouseSpec.model_validate(manifest["spec"])
    raw = manifest.get("status") or {}
    coordinator = _child(context, owner, "Deployment", COORDINATOR)
    return Observed(
        now=context.now(),
        owner=owner,
        spec=spec,
        status=WarehouseStatus.model_validate(raw),
        catalogs={
            name: view
            for name in spec.catalogs
            if (view := _catalog(context, owner.namespace, name)) is not None
        },
        rendered=_child(context, owner, "ConfigMap", CATALOGS),
        coordinator=coordinator,
        workers=_child(context, owner, "Deployment", WORKER),
        pods=tuple(context.cache.children(owner.ref, "Pod")),
        taken=await _taken(context, owner),
        probe=await _probe(context, owner, spec, coordinator, ask),
        conditions=tuple(raw.get("conditions") or ()),
    )


def available(deployment: Manifest | None) -> bool:
    """Whether every pod that a Deployment wants is up to date and ready."""
    if deployment is None:
        return False
    status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    return bool(
        wanted > 0
        and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
        and status.get("updatedReplicas", 0) >= wanted
        and status.get("availableReplicas", 0) >= wanted
    )


def _child(context: "Context", owner: Owner, kind: str, role: str) -> Manifest | None:
    found = context.cache.get(Ref(kind, owner.namespace, f"{owner.name}-{role}"))
    return found if found is not None and is_owned(found, owner.uid) else None


def _catalog(context: "Context", namespace: str, name: str) -> CatalogView | None:
    found = context.cache.get(Ref("Catalog", namespace, name))
    if found is None or found["metadata"].get("deletionTimestamp"):
        return None
    status = found.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    reason = "" if ready else status.get("reason") or "NotChecked"
    return CatalogView(CatalogSpec.model_validate(found["spec"]), reason)


async def _taken(context: "Context", owner: Owner) -> Manifest | None:
    """An object of somebody else under a name we need; live reads only for what we have not made yet."""
    for ref in refs(owner):
        found = context.cache.get(ref) or await context.api.get(ref)
        if found is not None and not is_owned(found, owner.uid):
            return {"apiVersion": "", "kind": ref.kind, **found}
    return None


async def _probe(
    context: "Context", owner: Owner, spec: WarehouseSpec, coordinator: Manifest | None, ask: Ask
) -> Probe | None:
    probes: dict[str, Probe] = context.memo.setdefault("Warehouse", {})
    if spec.suspend or coordinator is None or not available(coordinator):
        # A coordinator that went away proves nothing by what it said before.
        probes.pop(owner.uid, None)
        return None
    generation: int = coordinator["metadata"].get("generation", 0)
    known = probes.get(owner.uid)
    if known is not None and known.generation == generation and context.now() < _stale_at(known, spec):
        return known
    reply = await ask(service_url(owner))
    probes[owner.uid] = Probe(context.now(), generation, reply)
    return probes[owner.uid]


def _stale_at(probe: Probe, spec: WarehouseSpec) -> datetime:
    # The system catalog is always there; each Catalog brings two.
    complete = probe.reply.error is None and len(probe.reply.catalogs) >= 2 * len(set(spec.catalogs))
    return probe.at + timedelta(seconds=SERVING_SECONDS if complete else STARTING_SECONDS)
