"""Builds what one attempt of a SparkJob consists of: its ConfigMap and its driver pod. Pure.

The effective configuration comes first, the pods follow from it as they do from spark-submit's. No Service:
executors reach the driver by its pod's address.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.catalog.render import credentials_env
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import EXECUTOR_ROLE, labels, metadata
from emberlake.core.properties import render
from emberlake.settings import Settings
from emberlake.sparkjob import driver
from emberlake.sparkjob.application import application
from emberlake.sparkjob.checks import check
from emberlake.sparkjob.conf import Catalogs, Effective, effective, plain, release, sources
from emberlake.sparkjob.driver import DRIVER
from emberlake.sparkjob.driver_volumes import PROPERTIES, TEMPLATE_FILE
from emberlake.sparkjob.executors import executor_template
from emberlake.sparkjob.extras import extras
from emberlake.sparkjob.folders import Folder, gpu_folders
from emberlake.sparkjob.names import Attempt, application_id, conf_name, driver_name
from emberlake.sparkjob.requirements import requirements_folder, with_installer
from emberlake.sparkjob.resources import Role
from emberlake.sparkjob.restricted import restricted
from emberlake.sparkjob.shape import check_shape
from emberlake.sparkjob.sparkconf import Conf
from emberlake.sparkjob.sql import sql_folders
from emberlake.sparkjob.template import Template, template

__all__ = ["Attempt", "application_id", "children", "driver_name"]

SOURCES = "sources.json"
_MAXIMUM_BYTES = 1024**2
_DRIVER_ROLE = "driver"
# A driver that a node's drain moves elsewhere begins again from nothing.
_STAY = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
_METRICS_PATH = "/metrics/executors/prometheus/"

Document = dict[str, Any]


def children(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> tuple[Manifest, ...]:
    """Everything an attempt makes, in the order of creation; the driver pod comes last.

    Raises:
        ValueError: the spec cannot be carried out; names the field or setting and the mend.
    """
    check_shape("driver", spec.driver)
    check_shape("executor", spec.executor)
    conf = effective(owner, spec, catalogs, settings, attempt)
    check(spec, plain(conf))
    return (
        config_map(owner, spec, catalogs, settings, attempt, conf),
        *extras(owner, spec),
        driver_pod(owner, spec, catalogs, settings, attempt, conf),
    )


def config_map(
    owner: Owner,
    spec: SparkJobSpec,
    catalogs: Catalogs,
    settings: Settings,
    attempt: Attempt,
    conf: Effective,
) -> Manifest:
    """The driver's configuration with its sources, the executors' pod template, and the operator's files.

    Raises:
        ValueError: it is larger than a ConfigMap may be.
    """
    values = plain(conf)
    name = conf_name(owner, attempt)
    executors = executor_template(
        spec.executor,
        container_name(spec, "executor"),
        settings,
        _credentials(catalogs),
        (folder.mounted(name) for folder in _folders(spec, values, "executor")),
        labels(owner, EXECUTOR_ROLE, attempt.run, attempt.number),
    )
    data = {
        PROPERTIES: render(dict(sorted(values.items()))),
        # JSON is YAML, and ten times as fast to write.
        TEMPLATE_FILE: json.dumps(executors, indent=1),
        SOURCES: sources(conf),
    }
    for folder in (*_folders(spec, values, "driver"), *_folders(spec, values, "executor")):
        data |= folder.files
    if spec.deps.requirements:
        data |= requirements_folder(spec.deps).files
    if (found := sum(len(key) + len(text.encode()) for key, text in data.items())) > _MAXIMUM_BYTES:
        raise ValueError(
            f"the configuration has {found} bytes, and a ConfigMap holds {_MAXIMUM_BYTES}: shorten"
            " spec.sparkConf, spec.sql, spec.hadoopConf or the pod templates"
        )
    meta = metadata(owner, name, _DRIVER_ROLE, attempt.run, attempt.number)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "immutable": True, "data": data}


def driver_pod(
    owner: Owner,
    spec: SparkJobSpec,
    catalogs: Catalogs,
    settings: Settings,
    attempt: Attempt,
    conf: Effective,
) -> Manifest:
    """The driver pod: Spark's, restricted, and with the operator's labels."""
    values = plain(conf)
    name = conf_name(owner, attempt)
    base = template(spec.driver, container_name(spec, "driver"), _credentials(catalogs))
    base = replace(base, metadata=_with_annotations(base, spec, values))
    pod = driver.pod(values, application(spec), base, name, release(spec, settings).spark)
    found = pod["spec"]
    for volume, mount in (folder.mounted(name) for folder in _folders(spec, values, "driver")):
        found["volumes"].append(volume)
        found["containers"][0]["volumeMounts"].append(mount)
    if spec.deps.requirements:
        found = with_installer(found, spec.deps, name)
    own = metadata(owner, driver_name(owner, attempt), _DRIVER_ROLE, attempt.run, attempt.number)
    own["labels"] = {**pod["metadata"]["labels"], **own["labels"]}
    return {**pod, "metadata": {**pod["metadata"], **own}, "spec": restricted(found, DRIVER)}


def _with_annotations(base: Template, spec: SparkJobSpec, conf: Conf) -> Document:
    """The template's metadata, with annotations that it may overrule."""
    found = dict(_STAY)
    if spec.ui.enabled and spec.monitoring.prometheus:
        found |= {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": conf.get("spark.ui.port", "4040"),
            "prometheus.io/path": _METRICS_PATH,
        }
    return {**base.metadata, "annotations": {**found, **(base.metadata.get("annotations") or {})}}


def container_name(spec: SparkJobSpec, role: Role) -> str:
    """Which container of a role's template is Spark's."""
    return spec.spark_conf.get(
        f"spark.kubernetes.{role}.podTemplateContainerName", f"spark-kubernetes-{role}"
    )


def _folders(spec: SparkJobSpec, conf: Conf, role: Role) -> Iterator[Folder]:
    all_folders = (*gpu_folders(conf), *(sql_folders(spec.sql) if spec.sql else ()))
    return (folder for folder in all_folders if role in folder.roles)


def _credentials(catalogs: Catalogs) -> list[Document]:
    return credentials_env(catalogs[0][1]) if catalogs else []
