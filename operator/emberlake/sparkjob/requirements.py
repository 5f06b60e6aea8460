"""Python packages of a SparkJob: resolved once, the same for driver and executors. Pure.

An init container of the driver packs what pip installs into an archive. The driver unpacks it into its
working directory, as it does with every archive, and serves it to the executors, which do the same.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

from emberlake.api.v1alpha1.sparkjob import Dependencies
from emberlake.sparkjob.folders import Folder
from emberlake.sparkjob.sparkconf import Conf, listed

# Name of the init container, and of the folder where the archive is unpacked, below the working directory.
REQUIREMENTS = "requirements"
_PROGRAM = "/opt/emberlake/install_requirements.py"
_VOLUME = "emberlake-requirements"
_DIR = "/opt/spark/requirements"
_ARCHIVE = f"{_DIR}/{REQUIREMENTS}.tar.gz"
_FILE = "requirements.txt"
_PATHS = ("spark.kubernetes.driverEnv.PYTHONPATH", "spark.executorEnv.PYTHONPATH")
# The installer sees what the driver sees: proxies, certificates, credentials of an index.
_SHARED = ("image", "imagePullPolicy", "env", "envFrom", "resources", "volumeMounts")

Document = dict[str, Any]


def requirements_folder(deps: Dependencies) -> Folder:
    """pip's requirements file. An entry is one line and no option: the schema sees to that."""
    lines = list(deps.requirements)
    if deps.index_url:
        url = urlsplit(deps.index_url)
        trusted = [f"--trusted-host {url.netloc.rpartition('@')[2]}"] if url.scheme == "http" else []
        lines = [f"--index-url {deps.index_url}", *trusted, *lines]
    return Folder("emberlake-pip", "/opt/spark/pip", {_FILE: "\n".join([*lines, ""])}, ())


def requirements_settings(deps: Dependencies, conf: Conf) -> dict[str, str]:
    """The settings by which driver and executors find the packages, beside what `conf` says already."""
    if not deps.requirements:
        return {}
    archives = [*listed(conf, "spark.archives"), f"file://{_ARCHIVE}#{REQUIREMENTS}"]
    paths = {key: ":".join([REQUIREMENTS, *filter(None, [conf.get(key)])]) for key in _PATHS}
    return {"spark.archives": ",".join(archives), **paths}


def with_installer(spec: Mapping[str, Any], deps: Dependencies, config_map: str) -> Document:
    """The driver's pod spec with the init container that installs the packages.

    Args:
        spec: a pod spec whose first container is Spark's.
        config_map: holds the files of `requirements_folder`.
    """
    driver, *others = deepcopy(spec["containers"])
    files, files_mount = requirements_folder(deps).mounted(config_map)
    scratch = {"name": _VOLUME, "mountPath": _DIR}
    driver.setdefault("volumeMounts", []).append(scratch)
    shared = {key: deepcopy(driver[key]) for key in _SHARED if key in driver}
    installer = {
        **shared,
        "name": REQUIREMENTS,
        "command": ["python3", _PROGRAM, f"{files_mount['mountPath']}/{_FILE}", _ARCHIVE],
        "env": [*shared.get("env", []), {"name": "TMPDIR", "value": _DIR}],
        "volumeMounts": [*shared["volumeMounts"], files_mount],
        "securityContext": {"readOnlyRootFilesystem": True},
        # pip says at the end of its log what is wrong.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    return {
        **spec,
        "initContainers": [*(spec.get("initContainers") or []), installer],
        "containers": [driver, *others],
        "volumes": [*(spec.get("volumes") or []), {"name": _VOLUME, "emptyDir": {}}, files],
    }
