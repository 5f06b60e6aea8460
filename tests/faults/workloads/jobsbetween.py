"""A SparkJob that waits, is suspended, or runs again."""

from faults.steps import annotate, apply, delete, exists, gone, patch, until
from faults.workloads.base import (
    JOB,
    ON_A_NODE,
    Workload,
    job,
    ready_catalog,
    starts,
    succeeds,
)

_QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "none"},
    "spec": {"hard": {"count/pods": "0"}},
}

WORKLOADS = (
    Workload(
        "job-suspended",
        (
            apply(job(driver=ON_A_NODE)),
            *starts(),
            patch(JOB, {"suspend": True}),
            until(JOB, state="Suspended"),
            gone("pods/etl-1-1-driver"),
            patch(JOB, {"suspend": False}),
            *succeeds("1-2"),
        ),
    ),
    Workload(
        "job-made-suspended",
        (
            apply(job(suspend=True)),
            until(JOB, state="Suspended"),
            patch(JOB, {"suspend": False}),
            *succeeds(),
        ),
    ),
    Workload(
        "job-cancelled-suspended",
        (
            apply(job()),
            *starts(),
            patch(JOB, {"suspend": True}),
            until(JOB, state="Suspended"),
            annotate(JOB, "cancel-requested-at", "now"),
            until(JOB, state="Cancelled"),
            gone("pods/etl-1-1-driver"),
        ),
    ),
    Workload(
        "job-changed",
        (
            apply(job(rerunOn="Change")),
            *succeeds(),
            patch(JOB, {"arguments": ["--again"]}),
            *succeeds("2-1"),
        ),
    ),
    Workload(
        "job-requested",
        (
            apply(job()),
            *succeeds(),
            annotate(JOB, "requested-at", "again"),
            *succeeds("2-1"),
        ),
    ),
    Workload(
        "job-released",
        (
            apply(job(retention={"succeeded": "2s"})),
            *succeeds(),
            gone("pods/etl-1-1-driver", "configmaps/etl-1-1-conf"),
        ),
    ),
    Workload(
        "job-expires",
        (
            apply(job(ttlAfterFinished="2s")),
            *succeeds(),
            gone(JOB, "pods/etl-1-1-driver", "configmaps/etl-1-1-conf"),
        ),
    ),
    Workload(
        "job-never-starts",
        (apply(job(timeouts={"driverStart": "2s"})), until(JOB, state="Failed"), gone("pods/etl-1-1-driver")),
    ),
    Workload(
        "job-waits-for-catalog",
        (
            apply(job(catalogs=["lake"])),
            until(JOB, state="Pending", reason="CatalogNotFound"),
            *ready_catalog(),
            *succeeds(),
        ),
    ),
    Workload(
        "job-waits-for-quota",
        (
            apply(_QUOTA),
            exists("resourcequotas/none"),
            apply(job()),
            until(JOB, state="Pending", reason="QuotaExceeded"),
            delete("resourcequotas/none"),
            *succeeds(),
        ),
        tried_again=("configmaps/etl-1-1-conf",),
    ),
)
