"""A Warehouse's life."""

from typing import Any

from faults.steps import apply, delete, gone, patch, ready_pods, until
from faults.upstream import Object
from faults.workloads.base import Workload, ready_catalog, resource

_WH = "warehouses/wh"


def warehouse(**spec: Any) -> Object:
    """A Warehouse without workers."""
    return resource("Warehouse", "wh", {"catalogs": ["lake"], **spec})


_READY = (
    *ready_catalog(),
    apply(warehouse()),
    ready_pods("wh-coordinator", 1),
    until(_WH, state="Ready"),
)

WORKLOADS = (
    Workload("warehouse-starts", _READY),
    Workload(
        "warehouse-scaled",
        (
            *_READY,
            patch(_WH, {"workers": {"replicas": 1}}),
            ready_pods("wh-worker", 1),
            until(_WH, state="Ready"),
        ),
    ),
    Workload(
        "warehouse-suspended",
        (
            *_READY,
            patch(_WH, {"suspend": True}),
            until(_WH, state="Suspended"),
            ready_pods("wh-coordinator", 0),
            patch(_WH, {"suspend": False}),
            ready_pods("wh-coordinator", 1),
            until(_WH, state="Ready"),
        ),
    ),
    Workload(
        "warehouse-loses-catalog",
        (*_READY, delete("catalogs/lake"), gone("catalogs/lake"), until(_WH, reason="CatalogDeleted")),
    ),
    Workload(
        "warehouse-deleted",
        (
            *_READY,
            delete(_WH),
            gone(_WH, "deployments/wh-coordinator", "services/wh", "configmaps/wh-catalogs"),
            ready_pods("wh-coordinator", 0),
        ),
    ),
)
