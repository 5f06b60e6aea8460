"""What follows from the driver of the attempt under way. Pure."""

from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkstatus import Attempt
from emberlake.core.model import Decision, Manifest, Plan
from emberlake.core.objects import parse_time, timestamp
from emberlake.core.pods import image_failure, pending_reason
from emberlake.settings import Settings
from emberlake.sparkjob import firstexecutor
from emberlake.sparkjob.asked import cancel_asked
from emberlake.sparkjob.attempts import children, created, hindrance
from emberlake.sparkjob.deadlines import run_limit, stage_limit
from emberlake.sparkjob.drivers import lost, phase, scheduled_at
from emberlake.sparkjob.endings import cancel, fail_attempt, fail_run, succeed, suspend
from emberlake.sparkjob.failure import classify
from emberlake.sparkjob.handover import out_of_memory, unsupported
from emberlake.sparkjob.observe import Observed
from emberlake.sparkjob.status import is_told, noted, steady, story

IMAGE_GRACE_SECONDS = 20


def follow(observed: Observed, settings: Settings) -> Plan:
    """The next step while an attempt is under way."""
    pod = observed.driver
    told = phase(pod) if pod is not None else None
    if told == "Succeeded":
        return succeed(observed)
    if asked := cancel_asked(observed):
        return cancel(observed, asked)
    if pod is not None and told == "Failed":
        return _failed(observed, pod)
    if observed.spec.suspend:
        return suspend(observed)
    limit = run_limit(observed)
    if limit is not None and observed.now >= limit.at:
        return fail_run(observed, limit.failure)
    return _missing(observed, settings) if pod is None else _alive(observed, pod, told)


def _failed(observed: Observed, pod: Manifest) -> Plan:
    # The exit code of a driver that was told to go says nothing about the application.
    if (failure := lost(pod)) is not None:
        return fail_attempt(observed, failure)
    if (found := unsupported(observed, pod)) is not None:
        return found
    failure = classify(pod, observed.log_tail)
    return out_of_memory(observed, failure) or fail_attempt(observed, failure)


def _missing(observed: Observed, settings: Settings) -> Plan:
    """The driver pod is not there, by a live read."""
    attempt = _attempt(observed)
    if attempt.pod_uid is not None or hindrance(observed) is not None:
        message = f"driver pod {attempt.pod} is gone: it was deleted, or its node was lost"
        return fail_attempt(
            observed, Failure(category="Infrastructure", reason="DriverLost", message=message)
        )
    if (overdue := _overdue(observed)) is not None:
        return fail_attempt(observed, overdue)
    # The status was written and the pod was not, or nobody saw it: the name is the same.
    actions = children(observed, settings, attempt.number, attempt.engine)
    if isinstance(actions, Failure):
        return fail_run(observed, actions)
    return story(observed, "Starting", created(attempt.pod), observed.raw_status, actions)


def _alive(observed: Observed, pod: Manifest, told: str | None) -> Plan:
    if (failure := lost(pod)) is not None:
        return fail_attempt(observed, failure)
    if (overdue := _overdue(observed)) is not None:
        return fail_attempt(observed, overdue)
    if told == "Running" or _attempt(observed).running_at is not None:
        return _running(observed)
    return _starting(observed, pod)


def _overdue(observed: Observed) -> Failure | None:
    limit = stage_limit(observed)
    return limit.failure if limit is not None and observed.now >= limit.at else None


def _starting(observed: Observed, pod: Manifest) -> Plan:
    failure = image_failure(pod)
    grace = IMAGE_GRACE_SECONDS - _seconds_with_node(observed, pod)
    if failure is not None and grace <= 0:
        return fail_attempt(observed, failure)
    requeue = grace if failure is not None else None
    decision = steady(observed, pending_reason(pod) or created(_attempt(observed).pod))
    if is_told(observed, decision):
        # The pod's uid alone is not worth a write.
        return Plan(decision=decision, requeue_after=requeue)
    return story(observed, "Starting", decision, noted(observed), requeue=requeue)


def _seconds_with_node(observed: Observed, pod: Manifest) -> float:
    since = scheduled_at(pod) or parse_time(_attempt(observed).created_at)
    return (observed.now - since).total_seconds()


def _running(observed: Observed) -> Plan:
    attempt = _attempt(observed)
    now = timestamp(observed.now)
    age = (observed.now - parse_time(attempt.running_at or now)).total_seconds()
    times = {"runningAt": attempt.running_at or now}
    if firstexecutor.is_running(observed.executor):
        times["executorsAt"] = attempt.executors_at or now
    waits = observed.needs_executors and "executorsAt" not in times
    decision = Decision("DriverRunning", f"driver pod {attempt.pod} runs")
    if waits and firstexecutor.is_worth_a_word(age):
        decision = steady(observed, firstexecutor.waits_for(observed.executor, observed.log_tail))
    requeue = firstexecutor.look_again_seconds(age) if waits else None
    return story(observed, "Running", decision, noted(observed, **times), requeue=requeue)


def _attempt(observed: Observed) -> Attempt:
    if observed.status.attempt is None:
        raise ValueError("an attempt is under way")
    return observed.status.attempt
