"""Fields of a SparkJob as Spark settings, wherever Spark has a key: so that executors follow them too. Pure.

What has no key goes into the pod templates (`template`).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from emberlake.api.quantity import memory_mib
from emberlake.api.v1alpha1.sparkjob import Dependencies, SparkJobSpec
from emberlake.api.v1alpha1.sparkpods import (
    DynamicAllocation,
    EnvVar,
    Executor,
    Gpu,
    LocalStorage,
    PodResources,
)
from emberlake.settings import Defaults
from emberlake.sparkjob.resources import Role
from emberlake.sparkjob.volumes import ON_DEMAND

# The recovery of shuffle files looks for folders spark-*/executor-* two levels above.
STORAGE_DIR = "/var/data/spark-local/executor-local"
_STORAGE = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1."


class Field(NamedTuple):
    """One setting that a field gives; no value: the field takes the setting away."""

    key: str
    value: str | None
    source: str


def fields(spec: SparkJobSpec, defaults: Defaults) -> Iterator[Field]:
    """The settings of all fields that are set.

    Raises:
        ValueError: fields that cannot be carried out; names them.
    """
    yield from _job(spec)
    if spec.image_pull_secrets:
        names = ",".join([*defaults.image_pull_secrets, *spec.image_pull_secrets])
        yield Field("spark.kubernetes.container.image.pullSecrets", names, "spec.imagePullSecrets")
    yield from _dependencies(spec.deps)
    pods: tuple[tuple[Role, PodResources], ...] = (("driver", spec.driver), ("executor", spec.executor))
    for role, pod in pods:
        for field in _pod(role, pod):
            yield Field(field.key, field.value, f"spec.{role}.{field.source}")
    yield from _executor(spec.executor, defaults.storage_class_name)
    if spec.dynamic_allocation:
        yield from _dynamic_allocation(spec.dynamic_allocation)


def _job(spec: SparkJobSpec) -> Iterator[Field]:
    if spec.image:
        yield Field("spark.kubernetes.container.image", spec.image, "spec.image")
    if spec.image_pull_policy:
        yield Field(
            "spark.kubernetes.container.image.pullPolicy", spec.image_pull_policy, "spec.imagePullPolicy"
        )
    if spec.service_account_name:
        key = "spark.kubernetes.authenticate.driver.serviceAccountName"
        yield Field(key, spec.service_account_name, "spec.serviceAccountName")
    if factor := spec.memory_overhead_factor:
        for role in ("driver", "executor"):
            yield Field(f"spark.{role}.memoryOverheadFactor", factor, "spec.memoryOverheadFactor")
    if not spec.ui.enabled:
        yield Field("spark.ui.enabled", "false", "spec.ui.enabled")
    if not spec.monitoring.prometheus:
        yield Field("spark.ui.prometheus.enabled", "false", "spec.monitoring.prometheus")


def _dependencies(deps: Dependencies) -> Iterator[Field]:
    lists = (
        ("spark.jars", deps.jars, "jars"),
        ("spark.files", deps.files, "files"),
        ("spark.submit.pyFiles", deps.py_files, "pyFiles"),
        ("spark.archives", deps.archives, "archives"),
        ("spark.jars.packages", deps.packages, "packages"),
        ("spark.jars.excludes", deps.exclude_packages, "excludePackages"),
        ("spark.jars.repositories", deps.repositories, "repositories"),
    )
    for key, values, name in lists:
        if values:
            yield Field(key, ",".join(values), f"spec.deps.{name}")


def _pod(role: Role, pod: PodResources) -> Iterator[Field]:
    values = (
        (f"spark.{role}.cores", pod.cores and str(pod.cores), "cores"),
        (f"spark.kubernetes.{role}.request.cores", pod.core_request, "coreRequest"),
        (f"spark.kubernetes.{role}.limit.cores", pod.core_limit, "coreLimit"),
        (f"spark.{role}.memory", _mib(pod.memory), "memory"),
        (f"spark.{role}.memoryOverhead", _mib(pod.memory_overhead), "memoryOverhead"),
        (f"spark.{role}.extraJavaOptions", pod.java_options, "javaOptions"),
        (f"spark.kubernetes.{role}.scheduler.name", pod.scheduler_name, "schedulerName"),
    )
    yield from (Field(key, value, name) for key, value, name in values if value)
    for group, entries, name in (
        ("label", pod.labels, "labels"),
        ("annotation", pod.annotations, "annotations"),
        ("node.selector", pod.node_selector, "nodeSelector"),
    ):
        for key, value in entries.items():
            yield Field(f"spark.kubernetes.{role}.{group}.{key}", value, name)
    if pod.gpu:
        yield from _gpu(role, pod.gpu)
    for secret in pod.secrets:
        yield Field(f"spark.kubernetes.{role}.secrets.{secret.name}", secret.path, "secrets")
    yield from _env(role, pod.env)


def _gpu(role: Role, gpu: Gpu) -> Iterator[Field]:
    yield Field(f"spark.{role}.resource.gpu.amount", str(gpu.quantity), "gpu")
    yield Field(f"spark.{role}.resource.gpu.vendor", gpu.vendor, "gpu")


def _env(role: Role, env: list[EnvVar]) -> Iterator[Field]:
    """Variables with a key of Spark's; a setting of the same name never outlives what the field says."""
    plain = "spark.kubernetes.driverEnv." if role == "driver" else "spark.executorEnv."
    secret = f"spark.kubernetes.{role}.secretKeyRef."
    ordered = keeps_order(env)
    for entry in env:
        yield Field(plain + entry.name, None if ordered else plain_value(entry), "env")
        yield Field(secret + entry.name, None if ordered else secret_key(entry), "env")


