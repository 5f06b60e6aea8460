"""Builds pods of the crawler image, which crawl a bucket or check it with the same rights. Pure."""

from collections.abc import Mapping
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.catalog.render import credentials_env
from emberlake.settings import Settings

CONFIG_DIR = "/etc/emberlake"
_UID = 65532


def crawler_pod(
    catalog: CatalogSpec, settings: Settings, image: str, config: str, program: Mapping[str, Any]
) -> dict[str, Any]:
    """Spec of a pod that runs once, under Pod Security `restricted`.

    Args:
        config: the ConfigMap mounted at /etc/emberlake.
        program: fields of the container that say what it runs: its name, and `command` or `args`.
    """
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": settings.service_accounts.crawler,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [{**_container(catalog, settings, image), **program}],
        "volumes": [
            {"name": "config", "configMap": {"name": config}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    if secrets := settings.defaults.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": secret} for secret in secrets]
    return pod


def _container(catalog: CatalogSpec, settings: Settings, image: str) -> dict[str, Any]:
    size = settings.crawler
    return {
        "image": image,
        "imagePullPolicy": settings.defaults.image_pull_policy,
        "env": credentials_env(catalog),
        "resources": {
            "requests": {"cpu": size.cpu_request, "memory": size.memory},
            "limits": {"memory": size.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 the container's own
        ],
    }
