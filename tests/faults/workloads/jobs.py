"""A SparkJob's runs and their ends."""

from faults.steps import annotate, apply, delete, driver, exists, gone, until
from faults.upstream import Object
from faults.workloads.base import JOB, ON_A_NODE, Workload, job, starts, succeeds

_EXTRAS: Object = {
    "ui": {"service": True, "ingress": {"host": "etl.example.org"}},
    "driver": {"podDisruptionBudget": True},
}
_LACKING: Object = {"commits": 0, "unsupported": {"feature": "sql.merge", "message": "MERGE"}}
_ONCE_MORE = {"limit": 1, "categories": ["User"], "backoff": "1s"}

WORKLOADS = (
    Workload("job-succeeds", (apply(job()), *succeeds())),
    Workload(
        "job-fails",
        (apply(job()), *starts(), driver("etl-1-1-driver", "Failed", 1), until(JOB, state="Failed")),
    ),
    Workload(
        "job-retries",
        (
            apply(job(retry=_ONCE_MORE)),
            *starts(),
            driver("etl-1-1-driver", "Failed", 1),
            *succeeds("1-2"),
        ),
    ),
    Workload(
        "job-handed-over",
        (
            apply(job(engine="Auto", mainApplicationFile="s3://lake/jobs/etl.py")),
            *starts(),
            driver("etl-1-1-driver", "Failed", 3, _LACKING),
            *succeeds("1-2"),
        ),
    ),
    Workload(
        "job-gives-up",
        (
            apply(job(retry=_ONCE_MORE)),
            *starts(),
            driver("etl-1-1-driver", "Failed", 1),
            *starts("1-2"),
            driver("etl-1-2-driver", "Failed", 1),
            until(JOB, state="Failed"),
        ),
    ),
    Workload(
        "job-loses-driver",
        (
            apply(job(retry={"backoff": "1s"})),
            *starts(),
            delete("pods/etl-1-1-driver"),
            *succeeds("1-2"),
        ),
    ),
    Workload(
        "job-cancelled",
        (
            apply(job(driver=ON_A_NODE)),
            *starts(),
            annotate(JOB, "cancel-requested-at", "now"),
            until(JOB, state="Cancelled"),
            gone("pods/etl-1-1-driver"),
        ),
    ),
    Workload(
        "job-deleted-starting",
        (
            apply(job()),
            until(JOB, state="Starting"),
            exists("pods/etl-1-1-driver"),
            delete(JOB),
            gone(JOB, "pods/etl-1-1-driver", "configmaps/etl-1-1-conf"),
        ),
    ),
    Workload(
        "job-deleted-running",
        (
            apply(job(driver=ON_A_NODE)),
            *starts(),
            delete(JOB),
            gone(JOB, "pods/etl-1-1-driver", "configmaps/etl-1-1-conf"),
        ),
    ),
    Workload(
        "job-deleted-finished",
        (
            apply(job(**_EXTRAS)),
            *succeeds(),
            delete(JOB),
            gone(JOB, "pods/etl-1-1-driver", "configmaps/etl-1-1-conf", "services/etl-ui"),
        ),
    ),
    Workload(
        "job-made-anew",
        (
            apply(job(driver=ON_A_NODE)),
            *starts(),
            delete(JOB),
            gone(JOB),
            apply(job(driver=ON_A_NODE)),
            *succeeds(),
        ),
    ),
    Workload("job-with-extras", (apply(job(**_EXTRAS)), *succeeds())),
    Workload("two-jobs", (apply(job()), apply(job("elt")), *succeeds(), *succeeds(name="elt"))),
)
