"""Builds the objects of a Warehouse: two Deployments, a Service, three ConfigMaps. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emberlake.api import GROUP
from emberlake.api.v1alpha1.warehouse import Node, WarehouseSpec
from emberlake.core.model import Manifest, Owner, Ref
from emberlake.core.objects import KIND_LABEL, NAME_LABEL, ROLE_LABEL, digest, metadata
from emberlake.settings import Settings
from emberlake.warehouse.catalogs import RECORD, Served, data
from emberlake.warehouse.config import DATA_DIR, PORT, SHUTDOWN_USER, coordinator_files, worker_files
from emberlake.warehouse.memory import sizes

COORDINATOR, WORKER, CATALOGS, SERVICE = "coordinator", "worker", "catalogs", "service"
CONFIG_HASH = f"{GROUP}/config-hash"
ETC_DIR = "/etc/trino"
TRINO_UID = 1000
DRAIN_SECONDS = 300
# bash itself: the image has no HTTP client.
_CONNECT = f"exec 3<>/dev/tcp/127.0.0.1/{PORT}"
_STARTED = (
    rf"{_CONNECT} && printf 'GET /v1/info HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3"
    " && grep -q '\"starting\":false' <&3"
)
_DRAIN = (
    rf"{_CONNECT} && printf 'PUT /v1/info/state HTTP/1.0\r\nHost: localhost\r\n"
    rf"X-Trino-User: {SHUTDOWN_USER}\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    """"SHUTTING_DOWN"' >&3 && grep -q '^HTTP/1.1 200' <&3 && while kill -0 1; do sleep 1; done"""
)


@dataclass(frozen=True)
class Children:
    """Every object of a Warehouse, in the order in which they are applied."""

    config_maps: tuple[Manifest, ...]
    service: Manifest
    workers: Manifest
    coordinator: Manifest

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """All of them; the coordinator last, so that it starts on complete configuration."""
        return (*self.config_maps, self.service, self.workers, self.coordinator)

    @property
    def config_hash(self) -> str:
        """Changes whenever a pod of the warehouse has to start anew."""
        return digest({"coordinator": template_hash(self.coordinator), "worker": template_hash(self.workers)})


def refs(owner: Owner) -> tuple[Ref, ...]:
    """Names of all objects of a Warehouse."""
    names = (COORDINATOR, WORKER, CATALOGS)
    return (
        *(Ref("ConfigMap", owner.namespace, f"{owner.name}-{name}") for name in names),
        Ref("Service", owner.namespace, owner.name),
        Ref("Deployment", owner.namespace, f"{owner.name}-{WORKER}"),
        Ref("Deployment", owner.namespace, f"{owner.name}-{COORDINATOR}"),
    )


def children(
    owner: Owner, spec: WarehouseSpec, served: Sequence[Served], settings: Settings, image: str
) -> Children:
    """All objects of a Warehouse.

    Raises:
        ValueError: a memory size is too small for Trino; names the field.
    """
    coordinator = sizes(spec.coordinator.memory, "spec.coordinator.memory")
    worker = sizes(spec.workers.memory, "spec.workers.memory")
    files = {
        COORDINATOR: coordinator_files(owner, coordinator),
        WORKER: worker_files(owner, worker),
        CATALOGS: data(served),
    }
    common = _Common(owner, served, settings, image)
    return Children(
        config_maps=tuple(_config_map(owner, role, contents) for role, contents in files.items()),
        service=_service(owner),
        workers=_deployment(
            common,
            WORKER,
            spec.workers,
            0 if spec.suspend else spec.workers.replicas,
            [files[WORKER], files[CATALOGS]],
        ),
        coordinator=_deployment(
            common,
            COORDINATOR,
            spec.coordinator,
            0 if spec.suspend else 1,
            [files[COORDINATOR], files[CATALOGS]],
        ),
    )


def selector(owner: Owner, role: str) -> dict[str, str]:
    """Labels that select the pods of a role; never changed, Deployments forbid it."""
    return {KIND_LABEL: owner.kind, NAME_LABEL: owner.name, ROLE_LABEL: role}


