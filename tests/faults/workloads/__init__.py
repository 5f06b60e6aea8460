"""Life cycles that are run with and without faults.

To add one: a `Workload` of 6 to 12 steps in the `WORKLOADS` of a module here, under a name of its own. Its
steps say what users and the kubelet do (faults.steps); each waits for what it needs. Reference runs find out
what the operator writes and sees, and the plans follow from that: nothing else is to be said about them.
"""

from faults.workloads import catalogs, crawls, jobs, jobsbetween, namespaces, warehouses
from faults.workloads.base import Workload

__all__ = ["BY_NAME", "WORKLOADS", "Workload"]

WORKLOADS: tuple[Workload, ...] = (
    *jobs.WORKLOADS,
    *jobsbetween.WORKLOADS,
    *catalogs.WORKLOADS,
    *crawls.WORKLOADS,
    *warehouses.WORKLOADS,
    *namespaces.WORKLOADS,
)
BY_NAME = {workload.name: workload for workload in WORKLOADS}
