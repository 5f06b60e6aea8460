"""Labels, owner references and metadata of the objects that Emberlake makes. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emberlake.api import GROUP
from emberlake.core.model import Manifest, Owner, Ref

KIND_LABEL = f"{GROUP}/kind"
NAME_LABEL = f"{GROUP}/name"
RUN_LABEL = f"{GROUP}/run"
ATTEMPT_LABEL = f"{GROUP}/attempt"
ROLE_LABEL = f"{GROUP}/role"
EXECUTOR_ROLE = "executor"
# Kubernetes' own, on each pod of a Job.
JOB_LABEL = "batch.kubernetes.io/job-name"


def labels(owner: Owner, role: str, run: int | None = None, attempt: int | None = None) -> dict[str, str]:
    """Labels of a child of `owner` that plays `role`."""
    found = {
        "app.kubernetes.io/name": owner.kind.lower(),
        "app.kubernetes.io/instance": owner.name,
        "app.kubernetes.io/component": role,
        "app.kubernetes.io/part-of": "emberlake",
        "app.kubernetes.io/managed-by": "emberlake",
        KIND_LABEL: owner.kind,
        NAME_LABEL: owner.name,
        ROLE_LABEL: role,
    }
    if run is not None:
        found[RUN_LABEL] = str(run)
    if attempt is not None:
        found[ATTEMPT_LABEL] = str(attempt)
    return found


def metadata(
    owner: Owner, name: str, role: str, run: int | None = None, attempt: int | None = None
) -> dict[str, Any]:
    """Metadata of a child, with the owner reference that garbage collection follows."""
    return {
        "name": name,
        "namespace": owner.namespace,
        "labels": labels(owner, role, run, attempt),
        "ownerReferences": [
            {
                "apiVersion": owner.api_version,
                "kind": owner.kind,
                "name": owner.name,
                "uid": owner.uid,
                "controller": True,
            }
        ],
    }


def ref_of(manifest: Manifest) -> Ref:
    """The reference of an object."""
    meta = manifest["metadata"]
    return Ref(manifest["kind"], meta.get("namespace", ""), meta["name"])


def owner_of(manifest: Manifest) -> Ref | None:
    """The object of ours that a child's labels name, None for objects that are no child."""
    meta = manifest["metadata"]
    found = meta.get("labels") or {}
    if KIND_LABEL not in found or NAME_LABEL not in found:
        return None
    return Ref(found[KIND_LABEL], meta.get("namespace", ""), found[NAME_LABEL])


def is_owned(manifest: Manifest, uid: str) -> bool:
    """Whether the object with this uid controls `manifest`."""
    return any(reference.get("uid") == uid for reference in manifest["metadata"].get("ownerReferences") or [])


def digest(value: Mapping[str, Any], length: int = 16) -> str:
    """Hex digest of a JSON document, the same whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime:
    """The moment of an RFC 3339 timestamp."""
    return datetime.fromisoformat(text)
