"""The Secrets that an attempt's executors refer to: their driver may name no others. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from emberlake.api import GROUP
from emberlake.core.model import Manifest
from emberlake.sparkjob.sparkconf import Conf, under

# On the attempt's ConfigMap, from where it comes into the status.
SECRETS = f"{GROUP}/executor-secrets"
# The status stays below 16 KiB, and each name has quotes and a comma there.
_MOST_BYTES = 1600
_QUOTED = 3

Document = Mapping[str, Any]


def executor_secrets(spec: Document, conf: Conf) -> str:
    """Their names, with commas.

    Args:
        spec: of the executors' pod template.
        conf: the effective configuration, of which Spark makes the rest of an executor.

    Raises:
        ValueError: the names are more than the status of a job has room for.
    """
    names = {*_of_template(spec), *under(conf, "spark.kubernetes.executor.secrets.")}
    names |= {
        value.partition(":")[0] for value in under(conf, "spark.kubernetes.executor.secretKeyRef.").values()
    }
    size = sum(len(name) + _QUOTED for name in names)
    if size > _MOST_BYTES:
        raise ValueError(
            f"the executors refer to {len(names)} Secrets, whose names have {size} of {_MOST_BYTES} bytes:"
            " put what they hold into fewer Secrets"
        )
    return ",".join(sorted(names))


def noted_secrets(config_map: Manifest) -> list[str]:
    """What `executor_secrets` found, from the ConfigMap that was made with it."""
    found = (config_map["metadata"].get("annotations") or {}).get(SECRETS, "")
    return found.split(",") if found else []


def _of_template(spec: Document) -> Iterator[str]:
    for container in (*spec["containers"], *(spec.get("initContainers") or ())):
        for variable in container.get("env") or ():
            yield from _name((variable.get("valueFrom") or {}).get("secretKeyRef"), "name")
        for source in container.get("envFrom") or ():
            yield from _name(source.get("secretRef"), "name")
    for volume in spec.get("volumes") or ():
        yield from _name(volume.get("secret"), "secretName")
        yield from _name((volume.get("csi") or {}).get("nodePublishSecretRef"), "name")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _name(source.get("secret"), "name")


def _name(reference: Document | None, key: str) -> Iterator[str]:
    if reference and isinstance(name := reference.get(key), str):
        yield name
