"""Warehouses, and the cluster as they see it, for tests."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from emberlake.api.v1alpha1.warehouse import WarehouseSpec, WarehouseStatus
from emberlake.core.model import Apply, Owner, Plan
from emberlake.settings import Settings
from emberlake.warehouse.observe import CatalogView, Observed, Probe, Reply
from emberlake.warehouse.plan import plan
from unit.catalog.catalogs import AWS
from unit.catalog.catalogs import spec as catalog_spec

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IMAGES = {"spark": "s:1", "sail": "l:1", "crawler": "c:1", "trino": "emberlake/trino:1"}
SETTINGS = Settings.model_validate(
    {
        "defaults": {"release": "r1"},
        "releases": {"r1": {"spark": "4", "iceberg": "1", "java": "21", "python": "3", "images": IMAGES}},
    }
)
OWNER = Owner("emberlake.dev/v1alpha1", "Warehouse", "demo", "wh", "uid-1", 1, {}, False)
LAKE = CatalogView(catalog_spec())
PROD = CatalogView(catalog_spec(AWS))
LISTED = frozenset(
    {"system", *(f"{name}{kind}" for name in ("lake", "prod") for kind in ("", "_hive", "_delta"))}
)


def spec(**fields: Any) -> WarehouseSpec:
    return WarehouseSpec.model_validate({"catalogs": ["lake"], **fields})


def observed(status: Mapping[str, Any] | None = None, **fields: Any) -> Observed:
    base = Observed(
        now=NOW,
        owner=OWNER,
        spec=spec(),
        status=WarehouseStatus.model_validate(status or {}),
        catalogs={"lake": LAKE},
        conditions=tuple((status or {}).get("conditions") or ()),
    )
    return replace(base, **fields)


def manifests(found: Plan) -> dict[tuple[str, str], dict[str, Any]]:
    """What a plan applies, by kind and name."""
    applied = [action.manifest for action in found.actions if isinstance(action, Apply)]
    return {(m["kind"], m["metadata"]["name"]): deepcopy(dict(m)) for m in applied}


def deployed(found: Plan, role: str, ready: int | None = None) -> dict[str, Any]:
    """The Deployment of a plan, as the API server shows it once `ready` of its pods are (default: all)."""
    manifest = manifests(found)["Deployment", f"wh-{role}"]
    wanted = manifest["spec"]["replicas"]
    count = wanted if ready is None else ready
    manifest["metadata"] |= {"generation": 1, "uid": f"uid-{role}"}
    manifest["status"] = {
        "observedGeneration": 1,
        "replicas": wanted,
        "updatedReplicas": wanted,
        "readyReplicas": count,
        "availableReplicas": count,
    }
    return manifest


def running(look: Observed, listed: frozenset[str] = LISTED, **fields: Any) -> Observed:
    """The same warehouse after its plan was carried out and its pods came up."""
    first = plan(look, SETTINGS)
    rendered = manifests(first)["ConfigMap", "wh-catalogs"]
    status = WarehouseStatus.model_validate(dict(first.status or {}))
    after = replace(
        look,
        status=status,
        coordinator=deployed(first, "coordinator"),
        workers=deployed(first, "worker"),
        rendered=rendered,
        probe=Probe(NOW, 1, Reply(listed)),
        conditions=tuple((first.status or {}).get("conditions") or ()),
    )
    return replace(after, **fields)


def pod(role: str, container: Mapping[str, Any], **status: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": f"wh-{role}-x", "namespace": "demo", "labels": {"emberlake.dev/role": role}},
        "status": {"containerStatuses": [{"image": "emberlake/trino:1", **container}], **status},
    }
