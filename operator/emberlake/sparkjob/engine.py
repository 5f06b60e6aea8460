"""What runs the next attempt, Spark or Sail. Pure."""

from dataclasses import dataclass

from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkstatus import Engine, HandedOver
from emberlake.core.objects import timestamp
from emberlake.settings import Settings
from emberlake.sparkjob.conf import Effective, effective
from emberlake.sparkjob.names import Attempt
from emberlake.sparkjob.observe import Observed
from emberlake.sparkjob.phase import next_number
from emberlake.sparkjob.shape import check_shape
from emberlake.sparkjob.sparkonly import spark_only
from emberlake.sparkjob.status import fit

UNFIT = "UnfitForSail"
UNSUPPORTED = "UnsupportedByEngine"
OUT_OF_MEMORY = "OutOfMemory"
AFTER_WRITE = "UnsupportedAfterWrite"
# It stands in the status beside messages of their own length.
_MESSAGE_BYTES = 500


@dataclass(frozen=True)
class Choice:
    """The engine; with `Auto` on Spark also why."""

    engine: Engine
    handed_over: HandedOver | None = None


def choose(observed: Observed, settings: Settings) -> Choice | Failure:
    """The engine of the attempt that starts now, or why neither may run it.

    Raises:
        ValueError: the spec cannot be carried out; names the field or setting.
    """
    spec, status = observed.spec, observed.status
    if spec.engine == "Spark":
        return Choice("Spark")
    if spec.engine == "Auto" and status.handed_over is not None:
        return Choice("Spark", status.handed_over)
    if (lacking := spark_only(spec, observed.catalog_specs, _conf(observed, settings))) is None:
        return Choice("Sail")
    if spec.engine == "Sail":
        message = f"{lacking}: take it out, or set spec.engine: Spark, or Auto"
        return Failure(category="Validation", reason=UNFIT, message=message)
    if status.sail_writes is not None:
        return after_write(observed, lacking, committed=0)
    return Choice("Spark", handed_over(observed, UNFIT, lacking))


def handed_over(observed: Observed, reason: str, lacking: str) -> HandedOver:
    """Why Spark runs what was to run on Sail."""
    return HandedOver(reason=reason, message=fit(lacking, _MESSAGE_BYTES), at=timestamp(observed.now))


def after_write(observed: Observed, lacking: str, committed: int) -> Failure:
    """Why a run cannot go on with Spark, which would write again what was written on Sail.

    Args:
        committed: writes that the attempt itself told of.
    """
    if committed:
        written = f"{committed} of its writes had been committed by then"
    elif observed.status.sail_writes == "Committed":
        written = "an earlier attempt of this run had committed a write by then"
    else:
        written = "an earlier attempt of this run ended without telling whether it had committed a write"
    message = (
        f"{lacking}; {written}, and Spark would write it again: look at the tables that the application"
        " writes, set spec.engine: Spark, and ask for another run"
    )
    return Failure(category="User", reason=AFTER_WRITE, message=message)


def _conf(observed: Observed, settings: Settings) -> Effective:
    # A template of another shape than a pod's cannot be looked into.
    check_shape("driver", observed.spec.driver)
    attempt = Attempt(observed.status.run, next_number(observed.status))
    return effective(observed.owner, observed.spec, observed.catalog_specs, settings, attempt)
