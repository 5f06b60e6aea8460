"""SparkJob: a bounded Spark application, run by a driver pod that the operator builds itself."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.config import JsonDict

from emberlake.api.v1alpha1.common import (
    Category,
    Column,
    Duration,
    Model,
    ObjectName,
    Resource,
    Rule,
)
from emberlake.api.v1alpha1.sparkpods import Driver, DynamicAllocation, Executor, Factor
from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus

SparkConfKey = Annotated[str, Field(max_length=256)]
SparkConfValue = Annotated[str, Field(max_length=8192)]
Conf = Annotated[dict[SparkConfKey, SparkConfValue], Field(max_length=256)]
LOCATION_PATTERN = r"^(s3a?|local|https?|file|hdfs|gs|abfss?|ftp)://?.+$"
Location = Annotated[str, Field(min_length=1, max_length=1024, pattern=LOCATION_PATTERN)]
Coordinate = Annotated[str, Field(pattern=r"^[^:,\s]+:[^:,\s]+:[^:,\s]+$", max_length=512)]
ExcludedCoordinate = Annotated[str, Field(pattern=r"^[^:,\s]+:[^:,\s]+$", max_length=512)]
Url = Annotated[str, Field(pattern=r"^https?://[^,\s]+$", max_length=1024)]
Requirement = Annotated[str, Field(pattern=r"^[A-Za-z0-9][^\n]*$", max_length=512)]

# Set by the operator for every driver: a user's value would point the driver at the wrong pods.
OWNED_CONF = (
    "spark.app.id",
    "spark.master",
    "spark.submit.deployMode",
    "spark.kubernetes.namespace",
    "spark.kubernetes.driver.pod.name",
)
_FILE = "put the file into a Secret or ConfigMap, and mount it"
_SUBMITTER = "only spark-submit can do it; set what it does in spec.driver.template"
# Settings that need the disk or the JVM of the machine that submits, and what to do instead.
REFUSED_CONF: Mapping[str, str] = {
    "spark.kubernetes.driver.podTemplateFile": "write the template into spec.driver.template",
    "spark.kubernetes.executor.podTemplateFile": "write the template into spec.executor.template",
    "spark.kubernetes.driver.pod.featureSteps": _SUBMITTER,
    "spark.kubernetes.driver.pod.excludedFeatureSteps": _SUBMITTER,
    "spark.kubernetes.kerberos.krb5.path": f"{_FILE} by spark.kubernetes.kerberos.krb5.configMapName",
}
# Failures that are retried whatever `retry` says, and not counted: nobody's fault who could mend it.
UNCOUNTED = ("Infrastructure", "Evicted")
INFRASTRUCTURE_RETRIES = 20
INFRASTRUCTURE_RETRY_HOURS = 24


class Sql(Model):
    """Statements to run, one after another."""

    cel: ClassVar[tuple[Rule, ...]] = (
        Rule(rule="has(self.text) != has(self.file)", message="sql needs either text or file, and not both"),
        Rule(
            rule="!has(self.parameters) || self.parameters.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
            message="names of sql.parameters are letters, digits and _, as in the marker :name",
            field_path=".parameters",
        ),
    )

    text: str | None = Field(None, min_length=1, max_length=65536, description="The statements themselves.")
    file: Location | None = Field(None, description="Where a file with the statements is.")
    parameters: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict,
        max_length=64,
        description="Values of the markers :name, bound by Spark and never pasted into the text.",
    )


class Dependencies(Model):
    """What the application needs beside its main file."""

    jars: list[Location] = Field(default_factory=list, max_length=64, description="Jars for the class path.")
    files: list[Location] = Field(
        default_factory=list, max_length=64, description="Files put into each working directory."
    )
    py_files: list[Location] = Field(
        default_factory=list, max_length=64, description=".py, .zip or .egg for the Python path."
    )
    archives: list[Location] = Field(
        default_factory=list, max_length=64, description="Archives unpacked into each working directory."
    )
    packages: list[Coordinate] = Field(
        default_factory=list, max_length=64, description="Maven coordinates group:artifact:version."
    )
    exclude_packages: list[ExcludedCoordinate] = Field(
        default_factory=list, max_length=64, description="Coordinates group:artifact to leave out."
    )
    repositories: list[Url] = Field(
        default_factory=list, max_length=16, description="Maven repositories beside Maven Central."
    )
    requirements: list[Requirement] = Field(
        default_factory=list,
        max_length=128,
        description="Python packages as pip takes them; resolved once, the same for driver and executors.",
    )
    index_url: Url | None = Field(None, description="Python index instead of PyPI.")


class Timeouts(Model):
    """Bounds on each stage of a run."""

    pending: Duration = Field(
        "24h", description="How long the job may wait before a driver: for a Catalog, for quota."
    )
    driver_start: Duration = Field("10m", description="From a driver pod's creation until it runs.")
    executor_start: Duration = Field(
        "15m", description="From the driver's start until a first executor runs, where one is asked for."
    )
    run: Duration | None = Field(
        None, description="From the run's start until its end, over all attempts; default: none."
    )


class Retry(Model):
    """Which failed attempts are tried again."""

    limit: Annotated[int, Field(ge=0, le=100)] = Field(
        0, description="Retries on this job's budget; Infrastructure and Evicted are retried beside it."
    )
    categories: list[Category] = Field(
        ["OutOfMemory", "Image", "Quota", "Timeout"],
        max_length=8,
        description="Categories that are retried; add User to retry errors of the application.",
    )
    per_hour: Annotated[int, Field(ge=1, le=60)] | None = Field(
        None, description="For jobs without end: retries in any hour, instead of limit."
    )
    backoff: Duration = Field("10s", description="Wait before the first retry; it doubles with each.")
    max_backoff: Duration = Field("6m", description="Longest wait.")


class Retention(Model):
    """How long pods and ConfigMaps of ended attempts stay; the SparkJob itself stays."""

    succeeded: Duration = Field("24h", description="After a run that succeeded.")
    failed: Duration = Field("7d", description="After a run that failed or was cancelled.")


class Ingress(Model):
    """An Ingress to the Spark UI."""

    host: str = Field(max_length=253, description="Host name.")
    class_name: str | None = Field(None, max_length=253, description="IngressClass.")
    tls_secret_name: ObjectName | None = Field(None, description="Secret with the certificate.")
    annotations: dict[str, Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=dict, max_length=64, description="Annotations of the Ingress."
    )


class Ui(Model):
    """The Spark UI of the running driver."""

    enabled: bool = Field(True, description="Serve it (spark.ui.enabled).")
    service: bool = Field(False, description="Make the Service NAME-ui; `emberlake ui` needs none.")
    ingress: Ingress | None = Field(None, description="Make an Ingress to it; implies service.")


class Monitoring(Model):
    """Metrics of driver and executors for Prometheus."""

    prometheus: bool = Field(
        True, description="Serve them on the UI's port, with prometheus.io annotations on the driver."
    )


def _without_default(schema: JsonDict) -> None:
    """Filled into every stored job, it would stop an operator of before, which refuses unknown fields."""
    del schema["default"]


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
            rule="(self.type == 'SQL') == has(self.sql)",
            message="type SQL needs sql, and no other type takes it",
        ),
        Rule(
            rule="(self.type == 'SQL') != has(self.mainApplicationFile)",
            message="mainApplicationFile is needed for every type but SQL, which has sql instead",
        ),
        Rule(
            rule="self.type != 'SQL' || !has(self.arguments) || self.arguments.size() == 0",
            message="arguments are not for type SQL: its values are sql.parameters",
            field_path=".arguments",
        ),
        Rule(
            rule="self.type != 'R' || has(self.image)",
            message="type R needs image, one with R and SparkR: the images of releases have neither",
        ),
        Rule(
            rule="!has(self.engine) || self.engine != 'Sail' || self.type == 'Python' || self.type == 'SQL'",
            message="engine Sail runs type Python and SQL: set engine: Spark, or Auto",
            field_path=".engine",
        ),
        Rule(
            rule="!has(self.sparkConf) || !self.sparkConf.exists(k, k in ["
            + ", ".join(f"'{key}'" for key in OWNED_CONF)
            + "])",
            message="sparkConf must not set " + ", ".join(OWNED_CONF) + ": the operator sets them",
            field_path=".sparkConf",
        ),
    )

    type: Literal["Python", "Java", "R", "SQL"] = Field(
        description="Language of the application; Java also for Scala."
    )
    engine: Literal["Spark", "Sail", "Auto"] = Field(
        "Spark",
        json_schema_extra=_without_default,
        description="What runs it, default Spark; Auto: Sail, and Spark where Sail cannot do the same.",
    )
    release: str | None = Field(
        None,
        max_length=63,
        description="Release label that pins image and versions; default: the operator's.",
    )
    image: str | None = Field(None, max_length=512, description="Image instead of the release's.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        None, description="Default: the operator's."
    )
    image_pull_secrets: list[ObjectName] = Field(
        default_factory=list, max_length=16, description="Pull Secrets beside the operator's."
    )
    catalogs: list[ObjectName] = Field(
        default_factory=list, max_length=8, description="Catalogs to configure; the first is the default."
    )
    main_application_file: Location | None = Field(
        None, description="Script or jar: s3://, http(s)://, or local:// for a file in the image."
    )
    main_class: str | None = Field(None, max_length=256, description="Main class (type Java).")
    arguments: list[Annotated[str, Field(max_length=4096)]] = Field(
        default_factory=list, max_length=256, description="Arguments of the application."
    )
    sql: Sql | None = Field(None, description="Statements to run (type SQL).")
    deps: Dependencies = Field(
        default_factory=lambda: Dependencies.model_validate({}),
        description="Jars, files and packages beside the main file.",
    )
    proxy_user: str | None = Field(None, max_length=256, description="User to act as (--proxy-user).")
    spark_conf: Conf = Field(
        default_factory=dict,
        description="Spark settings; they win over defaults, and a field that is set wins over them.",
    )
    hadoop_conf: Conf = Field(default_factory=dict, description="Hadoop settings, without spark.hadoop.")
    memory_overhead_factor: Factor | None = Field(
        None, description="Share of the heap added to each pod; default 0.1 for Java, 0.4 otherwise."
    )
    driver: Driver = Field(default_factory=lambda: Driver.model_validate({}))
    executor: Executor = Field(default_factory=lambda: Executor.model_validate({}))
    dynamic_allocation: DynamicAllocation | None = Field(
        None, description="Executors by need instead of executor.instances."
    )
    service_account_name: ObjectName | None = Field(
        None, description="ServiceAccount of the driver; default: the one the chart made."
    )
    rerun_on: Literal["Request", "Change"] = Field(
        "Request", description="Run again on request only, or also when the spec changed."
    )
    suspend: bool = Field(False, description="Stop the driver; resuming starts a new attempt.")
    timeouts: Timeouts = Field(
        default_factory=lambda: Timeouts.model_validate({}), description="Bounds on each stage of a run."
    )
    retry: Retry = Field(
        default_factory=lambda: Retry.model_validate({}), description="Which failed attempts are tried again."
    )
    retention: Retention = Field(
        default_factory=lambda: Retention.model_validate({}),
        description="How long pods of ended attempts stay.",
    )
    ttl_after_finished: Duration | None = Field(
        None,
        description="Delete this SparkJob so long after its end; not under GitOps, which makes it anew.",
    )
    ui: Ui = Field(default_factory=lambda: Ui.model_validate({}), description="The Spark UI.")
    monitoring: Monitoring = Field(
        default_factory=lambda: Monitoring.model_validate({}), description="Metrics for Prometheus."
    )


# Whatever may change during a run is missing here: suspend, retention and ttlAfterFinished.
_FROZEN = ("type", "driver", "executor", "deps", "rerunOn", "timeouts", "retry", "ui", "monitoring")
_FROZEN_OPTIONAL = (
    "engine",
    "release",
    "image",
    "imagePullPolicy",
    "imagePullSecrets",
    "catalogs",
    "mainApplicationFile",
    "mainClass",
    "arguments",
    "sql",
    "proxyUser",
    "sparkConf",
    "hadoopConf",
    "memoryOverheadFactor",
    "dynamicAllocation",
    "serviceAccountName",
)


def _frozen_fields() -> str:
    same = [f"self.spec.{name} == oldSelf.spec.{name}" for name in _FROZEN]
    # Compared behind has(): CEL's optional syntax loses their size and blows the cost budget.
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
        Column(name="Attempt", path=".status.attempt.number", type="integer"),
        Column(name="Engine", path=".status.engine", priority=1),
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
