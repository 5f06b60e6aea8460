"""Builds the Job of a crawl run and its configuration. Pure."""

import json
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.crawl import CrawlSpec
from emberlake.catalog.render import crawler_config, credentials_env
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import labels, metadata
from emberlake.settings import Settings

CONTAINER = "crawler"
CONFIG_DIR = "/etc/emberlake"
USER_FAILURE = 3
_UID = 65532
_BACKOFF_LIMIT = 3


def job_name(owner: Owner, run: int) -> str:
    """Name of a run's Job and ConfigMap."""
    return f"{owner.name}-{run}"


def config_map(owner: Owner, spec: CrawlSpec, catalog: CatalogSpec, run: int) -> Manifest:
    """What the crawler is told: catalog, database and targets, no secrets."""
    document = {
        "crawl": {"namespace": owner.namespace, "name": owner.name, "uid": owner.uid, "run": run},
        "catalog": crawler_config(spec.catalog, catalog),
        "database": spec.database,
        "tablePrefix": spec.table_prefix,
        "targets": [target.model_dump(mode="json", by_alias=True) for target in spec.targets],
        "dryRun": spec.dry_run,
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, job_name(owner, run), CONTAINER, run),
        "immutable": True,
        "data": {"crawl.json": json.dumps(document, indent=1)},
    }


def job(owner: Owner, catalog: CatalogSpec, settings: Settings, run: int) -> Manifest:
    """The Job: retried by Kubernetes, except where the crawler says that a retry mends nothing."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(owner, job_name(owner, run), CONTAINER, run),
        "spec": {
            "backoffLimit": _BACKOFF_LIMIT,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailJob",
                        "onExitCodes": {
                            "containerName": CONTAINER,
                            "operator": "In",
                            "values": [USER_FAILURE],
                        },
                    }
                ]
            },
            "template": {
                "metadata": {"labels": labels(owner, CONTAINER, run)},
                "spec": crawler_pod(
                    settings,
                    credentials_env(catalog),
                    job_name(owner, run),
                    ["--config", "/etc/emberlake/crawl.json"],
                ),
            },
        },
    }


def crawler_pod(
    settings: Settings, env: list[dict[str, Any]], config: str, arguments: list[str]
) -> dict[str, Any]:
    """Spec of a pod that runs the crawler image under Pod Security `restricted`.

    Args:
        env: credentials, by reference to a Secret.
        config: the ConfigMap mounted at /etc/emberlake.
        arguments: of the image's entrypoint.
    """
    release = settings.releases[settings.defaults.release]
    found: dict[str, Any] = {
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
        "containers": [
            {
                "name": CONTAINER,
                "image": release.images.crawler,
                "imagePullPolicy": settings.defaults.image_pull_policy,
                "args": arguments,
                "env": env,
                "resources": {
                    "requests": {
                        "cpu": settings.crawler.cpu_request,
                        "memory": settings.crawler.memory,
                    },
                    "limits": {"memory": settings.crawler.memory},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "config", "mountPath": CONFIG_DIR, "readOnly": True},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                ],
            }
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": config}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
    if settings.defaults.image_pull_secrets:
        found["imagePullSecrets"] = [{"name": name} for name in settings.defaults.image_pull_secrets]
    return found
