"""A namespace that goes with everything in it."""

from faults.steps import apply, delete_namespace, gone
from faults.workloads.base import JOB, ON_A_NODE, Workload, job, ready_catalog, starts

WORKLOADS = (
    Workload(
        "namespace-deleted",
        (
            *ready_catalog(),
            apply(job(driver=ON_A_NODE, catalogs=["lake"])),
            *starts(),
            delete_namespace(),
            gone(JOB),
            gone("pods/etl-1-1-driver"),
            gone("catalogs/lake"),
        ),
        # The operator of a test has its Lease in the namespace that it watches.
        allowed=(
            r"API server refused \| 403 Forbidden: .* being terminated",
            r"lease not renewed \| 40[34] ",
        ),
    ),
)
