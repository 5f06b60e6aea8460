"""Builds the Job of a crawl run and its configuration. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.classifier import ClassifierSpec
from emberlake.api.v1alpha1.common import Model
from emberlake.api.v1alpha1.crawl import CrawlSpec
from emberlake.catalog.crawlerpod import CONFIG_DIR, crawler_pod
from emberlake.catalog.render import crawler_config
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import labels, metadata
from emberlake.crawl.asked import Start
from emberlake.settings import Settings

CONTAINER = "crawler"
USER_FAILURE = 3
_BACKOFF_LIMIT = 3
_PROGRAM = {"name": CONTAINER, "args": ["--config", f"{CONFIG_DIR}/crawl.json"]}


def job_name(owner: Owner, run: int) -> str:
    """Name of a run's Job and ConfigMap."""
    return f"{owner.name}-{run}"


def config_map(
    owner: Owner,
    spec: CrawlSpec,
    catalog: CatalogSpec,
    classifiers: Mapping[str, ClassifierSpec],
    run: int,
    start: Start,
) -> Manifest:
    """What the crawler is told, without secrets. `classifiers`: those that `spec` names, by name."""
    document = {
        "crawl": {"namespace": owner.namespace, "name": owner.name, "uid": owner.uid, "run": run},
        "catalog": crawler_config(spec.catalog, catalog),
        "database": spec.database,
        "tablePrefix": spec.table_prefix,
        "targets": [_document(target) for target in spec.targets],
        "classifiers": [
            {"name": name, **_document(classifiers[name])} for name in spec.classifiers if name in classifiers
        ],
        "grouping": _document(spec.grouping) if spec.grouping else {},
        "recrawl": spec.recrawl,
        "changes": _document(spec.changes) if spec.changes else {},
        "convert": spec.convert,
        "dryRun": spec.dry_run or start.mode == "Plan",
        "rollbackTo": start.rollback_to,
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(owner, job_name(owner, run), CONTAINER, run),
        "immutable": True,
        "data": {"crawl.json": json.dumps(document, indent=1)},
    }


def _document(model: Model) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def job(owner: Owner, catalog: CatalogSpec, settings: Settings, run: int) -> Manifest:
    """The Job: retried by Kubernetes, except where the crawler says that a retry mends nothing."""
    image = settings.releases[settings.defaults.release].images.crawler
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
                "spec": crawler_pod(catalog, settings, image, job_name(owner, run), _PROGRAM),
            },
        },
    }
