"""Objects for the tests of SparkJob."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus
from emberlake.core.model import Owner, Plan
from emberlake.core.objects import metadata, timestamp
from emberlake.settings import Settings
from emberlake.sparkjob.drivers import DRIVER_CONTAINER
from emberlake.sparkjob.observe import CatalogView, Observed

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SETTINGS = Settings.model_validate(
    {
        "defaults": {"release": "ember-1.0"},
        "releases": {
            "ember-1.0": {
                "spark": "4.1.4",
                "iceberg": "1.11.0",
                "java": "21",
                "python": "3.13",
                "images": {
                    "spark": "emberlake/spark:1",
                    "sail": "emberlake/sail:1",
                    "crawler": "c:1",
                    "trino": "t:1",
                },
            }
        },
    }
)
CATALOG = CatalogSpec.model_validate(
    {
        "metastore": {"uris": ["thrift://emberlake-metastore.emberlake.svc:9083"]},
        "warehouse": "s3://lake/warehouse",
        "system": "s3://lake/_emberlake/",
        "s3": {
            "endpoint": "http://emberlake-s3.emberlake.svc:7070",
            "pathStyle": True,
            "credentials": {"secretName": "lake-s3"},
        },
    }
)
LACKING = {"feature": "sql.merge", "message": "MERGE INTO runs on Spark"}
READY = CatalogView(CATALOG, True, "")
SPEC: dict[str, Any] = {
    "type": "Python",
    "mainApplicationFile": "s3://lake/jobs/etl.py",
    "catalogs": ["lake"],
    "driver": {"cores": 1, "coreRequest": "250m", "memory": "1Gi"},
    "executor": {"instances": 2, "cores": 1, "coreRequest": "250m", "memory": "1Gi"},
}

# A job that uses nearly every field of its pods.
EVERYTHING: dict[str, Any] = {
    "type": "Java",
    "image": "acme/etl:1",
    "imagePullSecrets": ["registry"],
    "mainClass": "com.acme.Etl",
    "mainApplicationFile": "s3://lake/jobs/etl.jar",
    "arguments": ["--day", "2013-01-01"],
    "deps": {"jars": ["s3://lake/jars/a.jar"], "packages": ["com.acme:rules:1.2"]},
    "proxyUser": "ann",
    "sparkConf": {
        "spark.sql.shuffle.partitions": "64",
        "spark.kubernetes.driver.podTemplateContainerName": "spark",
    },
    "hadoopConf": {"fs.s3a.threads.max": "64"},
    "serviceAccountName": "etl",
    "driver": {
        "cores": 2,
        "coreLimit": "3",
        "memory": "4Gi",
        "memoryOverhead": "1Gi",
        "javaOptions": "-XX:+UseZGC",
        "env": [
            {"name": "MODE", "value": "fast"},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        ],
        "secrets": [{"name": "database", "path": "/etc/database"}],
        "labels": {"team": "lake"},
        "priorityClassName": "high",
        "podDisruptionBudget": True,
        "template": {"spec": {"containers": [{"name": "proxy", "image": "acme/proxy:1"}, {"name": "spark"}]}},
    },
    "executor": {
        "cores": 4,
        "memory": "16Gi",
        "offHeap": "2Gi",
        "gpu": {"quantity": 1},
        "placement": "Spot",
        "localStorage": {"size": "100Gi", "storageClassName": "fast"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    },
    "dynamicAllocation": {"minExecutors": 2, "maxExecutors": 20},
    "ui": {"ingress": {"host": "etl.example.com", "className": "nginx"}},
}


def owner(**annotations: str) -> Owner:
    return Owner("emberlake.dev/v1alpha1", "SparkJob", "demo", "etl", "uid-1", 1, annotations, False)


def spec(**fields: Any) -> SparkJobSpec:
    return SparkJobSpec.model_validate({**SPEC, **fields})


def observed(status: dict[str, Any] | None = None, **fields: Any) -> Observed:
    raw = status or {}
    base = Observed(
        now=NOW,
        owner=owner(),
        spec=spec(),
        status=SparkJobStatus.model_validate(raw),
        raw_status=raw,
        catalogs={"lake": READY},
        conditions=tuple(raw.get("conditions") or ()),
    )
    return replace(base, **fields)


def pod(
    phase: str, name: str = "etl-1-1-driver", *, meta: dict[str, Any] | None = None, **status: Any
) -> dict[str, Any]:
    """A driver pod of the job; its run and attempt are read off its name."""
    run, attempt = name.split("-")[1:3]
    own = metadata(owner(), name, "driver", int(run), int(attempt))
    times = {"resourceVersion": "1", "uid": f"{name}-uid", "creationTimestamp": timestamp(NOW)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**own, **times, **(meta or {})},
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": DRIVER_CONTAINER, "resources": {"limits": {"memory": "1434Mi"}}}],
        },
        "status": {"phase": phase, **status},
    }


def ended(
    exit_code: int, seconds: float = 0, name: str = DRIVER_CONTAINER, **terminated: Any
) -> dict[str, Any]:
    """Status of a container that ended so long after NOW."""
    finished = timestamp(NOW + timedelta(seconds=seconds))
    return {
        "name": name,
        "state": {"terminated": {"exitCode": exit_code, "finishedAt": finished, **terminated}},
    }


def report(commits: int = 0, unsupported: dict[str, str] | None = None) -> str:
    """What a driver on Sail leaves when it ends."""
    found = {"engine": "Sail", "version": "0.7.2", "commits": commits, "unsupported": unsupported}
    return json.dumps(found)


def failed_driver(exit_code: int = 1, reason: str = "Error", **ended: Any) -> dict[str, Any]:
    """A driver pod whose container ended with `exit_code`."""
    state = {"terminated": {"exitCode": exit_code, "reason": reason, **ended}}
    return pod(
        "Failed", containerStatuses=[{"name": DRIVER_CONTAINER, "image": "emberlake/spark:1", "state": state}]
    )


def after(plan: Plan, **fields: Any) -> Observed:
    """What is observed once `plan` was carried out."""
    assert plan.status is not None
    return observed(dict(plan.status), **fields)


def later(**span: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(**span)
