"""A namespace that goes with everything in it."""

from faults.steps import all_gone, apply, delete_namespace
from faults.workloads.base import ON_A_NODE, Workload, job, ready_catalog, starts

WORKLOADS = (
    Workload(
        "namespace-deleted",
        (
            *ready_catalog(),
            apply(job(driver=ON_A_NODE, catalogs=["lake"])),
            *starts(),
            delete_namespace(),
            all_gone(),
        ),
        # The operator of a test has its Lease in the namespace that it watches.
        allowed=(
            r"API server refused \| 403 Forbidden: .* being terminated",
            r"lease not renewed \| 40[349] ",
        ),
    ),
)
