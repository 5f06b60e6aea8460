"""The driver pod of an effective configuration, as spark-submit's feature steps make it. Pure.

Every setting that spark-submit 4.1 reads for the pod in cluster mode works here too. What needs the
submitter's disk or JVM is refused by `unsupported`. Field by field the result equals spark-submit's, except
for the differences listed in docs/reference/sparkjob.md.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from emberlake.sparkjob.application import Application
from emberlake.sparkjob.resources import FACTOR, Conf, overhead_factor, size
from emberlake.sparkjob.volumes import Mounted, mounted

DRIVER = "spark-kubernetes-driver"
CONF_DIR = "/opt/spark/conf"
PROPERTIES = "spark.properties"
TEMPLATE_DIR = "/opt/spark/pod-template"
TEMPLATE_FILE = "pod-spec-template.yml"
LOCAL_DIR = "/var/data/spark"
UI_PORT_NAME = "spark-ui"
_LOCAL_VOLUME = "spark-local-dir-"
_HADOOP_CONF_DIR = "/opt/hadoop/conf"
_TOKEN_DIR = "/mnt/secrets/hadoop-credentials"  # noqa: S105
_LABEL_LENGTH = 63
_USER = "spark"
_READABLE = 0o644

Document = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A pod template, its Spark container apart from the others."""

    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    container: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], container: str) -> "Template":
        """Read a PodTemplateSpec; the Spark container is the one of this name, else the first."""
        spec = deepcopy(dict(document.get("spec") or {}))
        containers = spec.pop("containers", None) or [{}]
        main = next((found for found in containers if found.get("name") == container), containers[0])
        others = tuple(found for found in containers if found is not main)
        return cls(deepcopy(document.get("metadata") or {}), spec, main, others)


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
    mounts, volumes = _laid(template, _volumes(conf, config_map))
    local = _local_dirs(conf, mounts)
    last = [*local, _configuration(config_map)]
    local_dirs = [mount["mountPath"] for mount in mounts if mount["name"].startswith(_LOCAL_VOLUME)]
    container = deepcopy(dict(template.container))
    container |= {
        "name": DRIVER,
        "image": _image(conf, version),
        "imagePullPolicy": conf.get("spark.kubernetes.container.image.pullPolicy", "IfNotPresent"),
        "args": [*(container.get("args") or []), *_arguments(application)],
        "env": [
            *(container.get("env") or []),
            *_env(conf, application, local_dirs or [mount["mountPath"] for _, mount in local]),
        ],
        "ports": [*(container.get("ports") or []), *_ports(conf)],
        "resources": _resources(conf, application, container.get("resources") or {}),
        "volumeMounts": [*mounts, *(mount for _, mount in last)],
    }
    spec = deepcopy(dict(template.spec))
    spec |= {
        "restartPolicy": "Never",
        "containers": [container, *deepcopy(template.others)],
        "volumes": [*volumes, *(volume for volume, _ in last)],
        **_placement(conf, spec),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(conf, template, version), "spec": spec}


def _laid(template: Template, added: Iterable[Mounted]) -> tuple[list[Document], list[Document]]:
    """Mounts and volumes of the template, and then those added."""
    pairs = list(added)
    mounts = [*deepcopy(template.container.get("volumeMounts") or []), *(mount for _, mount in pairs)]
    return mounts, [*deepcopy(template.spec.get("volumes") or []), *(volume for volume, _ in pairs)]


def _volumes(conf: Conf, config_map: str) -> list[Mounted]:
    return [
        *_secrets(conf),
        *mounted(conf, "spark.kubernetes.driver.volumes."),
        *_hadoop(conf),
        _file("pod-template-volume", TEMPLATE_DIR, config_map, {"key": TEMPLATE_FILE, "path": TEMPLATE_FILE}),
    ]


def _configuration(config_map: str) -> Mounted:
    item = {"key": PROPERTIES, "mode": _READABLE, "path": PROPERTIES}
    return _file("spark-conf-volume-driver", CONF_DIR, config_map, item)


def _secrets(conf: Conf) -> list[Mounted]:
    return [_secret(name, path) for name, path in under(conf, "spark.kubernetes.driver.secrets.").items()]


def _secret(name: str, path: str) -> Mounted:
    volume = f"{name}-volume"
    return {"name": volume, "secret": {"secretName": name}}, {"name": volume, "mountPath": path}


def _hadoop(conf: Conf) -> list[Mounted]:
    """Hadoop's and Kerberos' files, from objects that are there already."""
    found: list[Mounted] = []
    if name := conf.get("spark.kubernetes.hadoop.configMapName"):
        volume = {"name": "hadoop-properties", "configMap": {"name": name}}
        found.append((volume, {"name": "hadoop-properties", "mountPath": _HADOOP_CONF_DIR}))
    if name := conf.get("spark.kubernetes.kerberos.krb5.configMapName"):
        mount = {"name": "krb5-file", "mountPath": "/etc/krb5.conf", "subPath": "krb5.conf"}
        found.append(({"name": "krb5-file", "configMap": {"name": name}}, mount))
    if name := conf.get("spark.kubernetes.kerberos.tokenSecret.name"):
        volume = {"name": "hadoop-secret", "secret": {"secretName": name}}
        found.append((volume, {"name": "hadoop-secret", "mountPath": _TOKEN_DIR}))
    return found


