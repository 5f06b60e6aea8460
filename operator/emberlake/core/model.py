"""The words of the reconciler: references, decisions, actions and plans. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

Manifest = Mapping[str, Any]

# Reasons of a refusal that are not the API server's own: the name is taken by somebody else's object, or by
# what is left of an object of the same name that was deleted.
NAME_CONFLICT = "NameConflict"
EARLIER_OBJECT = "EarlierObjectEnding"


class Ref(NamedTuple):
    """Names one object of a known kind."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Decision:
    """Why: one CamelCase reason, and a message for people. Goes unchanged to condition, Event and log."""

    reason: str
    message: str


@dataclass(frozen=True)
class Create:
    """POST an object of a deterministic name; one that exists is adopted if its owner is ours."""

    manifest: Manifest


@dataclass(frozen=True)
class Apply:
    """Server-side apply an object."""

    manifest: Manifest


@dataclass(frozen=True)
class Delete:
    """Delete an object, only if it still has this uid and, where given, this resourceVersion."""

    ref: Ref
    uid: str
    grace_seconds: int | None = None
    resource_version: str | None = None


Action = Create | Apply | Delete


@dataclass(frozen=True)
class Plan:
    """What to do: actions in order, then the status, then look again after `requeue_after` seconds.

    `status` is the whole status subresource, or None to leave it as it is. With `status_first` it is written
    before the actions: it carries a resourceVersion, so whoever decided on an outdated object does nothing.
    """

    actions: tuple[Action, ...] = ()
    status: Manifest | None = None
    decision: Decision | None = None
    requeue_after: float | None = None
    status_first: bool = False


@dataclass(frozen=True)
class Refusal:
    """The API server did not take an object that a plan makes.

    `code` is the HTTP status, `reason` its machine-readable word. `made` takes back what the same plan had
    made before it.
    """

    ref: Ref
    code: int
    reason: str
    message: str
    made: tuple[Delete, ...] = ()


@dataclass(frozen=True)
class Owner:
    """Identity of an object of our own kinds, as plan and build need it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str
    generation: int
    annotations: Mapping[str, str]
    deleting: bool
    created: str = ""
    resource_version: str = ""

    @classmethod
    def of(cls, manifest: Manifest) -> "Owner":
        """Read from an object that the API server returned."""
        meta = manifest["metadata"]
        return cls(
            api_version=manifest["apiVersion"],
            kind=manifest["kind"],
            namespace=meta["namespace"],
            name=meta["name"],
            uid=meta["uid"],
            generation=meta.get("generation", 0),
            annotations=meta.get("annotations") or {},
            deleting=bool(meta.get("deletionTimestamp")),
            created=meta["creationTimestamp"],
            resource_version=meta.get("resourceVersion", ""),
        )

    @property
    def ref(self) -> Ref:
        """The reference of this object."""
        return Ref(self.kind, self.namespace, self.name)


@dataclass(frozen=True)
class Transition:
    """A status that was written: what stood there, what stands there now.

    `at` is the moment to the microsecond; the times inside a status have whole seconds.
    """

    owner: Owner
    before: Manifest
    after: Manifest
    at: datetime

    @property
    def moved(self) -> bool:
        """Whether people want to hear of it."""
        return self.changed("state", "reason", "run")

    def changed(self, *fields: str) -> bool:
        """Whether one of these fields of the status changed."""
        return any(self.before.get(field) != self.after.get(field) for field in fields)

    def seconds_since(self, time: str) -> float:
        """Seconds from an RFC 3339 time until this transition, never below 0: clocks differ."""
        return max(0.0, (self.at - datetime.fromisoformat(time)).total_seconds())
