"""How a kind is registered: what to watch, how to observe, how to plan."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from emberlake.core.context import Context
from emberlake.core.model import Manifest, Plan, Refusal, Transition
from emberlake.settings import Settings

Observed = TypeVar("Observed")


@dataclass(frozen=True)
class Capability(Generic[Observed]):
    """One kind.

    Attributes:
        kind: the kind it reconciles.
        children: kinds of its children to watch (by Emberlake's labels).
        references: by kind, the names that an object of this kind refers to in its namespace; a change of
            one of those brings the object back into the queue.
        observe: reads everything `plan` needs into one frozen value.
        plan: decides; pure.
        refused: what follows when the API server refused an object of the plan; pure. Without it the object
            waits as Pending and is tried again.
        measure: counts and times what is the kind's own, once for each status that was written.
        deadline: when an object must have left its present state at the latest, None without a bound.
    """

    kind: str
    children: tuple[str, ...]
    references: Mapping[str, Callable[[Manifest], frozenset[str]]]
    observe: Callable[[Context, Manifest], Awaitable[Observed]]
    plan: Callable[[Observed, Settings], Plan]
    refused: Callable[[Observed, Refusal, Settings], Plan] | None = None
    measure: Callable[[Transition], None] = lambda _: None
    deadline: Callable[[Manifest], datetime | None] = lambda _: None


def watched(capabilities: Iterable[Capability[Any]]) -> dict[str, tuple[str, ...]]:
    """Each kind to watch, with the kinds that look at theirs as children; none for a kind of our own."""
    found: dict[str, tuple[str, ...]] = {}
    for capability in capabilities:
        found.setdefault(capability.kind, ())
        for child in capability.children:
            found[child] = (*found.get(child, ()), capability.kind)
    return found