def _file(volume: str, path: str, config_map: str, item: Document) -> Mounted:
    source = {"configMap": {"name": config_map, "items": [item]}}
    return {"name": volume, **source}, {"name": volume, "mountPath": path}


def _local_dirs(conf: Conf, mounts: Iterable[Document]) -> list[Mounted]:
    """Scratch space: none of its own when the user mounts volumes named spark-local-dir-N."""
    if any(mount["name"].startswith(_LOCAL_VOLUME) for mount in mounts):
        return []
    in_memory = conf.get("spark.kubernetes.local.dirs.tmpfs", "false").lower() == "true"
    source = {"emptyDir": {"medium": "Memory"} if in_memory else {}}
    return [
        (
            {"name": f"{_LOCAL_VOLUME}{number}", **source},
            {"name": f"{_LOCAL_VOLUME}{number}", "mountPath": path},
        )
        for number, path in enumerate(conf.get("spark.local.dir", LOCAL_DIR).split(","), start=1)
    ]


def _arguments(application: Application) -> list[str]:
    proxy = ["--proxy-user", application.proxy_user] if application.proxy_user else []
    return [
        "driver",
        *proxy,
        "--properties-file",
        f"{CONF_DIR}/{PROPERTIES}",
        "--class",
        application.main_class,
        application.resource,
        *application.arguments,
    ]


def _env(conf: Conf, application: Application, local_dirs: list[str]) -> list[Document]:
    plain = {"SPARK_USER": _USER, "SPARK_APPLICATION_ID": conf["spark.app.id"]}
    plain |= under(conf, "spark.kubernetes.driverEnv.")
    return [
        *_values(plain),
        {
            "name": "SPARK_DRIVER_BIND_ADDRESS",
            "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
        },
        *_secret_values(conf),
        *_values(_python(conf) if application.language == "python" else {}),
        *_values(_hadoop_env(conf)),
        *_values({"SPARK_LOCAL_DIRS": ",".join(local_dirs), "SPARK_CONF_DIR": CONF_DIR}),
    ]


def _values(env: Mapping[str, str]) -> list[Document]:
    return [{"name": name, "value": value} for name, value in env.items()]


def _secret_values(conf: Conf) -> list[Document]:
    prefix, found = "spark.kubernetes.driver.secretKeyRef.", []
    for name, reference in under(conf, prefix).items():
        secret, _, key = reference.partition(":")
        if not secret or not key or ":" in key:
            raise ValueError(f"{prefix}{name} {reference!r}: write SECRET:KEY")
        found.append({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
    return found


def _python(conf: Conf) -> dict[str, str]:
    worker = conf.get("spark.pyspark.python")
    driver = conf.get("spark.pyspark.driver.python", worker)
    found = {"PYSPARK_PYTHON": worker, "PYSPARK_DRIVER_PYTHON": driver}
    return {name: value for name, value in found.items() if value is not None}


def _hadoop_env(conf: Conf) -> dict[str, str]:
    found = {}
    if "spark.kubernetes.hadoop.configMapName" in conf:
        found["HADOOP_CONF_DIR"] = _HADOOP_CONF_DIR
    if "spark.kubernetes.kerberos.tokenSecret.name" in conf:
        key = conf.get("spark.kubernetes.kerberos.tokenSecret.itemKey", "hadoop-tokens")
        found["HADOOP_TOKEN_FILE_LOCATION"] = f"{_TOKEN_DIR}/{key}"
    return found


def _ports(conf: Conf) -> list[Document]:
    ports = {
        "driver-rpc-port": _driver_port(conf),
        "blockmanager": _block_manager_port(conf),
        UI_PORT_NAME: _port(conf, "spark.ui.port", "4040"),
        "spark-connect": _port(conf, "spark.connect.grpc.binding.port", "15002"),
    }
    return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in ports.items()]


def _driver_port(conf: Conf) -> int:
    return _port(conf, "spark.driver.port", "7078")


def _block_manager_port(conf: Conf) -> int:
    return _port(conf, "spark.driver.blockManager.port", "7079")


def _port(conf: Conf, key: str, default: str) -> int:
    text = conf.get(key, default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{key} {text!r} is no port: write a number from 1 to 65535")
    return int(text)


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
    if reserved := sorted(preset.keys() & labels.keys()):
        raise ValueError(f"label {reserved[0]!r} of the driver is Spark's own: choose another name")
    annotations = under(conf, "spark.kubernetes.driver.annotation.")
    return {
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


def under(conf: Conf, prefix: str) -> dict[str, str]:
    """The settings whose keys begin with `prefix`, without it."""
    return {key.removeprefix(prefix): value for key, value in conf.items() if key.startswith(prefix)}


def listed(conf: Conf, key: str) -> list[str]:
    """The parts of a setting that is a list with commas."""
    return [part for text in conf.get(key, "").split(",") if (part := text.strip())]
