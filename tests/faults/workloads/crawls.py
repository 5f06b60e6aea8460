"""A Crawl's runs."""

from typing import Any

from faults.steps import Step, annotate, apply, delete, gone, job_pod, patch, until
from faults.upstream import Object
from faults.workloads.base import Workload, ready_catalog, resource

_CRAWL = "crawls/raw"
_FOUND = {
    "outcome": "Succeeded",
    "reason": "Succeeded",
    "message": "1 table created",
    "counts": {"tablesCreated": 1, "files": 3},
    "tables": ["raw.flights"],
    "reportUri": "s3://lake/_emberlake/crawls/raw/1.json",
}
_ROWS = resource("Classifier", "rows", {"xml": {"rowTag": "row"}})
_DENIED = {
    "outcome": "Failed",
    "category": "User",
    "reason": "AccessDenied",
    "message": "s3://lake/raw/: denied",
}


def crawl(**spec: Any) -> Object:
    """A Crawl of one prefix."""
    common = {"catalog": "lake", "database": "raw", "targets": [{"s3": {"uri": "s3://lake/raw/"}}]}
    return resource("Crawl", "raw", {**common, **spec})


def runs(number: int = 1) -> tuple[Step, ...]:
    """A run begins, and its pod runs."""
    return (job_pod(f"raw-{number}", "crawler", "Running"), until(_CRAWL, state="Running", run=number))


def ends(number: int = 1) -> tuple[Step, ...]:
    """A run ends well."""
    return (
        job_pod(f"raw-{number}", "crawler", "Succeeded", 0, _FOUND),
        until(_CRAWL, state="Succeeded", run=number),
    )


WORKLOADS = (
    Workload("crawl-succeeds", (*ready_catalog(), apply(crawl()), *runs(), *ends())),
    Workload(
        "crawl-fails",
        (
            *ready_catalog(),
            apply(crawl()),
            *runs(),
            job_pod("raw-1", "crawler", "Failed", 3, _DENIED),
            until(_CRAWL, state="Failed"),
        ),
    ),
    Workload(
        "crawl-requested",
        (
            *ready_catalog(),
            apply(crawl()),
            *ends(),
            annotate(_CRAWL, "requested-at", "again"),
            *ends(2),
        ),
    ),
    Workload(
        "crawl-changed",
        (*ready_catalog(), apply(crawl()), *ends(), patch(_CRAWL, {"database": "other"}), *ends(2)),
    ),
    Workload(
        "crawl-classified",
        (
            *ready_catalog(),
            apply(crawl(classifiers=["rows"])),
            until(_CRAWL, state="Pending", reason="ClassifierNotFound"),
            apply(_ROWS),
            until("classifiers/rows", state="Ready"),
            *ends(),
            patch("classifiers/rows", {"xml": {"rowTag": "item"}}),
            *ends(2),
        ),
    ),
    Workload(
        "crawl-taken-back",
        (
            *ready_catalog(),
            apply(crawl(suspend=True)),
            until(_CRAWL, state="Suspended"),
            annotate(_CRAWL, "plan-requested-at", "now"),
            job_pod("raw-1", "crawler", "Succeeded", 0, _FOUND),
            until(_CRAWL, run=1, lastHandledPlan="now", state="Suspended"),
            annotate(_CRAWL, "rollback-to", "0"),
            job_pod("raw-2", "crawler", "Succeeded", 0, _FOUND),
            until(_CRAWL, run=2, lastHandledRollback="0", state="Suspended"),
        ),
    ),
    Workload(
        "crawl-cancelled",
        (
            *ready_catalog(),
            apply(crawl()),
            *runs(),
            annotate(_CRAWL, "cancel-requested-at", "now"),
            until(_CRAWL, state="Cancelled"),
            gone("jobs/raw-1"),
        ),
    ),
    Workload(
        "crawl-suspended",
        (
            *ready_catalog(),
            apply(crawl()),
            *runs(),
            patch(_CRAWL, {"suspend": True}),
            until(_CRAWL, state="Suspended"),
            gone("jobs/raw-1"),
            patch(_CRAWL, {"suspend": False}),
            *ends(2),
        ),
    ),
    Workload(
        "crawl-deleted",
        (
            *ready_catalog(),
            apply(crawl()),
            *runs(),
            delete(_CRAWL),
            gone(_CRAWL, "jobs/raw-1", "configmaps/raw-1"),
        ),
    ),
)
