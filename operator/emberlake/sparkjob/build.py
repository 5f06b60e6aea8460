"""Builds the driver pod and its ConfigMap, as spark-submit would, without a JVM. Pure.

Names, labels, ports, arguments and volumes follow what spark-submit 4.1 sends; see Spark's
"Running on Kubernetes". No Service: executors reach the driver by its pod IP.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from emberlake.api.quantity import memory_mib
from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.api.v1alpha1.sparkpods import PodResources
from emberlake.catalog.render import credentials_env, spark_conf
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import EXECUTOR_ROLE, digest, labels, metadata
from emberlake.core.properties import render
from emberlake.settings import Settings
from emberlake.sparkjob.resources import cpu_request, overhead_factor, pod_memory_mib

DRIVER = "spark-kubernetes-driver"
EXECUTOR = "spark-kubernetes-executor"
SPARK_UID = 185
CONF_DIR = "/opt/spark/conf"
TEMPLATE_DIR = "/opt/spark/pod-template"
LOCAL_DIR = "/var/data/spark"
_PYTHON_RUNNER = "org.apache.spark.deploy.PythonRunner"
_RPC_PORT, _BLOCK_PORT, _UI_PORT = 7078, 7079, 4040
_WRITABLE = (("spark-local-dir-1", LOCAL_DIR), ("tmp", "/tmp"), ("work", "/opt/spark/work-dir"))  # noqa: S108

Catalogs = Sequence[tuple[str, CatalogSpec]]


@dataclass(frozen=True)
class Attempt:
    """Which driver: run and attempt, both counted from 1."""

    run: int
    number: int


def driver_name(owner: Owner, attempt: Attempt) -> str:
    """Name of the driver pod."""
    return f"{_prefix(owner, attempt)}-driver"


def application_id(owner: Owner, attempt: Attempt) -> str:
    """Spark's application id, the same for the same attempt of the same object."""
    return "spark-" + digest({"uid": owner.uid, "run": attempt.run, "attempt": attempt.number}, 32)


def config_map(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> Manifest:
    """The driver's spark.properties and the executors' pod template."""
    conf = properties(owner, spec, catalogs, settings, attempt)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, _conf_name(owner, attempt), "driver", attempt.run, attempt.number),
        "immutable": True,
        "data": {
            "spark.properties": render(dict(sorted(conf.items()))),
            "pod-spec-template.yml": yaml.safe_dump(
                executor_template(owner, spec, catalogs, settings, attempt), sort_keys=False
            ),
        },
    }


