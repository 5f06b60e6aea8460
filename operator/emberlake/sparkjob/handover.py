"""What follows where Sail cannot do what the application asked for, or not in the driver's memory. Pure."""

from emberlake.api.v1alpha1.common import Failure
from emberlake.core.model import Decision, Manifest, Plan
from emberlake.core.redact import redact
from emberlake.sparkjob.endings import fail_attempt, fail_run
from emberlake.sparkjob.engine import OUT_OF_MEMORY, UNSUPPORTED, after_write, handed_over
from emberlake.sparkjob.failure.containers import OOM_KILLED, is_out_of_memory
from emberlake.sparkjob.observe import Observed
from emberlake.sparkjob.phase import HANDED_OVER, next_number
from emberlake.sparkjob.sailreport import read, with_writes
from emberlake.sparkjob.status import noted, renewed, story

_WRITTEN = {
    "Committed": "a write of this run has been committed, or may have been",
    "Unknown": "nobody knows whether a write of this run has been committed",
}


def unsupported(observed: Observed, pod: Manifest) -> Plan | None:
    """The step after a driver that ended for something that Sail cannot do; None where it ended otherwise."""
    attempt = observed.status.attempt
    report = read(pod) if attempt is not None and attempt.engine == "Sail" else None
    # A server that was killed refuses everything.
    if report is None or report.unsupported is None or is_out_of_memory(pod):
        return None
    observed = renewed(observed, noted(observed))
    lacking = redact(str(report.unsupported))
    if observed.spec.engine != "Auto":
        message = f"Sail cannot do what the application asked for: {lacking}: set spec.engine: Spark, or Auto"
        return fail_run(observed, Failure(category="User", reason=UNSUPPORTED, message=message))
    if report.commits or observed.status.sail_writes is not None:
        return fail_run(observed, after_write(observed, lacking, report.commits))
    return _hand_over(observed, UNSUPPORTED, lacking)


def out_of_memory(observed: Observed, failure: Failure) -> Plan | None:
    """The step after a driver on Sail that was killed for memory; None after any other end."""
    attempt = observed.status.attempt
    if attempt is None or attempt.engine != "Sail" or failure.reason != OOM_KILLED:
        return None
    if observed.spec.engine != "Auto":
        return fail_attempt(observed, _with(failure, "; or set spec.engine: Spark, or Auto"))
    found = renewed(observed, with_writes(observed, noted(observed)))
    if (writes := found.status.sail_writes) is not None:
        return fail_attempt(observed, _with(failure, f"; Spark does not go on, since {_WRITTEN[writes]}"))
    return _hand_over(found, OUT_OF_MEMORY, failure.message)


def _with(failure: Failure, more: str) -> Failure:
    return failure.model_copy(update={"message": failure.message + more})


def _hand_over(observed: Observed, reason: str, lacking: str) -> Plan:
    """The run goes on with Spark; the attempt counts against nothing."""
    status = {
        **observed.raw_status,
        "attempt": {**observed.raw_status["attempt"], "ended": HANDED_OVER},
        "handedOver": handed_over(observed, reason, lacking).model_dump(by_alias=True),
    }
    message = f"attempt {next_number(observed.status)} runs on Spark: {lacking}"
    return story(observed, "Retrying", Decision(HANDED_OVER, message), status, requeue=0)
