"""The pod template that Spark lays its executors over: Spark adds the rest from its settings. Pure."""

from collections.abc import Iterable
from typing import Any

from emberlake.api.v1alpha1.sparkpods import Executor
from emberlake.settings import Settings
from emberlake.sparkjob.restricted import restricted
from emberlake.sparkjob.template import template
from emberlake.sparkjob.volumes import Mounted

EXECUTOR = "spark-kubernetes-executor"

Document = dict[str, Any]


def executor_template(
    executor: Executor,
    container_name: str,
    settings: Settings,
    env: list[Document],
    mounted: Iterable[Mounted],
    labels: dict[str, str],
) -> Document:
    """A Pod as Spark reads it from spark.kubernetes.executor.podTemplateFile.

    Args:
        container_name: of the container in the user's template that becomes Spark's.
        env: variables that the user's own win over.
        mounted: volumes of the operator, with their mounts.
        labels: of the operator.
    """
    base = template(executor, container_name, env)
    pairs = list(mounted)
    container = {
        **base.container,
        "name": EXECUTOR,
        "volumeMounts": [*base.container["volumeMounts"], *(mount for _, mount in pairs)],
    }
    spec = {
        **base.spec,
        "automountServiceAccountToken": False,
        "containers": [container, *base.others],
        "volumes": [*base.spec["volumes"], *(volume for volume, _ in pairs)],
    }
    if executor.placement == "Spot" and settings.defaults.spot.tolerations:
        spec["tolerations"] = [*(spec.get("tolerations") or []), *settings.defaults.spot.tolerations]
    metadata = {
        **base.metadata,
        "labels": {**(base.metadata.get("labels") or {}), **labels},
        "annotations": base.metadata.get("annotations") or {},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": restricted(spec, EXECUTOR)}
