"""A Catalog's life."""

from faults.steps import annotate, apply, delete, gone, job_pod, patch, until
from faults.workloads.base import Workload, checked, job, ready_catalog, succeeds

_LAKE = "catalogs/lake"
_REFUSED = {"outcome": "Failed", "reason": "AccessDenied", "message": "s3://lake/warehouse: access denied"}

WORKLOADS = (
    Workload("catalog-checked", ready_catalog()),
    Workload(
        "catalog-changed",
        (
            *ready_catalog(),
            patch(_LAKE, {"warehouse": "s3://lake/other"}),
            *checked(2),
            gone("jobs/lake-check-1-1"),
        ),
    ),
    Workload(
        "catalog-fails-and-is-asked",
        (
            *ready_catalog()[:1],
            job_pod("lake-check-1-1", "check", "Failed", 1, _REFUSED),
            until(_LAKE, state="NotReady", reason="AccessDenied"),
            annotate(_LAKE, "requested-at", "again"),
            *checked(1, 2),
            gone("jobs/lake-check-1-1"),
        ),
    ),
    Workload(
        "catalog-deleted-in-use",
        (
            *ready_catalog(),
            apply(job(catalogs=["lake"])),
            *succeeds()[:3],
            delete(_LAKE),
            gone(_LAKE),
            gone("configmaps/lake-catalog"),
            *succeeds()[3:],
        ),
    ),
)
