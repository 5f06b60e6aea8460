"""Warehouse: a Trino cluster over one or more Catalogs."""

from typing import Annotated

from pydantic import Field

from emberlake.api.v1alpha1.common import (
    BaseStatus,
    Column,
    Cpu,
    Memory,
    Model,
    ObjectName,
    Resource,
    Scale,
)


class Node(Model):
    """Size of a Trino pod."""

    memory: Memory = Field("2Gi", description="Memory limit of the container; the heap is 70 % of it.")
    core_request: Cpu | None = Field(None, description="CPU request; default: the operator's.")


class Coordinator(Node):
    """The coordinator, which also works."""


class Workers(Node):
    """The workers."""

    replicas: Annotated[int, Field(ge=0, le=1000)] = Field(0, description="0: the coordinator works alone.")


class WarehouseSpec(Model):
    """Which catalogs to serve and with which resources."""

    catalogs: list[ObjectName] = Field(min_length=1, max_length=8, description="Catalogs to query.")
    release: str | None = Field(None, max_length=63, description="Release label; default: the operator's.")
    coordinator: Coordinator = Field(default_factory=lambda: Coordinator.model_validate({}))
    workers: Workers = Field(default_factory=lambda: Workers.model_validate({}))
    suspend: bool = Field(False, description="Stop all pods; the definition stays.")


class WorkersStatus(Model):
    """Workers as they are."""

    replicas: int = 0
    ready: int = 0
    selector: str = Field(
        "", max_length=512, description="Label selector of the workers (scale subresource)."
    )


class WarehouseStatus(BaseStatus):
    """Observed state of a Warehouse."""

    url: str | None = Field(None, max_length=256, description="Address for Trino clients in the cluster.")
    catalogs: list[Annotated[str, Field(max_length=128)]] = Field(
        default_factory=list, max_length=24, description="SQL names that queries see."
    )
    workers: WorkersStatus | None = Field(None)
    config_hash: str | None = Field(None, max_length=64)


class Warehouse(Resource):
    """The Warehouse kind."""

    kind = "Warehouse"
    plural = "warehouses"
    short_name = "wh"
    description = "A Trino cluster over one or more Catalogs."
    spec_model = WarehouseSpec
    status_model = WarehouseStatus
    columns = (
        Column(name="State", path=".status.state"),
        Column(name="Workers", path=".status.workers.ready", type="integer"),
        Column(name="Reason", path=".status.reason"),
        Column(name="URL", path=".status.url", priority=1),
        Column(name="Age", path=".metadata.creationTimestamp", type="date"),
    )
    scale = Scale(
        spec_path=".spec.workers.replicas",
        status_path=".status.workers.replicas",
        selector_path=".status.workers.selector",
    )
