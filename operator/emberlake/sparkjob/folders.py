"""Files that the operator lays into driver and executors, from the attempt's ConfigMap. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from emberlake.sparkjob.resources import ROLES, Role
from emberlake.sparkjob.sparkconf import Conf
from emberlake.sparkjob.volumes import Mounted

_GPU_DIR = "/opt/spark/gpu"
_EXECUTABLE = 0o555


@dataclass(frozen=True)
class Folder:
    """Files that are mounted together; their names are also their keys in the ConfigMap."""

    volume: str
    path: str
    files: Mapping[str, str]
    roles: tuple[Role, ...]
    mode: int = 0o444

    def mounted(self, config_map: str) -> Mounted:
        """Volume and mount."""
        items = [{"key": name, "path": name, "mode": self.mode} for name in self.files]
        volume = {"name": self.volume, "configMap": {"name": config_map, "items": items}}
        return volume, {"name": self.volume, "mountPath": self.path, "readOnly": True}


def gpu_script(role: Role) -> str:
    """Where the script lies that tells Spark the addresses of a pod's GPUs."""
    return f"{_GPU_DIR}/{role}-gpus.sh"


def gpu_folders(conf: Conf) -> Iterator[Folder]:
    """The scripts of `gpu_script`. A container sees its own GPUs only, and counts them from 0."""
    for role in ROLES:
        start = f"spark.{role}.resource.gpu."
        if conf.get(f"{start}discoveryScript") == gpu_script(role):
            count = int(conf[f"{start}amount"])
            answer = json.dumps({"name": "gpu", "addresses": [str(number) for number in range(count)]})
            files = {PurePosixPath(gpu_script(role)).name: f"#!/bin/sh\necho '{answer}'\n"}
            yield Folder("emberlake-gpu", _GPU_DIR, files, (role,), _EXECUTABLE)
