"""The pod templates of driver and executors: the user's, and every field that is no Spark setting. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from emberlake.api.v1alpha1.sparkpods import EnvVar, PodResources
from emberlake.sparkjob.fields import keeps_order, plain_value, secret_key

# What Kubernetes takes from a template into its pods.
_METADATA = ("labels", "annotations", "finalizers")

Document = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A pod template, its Spark container apart from the others."""

    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    container: Mapping[str, Any]
    others: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], container: str) -> "Template":
        """Read a PodTemplateSpec; the Spark container is the one of this name, else the first."""
        spec = deepcopy(dict(document.get("spec") or {}))
        containers = spec.pop("containers", None) or [{}]
        main = next((found for found in containers if found.get("name") == container), containers[0])
        others = tuple(found for found in containers if found is not main)
        metadata = {key: value for key, value in (document.get("metadata") or {}).items() if key in _METADATA}
        return cls(deepcopy(metadata), spec, main, others)


def template(pod: PodResources, container: str, env: list[Document]) -> Template:
    """The template of a role, with its fields laid over what the user wrote.

    Args:
        container: name of the user's container that becomes Spark's.
        env: variables that the user's own win over.
    """
    found = Template.of(pod.template.document() if pod.template else {}, container)
    volumes = _replaced(found.spec.get("volumes"), [volume.document() for volume in pod.volumes], "name")
    mounts = [mount.document() for mount in pod.volume_mounts]
    return Template(
        metadata=found.metadata,
        spec={**found.spec, **_placement(pod, found.spec), "volumes": volumes},
        container={
            **found.container,
            "env": [*env, *(found.container.get("env") or []), *_env(pod.env)],
            "volumeMounts": _replaced(found.container.get("volumeMounts"), mounts, "mountPath"),
            **_env_from(pod, found.container),
        },
        others=found.others,
    )


def _placement(pod: PodResources, base: Mapping[str, Any]) -> Document:
    found: Document = {}
    if pod.tolerations:
        found["tolerations"] = [*(base.get("tolerations") or []), *(t.document() for t in pod.tolerations)]
    if pod.affinity:
        found["affinity"] = pod.affinity.document()
    if pod.priority_class_name:
        found["priorityClassName"] = pod.priority_class_name
    return found


def _env(env: list[EnvVar]) -> list[Document]:
    """The variables that are no settings."""
    return [
        entry.document()
        for entry in env
        if keeps_order(env) or (plain_value(entry) is None and secret_key(entry) is None)
    ]


def _env_from(pod: PodResources, container: Mapping[str, Any]) -> Document:
    sources = [*(container.get("envFrom") or []), *(source.document() for source in pod.env_from)]
    return {"envFrom": sources} if sources else {}


def _replaced(base: list[Document] | None, own: list[Document], key: str) -> list[Document]:
    """`base` and `own`; what has the same `key` is taken from `own`."""
    taken = {entry[key] for entry in own}
    return [*(deepcopy(entry) for entry in base or [] if entry.get(key) not in taken), *own]
