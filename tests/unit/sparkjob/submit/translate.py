"""What a user of spark-submit would write for a SparkJob: written from Spark's documentation alone.

Sources: Spark 4.1 "Submitting Applications", "Configuration" and "Running on Kubernetes". Nothing of the
builder is used here: where both agree, two readings of those pages do.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

NAME, NAMESPACE = "etl", "demo"
RELEASE_IMAGE = "emberlake/spark:1"
TEMPLATE = "{templates}/%s.json"
_ROLES = ("driver", "executor")
_RUNNER_OF_SQL = "local:///opt/emberlake/run_sql.py"
# Spark's own example of a script that lists a container's GPUs.
_GPU_SCRIPT = "/opt/spark/examples/src/main/scripts/getGpusResources.sh"
# Volumes that spark.kubernetes.*.volumes can say, and their options.
_VOLUME_OPTIONS = {
    "hostPath": ("path", "type"),
    "emptyDir": ("medium", "sizeLimit"),
    "nfs": ("server", "path"),
    "persistentVolumeClaim": ("claimName",),
}
_BYTES = {
    **{unit: 1024**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti"), start=1)},
    **{unit: 1024**power for power, unit in enumerate("kmgt", start=1)},
    **{unit: 1000**power for power, unit in enumerate("MGT", start=2)},
}


@dataclass
class Submission:
    """A call of spark-submit: its settings, other flags, the application, and pod templates by role."""

    conf: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    application: list[str] = field(default_factory=list)
    templates: dict[str, Document] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        """Everything behind `spark-submit --master URL`; `{templates}` is the folder of the templates."""
        settings = [part for key, value in self.conf.items() for part in ("--conf", f"{key}={value}")]
        return ["--deploy-mode", "cluster", *self.flags, *settings, *self.application]


def submission(spec: Mapping[str, Any]) -> Submission:
    """The call for a SparkJob's spec, as YAML reads it."""
    found = Submission(conf={"spark.app.name": NAME, **spec.get("sparkConf", {})})
    found.conf.update({f"spark.hadoop.{key}": value for key, value in spec.get("hadoopConf", {}).items()})
    found.conf["spark.kubernetes.namespace"] = NAMESPACE
    _application(spec, found)
    _images(spec, found.conf)
    _dependencies(spec.get("deps", {}), found.flags)
    _scale(spec, found.conf)
    for role in _ROLES:
        _Role(role, spec.get(role, {}), found).write()
    return found


def _application(spec: Mapping[str, Any], found: Submission) -> None:
    if spec["type"] == "Java":
        found.flags += ["--class", spec["mainClass"]]
    if "proxyUser" in spec:
        found.flags += ["--proxy-user", spec["proxyUser"]]
    if "sql" in spec:
        sql = spec["sql"]
        source = sql.get("file", "/opt/spark/sql/statements.sql")
        parameters = ["--parameters", "/opt/spark/sql/parameters.json"] if "parameters" in sql else []
        found.application = [_RUNNER_OF_SQL, source, *parameters]
    else:
        found.application = [spec["mainApplicationFile"], *spec.get("arguments", [])]


def _images(spec: Mapping[str, Any], conf: dict[str, str]) -> None:
    if "image" in spec or "spark.kubernetes.container.image" not in conf:
        conf["spark.kubernetes.container.image"] = spec.get("image", RELEASE_IMAGE)
    if "imagePullPolicy" in spec:
        conf["spark.kubernetes.container.image.pullPolicy"] = spec["imagePullPolicy"]
    if "imagePullSecrets" in spec:
        conf["spark.kubernetes.container.image.pullSecrets"] = ",".join(spec["imagePullSecrets"])
    if "serviceAccountName" in spec:
        conf["spark.kubernetes.authenticate.driver.serviceAccountName"] = spec["serviceAccountName"]


def _dependencies(deps: Mapping[str, Any], flags: list[str]) -> None:
    for key, flag in (
        ("jars", "--jars"),
        ("files", "--files"),
        ("pyFiles", "--py-files"),
        ("archives", "--archives"),
        ("packages", "--packages"),
        ("excludePackages", "--exclude-packages"),
        ("repositories", "--repositories"),
    ):
        if key in deps:
            flags += [flag, ",".join(deps[key])]


