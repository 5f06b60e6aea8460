"""The effective configuration of an attempt: every Spark setting, and where it comes from. Pure.

Later wins: operator defaults, Catalogs, presets, spec.sparkConf and spec.hadoopConf, fields of the spec that
are set, what the operator owns. A default that follows from other settings only fills a gap.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from emberlake.api.quantity import cpu_millis
from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.api.v1alpha1.sparkstatus import Engine
from emberlake.catalog.render import spark_conf
from emberlake.core.model import Owner
from emberlake.settings import Release, Settings
from emberlake.sparkjob.application import application
from emberlake.sparkjob.driver import written_back
from emberlake.sparkjob.driver_volumes import TEMPLATE_DIR, TEMPLATE_FILE
from emberlake.sparkjob.executors import EXECUTOR
from emberlake.sparkjob.fields import fields
from emberlake.sparkjob.firstexecutor import LOCAL_MASTER
from emberlake.sparkjob.folders import gpu_script
from emberlake.sparkjob.names import Attempt, application_id, driver_name, prefix
from emberlake.sparkjob.presets import presets
from emberlake.sparkjob.requirements import requirements_settings
from emberlake.sparkjob.resources import ROLES
from emberlake.sparkjob.sparkconf import is_true

OPERATOR_DEFAULT = "operator default"
OPERATOR = "operator"
_MINIMUM_FAILURES = 10
_INSTANCES = 1
# The home folder of an image's user need not be writable; /tmp is.
_IVY_DIR = "/tmp/.ivy2"  # noqa: S108
_COLLECTOR = re.compile(r"(?<!\S)-XX:\+Use\w+GC(?!\S)")

Catalogs = Sequence[tuple[str, CatalogSpec]]


@dataclass(frozen=True)
class Setting:
    """A value and, in words for people, where it comes from."""

    value: str
    source: str


Effective = dict[str, Setting]


def effective(
    owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, settings: Settings, attempt: Attempt
) -> Effective:
    """Every setting of the attempt's driver.

    Raises:
        ValueError: the spec cannot be carried out; names the field or setting.
    """
    conf = _from(_defaults(owner, spec, settings, attempt.engine), OPERATOR_DEFAULT)
    conf |= _from_templates(spec) | _of_catalogs(catalogs)
    conf |= {key: Setting(value, source) for key, value, source in presets(spec, catalogs, settings)}
    conf |= _from(spec.spark_conf, "spec.sparkConf")
    conf |= _from(
        {f"spark.hadoop.{key}": value for key, value in spec.hadoop_conf.items()}, "spec.hadoopConf"
    )
    for key, value, source in fields(spec, settings.defaults):
        if value is None:
            conf.pop(key, None)
        else:
            conf[key] = Setting(value, source)
    conf |= _from(requirements_settings(spec.deps, plain(conf)), "spec.deps.requirements")
    conf = _from(_derived(plain(conf), settings), OPERATOR_DEFAULT) | _with_one_collector(conf)
    conf |= _from(_owned(owner, attempt), OPERATOR)
    for key, value in written_back(plain(conf), application(spec)).items():
        # Written back as it was, a setting keeps its source.
        if key not in conf or conf[key].value != value:
            conf[key] = Setting(value, OPERATOR)
    return _alone(conf)


def _alone(conf: Effective) -> Effective:
    """The settings of a job that asks for no executors: its tasks run in the driver.

    spark-submit refuses the number, also in the driver. Spark's cluster manager takes this master instead,
    and all else (application id, dependencies, UI) stays as in any other driver on Kubernetes.
    """
    values = plain(conf)
    instances = values.get("spark.executor.instances", "")
    if is_true(values, "spark.dynamicAllocation.enabled") or instances.strip("0") or not instances:
        return conf
    cores, failures = values.get("spark.driver.cores", "1"), values.get("spark.task.maxFailures", "4")
    local = Setting(f"local[{cores},{failures}]", conf["spark.executor.instances"].source)
    rest = {key: found for key, found in conf.items() if key != "spark.executor.instances"}
    return {**rest, LOCAL_MASTER: local}


def plain(conf: Effective) -> dict[str, str]:
    """The values alone."""
    return {key: setting.value for key, setting in conf.items()}


def sources(conf: Effective) -> str:
    """A JSON object of each setting's source."""
    return json.dumps({key: conf[key].source for key in sorted(conf)}, indent=1)


def release(spec: SparkJobSpec, settings: Settings) -> Release:
    """The release of a spec.

    Raises:
        ValueError: it is not served.
    """
    found = settings.release(spec.release)
    if found is None:
        raise ValueError(f"spec.release {spec.release!r} is not served")
    return found


