"""Makes a pod satisfy the Pod Security standard `restricted`, with a read-only root. Pure.

See Kubernetes, "Pod Security Standards". What a user wrote that breaks it was refused before (`podsecurity`).
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

SPARK_UID = 185
_WRITABLE = (("emberlake-tmp", "/tmp"), ("emberlake-work", "/opt/spark/work-dir"))  # noqa: S108
_PROFILE = {"type": "RuntimeDefault"}

Document = dict[str, Any]


def restricted(spec: Mapping[str, Any], container: str) -> Document:
    """The pod spec with security contexts, and for Spark's container a root that cannot be written."""
    found = deepcopy(dict(spec))
    found.setdefault("enableServiceLinks", False)
    found["securityContext"] = _pod_context(found.get("securityContext") or {})
    for kind in ("initContainers", "containers"):
        if kind in found:
            found[kind] = [_container(c, c.get("name") == container) for c in found[kind]]
    main = next(c for c in found["containers"] if c.get("name") == container)
    mounts = main.get("volumeMounts") or []
    taken = {mount["mountPath"].rstrip("/") for mount in mounts}
    free = [(name, path) for name, path in _WRITABLE if path not in taken]
    main["volumeMounts"] = [*mounts, *({"name": name, "mountPath": path} for name, path in free)]
    volumes = [{"name": name, "emptyDir": {}} for name, _ in free]
    found["volumes"] = [*(found.get("volumes") or []), *volumes]
    return found


def _pod_context(own: Mapping[str, Any]) -> Document:
    """The user's ids, otherwise those of Spark's image."""
    ids = {"runAsUser": SPARK_UID, "runAsGroup": SPARK_UID, "fsGroup": SPARK_UID}
    return {**ids, **own, "runAsNonRoot": True, "seccompProfile": own.get("seccompProfile") or _PROFILE}


def _container(container: Mapping[str, Any], is_main: bool) -> Document:
    own = container.get("securityContext") or {}
    capabilities = {**(own.get("capabilities") or {}), "drop": ["ALL"]}
    context = {**own, "allowPrivilegeEscalation": False, "capabilities": capabilities}
    if is_main:
        context.setdefault("readOnlyRootFilesystem", True)
    return {**container, "securityContext": context}
