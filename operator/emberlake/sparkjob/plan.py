"""Decides what a SparkJob does next. Pure: the same Observed gives the same Plan.

`phase` says where a job stands. The status is written before anything is made or deleted, so a restart
anywhere goes on from what it says, and whoever read an old one does nothing. Children have deterministic
names: what was made and not noted is met again.
"""

from dataclasses import replace

from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkjob import UNCOUNTED
from emberlake.core.model import Decision, Delete, Plan, Refusal
from emberlake.core.objects import timestamp
from emberlake.settings import Settings
from emberlake.sparkjob import accounts, retention
from emberlake.sparkjob.asked import cancel_asked, run_asked, wants_run
from emberlake.sparkjob.attempts import hindrance, invalid, start
from emberlake.sparkjob.deadlines import next_change, retry_at, run_limit
from emberlake.sparkjob.drivers import phase
from emberlake.sparkjob.endings import (
    cancel,
    fail_attempt,
    fail_run,
    succeed,
    suspend,
    upcoming,
    wait,
)
from emberlake.sparkjob.follow import follow
from emberlake.sparkjob.observe import Observed
from emberlake.sparkjob.phase import is_active, is_driving
from emberlake.sparkjob.phase import refused as refused_as
from emberlake.sparkjob.refusal import judge
from emberlake.sparkjob.status import OF_A_RUN, renewed, resumed, steady, story, without

_SHORTEST_WAIT = 1.0


def plan(observed: Observed, settings: Settings) -> Plan:
    """The next step of a SparkJob."""
    if observed.owner.deleting:
        return Plan()
    return _tidied(observed, _next(observed, settings))


def refused(observed: Observed, refusal: Refusal, settings: Settings) -> Plan:
    """The step of a SparkJob whose pod or ConfigMap the API server did not take: nothing stays made."""
    attempt = observed.raw_status.get("attempt")
    if observed.owner.deleting or attempt is None or not is_active(observed.status):
        return Plan(refusal.made)
    status = {**observed.raw_status, "attempt": {**attempt, "ended": refused_as(refusal.ref.kind)}}
    if attempt["number"] == 1:
        status.pop("startedAt", None)
    undone = renewed(observed, status)
    verdict = judge(refusal)
    decision = Decision(verdict.reason, verdict.message)
    if undone.spec.suspend:
        found = suspend(undone)
    elif verdict.final:
        failure = Failure(category=verdict.category, reason=verdict.reason, message=verdict.message)
        found = fail_attempt(undone, failure)
    else:
        found = wait(undone, decision, verdict.category, counts=True)
        found = replace(found, requeue_after=verdict.retry_seconds or settings.timers.refused)
    # Taken back first: what is left would be met again, and may be of another spec by then.
    return _tidied(undone, replace(found, actions=(*refusal.made, *found.actions), status_first=False))


def _next(observed: Observed, settings: Settings) -> Plan:
    if is_driving(observed.status):
        return follow(observed, settings)
    if is_active(observed.status):
        return _between(observed, settings)
    if wants_run(observed):
        return _begin(observed, settings)
    return _at_rest(observed)


def _begin(observed: Observed, settings: Settings) -> Plan:
    """A run begins: it has its number from now on, even if its first attempt has to wait."""
    status = without(observed.raw_status, *OF_A_RUN)
    status["run"] = observed.status.run + 1
    if asked := run_asked(observed):
        status["lastHandledRequest"] = asked
    return _between(renewed(observed, status), settings)


def _between(observed: Observed, settings: Settings) -> Plan:
    """A run is active and has no driver."""
    if _succeeded_after_all(observed):
        return succeed(observed)
    if asked := cancel_asked(observed):
        return cancel(observed, asked)
    if observed.spec.suspend:
        return suspend(observed)
    limit = run_limit(observed)
    if limit is not None and observed.now >= limit.at:
        return fail_run(observed, limit.failure)
    return _go_on(renewed(observed, resumed(observed.raw_status, observed.now)), settings)


def _go_on(observed: Observed, settings: Settings) -> Plan:
    """Another attempt is wanted."""
    if retry_at(observed) is not None:
        return _hold(observed)
    if (waits := hindrance(observed)) is not None:
        return wait(observed, waits)
    named = accounts.named(observed.spec, settings.service_accounts)
    if (unfit := accounts.unfit(named, observed.accounts, observed.owner.namespace)) is not None:
        # Nothing watches accounts.
        return replace(wait(observed, unfit), requeue_after=settings.timers.refused)
    if (failure := invalid(observed, settings)) is not None:
        return fail_run(observed, failure)
    return start(observed, settings)


def _succeeded_after_all(observed: Observed) -> bool:
    """Whether the driver that was taken for lost ended well before it went."""
    pod, past, attempt = observed.driver, observed.status.past_attempts, observed.status.attempt
    if pod is None or attempt is None or not past or past[-1].number != attempt.number:
        return False
    return past[-1].category in UNCOUNTED and phase(pod) == "Succeeded"


def _hold(observed: Observed) -> Plan:
    """The next attempt waits for its time."""
    failed = observed.status.past_attempts[-1]
    message = f"{upcoming(observed)}, after {failed.category}: {failed.reason}"
    return story(
        observed, "Retrying", steady(observed, Decision(failed.reason, message)), observed.raw_status
    )


def _at_rest(observed: Observed) -> Plan:
    """No run is active and none is wanted."""
    gone = retention.delete_at(observed)
    if gone is not None and observed.now >= gone:
        owner = observed.owner
        return Plan((Delete(owner.ref, owner.uid, resource_version=owner.resource_version),))
    status = {**observed.raw_status, "observedGeneration": observed.owner.generation}
    if asked := cancel_asked(observed):
        status["lastHandledCancel"] = asked
    release = retention.release_at(observed)
    if release is None or observed.now < release:
        return Plan(status=status, status_first=True)
    # Only what is gone may be told as gone.
    return Plan(status={**status, "releasedAt": timestamp(observed.now)})


def _tidied(observed: Observed, found: Plan) -> Plan:
    """The plan, with the deletes that follow from its status, and the time to look again."""
    after = observed if found.status is None else renewed(observed, found.status)
    moments = [next_change(after), retention.next_release(after)]
    if not is_active(after.status):
        moments.append(retention.delete_at(after))
    spans = [(moment - observed.now).total_seconds() for moment in moments if moment is not None]
    # What is due already was acted on: whatever came of it, not in a tight circle.
    waits = [max(_SHORTEST_WAIT, span) for span in spans]
    if found.requeue_after is not None:
        waits.append(found.requeue_after)
    return replace(
        found,
        actions=(*found.actions, *retention.deletes(after)),
        requeue_after=min(waits, default=None),
    )
