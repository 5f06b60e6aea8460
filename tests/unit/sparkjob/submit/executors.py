"""The first executor that a driver asks for, given its spark.properties and pod template.

Written from Spark 4.1 "Running on Kubernetes", and held against what real drivers asked for: executors can be
compared where no JVM runs.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Literal

from unit.sparkjob.submit.rules import mib, pod_memory
from unit.sparkjob.submit.stub import UID

Document = dict[str, Any]
Conf = Mapping[str, str]

NAME = "spark-kubernetes-executor"
_ID = "1"
_POD_IP = "{POD_IP}"
_CONF_DIR = "/opt/spark/conf"
_HADOOP_DIR = "/opt/hadoop/conf"
_LANGUAGES: dict[str, Literal["Java", "Python", "R"]] = {"java": "Java", "python": "Python", "r": "R"}
_LOCAL_VOLUME = "spark-local-dir-"


def executor(conf: Conf, template: Mapping[str, Any], version: str) -> Document:
    """Pod, JVM options and claims, in the form of the goldens.

    Args:
        conf: the driver's spark.properties.
        template: the Pod of spark.kubernetes.executor.podTemplateFile, or nothing.
        version: of Spark, for its label.
    """
    return _Executor(conf, template, version).document()


class _Executor:
    def __init__(self, conf: Conf, template: Mapping[str, Any], version: str) -> None:
        self.conf, self.version = conf, version
        base = deepcopy(dict(template))
        self.metadata: Document = base.get("metadata", {})
        self.spec: Document = base.get("spec", {})
        containers = self.spec.pop("containers", None) or [{}]
        wanted = conf.get("spark.kubernetes.executor.podTemplateContainerName")
        self.container: Document = next((c for c in containers if c.get("name") == wanted), containers[0])
        self.others = [c for c in containers if c is not self.container]
        self.prefix = conf.get("spark.kubernetes.executor.podNamePrefix", "{EXECUTORS}")
        self.name = f"{self.prefix}-exec-{_ID}"
        self.claims: list[Document] = []

    def document(self) -> Document:
        self._volumes()
        self._environment()
        self._container()
        self._spec()
        self._metadata()
        spec = {**self.spec, "containers": [*self.others, self.container]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": self.metadata, "spec": spec}
        return {"pod": pod, "options": self._options(), "claims": self.claims}

    def get(self, key: str, default: str) -> str:
        return self.conf.get(key, default)

    def under(self, prefix: str) -> dict[str, str]:
        return {k.removeprefix(prefix): v for k, v in self.conf.items() if k.startswith(prefix)}

    def _substituted(self, text: str) -> str:
        return text.replace("{{APP_ID}}", self.conf["spark.app.id"]).replace("{{EXECUTOR_ID}}", _ID)

    def _mount(self, volume: Document, mount: Document) -> None:
        self.spec.setdefault("volumes", []).append(volume)
        self.container.setdefault("volumeMounts", []).append({"name": volume["name"], **mount})

    def _volumes(self) -> None:
        config = {"name": "{EXECUTOR_CONF}"}
        self._mount({"name": "spark-conf-volume-exec", "configMap": config}, {"mountPath": _CONF_DIR})
        for secret, path in self.under("spark.kubernetes.executor.secrets.").items():
            volume = {"name": f"{secret}-volume", "secret": {"secretName": secret}}
            self._mount(volume, {"mountPath": path})
        if name := self.conf.get("spark.kubernetes.executor.hadoopConfigMapName"):
            volume = {"name": "hadoop-properties", "configMap": {"name": name}}
            self._mount(volume, {"mountPath": _HADOOP_DIR})
        prefix = "spark.kubernetes.executor.volumes."
        kinds = dict.fromkeys(tuple(key.split(".")[:2]) for key in self.under(prefix))
        for index, (kind, name) in enumerate(kinds):
            self._configured_volume(kind, name, self.under(f"{prefix}{kind}.{name}."), index)
        self._local_dirs()

    def _configured_volume(self, kind: str, name: str, settings: Mapping[str, str], index: int) -> None:
        options = {k.removeprefix("options."): v for k, v in settings.items() if k.startswith("options.")}
        read_only = settings.get("mount.readOnly", "false") == "true"
        source: Document
        if kind == "persistentVolumeClaim":
            source = {"claimName": self._claim(options, index), "readOnly": read_only}
        else:
            source = dict(options)
        mount = {
            "mountPath": settings["mount.path"],
            "readOnly": read_only,
            "subPath": settings.get("mount.subPath", ""),
        }
        self._mount({"name": name, kind: source}, mount)

    def _claim(self, options: Mapping[str, str], index: int) -> str:
        name = options["claimName"].replace("OnDemand", f"{self.name}-pvc-{index}")
        name = name.replace("SPARK_EXECUTOR_ID", _ID)
        if "storageClass" in options and "sizeLimit" in options:
            self.claims.append(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {
                        "name": name,
                        "labels": {"spark-app-selector": self.conf["spark.app.id"]},
                        "ownerReferences": self._owner(),
                    },
                    "spec": {
                        "accessModes": ["ReadWriteOncePod"],
                        "resources": {"requests": {"storage": options["sizeLimit"]}},
                        "storageClassName": options["storageClass"],
                    },
                }
            )
        return name

    def _local_dirs(self) -> None:
        mounts = self.container.get("volumeMounts", [])
        self.local_dirs = [m["mountPath"] for m in mounts if m["name"].startswith(_LOCAL_VOLUME)]
        if self.local_dirs:
            return
        self.local_dirs = self.get("spark.local.dir", "/var/data/spark-{UUID}").split(",")
        in_memory = self.get("spark.kubernetes.local.dirs.tmpfs", "false") == "true"
        for number, path in enumerate(self.local_dirs, start=1):
            volume = {
                "name": f"{_LOCAL_VOLUME}{number}",
                "emptyDir": {"medium": "Memory"} if in_memory else {},
            }
            self._mount(volume, {"mountPath": path})

    def _environment(self) -> None:
        host = self.conf.get("spark.driver.host", "")
        if self.get("spark.kubernetes.executor.useDriverPodIP", "false") == "true":
            host = _POD_IP
        plain = {
            "SPARK_USER": "spark",
            "SPARK_DRIVER_URL": f"spark://CoarseGrainedScheduler@{host}:{self.conf['spark.driver.port']}",
            "SPARK_EXECUTOR_CORES": self.get("spark.executor.cores", "1"),
            "SPARK_EXECUTOR_MEMORY": f"{mib(self.get('spark.executor.memory', '1g'))}m",
            "SPARK_APPLICATION_ID": self.conf["spark.app.id"],
            "SPARK_CONF_DIR": _CONF_DIR,
            "SPARK_EXECUTOR_ID": _ID,
            "SPARK_RESOURCE_PROFILE_ID": "0",
            "SPARK_DRIVER_POD_IP": _POD_IP,
            "SPARK_LOCAL_DIRS": ",".join(self.local_dirs),
            **self.under("spark.executorEnv."),
        }
        if path := self.conf.get("spark.executor.extraClassPath"):
            plain["SPARK_CLASSPATH"] = path
        if "spark.kubernetes.executor.hadoopConfigMapName" in self.conf:
            plain["HADOOP_CONF_DIR"] = _HADOOP_DIR
        env = self.container.setdefault("env", [])
        env += [{"name": name, "value": value} for name, value in plain.items()]
        env += [_from_field("SPARK_EXECUTOR_POD_IP", "status.podIP")]
        env += [_from_field("SPARK_EXECUTOR_POD_NAME", "metadata.name")]
        env += list(self._secret_values())

    def _secret_values(self) -> Iterator[Document]:
        for name, reference in self.under("spark.kubernetes.executor.secretKeyRef.").items():
            secret, key = reference.split(":")
            yield {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}

    def _container(self) -> None:
        conf, container = self.conf, self.container
        image = (
            conf.get("spark.kubernetes.executor.container.image") or conf["spark.kubernetes.container.image"]
        )
        container.setdefault("name", NAME)
        container["image"] = image
        container["imagePullPolicy"] = self.get("spark.kubernetes.container.image.pullPolicy", "IfNotPresent")
        container["args"] = ["executor"]
        port = int(self.get("spark.blockManager.port", "7079"))
        container["ports"] = [{"name": "blockmanager", "containerPort": port}]
        container["resources"] = self._resources(container.get("resources", {}))
        if self.get("spark.decommission.enabled", "false") == "true":
            container["lifecycle"] = {"preStop": {"exec": {"command": ["/opt/decom.sh"]}}}

    def _resources(self, base: Mapping[str, Any]) -> Document:
        conf = self.conf
        cores = self.get("spark.kubernetes.executor.request.cores", self.get("spark.executor.cores", "1"))
        memory = f"{pod_memory(conf, 'executor', _LANGUAGES[conf['spark.kubernetes.resource.type']])}Mi"
        limits = {**base.get("limits", {}), "memory": memory}
        if "spark.kubernetes.executor.limit.cores" in conf:
            limits["cpu"] = conf["spark.kubernetes.executor.limit.cores"]
        for key, amount in self.under("spark.executor.resource.").items():
            device, _, setting = key.partition(".")
            if setting == "amount":
                limits[f"{conf[f'spark.executor.resource.{device}.vendor']}/{device}"] = amount
        return {"limits": limits, "requests": {**base.get("requests", {}), "cpu": cores, "memory": memory}}

    def _spec(self) -> None:
        spec = self.spec
        spec["hostname"] = self.name
        spec["restartPolicy"] = "Never"
        grace = self.get("spark.kubernetes.executor.terminationGracePeriodSeconds", "30s")
        spec["terminationGracePeriodSeconds"] = int(grace.removesuffix("s"))
        selector = {
            **spec.get("nodeSelector", {}),
            **self.under("spark.kubernetes.node.selector."),
            **self.under("spark.kubernetes.executor.node.selector."),
        }
        spec["nodeSelector"] = selector
        secrets = self.get("spark.kubernetes.container.image.pullSecrets", "").split(",")
        own = [{"name": secret.strip()} for secret in secrets if secret.strip()]
        spec["imagePullSecrets"] = [*spec.get("imagePullSecrets", []), *own]
        scheduler = self.conf.get("spark.kubernetes.executor.scheduler.name")
        if scheduler := scheduler or self.conf.get("spark.kubernetes.scheduler.name"):
            spec["schedulerName"] = scheduler
        account = self.conf.get("spark.kubernetes.authenticate.executor.serviceAccountName")
        account = account or self.conf.get("spark.kubernetes.authenticate.driver.serviceAccountName")
        if account and "serviceAccountName" not in spec:
            spec["serviceAccountName"] = spec["serviceAccount"] = account

    def _metadata(self) -> None:
        labels = {
            **self.metadata.get("labels", {}),
            **self.under("spark.kubernetes.executor.label."),
            "spark-exec-id": _ID,
            "spark-exec-resourceprofile-id": "0",
            "spark-role": "executor",
            "spark-app-name": app_label(self.conf["spark.app.name"]),
            "spark-app-selector": self.conf["spark.app.id"],
            "spark-version": self.version,
        }
        annotations = self.under("spark.kubernetes.executor.annotation.")
        self.metadata = {
            **self.metadata,
            "name": self.name,
            "labels": labels,
            "annotations": {
                **self.metadata.get("annotations", {}),
                **{key: self._substituted(value) for key, value in annotations.items()},
            },
            "ownerReferences": self._owner(),
        }

    def _owner(self) -> list[Document]:
        name = self.conf["spark.kubernetes.driver.pod.name"]
        return [{"apiVersion": "v1", "kind": "Pod", "controller": True, "name": name, "uid": UID}]

    def _options(self) -> list[str]:
        own = shlex.split(self._substituted(self.get("spark.executor.extraJavaOptions", "")))
        return sorted([*own, *(f"-D{key}={value}" for key, value in self.conf.items() if _at_start(key))])


def _at_start(key: str) -> bool:
    """Whether an executor needs this setting before it reaches the driver."""
    prefixes = ("spark.auth", "spark.rpc", "spark.network", "spark.ssl", "spark.port.")
    return key.startswith(prefixes) or (key.startswith("spark.") and key.endswith(".port"))


def app_label(name: str) -> str:
    """An application's name as the value of a label: DNS characters only."""
    return re.sub("-+", "-", re.sub("[^a-z0-9-]", "-", name.lower()))[:63].strip("-")


def _from_field(name: str, path: str) -> Document:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
