"""Arguments and environment of the driver's container. Pure."""

from collections.abc import Mapping
from typing import Any

from emberlake.sparkjob.application import Application
from emberlake.sparkjob.driver_volumes import CONF_DIR, HADOOP_CONF_DIR, PROPERTIES, TOKEN_DIR
from emberlake.sparkjob.sparkconf import Conf, under

_USER = "spark"

Document = dict[str, Any]


def arguments(application: Application) -> list[str]:
    """What the image's entrypoint is given."""
    proxy = ["--proxy-user", application.proxy_user] if application.proxy_user else []
    return [
        "driver",
        *proxy,
        "--properties-file",
        f"{CONF_DIR}/{PROPERTIES}",
        "--class",
        application.main_class,
        application.resource,
        *application.arguments,
    ]


def environment(conf: Conf, application: Application, local_dirs: list[str]) -> list[Document]:
    """Variables in spark-submit's order.

    Raises:
        ValueError: a secretKeyRef setting is wrong; names it.
    """
    plain = {"SPARK_USER": _USER, "SPARK_APPLICATION_ID": conf["spark.app.id"]}
    plain |= under(conf, "spark.kubernetes.driverEnv.")
    return [
        *_values(plain),
        {
            "name": "SPARK_DRIVER_BIND_ADDRESS",
            "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}},
        },
        *_secret_values(conf),
        *_values(_python(conf) if application.language == "python" else {}),
        *_values(_hadoop_env(conf)),
        *_values({"SPARK_LOCAL_DIRS": ",".join(local_dirs), "SPARK_CONF_DIR": CONF_DIR}),
    ]


def _values(env: Mapping[str, str]) -> list[Document]:
    return [{"name": name, "value": value} for name, value in env.items()]


def _secret_values(conf: Conf) -> list[Document]:
    prefix, found = "spark.kubernetes.driver.secretKeyRef.", []
    for name, reference in under(conf, prefix).items():
        secret, _, key = reference.partition(":")
        if not secret or not key or ":" in key:
            raise ValueError(f"{prefix}{name} {reference!r}: write SECRET:KEY")
        found.append({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
    return found


def _python(conf: Conf) -> dict[str, str]:
    worker = conf.get("spark.pyspark.python")
    driver = conf.get("spark.pyspark.driver.python", worker)
    found = {"PYSPARK_PYTHON": worker, "PYSPARK_DRIVER_PYTHON": driver}
    return {name: value for name, value in found.items() if value is not None}


def _hadoop_env(conf: Conf) -> dict[str, str]:
    found = {}
    if "spark.kubernetes.hadoop.configMapName" in conf:
        found["HADOOP_CONF_DIR"] = HADOOP_CONF_DIR
    if "spark.kubernetes.kerberos.tokenSecret.name" in conf:
        key = conf.get("spark.kubernetes.kerberos.tokenSecret.itemKey", "hadoop-tokens")
        found["HADOOP_TOKEN_FILE_LOCATION"] = f"{TOKEN_DIR}/{key}"
    return found
