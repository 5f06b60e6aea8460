"""The spec of a SparkApplication, as that of a SparkJob. Pure.

What each field does there: kubeflow/spark-operator v2.5, api/v1beta2/sparkapplication_types.go and
internal/controller/sparkapplication/submission.go.
"""

from collections.abc import Mapping
from typing import Any

from emberlake.cli.errors import UsageError
from emberlake.cli.kubeflow.monitoring import monitoring, ui
from emberlake.cli.kubeflow.pods import pod
from emberlake.cli.kubeflow.source import Source

Document = dict[str, Any]

_SAME = (
    "image",
    "imagePullPolicy",
    "imagePullSecrets",
    "arguments",
    "proxyUser",
    "hadoopConf",
    "memoryOverheadFactor",
)
_DEPENDENCIES = ("jars", "files", "pyFiles", "archives", "packages", "excludePackages", "repositories")
_TYPES = {"Java": "Java", "Scala": "Java", "Python": "Python", "R": "R"}
_LOST = {
    "sparkVersion": "the image decides; set release for one of Emberlake's",
    "pythonVersion": "the image decides",
    "sparkConfigMap": "write its settings into sparkConf; the operator owns the configuration folder",
    "failureRetries": "it has no effect in Kubeflow's operator either; set retry.limit",
    "retryInterval": "it has no effect in Kubeflow's operator either; set retry.backoff",
    "batchScheduler": "pods are not grouped; schedulerName of driver and executor names a scheduler",
    "batchSchedulerOptions": "pods are not grouped; Kueue queues whole jobs through suspend",
    "driverIngressOptions": "make a Service that selects emberlake.dev/name and emberlake.dev/role=driver",
}
_ALL_FAILURES = ["User", "OutOfMemory", "Image", "Quota", "Timeout"]
_POLICIES = ("Never", "OnFailure", "Always")
_OWN_ACCOUNT = "emberlake-driver"
_MOST_RETRIES = 100
_MOST_RETRIES_PER_HOUR = 60
_LONGEST_BACKOFF_SECONDS = 360
_DEFAULT_INTERVAL_SECONDS = 5


def spec_of(source: Source, labels: dict[str, str], owned_conf: Mapping[str, str]) -> Document:
    """The new spec.

    Args:
        labels: of the application; Kubeflow puts them on its pods.
        owned_conf: settings that a SparkJob must not have, and why.

    Raises:
        UsageError: the type is unknown.
    """
    kind = source.take("type")
    if kind not in _TYPES:
        raise UsageError(f"spec.type {kind!r} is none of {', '.join(_TYPES)}")
    found: Document = {"type": _TYPES[kind]}
    found |= {key: source.take(key) for key in ("mainApplicationFile", *_SAME) if key in source}
    if found["type"] == "Java" and "mainClass" in source:
        found["mainClass"] = source.take("mainClass")
    source.lose("mainClass", "only type Java has a main class")
    if source.take("mode", "cluster") != "cluster":
        source.tell(("mode",), "the driver always runs in a pod of its own (cluster mode)")
    deps = source.part("deps")
    found["deps"] = {key: deps.take(key) for key in _DEPENDENCIES if key in deps}
    conf = _conf(source, owned_conf)
    found["sparkConf"] = conf
    found |= _pods(source, conf, labels)
    found |= _dynamic_allocation(source.part("dynamicAllocation"), conf)
    found |= _retry(source.part("restartPolicy"))
    found |= monitoring(source.part("monitoring"), conf)
    found |= ui(source.part("sparkUIOptions"))
    if (seconds := source.take("timeToLiveSeconds")) is not None:
        found["ttlAfterFinished"] = f"{max(1, seconds)}s"
    if source.take("suspend"):
        found["suspend"] = True
    for key, reason in _LOST.items():
        source.lose(key, reason)
    return {key: value for key, value in found.items() if value not in ([], {}, None)}


def _conf(source: Source, owned: Mapping[str, str]) -> dict[str, str]:
    conf: dict[str, str] = source.take("sparkConf", {})
    for key in conf.keys() & owned.keys():
        source.tell(("sparkConf", key), owned[key])
    return {key: value for key, value in conf.items() if key not in owned}


