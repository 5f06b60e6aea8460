"""Builds what one attempt of a SparkJob consists of: its ConfigMap and its driver pod. Pure.

The effective configuration comes first, the pods follow from it as they do from spark-submit's. No Service:
executors reach the driver by its pod's address.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.catalog.render import credentials_env
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import EXECUTOR_ROLE, labels, metadata
from emberlake.core.properties import render
from emberlake.settings import Settings
from emberlake.sparkjob import driver
from emberlake.sparkjob.application import application
from emberlake.sparkjob.checks import check, check_pod
from emberlake.sparkjob.conf import Catalogs, Effective, effective, plain, release, sources
from emberlake.sparkjob.driver import DRIVER
from emberlake.sparkjob.driver_volumes import CONF_DIR, PROPERTIES, TEMPLATE_FILE
from emberlake.sparkjob.executors import executor_template
from emberlake.sparkjob.extras import extras
from emberlake.sparkjob.folders import Folder, gpu_folders
from emberlake.sparkjob.forbidden import check_ingress
from emberlake.sparkjob.names import Attempt, application_id, conf_name, driver_name
from emberlake.sparkjob.podsecurity import check_pod_security
from emberlake.sparkjob.requirements import requirements_folder, with_installer
from emberlake.sparkjob.resources import Role
from emberlake.sparkjob.restricted import restricted
from emberlake.sparkjob.sailpod import SAIL_JSON, on_sail, sail_json
from emberlake.sparkjob.secrets import SECRETS, executor_secrets
from emberlake.sparkjob.shape import check_shape
from emberlake.sparkjob.sql import sql_folders
from emberlake.sparkjob.template import Template, template
from emberlake.sparkjob.volumes import by_settings

__all__ = ["Attempt", "application_id", "children", "driver_name"]

SOURCES = "sources.json"
_MAXIMUM_BYTES = 1024**2
_DRIVER_ROLE = "driver"
# A driver that a node's drain moves elsewhere begins again from nothing.
_STAY = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
# Spark adds it to each executor.
_EXECUTOR_CONF = ({"name": "spark-conf-volume-exec"}, {"mountPath": CONF_DIR})
_METRICS_PATH = "/metrics/executors/prometheus/"

Document = dict[str, Any]


@dataclass(frozen=True)
class _Job:
    """What the objects of an attempt are made from."""

    owner: Owner
    spec: SparkJobSpec
    catalogs: Catalogs
    settings: Settings
    attempt: Attempt
    conf: Effective

    @property
    def values(self) -> dict[str, str]:
        return plain(self.conf)

    @property
    def conf_name(self) -> str:
        return conf_name(self.owner, self.attempt)

    @property
    def credentials(self) -> list[Document]:
        return credentials_env(self.catalogs[0][1]) if self.catalogs else []

    def metadata(self, name: str) -> Document:
        return metadata(self.owner, name, _DRIVER_ROLE, self.attempt.run, self.attempt.number)

    def folders(self, role: Role) -> list[Folder]:
        found = (*gpu_folders(self.values), *(sql_folders(self.spec.sql) if self.spec.sql else ()))
        return [folder for folder in found if role in folder.roles]


def children(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> tuple[Manifest, ...]:
    """Everything an attempt makes, in the order of creation; the driver pod comes last.

    Raises:
        ValueError: the spec cannot be carried out; names the field or setting and the mend.
    """
    check_shape("driver", spec.driver)
    check_shape("executor", spec.executor)
    check_pod_security("driver", spec.driver)
    check_pod_security("executor", spec.executor)
    check_ingress(spec, owner.namespace)
    conf = effective(owner, spec, catalogs, settings, attempt)
    check(spec, plain(conf))
    job = _Job(owner, spec, catalogs, settings, attempt, conf)
    return (_config_map(job), *extras(owner, spec), _driver_pod(job))


def _config_map(job: _Job) -> Manifest:
    """The driver's configuration with its sources, the executors' pod template, and the operator's files."""
    meta = job.metadata(job.conf_name)
    data = {PROPERTIES: render(dict(sorted(job.values.items()))), SOURCES: sources(job.conf)}
    if job.attempt.engine == "Sail":
        data[SAIL_JSON] = sail_json(job.owner, job.spec, job.catalogs, job.attempt, job.conf)
    else:
        executors = _executors(job)
        # JSON is YAML, and much faster to write.
        data[TEMPLATE_FILE] = json.dumps(executors, indent=1)
        if found_secrets := executor_secrets(executors["spec"], job.values):
            meta["annotations"] = {SECRETS: found_secrets}
    for folder in (*job.folders("driver"), *job.folders("executor")):
        data |= folder.files
    if job.spec.deps.requirements:
        data |= requirements_folder(job.spec.deps).files
    if (found := sum(len(key) + len(text.encode()) for key, text in data.items())) > _MAXIMUM_BYTES:
        raise ValueError(
            f"the configuration has {found} bytes, and a ConfigMap holds {_MAXIMUM_BYTES}: shorten"
            " spec.sparkConf, spec.sql, spec.hadoopConf or the pod templates"
        )
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "immutable": True, "data": data}


def _executors(job: _Job) -> Document:
    pod = executor_template(
        job.spec.executor,
        _container_name(job.spec, "executor"),
        job.settings,
        job.credentials,
        (folder.mounted(job.conf_name) for folder in job.folders("executor")),
        labels(job.owner, EXECUTOR_ROLE, job.attempt.run, job.attempt.number),
    )
    check_pod("executor", pod["spec"], [*by_settings(job.values, "executor"), _EXECUTOR_CONF])
    return pod


def _driver_pod(job: _Job) -> Manifest:
    """The driver pod: Spark's, restricted, and with the operator's labels."""
    base = template(job.spec.driver, _container_name(job.spec, "driver"), job.credentials)
    base = replace(base, metadata=_with_annotations(base, job))
    version = release(job.spec, job.settings).spark
    pod = driver.pod(job.values, application(job.spec), base, job.conf_name, version)
    if job.attempt.engine == "Sail":
        pod = on_sail(pod, job.conf_name)
    found = pod["spec"]
    for volume, mount in (folder.mounted(job.conf_name) for folder in job.folders("driver")):
        found["volumes"].append(volume)
        found["containers"][0]["volumeMounts"].append(mount)
    if job.spec.deps.requirements:
        found = with_installer(found, job.spec.deps, job.conf_name)
    check_pod("driver", found)
    own = job.metadata(driver_name(job.owner, job.attempt))
    own["labels"] = {**pod["metadata"]["labels"], **own["labels"]}
    return {**pod, "metadata": {**pod["metadata"], **own}, "spec": restricted(found, DRIVER)}


def _with_annotations(base: Template, job: _Job) -> Document:
    """The template's metadata, with annotations that it may overrule."""
    found = dict(_STAY)
    serves_metrics = job.spec.monitoring.prometheus and job.attempt.engine == "Spark"
    if serves_metrics and job.values.get("spark.ui.enabled") != "false":
        found |= {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": job.values.get("spark.ui.port", "4040"),
            "prometheus.io/path": _METRICS_PATH,
        }
    return {**base.metadata, "annotations": {**found, **(base.metadata.get("annotations") or {})}}


def _container_name(spec: SparkJobSpec, role: Role) -> str:
    """Which container of a role's template is Spark's."""
    return spec.spark_conf.get(
        f"spark.kubernetes.{role}.podTemplateContainerName", f"spark-kubernetes-{role}"
    )