def _scale(spec: Mapping[str, Any], conf: dict[str, str]) -> None:
    if "memoryOverheadFactor" in spec:
        for role in _ROLES:
            conf[f"spark.{role}.memoryOverheadFactor"] = spec["memoryOverheadFactor"]
    executor = spec.get("executor", {})
    if "instances" in executor:
        conf["spark.executor.instances"] = str(executor["instances"])
    if "offHeap" in executor:
        conf["spark.memory.offHeap.enabled"] = "true"
        conf["spark.memory.offHeap.size"] = memory(executor["offHeap"])
    if "pythonMemory" in executor:
        conf["spark.executor.pyspark.memory"] = memory(executor["pythonMemory"])
    if executor.get("placement") == "Spot":
        conf.update(_DECOMMISSION)
    if "localStorage" in executor:
        conf.update(_local_storage(executor["localStorage"]))
    if "dynamicAllocation" in spec:
        conf.update(_dynamic_allocation(spec["dynamicAllocation"]))


_DECOMMISSION = {
    "spark.decommission.enabled": "true",
    "spark.storage.decommission.enabled": "true",
    "spark.storage.decommission.rddBlocks.enabled": "true",
    "spark.storage.decommission.shuffleBlocks.enabled": "true",
}


def _local_storage(storage: Mapping[str, str]) -> dict[str, str]:
    volume = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1"
    found = {
        f"{volume}.mount.path": "/var/data/spark-local-dir-1",
        f"{volume}.options.claimName": "OnDemand",
        f"{volume}.options.sizeLimit": storage["size"],
        "spark.kubernetes.driver.ownPersistentVolumeClaim": "true",
        "spark.kubernetes.driver.reusePersistentVolumeClaim": "true",
        "spark.kubernetes.driver.waitToReusePersistentVolumeClaim": "true",
    }
    if "storageClassName" in storage:
        found[f"{volume}.options.storageClass"] = storage["storageClassName"]
    return found


def _dynamic_allocation(wanted: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "spark.dynamicAllocation.enabled": "true",
        "spark.dynamicAllocation.shuffleTracking.enabled": "true",
    }
    for key, setting in (
        ("minExecutors", "minExecutors"),
        ("initialExecutors", "initialExecutors"),
        ("maxExecutors", "maxExecutors"),
        ("executorIdleTimeout", "executorIdleTimeout"),
        ("shuffleTrackingTimeout", "shuffleTracking.timeout"),
    ):
        if key in wanted:
            found[f"spark.dynamicAllocation.{setting}"] = str(wanted[key])
    return found