def _pods(source: Source, conf: dict[str, str], labels: dict[str, str]) -> Document:
    volumes: list[Document] = source.take("volumes", [])
    driver, executor = source.part("driver"), source.part("executor")
    mounted = {mount["name"] for part in (driver, executor) for mount in part.peek("volumeMounts") or []}
    for index, volume in enumerate(volumes):
        if volume["name"] not in mounted:
            source.tell(("volumes", index), f"neither driver nor executor mounts {volume['name']!r}")
    selector: dict[str, str] = source.take("nodeSelector", {})
    for role, part in (("driver", driver), ("executor", executor)):
        for key in selector.keys() & (part.peek("nodeSelector") or {}).keys():
            source.tell(("nodeSelector", key), f"{role}.nodeSelector has this label too, and wins")
    shared = {
        "volumes": {volume["name"]: volume for volume in volumes},
        "nodeSelector": selector,
        "labels": labels,
    }
    found: Document = {}
    if account := driver.take("serviceAccount"):
        found["serviceAccountName"] = account
        if account != _OWN_ACCOUNT:
            driver.note(("serviceAccount",), f"{account} needs the rights of {_OWN_ACCOUNT}")
    config_map = source.take("hadoopConfigMap")
    found["driver"] = pod("driver", driver, conf, shared=shared, hadoop_config_map=config_map)
    if source.take("driverPodDisruptionBudget"):
        found["driver"]["podDisruptionBudget"] = True
    found["executor"] = pod("executor", executor, conf, shared=shared, hadoop_config_map=config_map)
    return found


def _dynamic_allocation(source: Source, conf: dict[str, str]) -> Document:
    if not source.take("enabled"):
        for key in (
            "initialExecutors",
            "minExecutors",
            "maxExecutors",
            "shuffleTrackingEnabled",
            "shuffleTrackingTimeout",
        ):
            source.lose(key, "dynamic allocation is not enabled")
        return {}
    least, most, initial = (source.take(f"{which}Executors") for which in ("min", "max", "initial"))
    tracking, timeout = source.take("shuffleTrackingEnabled", True), source.take("shuffleTrackingTimeout")
    in_order = (
        most is not None and (least or 0) <= most and (initial is None or (least or 0) <= initial <= most)
    )
    if in_order and tracking and (timeout is None or (timeout > 0 and timeout % 1000 == 0)):
        found: Document = {"maxExecutors": most}
        found |= {} if least is None else {"minExecutors": least}
        found |= {} if initial is None else {"initialExecutors": initial}
        found |= {} if timeout is None else {"shuffleTrackingTimeout": f"{timeout // 1000}s"}
        return {"dynamicAllocation": found}
    # The field needs a most, and always tracks; Spark's own settings do not.
    values = {
        "enabled": "true", "minExecutors": least, "maxExecutors": most, "initialExecutors": initial,
        "shuffleTracking.enabled": str(tracking).lower(),
        "shuffleTracking.timeout": None if timeout is None else f"{timeout}ms",
    }  # fmt: skip
    conf |= {
        f"spark.dynamicAllocation.{key}": str(value) for key, value in values.items() if value is not None
    }
    return {}


def _retry(source: Source) -> Document:
    policy = source.take("type", "Never")
    if policy not in _POLICIES:
        source.tell(("type",), f"{policy!r} is none of {', '.join(_POLICIES)}")
    for key in ("onSubmissionFailureRetries", "onSubmissionFailureRetryInterval"):
        source.lose(
            key, "nothing is submitted apart; what keeps a driver from being made is tried again in any case"
        )
    if policy not in _POLICIES[1:]:
        for key in ("onFailureRetries", "onFailureRetryInterval"):
            source.lose(key, "without restartPolicy.type OnFailure or Always nothing is tried again")
        return {}
    retries, interval = source.take("onFailureRetries"), source.take("onFailureRetryInterval")
    seconds = interval or _DEFAULT_INTERVAL_SECONDS
    found: Document = {"categories": _ALL_FAILURES, "backoff": f"{seconds}s"}
    if seconds > _LONGEST_BACKOFF_SECONDS:
        found["maxBackoff"] = f"{seconds}s"
    source.note((), "waits double with each retry; Kubeflow's grow by the interval")
    if policy == "Always":
        source.tell(
            ("type",),
            "a run that succeeded is not started again; retry.perHour bounds the retries of failed ones",
        )
        if retries is not None:
            source.tell(("onFailureRetries",), "restartPolicy.type Always does not count retries")
        return {"retry": {"perHour": _MOST_RETRIES_PER_HOUR, **found}}
    if (retries or 0) > _MOST_RETRIES:
        source.tell(("onFailureRetries",), f"at most {_MOST_RETRIES} retries; that many are set")
    return {"retry": {"limit": min(retries or 0, _MOST_RETRIES), **found}}
