"""Names of what an attempt makes, the same for the same attempt of the same object. Pure."""

from dataclasses import dataclass

from emberlake.api.v1alpha1.sparkstatus import Engine
from emberlake.core.model import Owner
from emberlake.core.objects import digest


@dataclass(frozen=True)
class Attempt:
    """Which driver: run and attempt, both counted from 1, and what it runs on."""

    run: int
    number: int
    engine: Engine = "Spark"


def prefix(owner: Owner, attempt: Attempt) -> str:
    """What the names of an attempt's objects begin with; Spark puts it before those of its executors."""
    return f"{owner.name}-{attempt.run}-{attempt.number}"


def driver_name(owner: Owner, attempt: Attempt) -> str:
    """Name of the driver pod."""
    return f"{prefix(owner, attempt)}-driver"


def conf_name(owner: Owner, attempt: Attempt) -> str:
    """Name of the ConfigMap with an attempt's configuration."""
    return f"{prefix(owner, attempt)}-conf"


def application_id(owner: Owner, attempt: Attempt) -> str:
    """Spark's application id."""
    return "spark-" + digest({"uid": owner.uid, "run": attempt.run, "attempt": attempt.number}, 32)
