"""What a SparkJob asks for that Spark has and Sail has not. Pure.

Sizes and numbers of executors are no reason: on Sail everything runs in the driver, with the same results.
What is said of the driver's pod holds on both.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from emberlake.api.v1alpha1.sparkjob import Dependencies, SparkJobSpec, Sql
from emberlake.api.v1alpha1.sparkpods import Driver, Executor
from emberlake.catalog.render import sail_env
from emberlake.sail.settings import refused
from emberlake.sail.sqlfile import refused_statement
from emberlake.sparkjob.conf import OPERATOR_DEFAULT, Catalogs, Effective, plain
from emberlake.sparkjob.sparkconf import under

_CHOSEN = (OPERATOR_DEFAULT, "spec.sparkConf", "spec.hadoopConf")
_LOCAL = "local://"
_S3 = ("s3://", "s3a://")
_IMAGES = ("spark.kubernetes.container.image", "spark.kubernetes.driver.container.image")
_OWN_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "SPARK_REMOTE")
_NO_EXECUTORS = "Sail has no executors, functions in Python run in the driver"
_NO_UI = "Sail has no UI"


def spark_only(spec: SparkJobSpec, catalogs: Catalogs, conf: Effective) -> str | None:
    """The first thing that only Spark has, as the field and why; None where Sail can run the job.

    Args:
        conf: what would be in effect on Spark: the operator's own defaults may count, too.
    """
    return next(_found(spec, catalogs, conf), None)


def _found(spec: SparkJobSpec, catalogs: Catalogs, conf: Effective) -> Iterator[str]:
    if spec.type not in ("Python", "SQL"):
        yield f"spec.type {spec.type}: Sail runs Python and SQL"
    if spec.image and spec.engine == "Auto":
        yield f"spec.image {spec.image}: an image holds one engine, with Auto it is Spark"
    yield from (f"spec.sparkConf {key}: set spec.image" for key in _IMAGES if key in spec.spark_conf)
    if spec.proxy_user:
        yield f"spec.proxyUser {spec.proxy_user}: Sail acts as nobody else"
    yield from _application(spec)
    yield from _statements(spec.sql)
    yield from (f"spec.deps.{found}" for found in _dependencies(spec.deps))
    if spec.driver.gpu:
        yield "spec.driver.gpu: Sail uses none"
    yield from _variables(spec.driver, conf)
    yield from (f"spec.executor.{found}: {_NO_EXECUTORS}" for found in _executor(spec.executor))
    if spec.ui.enabled and spec.ui.ingress:
        yield f"spec.ui.ingress: {_NO_UI}"
    if spec.ui.enabled and spec.ui.service:
        yield f"spec.ui.service: {_NO_UI}"
    yield from _settings(conf)
    yield from _catalogs(catalogs)


def _application(spec: SparkJobSpec) -> Iterator[str]:
    for field, location in (
        ("spec.mainApplicationFile", spec.main_application_file),
        ("spec.sql.file", spec.sql.file if spec.sql else None),
    ):
        if location is None or location.startswith(_S3):
            continue
        if not location.startswith(_LOCAL):
            yield f"{field} {location}: on Sail it is read from s3:// or a volume alone"
        elif not spec.image and not _is_mounted(location.removeprefix(_LOCAL), spec.driver):
            yield f"{field} {location}: it is a file of Spark's image, Sail has its own"


def _statements(sql: Sql | None) -> Iterator[str]:
    """What is known before a start: or a run would write on Sail, and then come to what Sail does not do."""
    if sql is not None and sql.text and (found := refused_statement(sql.text)):
        line, refusal = found
        yield f"spec.sql.text line {line}: {refusal.message} ({refusal.feature})"


def _is_mounted(path: str, driver: Driver) -> bool:
    """Whether the file lies on a volume of the driver's pod."""
    mounts = [mount.mount_path for mount in driver.volume_mounts] + [found.path for found in driver.secrets]
    mounts += _mounts(driver.template.document() if driver.template else {})
    return any(PurePosixPath(path).is_relative_to(mount) for mount in mounts)


def _mounts(template: dict[str, Any]) -> list[str]:
    containers = (template.get("spec") or {}).get("containers") or ()
    return [mount["mountPath"] for found in containers for mount in found.get("volumeMounts") or ()]


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


def _variables(driver: Driver, conf: Effective) -> Iterator[str]:
    for name in (*(found.name for found in driver.env), *under(plain(conf), "spark.kubernetes.driverEnv.")):
        if name in _OWN_VARIABLES or name.startswith("SAIL_"):
            yield f"spec.driver.env {name}: the program that runs Sail sets it"


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


def _catalogs(catalogs: Catalogs) -> Iterator[str]:
    try:
        sail_env(catalogs)
    except ValueError as error:
        yield f"spec.catalogs: {str(error).partition(':')[0]}"
