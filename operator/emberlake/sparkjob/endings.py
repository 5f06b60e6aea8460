"""The ways in which an attempt or a run ends. Pure."""

from emberlake.api import CANCEL_REQUESTED_AT
from emberlake.api.v1alpha1.common import Category, Failure
from emberlake.api.v1alpha1.sparkstatus import HISTORY, PastAttempt, Retries
from emberlake.core.model import Decision, Plan
from emberlake.core.objects import timestamp
from emberlake.sparkjob.deadlines import run_limit, stage_limit
from emberlake.sparkjob.observe import Observed
from emberlake.sparkjob.phase import SUSPENDED, is_driving, next_number
from emberlake.sparkjob.retry import Again, GivenUp, decide
from emberlake.sparkjob.sailreport import with_writes
from emberlake.sparkjob.status import MESSAGE_BYTES, finished, fit, noted, renewed, steady, story, without

_REASON_LENGTH = 64


def succeed(observed: Observed) -> Plan:
    """The run ends well."""
    decision = Decision("Succeeded", "the application ended with exit code 0")
    return finished(observed, "Succeeded", decision, noted(observed))


def cancel(observed: Observed, asked: str) -> Plan:
    """The run ends because somebody asked for it."""
    decision = Decision("Cancelled", f"cancelled by annotation {CANCEL_REQUESTED_AT}")
    return finished(observed, "Cancelled", decision, {**observed.raw_status, "lastHandledCancel": asked})


def suspend(observed: Observed) -> Plan:
    """The driver, if there is one, is stopped; the run goes on when `spec.suspend` is unset."""
    driving = is_driving(observed.status)
    status = with_writes(observed, noted(observed, ended=SUSPENDED)) if driving else dict(observed.raw_status)
    status = without(status, "waitingSince")
    status.setdefault("suspendedAt", timestamp(observed.now))
    follows = "a new attempt" if observed.status.attempt else "the first attempt"
    message = f"spec.suspend is set; {follows} starts when it is unset"
    return story(observed, "Suspended", Decision("Suspended", message), status)


def fail_run(observed: Observed, failure: Failure) -> Plan:
    """The run ends with a failure that no further attempt can mend."""
    decision = Decision(failure.reason, failure.message)
    return finished(observed, "Failed", decision, observed.raw_status, failure)


def fail_attempt(observed: Observed, failure: Failure) -> Plan:
    """The attempt failed: another one follows, or the run ends."""
    observed = renewed(observed, with_writes(observed, noted(observed)))
    retries = observed.status.retries or Retries.model_validate({})
    verdict = decide(observed.spec.retry, retries, failure.category, observed.now)
    end = run_limit(observed)
    if isinstance(verdict, Again) and end is not None and verdict.at >= end.at:
        verdict = GivenUp(f"timeouts.run {observed.spec.timeouts.run} leaves no time for another")
    if isinstance(verdict, Again):
        return _retry(observed, failure, verdict)
    return fail_run(observed, _counted(observed, failure, verdict.why))


def _retry(observed: Observed, failure: Failure, again: Again) -> Plan:
    attempt = observed.raw_status["attempt"]
    past = PastAttempt(
        number=attempt["number"],
        pod=attempt["pod"],
        created_at=attempt["createdAt"],
        finished_at=timestamp(observed.now),
        category=failure.category,
        reason=failure.reason,
    )
    history = [*observed.raw_status.get("pastAttempts", ()), past.model_dump(by_alias=True)]
    status = {
        **observed.raw_status,
        "attempt": {**attempt, "ended": failure.reason[:_REASON_LENGTH]},
        "pastAttempts": history[-HISTORY:],
        "retries": again.retries.model_dump(by_alias=True, exclude_defaults=True),
    }
    message = f"{upcoming(renewed(observed, status))}, after {failure.category}: {failure.message}"
    return story(observed, "Retrying", Decision(failure.reason, message), status)


def upcoming(observed: Observed) -> str:
    """When the next attempt starts, in words."""
    at = observed.status.retries.at if observed.status.retries else None
    return f"attempt {next_number(observed.status)} starts at {at}"


def _counted(observed: Observed, failure: Failure, why: str) -> Failure:
    """The failure, with how many attempts there were when there was more than one."""
    number = observed.status.attempt.number if observed.status.attempt else 1
    if number == 1:
        return failure
    words = f" ({number} attempts: {why})"
    return failure.model_copy(update={"message": fit(failure.message, MESSAGE_BYTES - len(words)) + words})


def wait(
    observed: Observed, decision: Decision, category: Category = "Timeout", *, counts: bool = False
) -> Plan:
    """The next attempt has to wait, until `timeouts.pending` is over.

    Args:
        category: of the failure that it ends with then.
        counts: the message has numbers in it that change and are no news.
    """
    status = dict(observed.raw_status)
    since = status.setdefault("waitingSince", timestamp(observed.now))
    waiting = renewed(observed, status)
    limit = stage_limit(waiting)
    if limit is None:
        raise ValueError("a job that waits has a limit")
    if observed.now >= limit.at:
        reason = limit.failure.reason if category == "Timeout" else decision.reason
        message = f"{limit.failure.message}: {decision.message}"
        return fail_run(waiting, Failure(category=category, reason=reason, message=fit(message)))
    span = f" (waits since {since}, at most until {timestamp(limit.at)})"
    told = Decision(decision.reason, fit(decision.message, MESSAGE_BYTES - len(span)) + span)
    return story(waiting, "Pending", steady(observed, told) if counts else told, status)
