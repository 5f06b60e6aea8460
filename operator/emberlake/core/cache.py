"""What the operator has seen: the newest version of each object, with replace semantics.

A watch may lose a delete (reproduced with kopf after 410 Gone), so a periodic list replaces the contents.
Whoever brings news (a watch, a list, a live read, the answer to our own write), the listener hears of it
once: of an own write the watch's event comes too late to be news, and must not be waited for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from emberlake.core.compact import compact
from emberlake.core.model import Ref
from emberlake.core.objects import owner_of, ref_of

Object = dict[str, Any]


def version(obj: Object) -> int:
    """The resourceVersion as a number: comparable within one kind (KEP-5504)."""
    return int(obj["metadata"]["resourceVersion"])


class Cache:
    """Objects by reference, and children by owner."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[Ref, Object]] = defaultdict(dict)
        self._children: dict[Ref, set[Ref]] = defaultdict(set)
        self._listener: Callable[[Object], None] = lambda _: None

    def listen(self, listener: Callable[[Object], None]) -> None:
        """Call `listener` with each object that changed or went."""
        self._listener = listener

    def upsert(self, obj: Object) -> bool:
        """Keep `obj` unless a newer version is known; whether it was kept."""
        if not self._is_news(obj):
            return False
        self._keep(compact(obj))
        return True

    def _is_news(self, obj: Object) -> bool:
        ref = ref_of(obj)
        known = self._objects[ref.kind].get(ref)
        return known is None or version(known) < version(obj)

    def _keep(self, obj: Object) -> None:
        ref = ref_of(obj)
        self._objects[ref.kind][ref] = obj
        if owner := owner_of(obj):
            self._children[owner].add(ref)
        self._listener(obj)

    def discard(self, obj: Object) -> None:
        """Forget an object, unless one of the same name and another uid took its place."""
        ref = ref_of(obj)
        known = self._objects[ref.kind].get(ref)
        if known is not None and known["metadata"]["uid"] == obj["metadata"]["uid"]:
            self._forget(ref, known)
        self._listener(obj)

    def _forget(self, ref: Ref, known: Object) -> None:
        del self._objects[ref.kind][ref]
        if owner := owner_of(known):
            self._children[owner].discard(ref)
            if not self._children[owner]:
                del self._children[owner]

    def replace(self, kind: str, listed: Iterable[Object], at: int, namespace: str | None = None) -> None:
        """Take a whole list of `kind` as the truth.

        Args:
            listed: objects in their compact form.
            at: resourceVersion of the list. Objects newer than it were created since and are kept.
            namespace: the namespace that was listed, None for all.
        """
        present = set()
        for obj in listed:
            if self._is_news(obj):
                self._keep(obj)
            present.add(ref_of(obj))
        for ref, obj in list(self._objects[kind].items()):
            inside = namespace is None or ref.namespace == namespace
            if inside and ref not in present and version(obj) <= at:
                self.discard(obj)

    def get(self, ref: Ref) -> Object | None:
        """The object, or None when it is not known."""
        return self._objects[ref.kind].get(ref)

    def of_kind(self, kind: str, namespace: str | None = None) -> list[Object]:
        """All known objects of a kind, in one namespace or in all."""
        return [
            obj for ref, obj in self._objects[kind].items() if namespace is None or ref.namespace == namespace
        ]

    def family(self, owner: Ref) -> dict[Ref, Object]:
        """All known children as they are now; what becomes of them later does not show in it."""
        return {ref: self._objects[ref.kind][ref] for ref in self._children.get(owner, ())}

    def children(self, owner: Ref, kind: str) -> list[Object]:
        """Known children of `kind`, in the order of their names."""
        refs = sorted(ref for ref in self._children.get(owner, ()) if ref.kind == kind)
        return [self._objects[kind][ref] for ref in refs]