def plain_value(entry: EnvVar) -> str | None:
    """The value of an EnvVar that has one of its own; None for valueFrom.

    Raises:
        ValueError: it is no text.
    """
    document = entry.document()
    if "valueFrom" in document:
        _value_from(entry)
        return None
    value = document.get("value", "")
    if not isinstance(value, str):
        # All that a spec can be refused for is a ValueError.
        raise ValueError(f"env {entry.name}: value {value!r} is no text: put it in quotes")  # noqa: TRY004
    return value


def secret_key(entry: EnvVar) -> str | None:
    """The SECRET:KEY of an EnvVar that is one, and nothing more (optional, for instance)."""
    reference = _value_from(entry).get("secretKeyRef") or {}
    return f"{reference['name']}:{reference['key']}" if reference.keys() == {"name", "key"} else None


def _value_from(entry: EnvVar) -> dict[str, Any]:
    """Where the value comes from, as far as it is looked into.

    Raises:
        ValueError: it is no EnvVarSource.
    """
    found = entry.document().get("valueFrom") or {}
    if isinstance(found, dict) and isinstance(found.get("secretKeyRef") or {}, dict):
        return found
    where = f"env {entry.name}: valueFrom {found!r}"
    raise ValueError(
        f"{where} is no source of a value: see kubectl explain pod.spec.containers.env.valueFrom"
    )


def keeps_order(env: list[EnvVar]) -> bool:
    """Whether values refer to others by $(NAME): settings have no order, a template has."""
    return any("$(" in (plain_value(entry) or "") for entry in env)


def _executor(executor: Executor, storage_class: str) -> Iterator[Field]:
    if executor.instances is not None:
        yield Field("spark.executor.instances", str(executor.instances), "spec.executor.instances")
    if executor.off_heap:
        yield Field("spark.memory.offHeap.enabled", "true", "spec.executor.offHeap")
        yield Field("spark.memory.offHeap.size", _mib(executor.off_heap), "spec.executor.offHeap")
    if executor.python_memory:
        key = "spark.executor.pyspark.memory"
        yield Field(key, _mib(executor.python_memory), "spec.executor.pythonMemory")
    if executor.local_storage:
        yield from _storage(executor.local_storage, storage_class)


def _storage(storage: LocalStorage, default_class: str) -> Iterator[Field]:
    storage_class = storage.storage_class_name or default_class
    if not storage_class:
        raise ValueError(
            "executor.localStorage.storageClassName is not set, and the operator has no default: set it,"
            " or the chart's defaults.storageClassName"
        )
    for option, value in (
        ("options.claimName", ON_DEMAND),
        ("options.storageClass", storage_class),
        ("options.sizeLimit", f"{memory_mib(storage.size)}Mi"),
        ("mount.path", STORAGE_DIR),
        ("mount.readOnly", "false"),
    ):
        yield Field(_STORAGE + option, value, "spec.executor.localStorage")


def _dynamic_allocation(dynamic: DynamicAllocation) -> Iterator[Field]:
    initial = dynamic.initial_executors
    values = (
        ("enabled", "true", ""),
        ("shuffleTracking.enabled", "true", ""),
        ("minExecutors", str(dynamic.min_executors), ".minExecutors"),
        ("initialExecutors", None if initial is None else str(initial), ".initialExecutors"),
        ("maxExecutors", str(dynamic.max_executors), ".maxExecutors"),
        ("executorIdleTimeout", dynamic.executor_idle_timeout, ".executorIdleTimeout"),
        ("shuffleTracking.timeout", dynamic.shuffle_tracking_timeout, ".shuffleTrackingTimeout"),
    )
    for key, value, name in values:
        if value is not None:
            yield Field(f"spark.dynamicAllocation.{key}", value, f"spec.dynamicAllocation{name}")


def _mib(memory: str | None) -> str | None:
    return f"{memory_mib(memory)}m" if memory else None
