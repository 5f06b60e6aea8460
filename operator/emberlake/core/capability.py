"""How a kind is registered: what to watch, how to observe, how to plan."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from emberlake.core.context import Context
from emberlake.core.model import Manifest, Plan
from emberlake.settings import Settings

Observed = TypeVar("Observed")


@dataclass(frozen=True)
class Capability(Generic[Observed]):
    """One kind.

    Attributes:
        kind: the kind it reconciles.
        children: kinds of its children to watch (by Emberlake's labels).
        references: for objects of this kind, the names of the Catalogs it refers to; a change of one of
            them brings the object back into the queue.
        observe: reads everything `plan` needs into one frozen value.
        plan: decides; pure.
    """

    kind: str
    children: tuple[str, ...]
    references: Callable[[Mapping[str, Any]], frozenset[str]]
    observe: Callable[[Context, Manifest], Awaitable[Observed]]
    plan: Callable[[Observed, Settings], Plan]
