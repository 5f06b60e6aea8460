"""How long a job may stay in each state, and what follows. Pure.

Every state that is not final has a limit, except Suspended, and Running without `timeouts.run` once an
executor runs or none is asked for. One function tells it; the plan acts on what it tells.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emberlake.api.v1alpha1.common import Failure
from emberlake.core.objects import parse_time
from emberlake.sparkjob.durations import later
from emberlake.sparkjob.failure import no_executors
from emberlake.sparkjob.firstexecutor import waits_for
from emberlake.sparkjob.phase import is_between, is_driving

if TYPE_CHECKING:
    from emberlake.sparkjob.observe import Observed


@dataclass(frozen=True)
class Limit:
    """A moment, and the failure that a job dies of which is still in its state then."""

    at: datetime
    failure: Failure


def next_change(observed: "Observed") -> datetime | None:
    """When an active job leaves its state by itself at the latest; None for Suspended and the like."""
    moments = [limit.at for limit in (run_limit(observed), stage_limit(observed)) if limit]
    if (again := retry_at(observed)) is not None:
        moments.append(again)
    return min(moments, default=None)


def run_limit(observed: "Observed") -> Limit | None:
    """The end of `timeouts.run`, over all attempts and without the time that the run was suspended."""
    run, started = observed.spec.timeouts.run, observed.status.started_at
    if run is None or started is None or observed.spec.suspend:
        return None
    at = later(parse_time(started), run) + _suspended(observed)
    return Limit(at, _timeout("RunTimeout", f"the run took longer than timeouts.run {run}"))


def stage_limit(observed: "Observed") -> Limit | None:
    """The limit of the stage that the job is in: waiting, starting its driver, or its first executor."""
    if observed.spec.suspend:
        return None
    if is_between(observed.status):
        return _pending(observed)
    if not is_driving(observed.status):
        return None
    return _first_executor(observed) if _runs(observed) else _driver_start(observed)


def retry_at(observed: "Observed") -> datetime | None:
    """When the next attempt may start, None when it may start now."""
    retries = observed.status.retries
    if observed.spec.suspend or not is_between(observed.status) or retries is None or retries.at is None:
        return None
    at = parse_time(retries.at)
    return at if observed.now < at else None


def _pending(observed: "Observed") -> Limit | None:
    since, pending = observed.status.waiting_since, observed.spec.timeouts.pending
    if since is None:
        return None
    message = f"the job waited longer than timeouts.pending {pending}"
    return Limit(later(parse_time(since), pending), _timeout("PendingTimeout", message))


def _driver_start(observed: "Observed") -> Limit | None:
    attempt, limit = observed.status.attempt, observed.spec.timeouts.driver_start
    if attempt is None:
        return None
    message = f"the driver did not start within timeouts.driverStart {limit}: {observed.status.message}"
    return Limit(later(parse_time(attempt.created_at), limit), _timeout("DriverStartTimeout", message))


def _first_executor(observed: "Observed") -> Limit | None:
    attempt, limit = observed.status.attempt, observed.spec.timeouts.executor_start
    if attempt is None or attempt.running_at is None or attempt.executors_at or not observed.needs_executors:
        return None
    why = waits_for(observed.executor, observed.log_tail).message
    message = f"no executor ran within timeouts.executorStart {limit}: {why}"
    failure = _timeout("ExecutorStartTimeout", message)
    if observed.executor is None and (refused := no_executors(observed.log_tail)):
        failure = refused.model_copy(update={"message": message})
    return Limit(later(parse_time(attempt.running_at), limit), failure)


def _runs(observed: "Observed") -> bool:
    return observed.status.attempt is not None and observed.status.attempt.running_at is not None


def _suspended(observed: "Observed") -> timedelta:
    status = observed.status
    before = timedelta(seconds=status.suspended_seconds)
    return before + (observed.now - parse_time(status.suspended_at)) if status.suspended_at else before


def _timeout(reason: str, message: str) -> Failure:
    return Failure(category="Timeout", reason=reason, message=message)
