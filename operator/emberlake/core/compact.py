"""The form in which the cache keeps an object: a fifth of what the API server sends. Pure."""

import sys
from typing import Any

_UNREAD_ANNOTATIONS = ("kubectl.kubernetes.io/last-applied-configuration",)
_CONTAINER_FIELDS = ("name", "image", "resources")
# Keys, states, times, names: what many objects have in common. Longer texts rarely are.
_SHARED_LENGTH = 64

Object = dict[str, Any]


def compact(obj: Object) -> Object:
    """A copy without what nobody reads, whose short texts are shared between all objects.

    Gone are managedFields, kubectl's copy of what was applied, and of a pod how its containers are made: its
    `spec` keeps single values, and each container's name, image and resources.
    """
    meta = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
    if annotations := meta.get("annotations"):
        meta["annotations"] = {k: v for k, v in annotations.items() if k not in _UNREAD_ANNOTATIONS}
    found = {**obj, "metadata": meta}
    if obj.get("kind") == "Pod" and "spec" in obj:
        found["spec"] = _pod_spec(obj["spec"])
    shared: Object = _shared(found)
    return shared


def _pod_spec(spec: Object) -> Object:
    kept = {key: value for key, value in spec.items() if not isinstance(value, dict | list)}
    for key in ("initContainers", "containers"):
        if key in spec:
            kept[key] = [{k: v for k, v in c.items() if k in _CONTAINER_FIELDS} for c in spec[key]]
    return kept


def _shared(value: Any) -> Any:
    if isinstance(value, dict):
        return {sys.intern(key): _shared(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shared(item) for item in value]
    if isinstance(value, str) and len(value) <= _SHARED_LENGTH:
        return sys.intern(value)
    return value
