"""A Crawl that waits for what it names: told whose fault it is, it goes on when that is mended."""

from typing import Any, cast

from emberlake.api.v1alpha1.classifier import ClassifierSpec
from emberlake.core.cache import Cache
from emberlake.core.context import Context
from emberlake.core.model import Manifest, Plan, Ref
from emberlake.core.objects import ref_of
from emberlake.core.reconcile import Reconciler
from emberlake.crawl import CAPABILITY
from emberlake.crawl.plan import plan
from unit.core.test_reconcile import AcceptingApi, stored
from unit.crawl.test_plan import SPEC, SUMMARY, after, job, observed, pod, spec
from unit.sparkjob.fixtures import CATALOG, SETTINGS

CRAWL, CLASSIFIER, LAKE = (Ref(kind, "demo", name) for kind, name in (
    ("Crawl", "raw"), ("Classifier", "odd"), ("Catalog", "lake")
))  # fmt: skip


MENDED = {"csv": {"quote": "'"}}


class Server(AcceptingApi):
    """An API server that keeps of an object what a write does not tell of."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    async def get(self, ref: Ref) -> Manifest | None:
        return self.cache.get(ref)

    async def apply(self, manifest: Manifest, **_: Any) -> dict[str, Any]:
        written = await super().apply(manifest)
        known = self.cache.get(ref_of(manifest)) or {}
        return {**known, **written, "metadata": {**known.get("metadata", {}), **written["metadata"]}}


def crawled() -> Plan:
    """The end of a run with the Classifier as it is once it is mended."""
    world: dict[str, Any] = {
        "spec": spec(classifiers=["odd"]),
        "classifiers": {"odd": ClassifierSpec.model_validate(MENDED)},
    }
    started = plan(observed(**world), SETTINGS)
    return plan(after(started, jobs=(job("Complete"),), pods=(pod("Succeeded", SUMMARY),), **world), SETTINGS)


async def test_a_crawl_goes_on_when_the_classifier_that_it_names_is_valid_again() -> None:
    cache = Cache()
    reconciler = Reconciler(Context(cast("Any", Server(cache)), cache, SETTINGS), {"Crawl": CAPABILITY})
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    catalog = CATALOG.model_dump(mode="json", by_alias=True, exclude_none=True)
    cache.upsert({**stored(LAKE), "spec": catalog, "status": ready})
    cache.upsert({**stored(CLASSIFIER), "spec": {"csv": {"quote": "''"}}})
    crawl = stored(CRAWL)
    crawl["metadata"]["generation"] = 1
    cache.upsert({**crawl, "spec": {**SPEC, "classifiers": ["odd"]}, "status": crawled().status})
    await reconciler.reconcile(CRAWL)
    told = (cache.get(CRAWL) or {})["status"]
    assert (told["state"], told["reason"]) == ("Failed", "InvalidSpec")
    assert told["message"].startswith("of the Classifier that it names, spec.csv.quote: ")
    mended = stored(CLASSIFIER)
    mended["metadata"]["resourceVersion"] = "99"
    cache.upsert({**mended, "spec": MENDED})
    await reconciler.reconcile(CRAWL)
    told = (cache.get(CRAWL) or {})["status"]
    assert (told["state"], told["run"]) == ("Starting", 2)
