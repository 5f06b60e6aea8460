"""The decisions by which Emberlake differs from spark-submit."""

from typing import Any

from unit.sparkjob.submit.compare import ABSENT
from unit.sparkjob.submit.intended import ANY, Field, Intended


def _added(*paths: str, value: Any = ANY) -> tuple[Field, ...]:
    return tuple(Field(path, ABSENT, value) for path in paths)


def _left_out(*paths: str) -> tuple[Field, ...]:
    return tuple(Field(path, ANY, ABSENT) for path in paths)


def _of_both(path: str, value: Any) -> tuple[Field, ...]:
    return tuple(Field(f"{role}.{path}", ABSENT, value) for role in ("driver", "executor"))


_SPARK = "spec.containers[spark]"
_STORAGE = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1"
_CLAIM_DIR, _OUR_CLAIM_DIR = "/var/data/spark-local-dir-1", "/var/data/spark-local/executor-local"
_LABELS = ("app.kubernetes.io/*", "emberlake.dev/*")

INTENDED = (
    Intended(
        "The configuration comes first, in one ConfigMap",
        "The pod finds what it mounts, and an operator that is stopped in between leaves no driver that"
        " waits for its configuration. The template of the executors and the sources of the settings are"
        " in it too; the namespace stands in `spark.properties` already. An annotation names the Secrets that"
        " executors may refer to.",
        (
            *_added("configMap.metadata.annotations[emberlake.dev/executor-secrets]"),
            Field("objects", "Pod, Service, ConfigMap", "ConfigMap, Pod"),
            Field("objects", "Pod, Service, ConfigMap, ConfigMap", "ConfigMap, Pod"),
            *_added("configMap.files[pod-spec-template.yml]", "configMap.files[sources.json]"),
            *_left_out("configMap.files[spark.kubernetes.namespace]"),
            Field(
                "driver.spec.volumes[pod-template-volume].configMap.name",
                "{PREFIX}-driver-podspec-conf-map",
                "{CONF}",
            ),
            Field(
                "driver.spec.volumes[pod-template-volume].configMap.items[0].key",
                "podspec-configmap-key",
                "pod-spec-template.yml",
            ),
        ),
    ),
    Intended(
        "No Service",
        "Executors reach the driver by its pod's address: one object less for each job, and no Service"
        " whose variables fill the environment of every pod in the namespace.",
        (
            *_left_out("properties[spark.driver.host]"),
            *_added("properties[spark.kubernetes.executor.useDriverPodIP]", value="true"),
            Field(
                f"executor.{_SPARK}.env[SPARK_DRIVER_URL].value",
                "spark://CoarseGrainedScheduler@*-driver-svc.demo.svc:*",
                "spark://CoarseGrainedScheduler@{POD_IP}:*",
            ),
        ),
    ),
    Intended(
        "The SparkJob owns what is made for it",
        "Deleting the job deletes everything, and a driver pod that was deleted by hand leaves the"
        " configuration of its attempt readable.",
        (
            Field("configMap.metadata.ownerReferences[0].apiVersion", "v1", "emberlake.dev/v1alpha1"),
            Field("configMap.metadata.ownerReferences[0].kind", "Pod", "SparkJob"),
            Field("configMap.metadata.ownerReferences[0].name", "{PREFIX}-driver", "etl"),
            Field("configMap.metadata.ownerReferences[0].uid", ANY, ANY),
            *_added("driver.metadata.ownerReferences[0].*"),
        ),
    ),
    Intended(
        "Names that do not change",
        "A restart anywhere meets its own objects again, so no driver runs twice. Executors are named"
        " after the attempt; `spark.kubernetes.executor.podNamePrefix` is refused: a fixed prefix would"
        " collide with the previous attempt's.",
        (
            Field("executor.metadata.name", "*-exec-1", "{PREFIX}-exec-1"),
            Field("executor.spec.hostname", "*-exec-1", "{PREFIX}-exec-1"),
            Field("executor.claims[0].metadata.name", "{EXECUTORS}-exec-1-pvc-0", "{PREFIX}-exec-1-pvc-0"),
            Field(
                "executor.spec.volumes[*].persistentVolumeClaim.claimName",
                "{EXECUTORS}-exec-1-pvc-0",
                "{PREFIX}-exec-1-pvc-0",
            ),
            *_added("properties[spark.kubernetes.executor.podNamePrefix]", value="{PREFIX}"),
            Field(
                f"driver.{_SPARK}.env[SPARK_LOCAL_DIRS].value", "/var/data/spark-{UUID}", "/var/data/spark"
            ),
            *_left_out(f"driver.{_SPARK}.volumeMounts[/var/data/spark-{{UUID}}].name"),
            *_added(f"driver.{_SPARK}.volumeMounts[/var/data/spark].name", value="spark-local-dir-1"),
            *_added("driver.metadata.namespace", value="demo"),
        ),
    ),
    Intended(
        "Labels and annotations of Emberlake",
        "They tell whose pod it is, and keep a driver where it is: moved elsewhere it begins from nothing.",
        (
            *(
                field
                for part in ("configMap", "driver", "executor")
                for label in _LABELS
                for field in _added(f"{part}.metadata.labels[{label}]")
            ),
            *_added(
                "driver.metadata.annotations[cluster-autoscaler.kubernetes.io/safe-to-evict]", value="false"
            ),
            *_added("driver.metadata.annotations[karpenter.sh/do-not-disrupt]", value="true"),
        ),
    ),
    Intended(
        "Pod Security `restricted`",
        "Driver and executors, their sidecars and init containers run in a namespace that enforces the"
        " standard. The root file system cannot be written; what Spark writes gets a volume. A template's"
        " ids are kept; root and whatever else breaks the standard is refused.",
        (
            *_of_both("spec.securityContext.runAsNonRoot", True),
            *_of_both("spec.securityContext.runAsUser", 185),
            *_of_both("spec.securityContext.runAsGroup", 185),
            *_of_both("spec.securityContext.fsGroup", 185),
            *_of_both("spec.securityContext.seccompProfile.type", "RuntimeDefault"),
            *_of_both("spec.containers[*].securityContext.allowPrivilegeEscalation", False),
            *_of_both("spec.containers[*].securityContext.capabilities.drop[0]", "ALL"),
            *_of_both("spec.initContainers[*].securityContext.allowPrivilegeEscalation", False),
            *_of_both("spec.initContainers[*].securityContext.capabilities.drop[0]", "ALL"),
            *_of_both(f"{_SPARK}.securityContext.readOnlyRootFilesystem", True),
            *_of_both(f"{_SPARK}.volumeMounts[/tmp].name", "emberlake-tmp"),
            *_of_both(f"{_SPARK}.volumeMounts[/opt/spark/work-dir].name", "emberlake-work"),
            *_of_both("spec.volumes[emberlake-tmp].emptyDir", "present"),
            *_of_both("spec.volumes[emberlake-work].emptyDir", "present"),
        ),
    ),
    Intended(
        "A template for executors, always",
        "Spark gives its executors no security context; only a template can.",
        (
            *_added(
                f"driver.{_SPARK}.volumeMounts[/opt/spark/pod-template].name",
                "driver.spec.volumes[pod-template-volume].configMap.*",
                "properties[spark.kubernetes.executor.podTemplateFile]",
                "properties[spark.kubernetes.executor.podTemplateContainerName]",
            ),
            Field(
                "properties[spark.kubernetes.executor.podTemplateContainerName]",
                "main",
                "spark-kubernetes-executor",
            ),
            Field(f"executor.{_SPARK}.ownName", "main", "spark-kubernetes-executor"),
            Field(f"driver.{_SPARK}.ownName", "main", "spark-kubernetes-driver"),
        ),
    ),
    Intended(
        "Service accounts and links",
        "The accounts are those that the chart makes: the driver's has the rights that Spark needs, the"
        " executors' none and no token. Executors never fall back to the driver's account. Variables of"
        " the namespace's Services would fill the environment.",
        (
            *_of_both("spec.enableServiceLinks", False),
            *_added("driver.spec.serviceAccountName", value="emberlake-driver"),
            *_added(
                "properties[spark.kubernetes.authenticate.driver.serviceAccountName]",
                value="emberlake-driver",
            ),
            *_added(
                "properties[spark.kubernetes.authenticate.executor.serviceAccountName]",
                "executor.spec.serviceAccountName",
                "executor.spec.serviceAccount",
                value="emberlake-executor",
            ),
            Field("executor.spec.serviceAccountName", "etl", "emberlake-executor"),
            Field("executor.spec.serviceAccount", "etl", "emberlake-executor"),
            # The old name of the field, which the API server fills in.
            Field("driver.spec.serviceAccount", "etl", ABSENT),
            *_added("executor.spec.automountServiceAccountToken", value=False),
            # The setting would win over the template: the template's name becomes the setting.
            *_added(
                "properties[spark.kubernetes.authenticate.driver.serviceAccountName]", value="from-template"
            ),
        ),
    ),
    Intended(
        "Metrics for Prometheus",
        "On by default: `spec.monitoring.prometheus`.",
        (
            *_added("driver.metadata.annotations[prometheus.io/*]"),
            *_added("properties[spark.ui.prometheus.enabled]", value="true"),
            *_added("properties[spark.metrics.*]"),
        ),
    ),
    Intended(
        "Defaults of the operator",
        "One executor, not two: a small job stays small. A job whose executors die again and again fails"
        " after a few. Executors are listed from the API server's cache, which many drivers at once need."
        " The pull policy is Spark's own, written out. Packages are resolved below `/tmp`, which can be"
        " written.",
        (
            *_added("properties[spark.executor.instances]", value="1"),
            *_added("properties[spark.executor.maxNumFailures]"),
            *_added("properties[spark.kubernetes.executor.enablePollingWithResourceVersion]", value="true"),
            *_added("properties[spark.kubernetes.container.image.pullPolicy]", value="IfNotPresent"),
            *_added("properties[spark.jars.ivy]", value="/tmp/.ivy2"),
        ),
    ),
    Intended(
        "The driver's own view",
        "The driver finds the API server by its name in the cluster, whatever address the submitter used."
        " Paths on the submitter's disk are not handed on. An empty list of Python files is left out.",
        (
            Field("properties[spark.master]", "k8s://{API}", "k8s://https://kubernetes.default.svc"),
            Field("properties[spark.submit.pyFiles]", "", ABSENT),
            *_left_out("properties[spark.kubernetes.driver.podTemplateFile]"),
            Field(
                "properties[spark.kubernetes.driver.podTemplateContainerName]",
                "spark-kubernetes-driver",
                ABSENT,
            ),
        ),
    ),
    Intended(
        "Volumes and ordered variables are laid into the pods directly",
        "A field of the spec may hold any volume of Kubernetes, and settings know four kinds; a variable"
        " that refers to another by `$(NAME)` needs the order that settings lack. The pods are the same:"
        " they are compared. A claim that is mounted read-only need not be said to be read-only twice.",
        (
            *_left_out("properties[spark.kubernetes.driver.volumes.*]"),
            *_left_out("properties[spark.kubernetes.executor.volumes.*]"),
            *_left_out("properties[spark.kubernetes.driverEnv.*]"),
            Field("driver.spec.volumes[models].persistentVolumeClaim.readOnly", True, ABSENT),
            Field("executor.spec.volumes[models].persistentVolumeClaim.readOnly", True, ABSENT),
        ),
    ),
    Intended(
        "GPUs need no script in the image",
        "Spark asks a script for the addresses of the GPUs. Emberlake brings one for `spec.driver.gpu`"
        " and `spec.executor.gpu`.",
        (
            *_added("configMap.files[driver-gpus.sh]", "configMap.files[executor-gpus.sh]"),
            *(
                field
                for role in ("driver", "executor")
                for field in (
                    *_added(f"{role}.{_SPARK}.volumeMounts[/opt/spark/gpu].*"),
                    *_added(f"{role}.spec.volumes[emberlake-gpu].configMap.*"),
                    Field(
                        f"properties[spark.{role}.resource.gpu.discoveryScript]",
                        "/opt/spark/examples/src/main/scripts/getGpusResources.sh",
                        f"/opt/spark/gpu/{role}-gpus.sh",
                    ),
                )
            ),
        ),
    ),
    Intended(
        "Executors that go, and their disks",
        "`placement: Spot` gives a pod the two minutes that clouds give, lets it go once its blocks have"
        " moved, and does not count what is taken away for ever. `localStorage` lies where the shuffle files"
        " of a lost executor are found again.",
        (
            *_added("properties[spark.executor.failuresValidityInterval]", value="1h"),
            *_added("properties[spark.storage.decommission.replicationReattemptInterval]", value="5s"),
            *_added("properties[spark.kubernetes.executor.terminationGracePeriodSeconds]", value="120s"),
            Field("executor.spec.terminationGracePeriodSeconds", 30, 120),
            *_added("properties[spark.shuffle.sort.io.plugin.class]"),
            Field(f"properties[{_STORAGE}.mount.path]", _CLAIM_DIR, _OUR_CLAIM_DIR),
            Field(f"properties[{_STORAGE}.mount.readOnly]", ABSENT, "false"),
            Field(f"properties[{_STORAGE}.options.sizeLimit]", "20Gi", "20480Mi"),
            Field(f"executor.{_SPARK}.env[SPARK_LOCAL_DIRS].value", _CLAIM_DIR, _OUR_CLAIM_DIR),
            *_left_out(f"executor.{_SPARK}.volumeMounts[{_CLAIM_DIR}].name"),
            *_added(f"executor.{_SPARK}.volumeMounts[{_OUR_CLAIM_DIR}].name"),
        ),
    ),
    Intended(
        "A claim of the driver is a part of its pod",
        "A claim named `OnDemand` is an ephemeral volume of the pod: made with it and deleted with it, and"
        " never without it.",
        (Field("objects", "Pod, Service, PersistentVolumeClaim, ConfigMap", "ConfigMap, Pod"),),
    ),
    Intended(
        "The port of the driver's block manager",
        "With `spark.blockManager.port` alone spark-submit names that port on the container, and makes the"
        " driver listen on 7079.",
        (Field(f"driver.{_SPARK}.ports[blockmanager].containerPort", 17079, 7079),),
    ),
    Intended(
        "SQL comes with the configuration",
        "spark-submit has no SQL in cluster mode. Statements written into the spec, and parameters, are"
        " files of the ConfigMap, which the runner reads.",
        (
            *_added("configMap.files[statements.sql]", "configMap.files[parameters.json]"),
            *_added(f"driver.{_SPARK}.volumeMounts[/opt/spark/sql].name", value="emberlake-sql"),
            *_added(f"driver.{_SPARK}.volumeMounts[/opt/spark/sql].readOnly", value=True),
            *_added("driver.spec.volumes[emberlake-sql].configMap.*"),
        ),
    ),
)
