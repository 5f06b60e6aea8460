"""Requests of the operator, as the proxy tells them apart."""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PATH = re.compile(
    r"/(?:api|apis/[^/]+)/v[^/]+(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<plural>[a-z]+)(?:/(?P<name>[^/]+)(?:/(?P<subresource>.+))?)?"
)
WRITES = frozenset({"create", "apply", "update", "patch", "delete"})
# The operator's own housekeeping: no object of a user depends on it.
UNCOUNTED = frozenset({"events", "leases"})


@dataclass(frozen=True)
class Call:
    """One request: what is done to what."""

    verb: str
    plural: str
    name: str = ""
    subresource: str = ""
    body: bytes = b""

    @classmethod
    def of(cls, method: str, path: str, query: Mapping[str, str], content_type: str, body: bytes) -> "Call":
        """Read a request; one that is about no resource has the verb `other`."""
        found = _PATH.fullmatch(path)
        if found is None:
            return cls("other", "")
        name = found["name"] or ""
        if method == "POST":
            name = (json.loads(body).get("metadata") or {}).get("name", "")
        verb = _verb(method, bool(found["name"]), query, content_type)
        return cls(verb, found["plural"], name, found["subresource"] or "", body)

    @property
    def key(self) -> str:
        """What is written, for people: `apply sparkjobs/etl/status`."""
        parts = (self.plural, self.name, self.subresource)
        return f"{self.verb} {'/'.join(part for part in parts if part)}"

    @property
    def is_write(self) -> bool:
        """Whether it changes what users see."""
        return self.verb in WRITES and self.plural not in UNCOUNTED


def _verb(method: str, named: bool, query: Mapping[str, str], content_type: str) -> str:
    if method == "GET":
        watches = query.get("watch", "").lower() in ("true", "1")
        return "get" if named else "watch" if watches else "list"
    if method == "PATCH":
        return "apply" if "apply-patch" in content_type else "patch"
    return {"POST": "create", "PUT": "update", "DELETE": "delete"}.get(method, "other")


@dataclass(frozen=True)
class Write:
    """A write that changes something: the `nth` of its key, from 1."""

    key: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.key} #{self.nth}"


@dataclass
class Journal:
    """The effective writes of one run, in the order in which they were answered.

    A server-side apply of what was applied before changes nothing and is no effective write. `times` are
    those of the writes, by the monotonic clock, and `tried` those of all that were tried; `last` is the
    newest of `times`, or the beginning. `seen` has the objects that watches told of, in order.
    """

    writes: list[Write] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    tried: list[float] = field(default_factory=list)
    seen: dict[str, None] = field(default_factory=dict)
    last: float = field(default_factory=time.monotonic)
    _counts: dict[str, int] = field(default_factory=dict)
    _applied: dict[str, str] = field(default_factory=dict)

    def arrives(self, call: Call) -> Write | None:
        """The write that `call` would be, None for reads and for what changes nothing."""
        if call.is_write:
            self.tried.append(time.monotonic())
        if not call.is_write or self._applied.get(call.key) == _digest(call):
            return None
        return Write(call.key, self._counts.get(call.key, 0) + 1)

    def answered(self, call: Call, write: Write | None, status: int) -> None:
        """Note the answer of the API server."""
        if write is None or not 200 <= status < 300:
            return
        if call.verb == "apply" and not call.subresource:
            self._applied[call.key] = _digest(call)
        self._counts[call.key] = self._counts.get(call.key, 0) + 1
        self.writes.append(Write(call.key, self._counts[call.key]))
        self.last = time.monotonic()
        self.times.append(self.last)


def _digest(call: Call) -> str:
    """Of what is applied, whatever version it is applied to."""
    if call.verb != "apply":
        return ""
    document = json.loads(call.body)
    meta = document.get("metadata") or {}
    kept = {key: value for key, value in meta.items() if key not in ("uid", "resourceVersion")}
    return hashlib.sha256(json.dumps({**document, "metadata": kept}).encode()).hexdigest()


def event_of(line: bytes) -> dict[str, Any]:
    """A line of a watch: its `type` and `object`."""
    found: dict[str, Any] = json.loads(line)
    return found
