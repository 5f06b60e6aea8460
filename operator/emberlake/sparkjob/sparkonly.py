"""What a SparkJob asks for that Spark has and Sail has not. Pure.

Sizes and numbers of executors are no reason: on Sail everything runs in the driver, with the same results.
"""

from collections.abc import Iterator

from emberlake.api.v1alpha1.sparkjob import Dependencies, SparkJobSpec
from emberlake.api.v1alpha1.sparkpods import Driver, Executor
from emberlake.sail.settings import refused
from emberlake.sparkjob.conf import OPERATOR_DEFAULT, Effective

_CHOSEN = (OPERATOR_DEFAULT, "spec.sparkConf", "spec.hadoopConf")
_SCHEMES = ("s3://", "s3a://", "local://")
_NO_EXECUTORS = "Sail has no executors, functions in Python run in the driver"
_NO_UI = "Sail has no UI"


def spark_only(spec: SparkJobSpec, conf: Effective) -> str | None:
    """The first thing that only Spark has, as the field and why; None where Sail can run the job.

    Args:
        conf: what would be in effect on Spark: the operator's own defaults may count, too.
    """
    return next(_found(spec, conf), None)


def _found(spec: SparkJobSpec, conf: Effective) -> Iterator[str]:
    if spec.type not in ("Python", "SQL"):
        yield f"spec.type {spec.type}: Sail runs Python and SQL"
    if spec.image:
        yield f"spec.image {spec.image}: it is an image with Spark"
    if spec.proxy_user:
        yield f"spec.proxyUser {spec.proxy_user}: Sail acts as nobody else"
    for field, location in _locations(spec):
        if not location.startswith(_SCHEMES):
            yield f"{field} {location}: on Sail it is read from {', '.join(_SCHEMES)} alone"
    yield from (f"spec.deps.{found}" for found in _dependencies(spec.deps))
    yield from (f"spec.driver.{found}" for found in _driver(spec.driver))
    yield from (f"spec.executor.{found}: {_NO_EXECUTORS}" for found in _executor(spec.executor))
    if spec.ui.enabled and spec.ui.ingress:
        yield f"spec.ui.ingress: {_NO_UI}"
    if spec.ui.enabled and spec.ui.service:
        yield f"spec.ui.service: {_NO_UI}"
    yield from _settings(conf)


def _locations(spec: SparkJobSpec) -> Iterator[tuple[str, str]]:
    if spec.main_application_file:
        yield "spec.mainApplicationFile", spec.main_application_file
    if spec.sql and spec.sql.file:
        yield "spec.sql.file", spec.sql.file


def _dependencies(deps: Dependencies) -> Iterator[str]:
    if deps.jars or deps.packages:
        yield f"{'jars' if deps.jars else 'packages'}: Sail has no JVM"
    for name, given in (
        ("pyFiles", deps.py_files),
        ("files", deps.files),
        ("archives", deps.archives),
        ("requirements", deps.requirements),
    ):
        if given:
            yield f"{name}: only Spark's driver fetches them"


def _driver(driver: Driver) -> Iterator[str]:
    if driver.gpu:
        yield "gpu: Sail uses none"


def _executor(executor: Executor) -> Iterator[str]:
    """What an executor would have beside its size: functions of the application may rely on it."""
    for name, given in (
        ("env", executor.env),
        ("envFrom", executor.env_from),
        ("secrets", executor.secrets),
        ("volumeMounts", executor.volume_mounts),
        ("gpu", executor.gpu),
        ("template", executor.template),
    ):
        if given:
            yield name


def _settings(conf: Effective) -> Iterator[str]:
    for key, setting in conf.items():
        chosen = setting.source in _CHOSEN or setting.source.endswith(".javaOptions")
        if chosen and (why := refused(key, setting.value)):
            yield f"{setting.source} {key}: {why}"
