"""The plans that `make test` runs: some of each kind of fault, over life cycles of each kind of object."""

import hashlib
from collections.abc import Iterable

from faults.plans import Plan

WORKLOADS = (
    "job-succeeds",
    "job-retries",
    "job-suspended",
    "job-made-anew",
    "catalog-changed",
    "crawl-cancelled",
    "warehouse-scaled",
)
KINDS = (
    *("kill-before", "kill-withheld", "kill-after", "stale", "past", "late"),
    *("refused-409", "refused-422", "refused-429", "refused-500", "refused-503"),
    *("broken-before", "broken-withheld", "hangs", "unsteady-500", "unsteady-503", "slow", "twice"),
    *("cut", "hidden", "gap", "silent", "deaf", "stream-410", "stream-500"),
    *("no-list-429", "no-list-500", "lost-page"),
)
# Ends by kill -9 are the most, and cost the least.
_OF_EACH = {"kill-before": 4, "kill-withheld": 4, "kill-after": 4, "stale": 3, "past": 3}


def sample(plans: Iterable[Plan]) -> list[Plan]:
    """The same plans of the same set each time, at least one of each kind."""
    found: dict[str, list[Plan]] = {}
    for plan in sorted(plans, key=draw):
        chosen = found.setdefault(plan.kind, [])
        if len(chosen) < _OF_EACH.get(plan.kind, 1):
            chosen.append(plan)
    return [plan for chosen in found.values() for plan in chosen]


def draw(plan: Plan) -> str:
    """Sorts plans by chance, and always alike: a part of them has something of everything."""
    return hashlib.sha256(plan.id.encode()).hexdigest()
