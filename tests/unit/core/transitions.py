"""Transitions for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emberlake.core.model import Owner, Transition

CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def owner(kind: str = "SparkJob", uid: str = "u", name: str = "etl") -> Owner:
    return Owner("emberlake.dev/v1alpha1", kind, "demo", name, uid, 1, {}, False, text(0))


def moment(seconds: float) -> datetime:
    """So many seconds after the object was created."""
    return CREATED + timedelta(seconds=seconds)


def text(seconds: float) -> str:
    """The same as Kubernetes writes it."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def transition(
    before: dict[str, Any], after: dict[str, Any], at: float = 0, kind: str = "SparkJob", uid: str = "u"
) -> Transition:
    return Transition(owner(kind, uid), before, after, moment(at))
