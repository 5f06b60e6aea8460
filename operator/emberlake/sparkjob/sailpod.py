"""The driver pod of an attempt on Sail, made from the one that Spark would get. Pure.

Whatever people say of a driver's pod holds on both engines; what differs is the program, what it is told, and
that nobody reaches it: no executors, no UI, no access to Kubernetes.
"""

import json
from typing import Any

from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.catalog.render import sail_catalogs, sail_env
from emberlake.core.model import Owner
from emberlake.sparkjob.conf import OPERATOR, Catalogs, Effective, plain
from emberlake.sparkjob.driver_volumes import PROPERTIES, TEMPLATE_DIR
from emberlake.sparkjob.names import Attempt
from emberlake.sparkjob.resources import size
from emberlake.sparkjob.sparkconf import Conf
from emberlake.sparkjob.sql import arguments

SAIL_JSON = "sail.json"
# Gateway, script and Sail before they do anything. Of the rest the pool is less than a half: a hash join has
# the rows of its smaller side twice while it begins, and the pool counts them once.
_BESIDE_MIB = 400
_POOL_PERCENT = 45
_MIB = 1024**2
_TIME_ZONE = "spark.sql.session.timeZone"
_SESSION = "spark.sql."
_CHOSEN = ("spec.sparkConf", "spec.hadoopConf")

Document = dict[str, Any]


def sail_json(owner: Owner, spec: SparkJobSpec, catalogs: Catalogs, attempt: Attempt, conf: Effective) -> str:
    """The program's configuration, as `emberlake.sail.config` reads it.

    Raises:
        ValueError: Sail cannot reach the catalogs; says why.
    """
    document = {
        "engine": spec.engine,
        "kind": spec.type,
        "application": arguments(spec.sql)[0] if spec.sql else spec.main_application_file,
        "arguments": list(spec.arguments),
        "parameters": spec.sql.parameters if spec.sql else {},
        "runId": f"{owner.uid}/{attempt.run}",
        "attempt": attempt.number,
        "catalogs": sail_catalogs(catalogs),
        "conf": _chosen(conf),
        "server": _server(catalogs, plain(conf)),
    }
    return json.dumps(document, indent=1)


def _chosen(conf: Effective) -> dict[str, str]:
    """The settings that people chose, in the job or for all jobs, and the session's time zone."""
    return {
        key: found.value
        for key, found in sorted(conf.items())
        if found.source in _CHOSEN
        or key == _TIME_ZONE
        or (key.startswith(_SESSION) and found.source != OPERATOR and not found.source.startswith("Catalog "))
    }


def on_sail(pod: Document, config_map: str) -> Document:
    """The pod with Sail's program in the place of Spark's.

    Args:
        pod: as `driver.pod` makes it.
        config_map: holds the program's configuration under `SAIL_JSON`.
    """
    driver, *others = pod["spec"]["containers"]
    template = next(m["name"] for m in driver["volumeMounts"] if m["mountPath"] == TEMPLATE_DIR)
    container = {
        **{key: value for key, value in driver.items() if key not in ("args", "ports")},
        "volumeMounts": [mount for mount in driver["volumeMounts"] if mount["name"] != template],
    }
    volumes = [volume for volume in pod["spec"]["volumes"] if volume["name"] != template]
    spec = {
        # the program asks nothing of Kubernetes
        "automountServiceAccountToken": False,
        **pod["spec"],
        "containers": [container, *others],
        "volumes": [_reads_json(volume, config_map) for volume in volumes],
    }
    return {**pod, "spec": spec}


def _reads_json(volume: Document, config_map: str) -> Document:
    """The volume of spark.properties with the program's configuration instead."""
    source = volume.get("configMap") or {}
    items = source.get("items") or [{}]
    if source.get("name") != config_map or items[0].get("key") != PROPERTIES:
        return volume
    item = {**items[0], "key": SAIL_JSON, "path": SAIL_JSON}
    return {**volume, "configMap": {**source, "items": [item]}}


def _server(catalogs: Catalogs, conf: Conf) -> dict[str, str]:
    """Environment of the Sail server: catalogs, threads by cores, memory beyond which it uses the disk."""
    cores, pod_mib = conf.get("spark.driver.cores", "1"), size(conf, "driver", "python").memory_mib
    return {
        **sail_env(catalogs),
        # one may wait for a function in Python while another answers the program
        "TOKIO_WORKER_THREADS": "2" if cores == "1" else cores,
        "SAIL_EXECUTION__DEFAULT_PARALLELISM": cores,
        "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
        "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(pool_bytes(pod_mib)),
    }


def pool_bytes(pod_mib: int) -> int:
    """What Sail may hold in memory by its own count, in a pod with this memory limit."""
    # a pod of less than that gets a part of what it has
    return max(pod_mib - _BESIDE_MIB, pod_mib // 4) * _MIB * _POOL_PERCENT // 100
