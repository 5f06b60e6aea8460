"""What a driver on Sail told of its attempt when it ended, in its container's termination message. Pure."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from emberlake.core.model import Manifest
from emberlake.core.pods import terminated
from emberlake.sparkjob.failure.containers import driver_container

if TYPE_CHECKING:
    from emberlake.sparkjob.observe import Observed


class Unsupported(BaseModel):
    """What was asked for and Sail cannot do as Spark does: its name in the table of engines, and in words."""

    model_config = ConfigDict(frozen=True)

    feature: str
    message: str

    def __str__(self) -> str:
        """As a person reads it."""
        return f"{self.message} ({self.feature})"


class Report(BaseModel):
    """How far the attempt came.

    `commits`: writes of the run that stand in tables, those included that an earlier attempt had committed.
    """

    model_config = ConfigDict(frozen=True)

    commits: NonNegativeInt
    unsupported: Unsupported | None = None


def read(pod: Manifest) -> Report | None:
    """The report of a driver pod that ended; None where it ended without one."""
    ended = terminated(driver_container(pod) or {}) or {}
    try:
        return Report.model_validate_json(ended.get("message") or "")
    except ValidationError:
        # Any program may have written it, or none.
        return None


def with_writes(observed: "Observed", status: dict[str, Any]) -> dict[str, Any]:
    """The status of a run that goes on after this attempt, with what the attempt may have written on Sail.

    Without a report nobody knows: what is stopped or killed can have committed a moment before.
    """
    attempt, pod = observed.status.attempt, observed.driver
    if attempt is None or attempt.engine != "Sail" or status.get("sailWrites") == "Committed":
        return status
    report = read(pod) if pod is not None else None
    if report is None:
        return {**status, "sailWrites": "Unknown"}
    return {**status, "sailWrites": "Committed"} if report.commits else status
