"""The specs from which walks set out: for each kind a small one, and ones that use much of it."""

from typing import Any

from emberlake.api.v1alpha1 import Catalog, Classifier, Crawl, SparkJob, Warehouse
from emberlake.api.v1alpha1.common import Resource
from faults.workloads.base import catalog
from unit.sparkjob.fixtures import EVERYTHING

CATALOG: dict[str, Any] = {
    # Nothing listens there, and it says so at once.
    "metastore": {"uris": ["thrift://127.0.0.1:9"]},
    "warehouse": "s3://lake/warehouse",
    "system": "s3://lake/_emberlake/",
    "s3": {"endpoint": "http://127.0.0.1:9", "pathStyle": True, "credentials": {"secretName": "lake-s3"}},
}
_PYTHON = {"type": "Python", "mainApplicationFile": "local:///opt/app/etl.py"}
_WHOLE = {**EVERYTHING, "serviceAccountName": "emberlake-driver"}
_WHOLE["driver"] = {key: value for key, value in EVERYTHING["driver"].items() if key != "priorityClassName"}

SPECS: dict[type[Resource], tuple[dict[str, Any], ...]] = {
    SparkJob: (
        _PYTHON,
        {**_PYTHON, "catalogs": ["lake"], "retry": {"limit": 2}, "ttlAfterFinished": "1h"},
        {
            "type": "SQL",
            "catalogs": ["lake", "prod"],
            "sql": {"text": "SELECT 1", "parameters": {"day": "1"}},
        },
        {**_PYTHON, "mainApplicationFile": "s3://lake/etl.py", "engine": "Sail", "retry": {"limit": 2}},
        {"type": "SQL", "catalogs": ["lake"], "sql": {"text": "SELECT 1"}, "engine": "Auto"},
        _WHOLE,
    ),
    Crawl: (
        {"catalog": "lake", "database": "raw", "targets": [{"s3": {"uri": "s3://lake/raw/"}}]},
        {
            "catalog": "lake",
            "database": "raw",
            "tablePrefix": "t_",
            "targets": [
                {"s3": {"uri": "s3://lake/raw/", "exclude": ["**/_tmp/**"]}},
                {"s3": {"uri": "s3://b-2"}},
            ],
            "schedule": {"cron": "15 * * * *", "timeZone": "Europe/Berlin"},
            "classifiers": ["nginx-access"],
            "grouping": {"policy": "Compatible", "tableLevel": 2, "maxTables": 10},
            "changes": {"update": "Replace", "delete": "Deprecate"},
        },
    ),
    Classifier: (
        {"grok": {"classification": "app", "pattern": "%{TIMESTAMP_ISO8601:at} %{GREEDYDATA:text}"}},
        {"xml": {"rowTag": "row"}},
        {"json": {"path": "$.items[*]"}},
        {"csv": {"delimiter": ";", "quote": "'", "header": "Absent", "names": ["a"], "types": ["int"]}},
    ),
    Catalog: (
        CATALOG,
        {key: value for key, value in CATALOG.items() if key != "s3"},
    ),
    Warehouse: (
        {"catalogs": ["lake"]},
        {
            "catalogs": ["lake", "prod"],
            "coordinator": {"memory": "4Gi", "coreRequest": "500m"},
            "workers": {"memory": "8Gi", "replicas": 2},
        },
    ),
}


def manifest(resource: type[Resource], name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """An object of a kind."""
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": resource.kind,
        "metadata": {"name": name},
        "spec": spec,
    }


# Those that live: a job runs again when its spec changes, and the fake engines answer where Catalogs point.
LIVING: dict[type[Resource], tuple[dict[str, Any], ...]] = {
    SparkJob: ({**_PYTHON, "rerunOn": "Change"},),
    Crawl: SPECS[Crawl][:1],
    Catalog: (catalog()["spec"],),
    Warehouse: SPECS[Warehouse][:1],
}