def template_hash(deployment: Mapping[str, Any]) -> str:
    """The hash in a Deployment's pod template, "" when there is none."""
    annotations = deployment["spec"]["template"]["metadata"].get("annotations") or {}
    return str(annotations.get(CONFIG_HASH, ""))


@dataclass(frozen=True)
class _Common:
    owner: Owner
    served: Sequence[Served]
    settings: Settings
    image: str


def _config_map(owner: Owner, role: str, contents: Mapping[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, f"{owner.name}-{role}", role),
        "data": dict(contents),
    }


def _service(owner: Owner) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(owner, owner.name, SERVICE),
        "spec": {
            "selector": selector(owner, COORDINATOR),
            "ports": [{"name": "http", "port": PORT, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def _deployment(
    common: _Common, role: str, node: Node, replicas: int, files: Sequence[Mapping[str, str]]
) -> Manifest:
    owner = common.owner
    meta = metadata(owner, f"{owner.name}-{role}", role)
    pod = _pod(common, role, node)
    # Two coordinators at once would split the workers between them; workers give way one by one.
    recreate = {"type": "Recreate"}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "25%"}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 2,
            "strategy": recreate if role == COORDINATOR else rolling,
            "selector": {"matchLabels": selector(owner, role)},
            "template": {
                "metadata": {
                    "labels": meta["labels"],
                    "annotations": {CONFIG_HASH: digest({"pod": pod, "files": list(files)})},
                },
                "spec": pod,
            },
        },
    }


def _pod(common: _Common, role: str, node: Node) -> dict[str, Any]:
    settings = common.settings
    pod: dict[str, Any] = {
        # Without named credentials it carries the pod identity with which the bucket was checked.
        "serviceAccountName": settings.service_accounts.crawler,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": DRAIN_SECONDS if role == WORKER else 30,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": TRINO_UID,
            "runAsGroup": TRINO_UID,
            "fsGroup": TRINO_UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(common, role, node)],
        "volumes": [
            {"name": "etc", "projected": {"sources": _sources(common, role)}},
            {"name": "data", "emptyDir": {}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    if secrets := settings.defaults.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": secret} for secret in secrets]
    return pod


def _sources(common: _Common, role: str) -> list[dict[str, Any]]:
    name = common.owner.name
    files = [file for file in data(common.served) if file != RECORD]
    items = [{"key": file, "path": f"catalog/{file}"} for file in files]
    return [
        {"configMap": {"name": f"{name}-{role}"}},
        {"configMap": {"name": f"{name}-{CATALOGS}", "items": items}},
    ]


def _container(common: _Common, role: str, node: Node) -> dict[str, Any]:
    memory = f"{sizes(node.memory, role).container}Mi"
    cpu = node.core_request or common.settings.trino.cpu_request
    drain = {"lifecycle": {"preStop": {"exec": {"command": ["bash", "-c", _DRAIN]}}}}
    return {
        "name": "trino",
        "image": common.image,
        "imagePullPolicy": common.settings.defaults.image_pull_policy,
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            # By default glibc holds 64 MiB for each of many threads: more than is left beside a small heap.
            {"name": "MALLOC_ARENA_MAX", "value": "2"},
            *(dict(entry) for served in common.served for entry in served.env),
        ],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
        **_probes(),
        **(drain if role == WORKER else {}),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "etc", "mountPath": ETC_DIR, "readOnly": True},
            {"name": "data", "mountPath": DATA_DIR},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 the container's own
        ],
    }


def _probes() -> dict[str, Any]:
    """Ready once Trino says that it started; /v1/info answers 200 before that."""
    started = {"exec": {"command": ["bash", "-c", _STARTED]}, "timeoutSeconds": 5}
    return {
        "startupProbe": {**started, "periodSeconds": 2, "failureThreshold": 150},
        "readinessProbe": {**started, "periodSeconds": 5, "failureThreshold": 3},
        "livenessProbe": {
            "httpGet": {"path": "/v1/info", "port": "http"},
            "timeoutSeconds": 10,
            "periodSeconds": 20,
            "failureThreshold": 6,
        },
    }
