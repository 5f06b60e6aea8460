"""SparkJob: a bounded Spark application, run by a driver pod that the operator builds itself."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from emberlake.api.v1alpha1.common import (
    BaseStatus,
    Column,
    Cpu,
    Duration,
    Failure,
    Memory,
    Model,
    ObjectName,
    PodTemplate,
    Resource,
    Rule,
    StatusModel,
)

SparkConfKey = Annotated[str, Field(max_length=256)]
SparkConfValue = Annotated[str, Field(max_length=8192)]

# Set by the operator for every driver: a user's value would point the driver at the wrong pods.
OWNED_CONF = (
    "spark.app.id",
    "spark.master",
    "spark.submit.deployMode",
    "spark.kubernetes.namespace",
    "spark.kubernetes.driver.pod.name",
)


class PodResources(Model):
    """Size and shape of a Spark pod."""

    cores: Annotated[int, Field(ge=1, le=1024)] = Field(1, description="Task slots (Spark cores).")
    core_request: Cpu | None = Field(None, description="CPU request; default: cores.")
    core_limit: Cpu | None = Field(None, description="CPU limit; default: none.")
    memory: Memory = Field("1Gi", description="JVM heap; the pod gets memory overhead on top.")
    memory_overhead: Memory | None = Field(
        None, description="Memory beside the heap; default: 10 % of it for Java, 40 % otherwise."
    )
    template: PodTemplate | None = Field(None, description="A PodTemplateSpec laid under the pod.")


class Driver(PodResources):
    """The driver pod."""


class Executor(PodResources):
    """The executor pods."""

    instances: Annotated[int, Field(ge=0, le=10000)] = Field(1, description="How many executors.")


class Timeouts(Model):
    """Bounds on each stage of a run."""

    driver_start: Duration = Field("10m", description="From creation until the driver runs.")
    run: Duration | None = Field(None, description="From creation until the run ends; default: none.")


class SparkJobSpec(Model):
    """What to run and with which resources."""

    cel: ClassVar[tuple[Rule, ...]] = (
        Rule(
            rule="self.type == 'Java' || !has(self.mainClass)",
            message="mainClass is for type Java (also Scala): remove mainClass, or set type: Java",
            field_path=".mainClass",
        ),
        Rule(
            rule="self.type != 'Java' || has(self.mainClass)",
            message="type Java needs mainClass, the class whose main method is run",
        ),
        Rule(
            rule="!has(self.sparkConf) || !self.sparkConf.exists(k, k in ["
            + ", ".join(f"'{key}'" for key in OWNED_CONF)
            + "])",
            message="sparkConf must not set " + ", ".join(OWNED_CONF) + ": the operator sets them",
            field_path=".sparkConf",
        ),
    )

    type: Literal["Python", "Java"] = Field(description="Language of the application; Java also for Scala.")
    release: str | None = Field(
        None,
        max_length=63,
        description="Release label that pins image and versions; default: the operator's.",
    )
    image: str | None = Field(None, max_length=512, description="Image instead of the release's.")
    catalogs: list[ObjectName] = Field(
        default_factory=list, max_length=8, description="Catalogs to configure; the first is the default."
    )
    main_application_file: str = Field(
        min_length=1,
        max_length=1024,
        pattern=r"^(s3a?|local|https?)://.+$",
        description="Script or jar: s3://, http(s)://, or local:// for a file in the image.",
    )
    main_class: str | None = Field(None, max_length=256, description="Main class (type Java).")
    arguments: list[Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=list, max_length=256, description="Arguments of the application."
    )
    spark_conf: dict[SparkConfKey, SparkConfValue] = Field(
        default_factory=dict,
        max_length=256,
        description="Spark settings; they win over the operator's defaults.",
    )
    driver: Driver = Field(default_factory=lambda: Driver.model_validate({}))
    executor: Executor = Field(default_factory=lambda: Executor.model_validate({}))
    service_account_name: ObjectName | None = Field(
        None, description="ServiceAccount of the driver; default: the one the chart made."
    )
    rerun_on: Literal["Request", "Change"] = Field(
        "Request", description="Run again on request only, or also when the spec changed."
    )
    suspend: bool = Field(False, description="Stop the driver; resuming starts a new attempt.")
    timeouts: Timeouts = Field(default_factory=lambda: Timeouts.model_validate({}))


class Attempt(StatusModel):
    """One driver pod."""

    number: int = Field(description="Counts from 1 within the run.")
    pod: str = Field(max_length=63, description="Name of the driver pod.")
    pod_uid: str | None = Field(None, max_length=64, description="Once set, a missing pod is a lost attempt.")
    application_id: str = Field(max_length=64, description="Spark's application id.")
    created_at: str = Field(max_length=64)
    ended: str | None = Field(None, max_length=64, description="Why it was stopped before its end.")


class SparkJobStatus(BaseStatus):
    """Observed state of a SparkJob."""

    run: int = Field(0, description="Number of the current or last run.")
    attempt: Attempt | None = Field(None, description="The current or last attempt.")
    spec_hash: str | None = Field(None, max_length=64, description="Hash of the run-relevant spec that ran.")
    last_handled_request: str | None = Field(None, max_length=64)
    last_handled_cancel: str | None = Field(None, max_length=64)
    waiting_since: str | None = Field(None, max_length=64)
    started_at: str | None = Field(None, max_length=64)
    finished_at: str | None = Field(None, max_length=64)
    failure: Failure | None = Field(None)


# Optional fields are compared behind has(): CEL's optional syntax loses their size and blows the cost budget.
_FROZEN = (
    "type",
    "mainApplicationFile",
    "driver.memory",
    "driver.cores",
    "executor.instances",
    "executor.memory",
    "executor.cores",
)
_FROZEN_OPTIONAL = ("mainClass", "arguments", "sparkConf", "catalogs", "image", "release")


def _frozen_fields() -> str:
    same = [f"self.spec.{name} == oldSelf.spec.{name}" for name in _FROZEN]
    same += [
        f"has(self.spec.{name}) == has(oldSelf.spec.{name})"
        f" && (!has(self.spec.{name}) || self.spec.{name} == oldSelf.spec.{name})"
        for name in _FROZEN_OPTIONAL
    ]
    return " && ".join(same)


class SparkJob(Resource):
    """The SparkJob kind."""

    kind = "SparkJob"
    plural = "sparkjobs"
    short_name = "sj"
    description = "A bounded Apache Spark application."
    spec_model = SparkJobSpec
    status_model = SparkJobStatus
    columns = (
        Column(name="State", path=".status.state"),
        Column(name="Run", path=".status.run", type="integer"),
        Column(name="Started", path=".status.startedAt", type="date"),
        Column(name="Finished", path=".status.finishedAt", type="date"),
        Column(name="Reason", path=".status.reason"),
        Column(name="Message", path=".status.message"),
        Column(name="Age", path=".metadata.creationTimestamp", type="date"),
    )
    root_rules = (
        Rule(
            rule="!has(oldSelf.status) || !has(oldSelf.status.state)"
            " || !(oldSelf.status.state in ['Starting', 'Running', 'Retrying'])"
            f" || ({_frozen_fields()})",
            message="spec is frozen while a run is active: wait for its end, set suspend, or cancel it"
            " with the annotation emberlake.dev/cancel-requested-at",
        ),
    )