def _from(values: Mapping[str, str], source: str) -> Effective:
    return {key: Setting(value, source) for key, value in values.items()}


def _defaults(owner: Owner, spec: SparkJobSpec, settings: Settings, engine: Engine) -> dict[str, str]:
    served, defaults = release(spec, settings), settings.defaults
    return {
        "spark.app.name": owner.name,
        "spark.kubernetes.container.image": served.images.sail if engine == "Sail" else served.images.spark,
        "spark.kubernetes.container.image.pullPolicy": defaults.image_pull_policy,
        **_joined("spark.kubernetes.container.image.pullSecrets", defaults.image_pull_secrets),
        "spark.kubernetes.authenticate.driver.serviceAccountName": settings.service_accounts.driver,
        "spark.kubernetes.authenticate.executor.serviceAccountName": settings.service_accounts.executor,
        "spark.kubernetes.executor.enablePollingWithResourceVersion": "true",
        **served.spark_conf,
        **defaults.spark_conf,
    }


def _joined(key: str, values: Sequence[str]) -> dict[str, str]:
    return {key: ",".join(values)} if values else {}


def _of_catalogs(catalogs: Catalogs) -> Effective:
    found: Effective = {}
    for count, (name, _) in enumerate(catalogs, start=1):
        known = _from(spark_conf(catalogs[:count]), f"Catalog {name}")
        found |= {key: setting for key, setting in known.items() if key not in found}
    return found


def _from_templates(spec: SparkJobSpec) -> Effective:
    """A ServiceAccount that a template names: Spark would let a setting, even a default, win over it."""
    found: Effective = {}
    for role, pod in (("driver", spec.driver), ("executor", spec.executor)):
        template = pod.template.document() if pod.template else {}
        if account := (template.get("spec") or {}).get("serviceAccountName"):
            key = f"spark.kubernetes.authenticate.{role}.serviceAccountName"
            found[key] = Setting(account, f"spec.{role}.template")
    return found


def _derived(conf: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """Defaults that follow from other settings."""
    found = {}
    per_core = cpu_millis(settings.defaults.cpu_request_per_core)
    for role in ROLES:
        if conf.get(f"spark.{role}.resource.gpu.amount", "0").strip("0").isdigit():
            found[f"spark.{role}.resource.gpu.discoveryScript"] = gpu_script(role)
        cores = conf.get(f"spark.{role}.cores", "1")
        if per_core != 1000 and cores.isdigit():
            found[f"spark.kubernetes.{role}.request.cores"] = f"{int(cores) * per_core}m"
    executors = conf.get("spark.executor.instances", str(_INSTANCES))
    if is_true(conf, "spark.dynamicAllocation.enabled"):
        executors = conf.get("spark.dynamicAllocation.maxExecutors", "")
    else:
        found["spark.executor.instances"] = executors
    if executors.isdigit():
        # Spark's own bound, but room for a few failures of a small job.
        found["spark.executor.maxNumFailures"] = str(max(_MINIMUM_FAILURES, 2 * int(executors)))
    if "spark.jars.packages" in conf:
        found["spark.jars.ivy"] = _IVY_DIR
    return found


def _with_one_collector(conf: Effective) -> Effective:
    """Without the default garbage collector of a role whose options name one: no JVM starts with two."""
    found = dict(conf)
    for role in ROLES:
        default = conf.get(key := f"spark.{role}.defaultJavaOptions")
        chosen = conf.get(f"spark.{role}.extraJavaOptions")
        if default and chosen and default.source == OPERATOR_DEFAULT and _COLLECTOR.search(chosen.value):
            found[key] = replace(default, value=" ".join(_COLLECTOR.sub("", default.value).split()))
    return found


def _owned(owner: Owner, attempt: Attempt) -> dict[str, str]:
    return {
        "spark.master": "k8s://https://kubernetes.default.svc",
        "spark.app.id": application_id(owner, attempt),
        "spark.kubernetes.namespace": owner.namespace,
        "spark.kubernetes.driver.pod.name": driver_name(owner, attempt),
        # Executors reach the driver by its pod's address: no Service.
        "spark.kubernetes.executor.useDriverPodIP": "true",
        "spark.kubernetes.executor.podNamePrefix": prefix(owner, attempt),
        "spark.kubernetes.executor.podTemplateFile": f"{TEMPLATE_DIR}/{TEMPLATE_FILE}",
        "spark.kubernetes.executor.podTemplateContainerName": EXECUTOR,
    }
