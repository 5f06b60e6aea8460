"""Crawl: each run is one Kubernetes Job that finds tables and writes them to the metastore."""

from emberlake.core.capability import Capability
from emberlake.crawl.observe import Observed, observe
from emberlake.crawl.plan import plan

CAPABILITY: Capability[Observed] = Capability(
    kind="Crawl",
    children=("Job", "Pod"),
    references={
        "Catalog": lambda obj: frozenset({obj["spec"]["catalog"]}),
        "Classifier": lambda obj: frozenset(obj["spec"].get("classifiers") or ()),
    },
    observe=observe,
    plan=plan,
)