class _Role:
    """The settings of one role; what no setting can say goes to its pod template."""

    def __init__(self, role: str, pod: Mapping[str, Any], found: Submission) -> None:
        self.role, self.pod, self.conf, self.found = role, pod, found.conf, found
        self.prefix = f"spark.kubernetes.{role}"
        self.container_name = f"spark-kubernetes-{role}"
        self.env_prefix = "spark.kubernetes.driverEnv" if role == "driver" else "spark.executorEnv"
        self.template: Document = deepcopy(pod.get("template", {}))

    def write(self) -> None:
        self._size()
        self._environment()
        self._volumes()
        self._metadata()
        self._placement()
        self._pass_template()

    def _size(self) -> None:
        pod, conf = self.pod, self.conf
        if "cores" in pod:
            conf[f"spark.{self.role}.cores"] = str(pod["cores"])
        if "coreRequest" in pod:
            conf[f"{self.prefix}.request.cores"] = pod["coreRequest"]
        if "coreLimit" in pod:
            conf[f"{self.prefix}.limit.cores"] = pod["coreLimit"]
        if "memory" in pod:
            conf[f"spark.{self.role}.memory"] = memory(pod["memory"])
        if "memoryOverhead" in pod:
            conf[f"spark.{self.role}.memoryOverhead"] = memory(pod["memoryOverhead"])
        if "gpu" in pod:
            conf[f"spark.{self.role}.resource.gpu.amount"] = str(pod["gpu"]["quantity"])
            conf[f"spark.{self.role}.resource.gpu.vendor"] = pod["gpu"].get("vendor", "nvidia.com")
            conf[f"spark.{self.role}.resource.gpu.discoveryScript"] = _GPU_SCRIPT
        if "javaOptions" in pod:
            conf[f"spark.{self.role}.extraJavaOptions"] = pod["javaOptions"]

    def _environment(self) -> None:
        for variable in self.pod.get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef", {})
            if "valueFrom" not in variable:
                self.conf[f"{self.env_prefix}.{variable['name']}"] = variable.get("value", "")
            elif set(reference) == {"name", "key"}:
                target = f"{reference['name']}:{reference['key']}"
                self.conf[f"{self.prefix}.secretKeyRef.{variable['name']}"] = target
            else:
                self._container().setdefault("env", []).append(variable)
        if "envFrom" in self.pod:
            self._container().setdefault("envFrom", []).extend(self.pod["envFrom"])

    def _volumes(self) -> None:
        for secret in self.pod.get("secrets", []):
            self.conf[f"{self.prefix}.secrets.{secret['name']}"] = secret["path"]
        mounts = self.pod.get("volumeMounts", [])
        for volume in self.pod.get("volumes", []):
            own = [mount for mount in mounts if mount["name"] == volume["name"]]
            if not self._volume_by_settings(volume, own):
                self._spec().setdefault("volumes", []).append(volume)
                self._container().setdefault("volumeMounts", []).extend(own)

    def _volume_by_settings(self, volume: Mapping[str, Any], mounts: list[Document]) -> bool:
        kind = next((key for key in volume if key != "name"), "emptyDir")
        source = volume.get(kind, {})
        sayable = kind in _VOLUME_OPTIONS and set(source) <= {*_VOLUME_OPTIONS[kind], "readOnly"}
        if not sayable or len(mounts) != 1:
            return False
        prefix = f"{self.prefix}.volumes.{kind}.{volume['name']}"
        mount = mounts[0]
        self.conf[f"{prefix}.mount.path"] = mount["mountPath"]
        for key in ("readOnly", "subPath", "subPathExpr"):
            if key in mount:
                self.conf[f"{prefix}.mount.{key}"] = _text(mount[key])
        for key in _VOLUME_OPTIONS[kind]:
            if key in source:
                self.conf[f"{prefix}.options.{key}"] = source[key]
        return True

    def _metadata(self) -> None:
        for key, value in self.pod.get("labels", {}).items():
            self.conf[f"{self.prefix}.label.{key}"] = value
        for key, value in self.pod.get("annotations", {}).items():
            self.conf[f"{self.prefix}.annotation.{key}"] = value

    def _placement(self) -> None:
        for key, value in self.pod.get("nodeSelector", {}).items():
            self.conf[f"{self.prefix}.node.selector.{key}"] = value
        if "schedulerName" in self.pod:
            self.conf[f"{self.prefix}.scheduler.name"] = self.pod["schedulerName"]
        for key in ("affinity", "priorityClassName"):
            if key in self.pod:
                self._spec()[key] = self.pod[key]
        if "tolerations" in self.pod:
            self._spec().setdefault("tolerations", []).extend(self.pod["tolerations"])

    def _pass_template(self) -> None:
        if not self.template:
            return
        names = [container.get("name") for container in self._spec().get("containers", [])]
        if self.container_name in names:
            self.conf.setdefault(f"{self.prefix}.podTemplateContainerName", self.container_name)
        self.conf[f"{self.prefix}.podTemplateFile"] = TEMPLATE % self.role
        self.found.templates[self.role] = {"apiVersion": "v1", "kind": "Pod", **self.template}

    def _spec(self) -> Document:
        found: Document = self.template.setdefault("spec", {})
        return found

    def _container(self) -> Document:
        containers: list[Document] = self._spec().setdefault("containers", [])
        chosen = self.conf.get(f"{self.prefix}.podTemplateContainerName", self.container_name)
        for container in containers:
            if container.get("name") == chosen:
                return container
        if not containers:
            containers.append({"name": self.container_name})
        return containers[0]


def memory(text: str) -> str:
    """A SparkJob's memory as Spark takes it: whole MiB, rounded down."""
    unit = text.lstrip("0123456789")
    return f"{int(text.removesuffix(unit)) * _BYTES[unit] // 1024**2}m"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
