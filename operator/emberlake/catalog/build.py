"""Builds the published configuration of a Catalog and the Job that checks its bucket. Pure."""

import json

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.catalog.crawlerpod import crawler_pod
from emberlake.catalog.render import crawler_config, published
from emberlake.core.model import Manifest, Owner
from emberlake.core.objects import digest, metadata
from emberlake.settings import Settings

CHECK_ROLE = "check"
CONFIG_ROLE = "config"
DEADLINE_SECONDS = 60
_NAME_LIMIT = 63
_PROGRAM = {
    "name": "check",
    "command": ["python", "-m", "emberlake.crawler.check"],
    # A check that dies before it writes its verdict still says why.
    "terminationMessagePolicy": "FallbackToLogsOnError",
}


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
                "spec": crawler_pod(spec, settings, image, name, _PROGRAM),
            },
        },
    }
