"""What a SparkJob asks for and cannot have: refused before anything is made, never dropped silently. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from emberlake.api import GROUP
from emberlake.api.quantity import cpu_millis
from emberlake.api.v1alpha1.sparkjob import REFUSED_CONF, SparkJobSpec
from emberlake.sparkjob.application import application
from emberlake.sparkjob.resources import ROLES, Role, size
from emberlake.sparkjob.sparkconf import Conf, under
from emberlake.sparkjob.volumes import Mounted

_SECRET_NAME = 63 - len("-volume")
_RESERVED = (
    "spark-app-name",
    "spark-app-selector",
    "spark-exec-id",
    "spark-exec-resourceprofile-id",
    "spark-role",
    "spark-version",
)


def check(spec: SparkJobSpec, conf: Conf) -> None:
    """Check a spec and its effective configuration for what would only fail later, or not at all.

    Raises:
        ValueError: names the first field or setting that cannot be carried out, and the mend.
    """
    if refused := sorted(spec.spark_conf.keys() & REFUSED_CONF.keys()):
        raise ValueError(f"spec.sparkConf {refused[0]} is not supported: {REFUSED_CONF[refused[0]]}")
    _check_names(conf)
    _check_sizes(spec, conf)


def check_pod(role: Role, spec: Mapping[str, Any], added: Iterable[Mounted] = ()) -> None:
    """Check that the volumes of a pod have names of their own, and Spark's container one at each path.

    Args:
        added: what Spark itself adds to the pod.

    Raises:
        ValueError: the API server would refuse such a pod, and Spark would ask for it again for ever.
    """
    pairs = list(added)
    container = next(c for c in spec["containers"] if c.get("name") == f"spark-kubernetes-{role}")
    names = [volume["name"] for volume in (*spec["volumes"], *(volume for volume, _ in pairs))]
    paths = [m["mountPath"] for m in (*container["volumeMounts"], *(mount for _, mount in pairs))]
    for what, found in (("named", names), ("mounted at", paths)):
        if twice := sorted({text for text in found if found.count(text) > 1}):
            raise ValueError(f"{role}: two volumes are {what} {twice[0]!r}: change {role}, or its template")


def _check_names(conf: Conf) -> None:
    for role in ROLES:
        for label in under(conf, f"spark.kubernetes.{role}.label."):
            if label in _RESERVED or label.startswith(f"{GROUP}/"):
                raise ValueError(f"label {label!r} of {role}.labels is reserved: choose another name")
        for name in under(conf, f"spark.kubernetes.{role}.secrets."):
            if len(name) > _SECRET_NAME:
                raise ValueError(
                    f"Secret {name!r} of {role}.secrets has more than {_SECRET_NAME} characters, and Spark"
                    f" makes a volume's name of it: mount it by {role}.volumes"
                )


def _check_sizes(spec: SparkJobSpec, conf: Conf) -> None:
    for role in ROLES:
        found = size(conf, role, application(spec).language)
        if found.cpu_limit and cpu_millis(found.cpu_limit) < found.cpu_millis:
            raise ValueError(
                f"spark.kubernetes.{role}.limit.cores {found.cpu_limit!r} is below the request"
                f" {found.cpu_request!r}: raise {role}.coreLimit or lower {role}.coreRequest"
            )
