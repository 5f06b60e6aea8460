"""The pod templates of driver and executors: the user's, and every field that is no Spark setting. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from emberlake.api.v1alpha1.sparkpods import EnvVar, PodResources, SecretMount
from emberlake.sparkjob.driver import Template
from emberlake.sparkjob.fields import keeps_order, plain_value

Document = dict[str, Any]


def template(pod: PodResources, container: str, env: list[Document]) -> Template:
    """The template of a role, with its fields laid over what the user wrote.

    Args:
        container: name of Spark's container.
        env: variables that the user's own win over.
    """
    found = Template.of(pod.template.document() if pod.template else {}, container)
    return Template(
        metadata=found.metadata,
        spec={**found.spec, **_placement(pod, found.spec), "volumes": _volumes(pod, found.spec)},
        container={
            **found.container,
            "env": [*env, *(found.container.get("env") or []), *_env(pod.env)],
            "envFrom": [*(found.container.get("envFrom") or []), *(e.document() for e in pod.env_from)],
            "volumeMounts": _mounts(pod, found.container),
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
    ordered = keeps_order(env)
    return [entry.document() for entry in env if ordered or plain_value(entry) is None]


def _volumes(pod: PodResources, base: Mapping[str, Any]) -> list[Document]:
    own = [volume.document() for volume in pod.volumes]
    secrets = [
        {"name": _volume_name(index), "secret": {"secretName": secret.name}}
        for index, secret in enumerate(pod.secrets)
    ]
    return _replaced(base.get("volumes"), [*own, *secrets], "name")


def _mounts(pod: PodResources, container: Mapping[str, Any]) -> list[Document]:
    own = [mount.document() for mount in pod.volume_mounts]
    secrets = [_secret_mount(index, secret) for index, secret in enumerate(pod.secrets)]
    return _replaced(container.get("volumeMounts"), [*own, *secrets], "mountPath")


def _secret_mount(index: int, secret: SecretMount) -> Document:
    return {"name": _volume_name(index), "mountPath": secret.path, "readOnly": True}


def _volume_name(index: int) -> str:
    # Not from the Secret's name, which may be too long for a volume.
    return f"emberlake-secret-{index}"


def _replaced(base: list[Document] | None, own: list[Document], key: str) -> list[Document]:
    """`base` and `own`; what has the same `key` is taken from `own`."""
    taken = {entry[key] for entry in own}
    return [*(deepcopy(entry) for entry in base or [] if entry.get(key) not in taken), *own]
