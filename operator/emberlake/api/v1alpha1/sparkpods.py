"""The pods of a SparkJob: sizes, placement, and what is laid into them."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from emberlake.api.v1alpha1.common import Cpu, Duration, Memory, Model, ObjectName, PodTemplate, Rule

Factor = Annotated[str, Field(pattern=r"^(0?\.[0-9]{1,4}|[1-9][0-9]?(\.[0-9]{1,4})?)$", max_length=8)]
LabelValue = Annotated[str, Field(max_length=63)]
MountPath = Annotated[str, Field(pattern=r"^/.*$", max_length=512)]


class Passed(Model):
    """An object of Kubernetes' own API, passed through as the user wrote it."""

    model_config = ConfigDict(extra="allow")
    preserve_unknown: ClassVar[bool] = True

    def document(self) -> dict[str, Any]:
        """The object as the user wrote it."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Named(Passed):
    """One of a list that is merged by name."""

    name: Annotated[str, Field(min_length=1, max_length=253)] = Field(description="Its name.")


class EnvVar(Named):
    """A Kubernetes EnvVar: name, and value or valueFrom."""


class Volume(Named):
    """A Kubernetes Volume."""


class VolumeMount(Passed):
    """A Kubernetes VolumeMount."""

    name: Annotated[str, Field(min_length=1, max_length=63)] = Field(description="The volume.")
    mount_path: MountPath = Field(description="Where it is mounted.")


class Toleration(Passed):
    """A Kubernetes Toleration."""


class EnvFrom(Passed):
    """A Kubernetes EnvFromSource."""


class Affinity(Passed):
    """A Kubernetes Affinity."""


class SecretMount(Model):
    """A Secret, mounted as a folder."""

    name: ObjectName = Field(description="The Secret, in this namespace.")
    path: MountPath = Field(description="Folder that gets a file per key.")


class Gpu(Model):
    """GPUs of a pod."""

    vendor: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)] = Field(
        "nvidia.com", description="The resource asked for is VENDOR/gpu."
    )
    quantity: Annotated[int, Field(ge=1, le=64)] = Field(description="How many.")


_BY_NAME: JsonDict = {"x-kubernetes-list-map-keys": ["name"]}


class PodResources(Model):
    """Size and shape of a Spark pod. A field that is not set leaves the word to sparkConf."""

    cores: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="Task slots (Spark cores); default 1."
    )
    core_request: Cpu | None = Field(None, description="CPU request; default: cores.")
    core_limit: Cpu | None = Field(None, description="CPU limit; default: none.")
    memory: Memory | None = Field(
        None, description="JVM heap, default 1Gi; the pod gets memory overhead on top."
    )
    memory_overhead: Memory | None = Field(
        None, description="Memory beside the heap; default: 10 % of it for Java, 40 % otherwise."
    )
    gpu: Gpu | None = Field(None, description="GPUs.")
    java_options: str | None = Field(None, max_length=4096, description="Extra options of the JVM.")
    env: list[EnvVar] = Field(
        default_factory=list, max_length=128, json_schema_extra=_BY_NAME, description="Environment."
    )
    env_from: list[EnvFrom] = Field(
        default_factory=list, max_length=32, description="Environment from Secrets and ConfigMaps."
    )
    secrets: list[SecretMount] = Field(
        default_factory=list, max_length=32, json_schema_extra=_BY_NAME, description="Mounted Secrets."
    )
    volumes: list[Volume] = Field(
        default_factory=list, max_length=32, json_schema_extra=_BY_NAME, description="Volumes."
    )
    volume_mounts: list[VolumeMount] = Field(default_factory=list, max_length=32, description="Their mounts.")
    labels: dict[Annotated[str, Field(max_length=317)], LabelValue] = Field(
        default_factory=dict, max_length=64, description="Labels of the pod."
    )
    annotations: dict[Annotated[str, Field(max_length=317)], Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict, max_length=64, description="Annotations of the pod."
    )
    node_selector: dict[Annotated[str, Field(max_length=317)], LabelValue] = Field(
        default_factory=dict, max_length=32, description="Labels that its node must have."
    )
    tolerations: list[Toleration] = Field(default_factory=list, max_length=32, description="Tolerations.")
    affinity: Affinity | None = Field(None, description="Affinity.")
    priority_class_name: ObjectName | None = Field(None, description="PriorityClass.")
    scheduler_name: ObjectName | None = Field(None, description="Scheduler; default: the cluster's.")
    template: PodTemplate | None = Field(
        None, description="A PodTemplateSpec laid under the pod: for all that has no field here."
    )


class Driver(PodResources):
    """The driver pod."""

    pod_disruption_budget: bool = Field(
        False, description="Make a PodDisruptionBudget, so that draining a node waits for the job's end."
    )


class LocalStorage(Model):
    """A volume per executor for shuffle and spill, made on demand and used again by its successor."""

    size: Memory = Field(description="Size of the volume.")
    storage_class_name: ObjectName | None = Field(
        None, description="Default: the operator's; Spark makes no claim without one."
    )


class Executor(PodResources):
    """The executor pods."""

    instances: Annotated[int, Field(ge=0, le=10000)] | None = Field(
        None, description="How many executors, default 1; with 0 the tasks run in the driver."
    )
    off_heap: Memory | None = Field(None, description="Off-heap memory of Spark, part of the pod's.")
    python_memory: Memory | None = Field(
        None, description="Bound on the Python workers' memory, part of the pod's (not for Java)."
    )
    placement: Literal["OnDemand", "Spot"] = Field(
        "OnDemand", description="Spot: on nodes that may be taken away; blocks move before one goes."
    )
    local_storage: LocalStorage | None = Field(None, description="Default: the node's disk (emptyDir).")


class DynamicAllocation(Model):
    """Executors by need, with shuffle tracking."""

    cel: ClassVar[tuple[Rule, ...]] = (
        Rule(
            rule="self.minExecutors <= self.maxExecutors",
            message="minExecutors must not be greater than maxExecutors",
        ),
        Rule(
            rule="!has(self.initialExecutors) || (self.initialExecutors >= self.minExecutors"
            " && self.initialExecutors <= self.maxExecutors)",
            message="initialExecutors must lie between minExecutors and maxExecutors",
        ),
    )

    min_executors: Annotated[int, Field(ge=0, le=10000)] = Field(0, description="Fewest.")
    initial_executors: Annotated[int, Field(ge=0, le=10000)] | None = Field(
        None, description="Default: minExecutors."
    )
    max_executors: Annotated[int, Field(ge=1, le=10000)] = Field(description="Most.")
    executor_idle_timeout: Duration = Field("60s", description="An executor idle so long goes.")
    shuffle_tracking_timeout: Duration | None = Field(
        None, description="An executor with shuffle data idle so long goes; default: never."
    )
