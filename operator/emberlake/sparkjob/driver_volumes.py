"""Volumes of the driver that Spark settings ask for, and Spark's own. Pure."""

from collections.abc import Iterable
from typing import Any

from emberlake.sparkjob.sparkconf import Conf, is_true
from emberlake.sparkjob.volumes import Mounted, by_settings

CONF_DIR = "/opt/spark/conf"
PROPERTIES = "spark.properties"
TEMPLATE_DIR = "/opt/spark/pod-template"
TEMPLATE_FILE = "pod-spec-template.yml"
HADOOP_CONF_DIR = "/opt/hadoop/conf"
TOKEN_DIR = "/mnt/secrets/hadoop-credentials"  # noqa: S105
_LOCAL_DIR = "/var/data/spark"
_LOCAL_VOLUME = "spark-local-dir-"
_READABLE = 0o644

Document = dict[str, Any]


def volumes(conf: Conf, config_map: str) -> list[Mounted]:
    """Secrets, volumes, Hadoop's files and the executors' template, in spark-submit's order.

    Raises:
        ValueError: a setting is missing or wrong; names it.
    """
    return [
        *by_settings(conf, "driver"),
        *_hadoop(conf),
        _file("pod-template-volume", TEMPLATE_DIR, config_map, {"key": TEMPLATE_FILE, "path": TEMPLATE_FILE}),
    ]


def configuration(config_map: str) -> Mounted:
    """The driver's spark.properties."""
    item = {"key": PROPERTIES, "mode": _READABLE, "path": PROPERTIES}
    return _file("spark-conf-volume-driver", CONF_DIR, config_map, item)


def _hadoop(conf: Conf) -> list[Mounted]:
    """Hadoop's and Kerberos' files, from objects that are there already."""
    found: list[Mounted] = []
    if name := conf.get("spark.kubernetes.hadoop.configMapName"):
        volume = {"name": "hadoop-properties", "configMap": {"name": name}}
        found.append((volume, {"name": "hadoop-properties", "mountPath": HADOOP_CONF_DIR}))
    if name := conf.get("spark.kubernetes.kerberos.krb5.configMapName"):
        mount = {"name": "krb5-file", "mountPath": "/etc/krb5.conf", "subPath": "krb5.conf"}
        found.append(({"name": "krb5-file", "configMap": {"name": name}}, mount))
    if name := conf.get("spark.kubernetes.kerberos.tokenSecret.name"):
        volume = {"name": "hadoop-secret", "secret": {"secretName": name}}
        found.append((volume, {"name": "hadoop-secret", "mountPath": TOKEN_DIR}))
    return found


def _file(volume: str, path: str, config_map: str, item: Document) -> Mounted:
    source = {"configMap": {"name": config_map, "items": [item]}}
    return {"name": volume, **source}, {"name": volume, "mountPath": path}


def local_dirs(conf: Conf, mounts: Iterable[Document]) -> list[Mounted]:
    """Scratch space: none of its own when the user mounts volumes named spark-local-dir-N."""
    if own_local_dirs(mounts):
        return []
    in_memory = is_true(conf, "spark.kubernetes.local.dirs.tmpfs")
    source = {"emptyDir": {"medium": "Memory"} if in_memory else {}}
    return [
        (
            {"name": f"{_LOCAL_VOLUME}{number}", **source},
            {"name": f"{_LOCAL_VOLUME}{number}", "mountPath": path},
        )
        for number, path in enumerate(conf.get("spark.local.dir", _LOCAL_DIR).split(","), start=1)
    ]


def own_local_dirs(mounts: Iterable[Document]) -> list[str]:
    """Paths of the volumes that the user brings as scratch space, by their names."""
    return [mount["mountPath"] for mount in mounts if mount["name"].startswith(_LOCAL_VOLUME)]
