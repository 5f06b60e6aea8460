"""Volumes that are written as Spark settings. Pure.

Rules: Spark 4.1, "Running on Kubernetes", Secret Management and Using Kubernetes Volumes.
"""

from typing import Any

from emberlake.sparkjob.resources import Role
from emberlake.sparkjob.sparkconf import Conf, under

ON_DEMAND = "OnDemand"
_APPLICATION_LABEL = "spark-app-selector"
_TYPES = ("persistentVolumeClaim", "emptyDir")
_RESTRICTED = ("hostPath", "nfs")

Mounted = tuple[dict[str, Any], dict[str, Any]]


def by_settings(conf: Conf, role: Role) -> list[Mounted]:
    """Volume and mount of each Secret and volume of a role, in the order of the settings.

    A claim named OnDemand is made with the pod and goes with it (an ephemeral volume).

    Raises:
        ValueError: a setting is missing or wrong; names it.
    """
    secrets = under(conf, f"spark.kubernetes.{role}.secrets.").items()
    prefix = f"spark.kubernetes.{role}.volumes."
    return [
        *(_secret(name, path) for name, path in secrets),
        *(
            _mounted(_Settings(prefix, kind, name, conf), conf.get("spark.app.id", ""))
            for kind, name in _names(conf, prefix)
        ),
    ]


def _secret(name: str, path: str) -> Mounted:
    volume = f"{name}-volume"
    return {"name": volume, "secret": {"secretName": name}}, {"name": volume, "mountPath": path}


class _Settings:
    """The settings of one volume."""

    def __init__(self, prefix: str, kind: str, name: str, conf: Conf) -> None:
        self.kind, self.name, self._start = kind, name, f"{prefix}{kind}.{name}."
        self._conf = conf

    def get(self, option: str) -> str | None:
        return self._conf.get(self._start + option)

    def need(self, option: str) -> str:
        if (found := self.get(option)) is None:
            raise ValueError(f"{self._start}{option} is missing: a volume of type {self.kind} needs it")
        return found

    def access_mode(self) -> str:
        legacy = self._conf.get("spark.kubernetes.legacy.useReadWriteOnceAccessMode", "false")
        return "ReadWriteOnce" if legacy.lower() == "true" else "ReadWriteOncePod"

    def size(self) -> str | None:
        found = self.get("options.sizeLimit")
        if found is not None and found.isdigit() and int(found) < 1024:
            raise ValueError(f"{self._start}options.sizeLimit {found!r} is below 1Ki: write for example 10Gi")
        return found

    def under(self, group: str) -> dict[str, str]:
        return under(self._conf, f"{self._start}{group}.")


def _names(conf: Conf, prefix: str) -> list[tuple[str, str]]:
    parts = (key.split(".") for key in under(conf, prefix))
    return list(dict.fromkeys((part[0], part[1]) for part in parts if len(part) > 1))


def _mounted(volume: _Settings, application_id: str) -> Mounted:
    mount: dict[str, Any] = {
        "name": volume.name,
        "mountPath": volume.need("mount.path"),
        "readOnly": _is_read_only(volume),
    }
    paths = {key: found for key in ("subPath", "subPathExpr") if (found := volume.get(f"mount.{key}"))}
    if len(paths) > 1:
        raise ValueError(f"volume {volume.name}: set mount.subPath or mount.subPathExpr, not both")
    return {"name": volume.name, **_source(volume, application_id)}, mount | paths


def _is_read_only(volume: _Settings) -> bool:
    return (volume.get("mount.readOnly") or "false").lower() == "true"


def _source(volume: _Settings, application_id: str) -> dict[str, Any]:
    match volume.kind:
        case "emptyDir":
            limit = {"sizeLimit": size} if (size := volume.size()) else {}
            return {"emptyDir": {"medium": volume.get("options.medium") or "", **limit}}
        case "persistentVolumeClaim":
            return _claim(volume, application_id)
    if volume.kind in _RESTRICTED:
        raise ValueError(
            f"volume {volume.name}: type {volume.kind!r} is refused: it breaks Pod Security `restricted`,"
            " which holds for every pod of a job; use a persistentVolumeClaim"
        )
    raise ValueError(f"volume {volume.name}: type {volume.kind!r} is none of {', '.join(_TYPES)}")


def _claim(volume: _Settings, application_id: str) -> dict[str, Any]:
    name, size = volume.need("options.claimName"), volume.size()
    if ON_DEMAND not in name:
        return {"persistentVolumeClaim": {"claimName": name, "readOnly": _is_read_only(volume)}}
    storage_class = volume.get("options.storageClass")
    return {
        "ephemeral": {
            "volumeClaimTemplate": {
                "metadata": {
                    "labels": {**volume.under("label"), _APPLICATION_LABEL: application_id},
                    "annotations": volume.under("annotation"),
                },
                "spec": {
                    "accessModes": [volume.access_mode()],
                    **({"storageClassName": storage_class} if storage_class else {}),
                    "resources": {"requests": {"storage": size or volume.need("options.sizeLimit")}},
                },
            }
        }
    }
