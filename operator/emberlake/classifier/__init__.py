"""Classifier: how a Crawl reads files that it would not recognise by itself. It is data; Crawls use it."""

from emberlake.classifier.observe import Observed, observe
from emberlake.classifier.plan import plan
from emberlake.core.capability import Capability

CAPABILITY: Capability[Observed] = Capability(
    kind="Classifier",
    children=(),
    references={},
    observe=observe,
    plan=plan,
)
