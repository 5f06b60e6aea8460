"""Volumes that are written as Spark settings, spark.kubernetes.driver.volumes.TYPE.NAME.OPTION. Pure.

Rules: Spark 4.1, "Running on Kubernetes", Using Kubernetes Volumes.
"""

from collections.abc import Mapping
from typing import Any

ON_DEMAND = "OnDemand"
_APPLICATION_LABEL = "spark-app-selector"
_TYPES = ("hostPath", "persistentVolumeClaim", "emptyDir", "nfs")

Options = Mapping[str, str]
Mounted = tuple[dict[str, Any], dict[str, Any]]


def mounted(conf: Mapping[str, str], prefix: str) -> list[Mounted]:
    """Volume and mount of each volume under `prefix`, in the order of the settings.

    A claim named OnDemand is made with the pod and goes with it (an ephemeral volume).

    Raises:
        ValueError: a setting is missing or wrong; names it.
    """
    found = [
        _mounted(_Settings(prefix, kind, name, conf), conf.get("spark.app.id", ""))
        for kind, name in _names(conf, prefix)
    ]
    paths = [mount["mountPath"] for _, mount in found]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise ValueError(f"{prefix}*.mount.path: {twice[0]!r} is used by two volumes")
    return found


class _Settings:
    """The settings of one volume."""

    def __init__(self, prefix: str, kind: str, name: str, conf: Options) -> None:
        self.kind, self.name, self._start = kind, name, f"{prefix}{kind}.{name}."
        self._conf = conf

    def get(self, option: str) -> str | None:
        return self._conf.get(self._start + option)

    def need(self, option: str) -> str:
        if (found := self.get(option)) is None:
            raise ValueError(f"{self._start}{option} is missing: a volume of type {self.kind} needs it")
        return found

    def size(self) -> str | None:
        found = self.get("options.sizeLimit")
        if found is not None and found.isdigit() and int(found) < 1024:
            raise ValueError(f"{self._start}options.sizeLimit {found!r} is below 1Ki: write for example 10Gi")
        return found

    def under(self, group: str) -> dict[str, str]:
        start = f"{self._start}{group}."
        return {key.removeprefix(start): value for key, value in self._conf.items() if key.startswith(start)}


def _names(conf: Options, prefix: str) -> list[tuple[str, str]]:
    parts = (key.removeprefix(prefix).split(".") for key in conf if key.startswith(prefix))
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
        case "hostPath":
            return {
                "hostPath": {"path": volume.need("options.path"), "type": volume.get("options.type") or ""}
            }
        case "nfs":
            return {"nfs": {"path": volume.need("options.path"), "server": volume.need("options.server")}}
        case "emptyDir":
            limit = {"sizeLimit": size} if (size := volume.size()) else {}
            return {"emptyDir": {"medium": volume.get("options.medium") or "", **limit}}
        case "persistentVolumeClaim":
            return _claim(volume, application_id)
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
                    "accessModes": ["ReadWriteOncePod"],
                    **({"storageClassName": storage_class} if storage_class else {}),
                    "resources": {"requests": {"storage": size or volume.need("options.sizeLimit")}},
                },
            }
        }
    }
