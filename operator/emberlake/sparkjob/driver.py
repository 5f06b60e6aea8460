"""The driver pod of an effective configuration, as spark-submit's feature steps make it. Pure.

Every setting that spark-submit 4.1 reads for the pod in cluster mode works here too. What needs the
submitter's disk or JVM is refused by `checks`. Tests hold the result against spark-submit's, field by field.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from emberlake.sparkjob.application import Application
from emberlake.sparkjob.driver_env import arguments, environment
from emberlake.sparkjob.driver_volumes import configuration, local_dirs, own_local_dirs, volumes
from emberlake.sparkjob.resources import FACTOR, overhead_factor, size
from emberlake.sparkjob.sparkconf import Conf, listed, port, under
from emberlake.sparkjob.template import Template

DRIVER = "spark-kubernetes-driver"
UI_PORT_NAME = "spark-ui"
_LABEL_LENGTH = 63

Document = dict[str, Any]


def written_back(conf: Conf, application: Application) -> dict[str, str]:
    """Settings that spark-submit adds to the driver's properties itself."""
    found = {
        "spark.submit.deployMode": "cluster",
        "spark.kubernetes.submitInDriver": "true",
        "spark.kubernetes.resource.type": application.language,
        FACTOR: overhead_factor(conf, application.language),
        "spark.driver.port": str(_driver_port(conf)),
        "spark.driver.blockManager.port": str(_block_manager_port(conf)),
    }
    if name := conf.get("spark.kubernetes.hadoop.configMapName"):
        found["spark.kubernetes.executor.hadoopConfigMapName"] = name
    if application.language == "java":
        found["spark.jars"] = ",".join([*listed(conf, "spark.jars"), application.resource])
    return found


def pod(conf: Conf, application: Application, template: Template, config_map: str, version: str) -> Document:
    """The driver pod, laid over `template`.

    Args:
        conf: the effective configuration, with spark.app.id and spark.kubernetes.driver.pod.name.
        config_map: holds spark.properties and the executors' pod template.
        version: of Spark, for its label.

    Raises:
        ValueError: a setting is none that Spark reads; names it.
    """
    container, spec = deepcopy(dict(template.container)), deepcopy(dict(template.spec))
    asked = volumes(conf, config_map)
    mounts = [*(container.get("volumeMounts") or []), *(mount for _, mount in asked)]
    local = local_dirs(conf, mounts)
    last = [*local, configuration(config_map)]
    directories = own_local_dirs([*mounts, *(mount for _, mount in local)])
    container |= {
        "name": DRIVER,
        "image": _image(conf, version),
        "imagePullPolicy": conf.get("spark.kubernetes.container.image.pullPolicy", "IfNotPresent"),
        "args": [*(container.get("args") or []), *arguments(application)],
        "env": [*(container.get("env") or []), *environment(conf, application, directories)],
        "ports": [*(container.get("ports") or []), *_ports(conf)],
        "resources": _resources(conf, application, container.get("resources") or {}),
        "volumeMounts": [*mounts, *(mount for _, mount in last)],
    }
    spec |= {
        "restartPolicy": "Never",
        "containers": [container, *deepcopy(template.others)],
        "volumes": [*(spec.get("volumes") or []), *(volume for volume, _ in [*asked, *last])],
        **_placement(conf, spec),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(conf, template, version), "spec": spec}


def _ports(conf: Conf) -> list[Document]:
    ports = {
        "driver-rpc-port": _driver_port(conf),
        "blockmanager": _block_manager_port(conf),
        UI_PORT_NAME: port(conf, "spark.ui.port", "4040"),
        "spark-connect": port(conf, "spark.connect.grpc.binding.port", "15002"),
    }
    return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports.items()]


def _driver_port(conf: Conf) -> int:
    return port(conf, "spark.driver.port", "7078")


def _block_manager_port(conf: Conf) -> int:
    return port(conf, "spark.driver.blockManager.port", "7079")


def _resources(conf: Conf, application: Application, template: Mapping[str, Any]) -> Document:
    found = size(conf, "driver", application.language)
    memory = f"{found.memory_mib}Mi"
    limits = {"memory": memory, **found.extended}
    if found.cpu_limit:
        limits["cpu"] = found.cpu_limit
    return {
        **deepcopy(dict(template)),
        "requests": {**(template.get("requests") or {}), "cpu": found.cpu_request, "memory": memory},
        "limits": {**(template.get("limits") or {}), **limits},
    }


def _image(conf: Conf, version: str) -> str:
    key = "spark.kubernetes.container.image"
    image = conf.get("spark.kubernetes.driver.container.image", conf.get(key))
    if not image:
        raise ValueError(f"{key} is missing: set spec.image or spec.release")
    return image.replace("{{SPARK_VERSION}}", version)


def _placement(conf: Conf, template: Mapping[str, Any]) -> Document:
    """Where the pod runs and as whom: settings over the template's."""
    found: Document = {}
    selector = under(conf, "spark.kubernetes.node.selector.")
    selector |= under(conf, "spark.kubernetes.driver.node.selector.")
    if selector:
        found["nodeSelector"] = {**(template.get("nodeSelector") or {}), **selector}
    scheduler = conf.get(
        "spark.kubernetes.driver.scheduler.name", conf.get("spark.kubernetes.scheduler.name")
    )
    if scheduler:
        found["schedulerName"] = scheduler
    if account := conf.get("spark.kubernetes.authenticate.driver.serviceAccountName"):
        found["serviceAccountName"] = account
    if secrets := listed(conf, "spark.kubernetes.container.image.pullSecrets"):
        own = [{"name": name} for name in secrets]
        found["imagePullSecrets"] = [*(template.get("imagePullSecrets") or []), *own]
    return found


def _metadata(conf: Conf, template: Template, version: str) -> Document:
    labels = under(conf, "spark.kubernetes.driver.label.")
    preset = {
        "spark-version": version,
        "spark-app-selector": conf["spark.app.id"],
        "spark-app-name": app_name_label(conf.get("spark.app.name", "spark")),
        "spark-role": "driver",
    }
    annotations = under(conf, "spark.kubernetes.driver.annotation.")
    return {
        **template.metadata,
        "name": conf["spark.kubernetes.driver.pod.name"],
        "namespace": conf.get("spark.kubernetes.namespace", "default"),
        "labels": {**(template.metadata.get("labels") or {}), **_substituted(conf, labels), **preset},
        "annotations": {**(template.metadata.get("annotations") or {}), **_substituted(conf, annotations)},
    }


def _substituted(conf: Conf, values: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value.replace("{{APP_ID}}", conf["spark.app.id"]).replace("{{EXECUTOR_ID}}", "")
        for key, value in values.items()
    }


def app_name_label(name: str) -> str:
    """The application's name as the value of a label."""
    text = re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]", "-", name.strip().lower()))[:_LABEL_LENGTH]
    return text.removeprefix("-").removesuffix("-")
