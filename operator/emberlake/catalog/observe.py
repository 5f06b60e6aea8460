"""Reads what the plan of a Catalog needs into one frozen value."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.catalog import CatalogSpec, CatalogStatus
from emberlake.catalog.build import check_name
from emberlake.catalog.verdict import RUNNING, read
from emberlake.core.model import Manifest, Owner

if TYPE_CHECKING:
    from emberlake.core.context import Context

# None: the metastore answered; otherwise what went wrong.
Ping = Callable[[Sequence[str]], Awaitable[str | None]]

ANSWERING_SECONDS = 45
SILENT_SECONDS = 10


@dataclass(frozen=True)
class Answer:
    """What the metastore said when it was last asked."""

    at: datetime
    uris: tuple[str, ...]
    error: str | None

    @property
    def stale_at(self) -> datetime:
        """When to ask again: a silent metastore sooner."""
        return self.at + timedelta(seconds=SILENT_SECONDS if self.error else ANSWERING_SECONDS)


@dataclass(frozen=True)
class Observed:
    """Everything the plan of a Catalog looks at."""

    now: datetime
    owner: Owner
    spec: CatalogSpec
    status: CatalogStatus
    metastore: Answer
    jobs: tuple[Manifest, ...] = ()
    pods: tuple[Manifest, ...] = ()
    config_maps: tuple[Manifest, ...] = ()
    conditions: tuple[Mapping[str, Any], ...] = ()


async def observe(context: "Context", manifest: Manifest, ping: Ping) -> Observed:
    """Read a Catalog's world; the metastore is asked at most every 45 s, a silent one every 10 s."""
    owner = Owner.of(manifest)
    spec = CatalogSpec.model_validate(manifest["spec"])
    raw = manifest.get("status") or {}
    answer = await _metastore(context, owner, spec, ping)
    children = context.cache.children
    status, jobs = CatalogStatus.model_validate(raw), children(owner.ref, "Job")
    pods = children(owner.ref, "Pod")
    if (lost := _lost(owner, status, jobs, pods)) is not None:
        pods = await context.pods_of_job(owner.namespace, lost)
    return Observed(
        now=context.now(),
        owner=owner,
        spec=spec,
        status=status,
        metastore=answer,
        jobs=tuple(jobs),
        pods=tuple(pods),
        config_maps=tuple(children(owner.ref, "ConfigMap")),
        conditions=tuple(raw.get("conditions") or ()),
    )


def _lost(
    owner: Owner, status: CatalogStatus, jobs: Sequence[Manifest], pods: Sequence[Manifest]
) -> str | None:
    """The check that has ended as far as is known without a word of its pod."""
    check = status.check
    if check is None or check.outcome != RUNNING:
        return None
    name = check_name(owner, check.generation, check.attempt)
    job = next((found for found in jobs if found["metadata"]["name"] == name), None)
    return name if job is not None and read(job, pods).reason == "CheckLost" else None


async def _metastore(context: "Context", owner: Owner, spec: CatalogSpec, ping: Ping) -> Answer:
    answers: dict[str, Answer] = context.memo.setdefault("Catalog", {})
    uris = tuple(spec.metastore.uris)
    known = answers.get(owner.uid)
    if known is not None and known.uris == uris and context.now() < known.stale_at:
        return known
    error = await ping(uris)
    answers[owner.uid] = Answer(context.now(), uris, error)
    return answers[owner.uid]
