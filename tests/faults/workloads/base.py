"""What workloads are written with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faults.engines import METASTORE_PORT
from faults.steps import NODE, Step, apply, driver, job_pod, until
from faults.upstream import Object

JOB = "sparkjobs/etl"
# A node that nobody has: its pods end when they are deleted, as the test says so, and no sooner.
ON_A_NODE = {"template": {"spec": {"nodeName": NODE}}}


@dataclass(frozen=True)
class Workload:
    """A script of steps under a name.

    `allowed` has patterns of log lines that belong to it, `tried_again` names objects that are made and taken
    back for as long as something is refused.
    """

    name: str
    steps: Sequence[Step]
    allowed: tuple[str, ...] = ()
    tried_again: tuple[str, ...] = ()


def resource(kind: str, name: str, spec: Object) -> Object:
    """An object of ours."""
    return {
        "apiVersion": "emberlake.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def job(name: str = "etl", **spec: Any) -> Object:
    """A SparkJob without executors, so that nothing but its driver is waited for."""
    common = {
        "type": "Python",
        "mainApplicationFile": "local:///opt/app/etl.py",
        "executor": {"instances": 0},
    }
    return resource("SparkJob", name, {**common, **spec})


def catalog(**spec: Any) -> Object:
    """A Catalog whose metastore answers."""
    common = {
        "metastore": {"uris": [f"thrift://127.0.0.1:{METASTORE_PORT}"]},
        "warehouse": "s3://lake/warehouse",
        "system": "s3://lake/_emberlake/",
    }
    return resource("Catalog", "lake", {**common, **spec})


def starts(attempt: str = "1-1", name: str = "etl") -> tuple[Step, ...]:
    """The driver of an attempt (run-number) starts."""
    return (
        until(f"sparkjobs/{name}", state="Starting"),
        driver(f"{name}-{attempt}-driver", "Running"),
        until(f"sparkjobs/{name}", state="Running"),
    )


def succeeds(attempt: str = "1-1", name: str = "etl") -> tuple[Step, ...]:
    """The driver of an attempt starts and ends well."""
    return (
        *starts(attempt, name),
        driver(f"{name}-{attempt}-driver", "Succeeded", 0),
        until(f"sparkjobs/{name}", state="Succeeded"),
    )


def checked(generation: int = 1, attempt: int = 1) -> tuple[Step, ...]:
    """The bucket of the Catalog is checked, and all is well."""
    says = {"outcome": "Succeeded", "reason": "CheckPassed", "message": "can be read and written"}
    return (
        job_pod(f"lake-check-{generation}-{attempt}", "check", "Succeeded", 0, says),
        until("catalogs/lake", state="Ready"),
    )


def ready_catalog() -> tuple[Step, ...]:
    """A Catalog is there and ready."""
    return (apply(catalog()), *checked())
