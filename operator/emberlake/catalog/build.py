"""Builds the published configuration of a Catalog and the Job that checks its bucket. Pure."""

import json
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.catalog.render import crawler_config, credentials_env, published
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import digest, metadata
from emberlake.settings import Settings

CHECK_ROLE = "check"
CONFIG_ROLE = "config"
CONFIG_DIR = "/etc/emberlake"
CRAWLER_UID = 65532
DEADLINE_SECONDS = 60
_NAME_LIMIT = 63


def config_map(owner: Owner, spec: CatalogSpec) -> Manifest:
    """Every engine's configuration, for people who bring their own engines.

    Raises:
        ValueError: the catalog has no name that SQL takes.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, f"{owner.name}-catalog", CONFIG_ROLE),
        "data": published(owner.name, spec),
    }


def check_name(owner: Owner, generation: int, attempt: int) -> str:
    """Name of a check's Job and ConfigMap, within the 63 characters of a pod's label."""
    suffix = f"-check-{generation}-{attempt}"
    if len(owner.name) + len(suffix) <= _NAME_LIMIT:
        return owner.name + suffix
    short = digest({"name": owner.name}, 6)
    return f"{owner.name[: _NAME_LIMIT - len(suffix) - 7]}-{short}{suffix}"


def check_config(owner: Owner, spec: CatalogSpec, name: str) -> Manifest:
    """What the check reads: where the bucket is."""
    document = {"catalog": crawler_config(owner.name, spec)}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, name, CHECK_ROLE),
        "data": {"check.json": json.dumps(document, indent=2) + "\n"},
    }


def check_job(owner: Owner, spec: CatalogSpec, settings: Settings, image: str, name: str) -> Manifest:
    """One try to reach the bucket, with the rights and the account of a crawl."""
    meta = metadata(owner, name, CHECK_ROLE)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": meta,
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "template": {
                "metadata": {"labels": meta["labels"]},
                "spec": _pod(spec, settings, image, name),
            },
        },
    }


def _pod(spec: CatalogSpec, settings: Settings, image: str, config: str) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "serviceAccountName": settings.service_accounts.crawler,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": CRAWLER_UID,
            "runAsGroup": CRAWLER_UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(spec, settings, image)],
        "volumes": [
            {"name": "config", "configMap": {"name": config}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    if secrets := settings.defaults.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": secret} for secret in secrets]
    return pod


def _container(spec: CatalogSpec, settings: Settings, image: str) -> dict[str, Any]:
    size = settings.crawler
    return {
        "name": "check",
        "image": image,
        "imagePullPolicy": settings.defaults.image_pull_policy,
        "command": ["python", "-m", "emberlake.crawler.check"],
        "env": credentials_env(spec),
        "resources": {
            "requests": {"cpu": size.cpu_request, "memory": size.memory},
            "limits": {"memory": size.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # A check that dies before it writes its verdict still says why.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 the container's own
        ],
    }
