"""Reads what the plan of a Classifier needs into one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.classifier import ClassifierSpec
from emberlake.core.model import Manifest, Owner

if TYPE_CHECKING:
    from emberlake.core.context import Context


@dataclass(frozen=True)
class Observed:
    """Everything the plan of a Classifier looks at."""

    now: datetime
    owner: Owner
    spec: ClassifierSpec
    conditions: tuple[Mapping[str, Any], ...] = ()


async def observe(context: "Context", manifest: Manifest) -> Observed:
    """A Classifier depends on nothing but itself."""
    status = manifest.get("status") or {}
    return Observed(
        now=context.now(),
        owner=Owner.of(manifest),
        spec=ClassifierSpec.model_validate(manifest["spec"]),
        conditions=tuple(status.get("conditions") or ()),
    )
