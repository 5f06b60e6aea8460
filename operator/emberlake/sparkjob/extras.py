"""Objects of a SparkJob that only some ask for: one each per job, they choose the driver that runs. Pure."""

from collections.abc import Iterator
from typing import Any

from emberlake.api.v1alpha1.sparkjob import Ingress, SparkJobSpec
from emberlake.core.model import Owner, Ref
from emberlake.core.objects import KIND_LABEL, NAME_LABEL, ROLE_LABEL, metadata
from emberlake.sparkjob.driver import UI_PORT_NAME

_ROLE = "driver"
_UI_PORT = 4040

Document = dict[str, Any]


def extras(owner: Owner, spec: SparkJobSpec) -> Iterator[Document]:
    """The PodDisruptionBudget, Service and Ingress that the spec asks for."""
    if spec.driver.pod_disruption_budget:
        yield _disruption_budget(owner)
    if spec.ui.enabled and (spec.ui.service or spec.ui.ingress):
        yield _service(owner)
    if spec.ui.enabled and spec.ui.ingress:
        yield _ingress(owner, spec.ui.ingress)


def refs(owner: Owner) -> tuple[Ref, ...]:
    """All that a job may have of them, whatever its spec asks for now."""
    return (
        Ref("PodDisruptionBudget", owner.namespace, budget_name(owner)),
        Ref("Service", owner.namespace, ui_name(owner)),
        Ref("Ingress", owner.namespace, ui_name(owner)),
    )


def budget_name(owner: Owner) -> str:
    """Name of the driver's PodDisruptionBudget."""
    return f"{owner.name}-driver"


def ui_name(owner: Owner) -> str:
    """Name of the UI's Service and Ingress."""
    return f"{owner.name}-ui"


def _selector(owner: Owner) -> dict[str, str]:
    return {KIND_LABEL: owner.kind, NAME_LABEL: owner.name, ROLE_LABEL: _ROLE}


def _disruption_budget(owner: Owner) -> Document:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(owner, budget_name(owner), _ROLE),
        "spec": {"minAvailable": 1, "selector": {"matchLabels": _selector(owner)}},
    }


def _service(owner: Owner) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(owner, ui_name(owner), "ui"),
        "spec": {
            "selector": _selector(owner),
            # By name: spark.ui.port may say another number.
            "ports": [{"name": "http", "port": _UI_PORT, "targetPort": UI_PORT_NAME, "protocol": "TCP"}],
        },
    }


def _ingress(owner: Owner, ingress: Ingress) -> Document:
    backend = {"service": {"name": ui_name(owner), "port": {"name": "http"}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec: Document = {"rules": [{"host": ingress.host, "http": {"paths": paths}}]}
    if ingress.class_name:
        spec["ingressClassName"] = ingress.class_name
    if ingress.tls_secret_name:
        spec["tls"] = [{"hosts": [ingress.host], "secretName": ingress.tls_secret_name}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {**metadata(owner, ui_name(owner), "ui"), "annotations": dict(ingress.annotations)},
        "spec": spec,
    }
