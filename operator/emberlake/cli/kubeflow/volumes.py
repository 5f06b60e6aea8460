"""Volumes of a SparkApplication's pods. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from emberlake.cli.kubeflow.source import Source

Document = dict[str, Any]

_LOCAL_DIR = "spark-local-dir-"
# Which fields of a local volume Spark has a setting for.
_OPTIONS = {
    "emptyDir": ("sizeLimit", "medium"),
    "hostPath": ("path", "type"),
    "nfs": ("path", "server", "readOnly"),
    "persistentVolumeClaim": ("claimName", "readOnly"),
}
_MOUNT = {"mountPath": "path", "subPath": "subPath", "readOnly": "readOnly"}


def volumes(
    role: str, source: Source, shared: Mapping[str, Document], conf: dict[str, str]
) -> tuple[list[Document], list[Document]]:
    """Volumes and mounts of a role; local directories become settings, as in Kubeflow's spark-submit."""
    used: dict[str, Document] = {}
    mounts = []
    for index, mount in enumerate(source.take("volumeMounts", [])):
        name = mount["name"]
        if name not in shared:
            source.tell(
                ("volumeMounts", index), f"spec.volumes has no volume {name!r}; Kubeflow drops the mount too"
            )
        elif name.startswith(_LOCAL_DIR):
            lost = _local_dir(f"spark.kubernetes.{role}.volumes", shared[name], mount, conf)
            for field in lost:
                source.tell(("volumeMounts", index), f"Spark has no setting for {field} of volume {name!r}")
        else:
            used[name] = deepcopy(shared[name])
            mounts.append(mount)
    return list(used.values()), mounts


def _local_dir(prefix: str, volume: Document, mount: Document, conf: dict[str, str]) -> list[str]:
    """Write the settings; returns the fields that have none."""
    kind = next((key for key in volume if key in _OPTIONS), None)
    if kind is None:
        return [key for key in volume if key != "name"]
    start = f"{prefix}.{kind}.{volume['name']}."
    for field, option in _MOUNT.items():
        if field in mount:
            conf[f"{start}mount.{option}"] = _text(mount[field])
    options = volume[kind] or {}
    for field in _OPTIONS[kind]:
        if field in options:
            conf[f"{start}options.{field}"] = _text(options[field])
    lost = [f"{kind}.{field}" for field in options if field not in _OPTIONS[kind]]
    return lost + [f"its mount's {field}" for field in mount if field not in (*_MOUNT, "name")]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
