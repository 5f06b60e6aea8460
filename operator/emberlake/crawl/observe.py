"""Reads what the plan of a Crawl needs into one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.classifier import ClassifierSpec
from emberlake.api.v1alpha1.crawl import CrawlProgress, CrawlSpec, CrawlStatus
from emberlake.core.api import ApiError
from emberlake.core.model import Manifest, Owner, Ref
from emberlake.core.objects import JOB_LABEL, KIND_LABEL, NAME_LABEL
from emberlake.crawl.build import CONTAINER, job_name
from emberlake.crawl.progress import parse
from emberlake.crawl.summary import job_ended, summary

if TYPE_CHECKING:
    from emberlake.core.context import Context

_LOG_LINES, _LOG_BYTES = 5, 16 * 1024


@dataclass(frozen=True)
class Observed:
    """Everything the plan of a Crawl looks at.

    Attributes:
        pods: those of the current run, oldest first.
        classifiers: those that the spec names and that are there, by name.
        progress: of the running pod, where it tells of any.
        config_maps: of all runs; read when the current one has ended, for no watch tells of them.
    """

    now: datetime
    owner: Owner
    spec: CrawlSpec
    status: CrawlStatus
    raw_status: Mapping[str, Any]
    catalog: CatalogSpec | None
    catalog_problem: str = ""
    classifiers: Mapping[str, ClassifierSpec] = field(default_factory=dict)
    jobs: tuple[Manifest, ...] = ()
    pods: tuple[Manifest, ...] = ()
    config_maps: tuple[Manifest, ...] = ()
    progress: CrawlProgress | None = None
    conditions: tuple[Mapping[str, Any], ...] = ()

    @property
    def job(self) -> Manifest | None:
        """The Job of the current run."""
        name = job_name(self.owner, self.status.run)
        return next((job for job in self.jobs if job["metadata"]["name"] == name), None)


async def observe(context: "Context", manifest: Manifest) -> Observed:
    """Read a Crawl's world; a live read only for a Job that should be there and is not cached."""
    owner = Owner.of(manifest)
    raw = manifest.get("status") or {}
    status = CrawlStatus.model_validate(raw)
    spec = CrawlSpec.model_validate(manifest["spec"])
    jobs = context.cache.children(owner.ref, "Job")
    name = job_name(owner, status.run)
    active = status.run > 0 and status.finished_at is None
    if active and all(job["metadata"]["name"] != name for job in jobs):
        found = await context.confirm(Ref("Job", owner.namespace, name))
        jobs = [*jobs, found] if found else jobs
    ended = active and any(job["metadata"]["name"] == name and job_ended(job) for job in jobs)
    pods = _pods(context, owner, name)
    if ended and summary(pods) is None:
        pods = tuple(await context.pods_of_job(owner.namespace, name))
    catalog = context.cache.get(Ref("Catalog", owner.namespace, spec.catalog))
    return Observed(
        now=context.now(),
        owner=owner,
        spec=spec,
        status=status,
        raw_status=raw,
        catalog=CatalogSpec.model_validate(catalog["spec"]) if catalog else None,
        catalog_problem=_problem(catalog),
        classifiers=_classifiers(context, owner, spec),
        jobs=tuple(jobs),
        pods=pods,
        config_maps=await _config_maps(context, owner) if ended else (),
        progress=await _progress(context, owner, pods) if active and not ended else None,
        conditions=tuple(raw.get("conditions") or ()),
    )


def _classifiers(context: "Context", owner: Owner, spec: CrawlSpec) -> dict[str, ClassifierSpec]:
    found = {name: context.cache.get(Ref("Classifier", owner.namespace, name)) for name in spec.classifiers}
    return {name: ClassifierSpec.model_validate(obj["spec"]) for name, obj in found.items() if obj}


async def _config_maps(context: "Context", owner: Owner) -> tuple[Manifest, ...]:
    selector = f"{KIND_LABEL}={owner.kind},{NAME_LABEL}={owner.name}"
    return tuple((await context.api.list("ConfigMap", owner.namespace, selector)).items)


async def _progress(context: "Context", owner: Owner, pods: tuple[Manifest, ...]) -> CrawlProgress | None:
    """How far the running pod says it is. A kubelet that does not answer keeps nothing else waiting."""
    if not pods or pods[-1].get("status", {}).get("phase") != "Running":
        return None
    pod = Ref("Pod", owner.namespace, pods[-1]["metadata"]["name"])
    try:
        return parse(await context.api.logs(pod, CONTAINER, _LOG_LINES, _LOG_BYTES))
    except (ApiError, TimeoutError, OSError):
        return None


def _pods(context: "Context", owner: Owner, job: str) -> tuple[Manifest, ...]:
    pods = [
        pod
        for pod in context.cache.children(owner.ref, "Pod")
        if pod["metadata"]["labels"].get(JOB_LABEL) == job
    ]
    return tuple(sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"])))


def _problem(catalog: Manifest | None) -> str:
    status = (catalog or {}).get("status") or {}
    if any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ()):
        return ""
    return status.get("message") or "it was not checked yet"
