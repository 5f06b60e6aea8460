"""What the operator would do with an object, from the first look on, without a cluster: plan after plan."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec, CatalogStatus
from emberlake.api.v1alpha1.classifier import ClassifierSpec
from emberlake.api.v1alpha1.crawl import CrawlSpec, CrawlStatus
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus
from emberlake.api.v1alpha1.warehouse import WarehouseSpec, WarehouseStatus
from emberlake.catalog.observe import Answer
from emberlake.catalog.observe import Observed as ObservedCatalog
from emberlake.catalog.plan import plan as plan_catalog
from emberlake.classifier.observe import Observed as ObservedClassifier
from emberlake.classifier.plan import plan as plan_classifier
from emberlake.core.model import Apply, Create, Manifest, Owner, Plan
from emberlake.crawl.observe import Observed as ObservedCrawl
from emberlake.crawl.plan import plan as plan_crawl
from emberlake.settings import Settings
from emberlake.sparkjob.drivers import DRIVER_CONTAINER
from emberlake.sparkjob.observe import CatalogView as JobsCatalog
from emberlake.sparkjob.observe import Observed as ObservedJob
from emberlake.sparkjob.plan import plan as plan_job
from emberlake.warehouse.observe import CatalogView
from emberlake.warehouse.observe import Observed as ObservedWarehouse
from emberlake.warehouse.plan import plan as plan_warehouse

_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_CLASSIFIER = ClassifierSpec.model_validate({"xml": {"rowTag": "row"}})
_PHASES = ("Pending", "Running", "Failed")


def made(plan: Plan) -> Iterator[Manifest]:
    """The objects that a plan makes."""
    yield from (action.manifest for action in plan.actions if isinstance(action, Create | Apply))


def live(manifest: Manifest, catalogs: Mapping[str, CatalogSpec], settings: Settings) -> list[Plan]:
    """The plans of an object that the API server took."""
    owner = Owner.of(manifest)
    return list(_LIVES[owner.kind](owner, manifest["spec"], catalogs, settings))


def _job(
    owner: Owner, document: Mapping[str, Any], catalogs: Mapping[str, CatalogSpec], settings: Settings
) -> Iterator[Plan]:
    """A job whose drivers start, run and fail, until nothing more is planned; then long after."""
    spec = SparkJobSpec.model_validate(document)
    views = {
        name: JobsCatalog(catalogs[name], True, "") if name in catalogs else None for name in spec.catalogs
    }
    observed = ObservedJob(_NOW, owner, spec, SparkJobStatus(), {}, views)
    for day in range(8):
        found = plan_job(observed, settings)
        yield found
        status = dict(found.status if found.status is not None else observed.raw_status)
        observed = replace(
            observed,
            now=_NOW + timedelta(minutes=day) if day < 6 else _NOW + timedelta(days=400 * day),
            raw_status=status,
            status=SparkJobStatus.model_validate(status),
            conditions=tuple(status.get("conditions") or ()),
            drivers=tuple(_driver(child, _PHASES[day % 3]) for child in made(found) if child["kind"] == "Pod")
            or tuple(_moved(pod, _PHASES[day % 3]) for pod in observed.drivers),
            needs_executors=True,
        )


def _driver(pod: Manifest, phase: str) -> dict[str, Any]:
    told = {"uid": "uid-of-a-pod", "creationTimestamp": "2026-01-02T03:04:05Z", "resourceVersion": "1"}
    meta = {**pod["metadata"], **told}
    return _moved({**pod, "metadata": meta, "spec": {**pod["spec"], "nodeName": "node-1"}}, phase)


def _moved(pod: Manifest, phase: str) -> dict[str, Any]:
    status: dict[str, Any] = {"phase": phase}
    if phase == "Failed":
        state = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-02T03:05:00Z"}}
        status["containerStatuses"] = [{"name": DRIVER_CONTAINER, "image": "i", "state": state}]
    return {**pod, "status": status}


def _crawl(
    owner: Owner, document: Mapping[str, Any], catalogs: Mapping[str, CatalogSpec], settings: Settings
) -> Iterator[Plan]:
    spec = CrawlSpec.model_validate(document)
    classifiers = dict.fromkeys(spec.classifiers, _CLASSIFIER)
    catalog = catalogs.get(spec.catalog)
    observed = ObservedCrawl(_NOW, owner, spec, CrawlStatus(), {}, catalog, classifiers=classifiers)
    for day in range(4):
        found = plan_crawl(observed, settings)
        yield found
        status = dict(found.status if found.status is not None else observed.raw_status)
        observed = replace(
            observed,
            now=_NOW + timedelta(days=400 * day),
            raw_status=status,
            status=CrawlStatus.model_validate(status),
            conditions=tuple(status.get("conditions") or ()),
        )


def _classifier(
    owner: Owner, document: Mapping[str, Any], _: Mapping[str, CatalogSpec], settings: Settings
) -> Iterator[Plan]:
    yield plan_classifier(ObservedClassifier(_NOW, owner, ClassifierSpec.model_validate(document)), settings)


def _catalog(
    owner: Owner, document: Mapping[str, Any], _: Mapping[str, CatalogSpec], settings: Settings
) -> Iterator[Plan]:
    spec = CatalogSpec.model_validate(document)
    answer = Answer(_NOW, tuple(spec.metastore.uris), None)
    observed = ObservedCatalog(_NOW, owner, spec, CatalogStatus(), answer)
    for _again in range(2):
        found = plan_catalog(observed, settings)
        yield found
        observed = replace(observed, status=CatalogStatus.model_validate(found.status))


def _warehouse(
    owner: Owner, document: Mapping[str, Any], catalogs: Mapping[str, CatalogSpec], settings: Settings
) -> Iterator[Plan]:
    spec = WarehouseSpec.model_validate(document)
    views = {name: CatalogView(catalogs[name]) for name in spec.catalogs if name in catalogs}
    observed = ObservedWarehouse(_NOW, owner, spec, WarehouseStatus(), views)
    for _again in range(2):
        found = plan_warehouse(observed, settings)
        yield found
        observed = replace(observed, status=WarehouseStatus.model_validate(found.status))


_LIVES = {
    "SparkJob": _job,
    "Crawl": _crawl,
    "Classifier": _classifier,
    "Catalog": _catalog,
    "Warehouse": _warehouse,
}