def properties(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> dict[str, str]:
    """The effective Spark settings: operator defaults, then catalogs, then the user's, then what we own."""
    prefix = _prefix(owner, attempt)
    factor = str(overhead_factor(spec.type))
    defaults = {
        "spark.app.name": owner.name,
        "spark.executor.instances": str(1 if spec.executor.instances is None else spec.executor.instances),
        "spark.kubernetes.executor.enablePollingWithResourceVersion": "true",
        "spark.executor.maxNumFailures": "10",
        "spark.ui.prometheus.enabled": "true",
        "spark.kubernetes.memoryOverheadFactor": factor,
        "spark.kubernetes.container.image.pullPolicy": settings.defaults.image_pull_policy,
    }
    owned = {
        "spark.master": "k8s://https://kubernetes.default.svc",
        "spark.app.id": application_id(owner, attempt),
        "spark.submit.deployMode": "cluster",
        "spark.kubernetes.namespace": owner.namespace,
        "spark.kubernetes.driver.pod.name": driver_name(owner, attempt),
        "spark.kubernetes.submitInDriver": "true",
        "spark.driver.port": str(_RPC_PORT),
        "spark.driver.blockManager.port": str(_BLOCK_PORT),
        "spark.driver.memory": f"{memory_mib(spec.driver.memory or '1Gi')}m",
        "spark.driver.cores": str(spec.driver.cores or 1),
        "spark.executor.memory": f"{memory_mib(spec.executor.memory or '1Gi')}m",
        "spark.executor.cores": str(spec.executor.cores or 1),
        "spark.kubernetes.executor.useDriverPodIP": "true",
        "spark.kubernetes.container.image": image(spec, settings),
        "spark.kubernetes.resource.type": "java" if spec.type == "Java" else "python",
        "spark.kubernetes.executor.podNamePrefix": prefix,
        "spark.kubernetes.executor.request.cores": _cpu(spec.executor, settings),
        "spark.kubernetes.authenticate.executor.serviceAccountName": settings.service_accounts.executor,
        "spark.kubernetes.executor.podTemplateFile": f"{TEMPLATE_DIR}/pod-spec-template.yml",
        "spark.kubernetes.executor.podTemplateContainerName": EXECUTOR,
        **_optional(spec),
    }
    if spec.type == "Java":
        owned["spark.jars"] = spec.main_application_file or ""
    if settings.defaults.image_pull_secrets:
        owned["spark.kubernetes.container.image.pullSecrets"] = ",".join(settings.defaults.image_pull_secrets)
    return {**defaults, **(spark_conf(catalogs) if catalogs else {}), **spec.spark_conf, **owned}


def _optional(spec: SparkJobSpec) -> dict[str, str]:
    found = {}
    if spec.executor.core_limit:
        found["spark.kubernetes.executor.limit.cores"] = spec.executor.core_limit
    if spec.executor.memory_overhead:
        found["spark.executor.memoryOverhead"] = f"{memory_mib(spec.executor.memory_overhead)}m"
    return found


def image(spec: SparkJobSpec, settings: Settings) -> str:
    """The image of driver and executors."""
    if spec.image:
        return spec.image
    release = settings.release(spec.release)
    if release is None:
        raise ValueError(f"spec.release {spec.release!r} is not served")
    return release.images.spark


def driver_pod(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> Manifest:
    """The driver pod, laid over the user's template."""
    template = _template(spec.driver)
    pod_spec = template["spec"]
    containers = pod_spec.pop("containers", None) or [{}]
    main = next((c for c in containers if c.get("name") == DRIVER), containers[0])
    main.update(_driver_container(owner, spec, catalogs, settings, attempt, main))
    pod_spec.update(_pod_fields(settings, containers))
    pod_spec["serviceAccountName"] = spec.service_account_name or settings.service_accounts.driver
    pod_spec["restartPolicy"] = "Never"
    pod_spec["volumes"] = [
        *(pod_spec.get("volumes") or []),
        *_conf_volumes(owner, attempt),
        *({"name": name, "emptyDir": {}} for name, _ in _WRITABLE),
    ]
    meta = metadata(owner, driver_name(owner, attempt), "driver", attempt.run, attempt.number)
    meta["labels"] = {**template["labels"], **meta["labels"], **_spark_labels(owner, spec, settings, attempt)}
    meta["annotations"] = template["annotations"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod_spec}


def _driver_container(
    owner: Owner,
    spec: SparkJobSpec,
    catalogs: Catalogs,
    settings: Settings,
    attempt: Attempt,
    base: Mapping[str, Any],
) -> dict[str, Any]:
    memory = f"{pod_memory_mib(spec.driver, spec.type)}Mi"
    resources = deepcopy(base.get("resources") or {})
    resources["requests"] = {
        **resources.get("requests", {}),
        "cpu": _cpu(spec.driver, settings),
        "memory": memory,
    }
    resources["limits"] = {**resources.get("limits", {}), "memory": memory}
    if spec.driver.core_limit:
        resources["limits"]["cpu"] = spec.driver.core_limit
    return {
        "name": DRIVER,
        "image": image(spec, settings),
        "imagePullPolicy": settings.defaults.image_pull_policy,
        "args": _arguments(spec),
        "env": [
            *(base.get("env") or []),
            {"name": "SPARK_USER", "value": "spark"},
            {"name": "SPARK_APPLICATION_ID", "value": application_id(owner, attempt)},
            {"name": "SPARK_DRIVER_BIND_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "SPARK_LOCAL_DIRS", "value": LOCAL_DIR},
            {"name": "SPARK_CONF_DIR", "value": CONF_DIR},
            *_credentials(catalogs),
        ],
        "ports": [
            {"name": "driver-rpc-port", "containerPort": _RPC_PORT, "protocol": "TCP"},
            {"name": "blockmanager", "containerPort": _BLOCK_PORT, "protocol": "TCP"},
            {"name": "spark-ui", "containerPort": _UI_PORT, "protocol": "TCP"},
        ],
        "resources": resources,
        "securityContext": _container_security(),
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            *(base.get("volumeMounts") or []),
            {"name": "spark-conf-volume-driver", "mountPath": CONF_DIR},
            {"name": "pod-template-volume", "mountPath": TEMPLATE_DIR},
            *({"name": name, "mountPath": target} for name, target in _WRITABLE),
        ],
    }


def _arguments(spec: SparkJobSpec) -> list[str]:
    main_class = spec.main_class if spec.type == "Java" and spec.main_class else _PYTHON_RUNNER
    return [
        "driver",
        "--properties-file",
        f"{CONF_DIR}/spark.properties",
        "--class",
        main_class,
        spec.main_application_file or "",
        *spec.arguments,
    ]


def executor_template(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> dict[str, Any]:
    """The pod template of executors: Spark adds the rest, but no security context of its own."""
    template = _template(spec.executor)
    pod_spec = template["spec"]
    containers = pod_spec.pop("containers", None) or [{}]
    main = next((c for c in containers if c.get("name") == EXECUTOR), containers[0])
    main["name"] = EXECUTOR
    main["securityContext"] = _container_security()
    main["env"] = [*(main.get("env") or []), *_credentials(catalogs)]
    # Spark mounts its local directory itself.
    writable = [pair for pair in _WRITABLE if pair[1] != LOCAL_DIR]
    main["volumeMounts"] = [
        *(main.get("volumeMounts") or []),
        *({"name": name, "mountPath": target} for name, target in writable),
    ]
    pod_spec.update(_pod_fields(settings, containers))
    pod_spec["automountServiceAccountToken"] = False
    pod_spec["volumes"] = [
        *(pod_spec.get("volumes") or []),
        *({"name": name, "emptyDir": {}} for name, _ in writable),
    ]
    own = labels(owner, EXECUTOR_ROLE, attempt.run, attempt.number)
    meta = {"labels": {**template["labels"], **own}, "annotations": template["annotations"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod_spec}


def _pod_fields(settings: Settings, containers: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": SPARK_UID,
            "runAsGroup": SPARK_UID,
            "fsGroup": SPARK_UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": containers,
    }
    if settings.defaults.image_pull_secrets:
        found["imagePullSecrets"] = [{"name": name} for name in settings.defaults.image_pull_secrets]
    return found


def _template(pod: PodResources) -> dict[str, Any]:
    document = deepcopy(pod.template.document()) if pod.template else {}
    meta = document.get("metadata") or {}
    return {
        "spec": document.get("spec") or {},
        "labels": meta.get("labels") or {},
        "annotations": meta.get("annotations") or {},
    }


def _container_security() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _credentials(catalogs: Catalogs) -> list[dict[str, Any]]:
    return credentials_env(catalogs[0][1]) if catalogs else []


def _conf_volumes(owner: Owner, attempt: Attempt) -> list[dict[str, Any]]:
    name = _conf_name(owner, attempt)
    return [
        {
            "name": volume,
            "configMap": {"name": name, "items": [{"key": key, "path": key}]},
        }
        for volume, key in (
            ("spark-conf-volume-driver", "spark.properties"),
            ("pod-template-volume", "pod-spec-template.yml"),
        )
    ]


def _spark_labels(owner: Owner, spec: SparkJobSpec, settings: Settings, attempt: Attempt) -> dict[str, str]:
    release = settings.release(spec.release)
    found = {
        "spark-app-selector": application_id(owner, attempt),
        "spark-role": "driver",
        "spark-app-name": owner.name,
    }
    return {**found, "spark-version": release.spark} if release else found


def _prefix(owner: Owner, attempt: Attempt) -> str:
    return f"{owner.name}-{attempt.run}-{attempt.number}"


def _conf_name(owner: Owner, attempt: Attempt) -> str:
    return f"{_prefix(owner, attempt)}-conf"


def _cpu(pod: PodResources, settings: Settings) -> str:
    return cpu_request(pod, settings.defaults.cpu_request_per_core)
