"""What a SparkJob asks for and cannot have: refused before anything is made, never dropped silently. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emberlake.api import GROUP
from emberlake.api.quantity import cpu_millis
from emberlake.api.v1alpha1.sparkjob import REFUSED_CONF, SparkJobSpec
from emberlake.sparkjob.application import application
from emberlake.sparkjob.forbidden import check_settings
from emberlake.sparkjob.resources import ROLES, Role, size
from emberlake.sparkjob.sparkconf import Conf, under
from emberlake.sparkjob.volumes import Mounted

_SECRET_NAME = 63 - len("-volume")
_QUALIFIED = re.compile(
    r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_VOLUME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# Spark gives each executor as many volumes for scratch space as it has folders for it.
_SCRATCH = "spark-local-dir-"
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
    check_settings(spec)
    if refused := sorted(spec.spark_conf.keys() & REFUSED_CONF.keys()):
        raise ValueError(f"spec.sparkConf {refused[0]} is not supported: {REFUSED_CONF[refused[0]]}")
    _check_names(conf)
    _check_syntax(conf)
    _check_sizes(spec, conf)


def _check_syntax(conf: Conf) -> None:
    """Spark would ask for an executor of such a name again and again."""
    for role in ROLES:
        groups = (
            (f"{role}.labels", under(conf, f"spark.kubernetes.{role}.label."), True),
            (f"{role}.annotations", under(conf, f"spark.kubernetes.{role}.annotation."), False),
            (f"{role}.nodeSelector", under(conf, f"spark.kubernetes.{role}.node.selector."), True),
            ("spark.kubernetes.node.selector", under(conf, "spark.kubernetes.node.selector."), True),
        )
        for where, values, are_labels in groups:
            for key, value in values.items():
                # Of annotations only the name is bound, and in any case.
                _check_entry(where, key if are_labels else key.lower(), value if are_labels else "")


def _check_entry(where: str, key: str, value: str) -> None:
    if not _QUALIFIED.fullmatch(key):
        raise ValueError(
            f"{where}: {key!r} is no name as Kubernetes has it, for example team or example.com/team"
        )
    if not _LABEL_VALUE.fullmatch(re.sub(r"\{\{(APP_ID|EXECUTOR_ID)\}\}", "x", value)):
        raise ValueError(
            f"{where}: {key} has the value {value!r}: write at most 63 letters, digits, '-', '_' and '.',"
            " with a letter or digit at both ends"
        )


def check_pod(role: Role, spec: Mapping[str, Any], added: Iterable[Mounted] = ()) -> None:
    """Check that the volumes of a pod have names of their own, and that each mount of Spark's container has
    a volume and a path of its own.

    Args:
        added: what Spark itself adds to the pod.

    Raises:
        ValueError: the API server would refuse such a pod, and Spark would ask for it again for ever.
    """
    pairs = list(added)
    container = next(c for c in spec["containers"] if c.get("name") == f"spark-kubernetes-{role}")
    names = [volume["name"] for volume in (*spec["volumes"], *(volume for volume, _ in pairs))]
    paths = [m["mountPath"] for m in (*container["volumeMounts"], *(mount for _, mount in pairs))]
    for name in names:
        if not _VOLUME.fullmatch(name):
            raise ValueError(f"{role}: a volume is named {name!r}: use at most 63 of a-z, 0-9 and -")
    for mount in container["volumeMounts"]:
        if mount["name"] not in names and not mount["name"].startswith(_SCRATCH):
            raise ValueError(
                f"{role}: no volume is named {mount['name']!r}, which is mounted at {mount['mountPath']!r}:"
                f" add it to {role}.volumes, or mend the name in {role}.volumeMounts"
            )
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
