"""Whether a failed attempt is tried again, and when. Pure.

Infrastructure and Evicted are retried beside the user's budget, with a cap of their own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from emberlake.api.v1alpha1.common import Category
from emberlake.api.v1alpha1.sparkjob import (
    INFRASTRUCTURE_RETRIES,
    INFRASTRUCTURE_RETRY_HOURS,
    UNCOUNTED,
    Retry,
)
from emberlake.api.v1alpha1.sparkstatus import Retries
from emberlake.core.objects import parse_time, timestamp
from emberlake.sparkjob.durations import later, seconds

_HOUR = timedelta(hours=1)
_INFRASTRUCTURE_SPAN = timedelta(hours=INFRASTRUCTURE_RETRY_HOURS)


@dataclass(frozen=True)
class Again:
    """Try again at `at`; `retries` is the account with this retry in it."""

    retries: Retries
    at: datetime


@dataclass(frozen=True)
class GivenUp:
    """Do not, and why."""

    why: str


def decide(retry: Retry, so_far: Retries, category: Category, now: datetime) -> Again | GivenUp:
    """What follows an attempt that failed at `now` for this category."""
    if category in UNCOUNTED:
        return _infrastructure(retry, so_far, now)
    if category not in retry.categories:
        return GivenUp(f"retry.categories does not name {category}")
    if retry.per_hour is not None:
        return _hourly(retry, retry.per_hour, so_far, now)
    if so_far.counted >= retry.limit:
        return GivenUp(f"retry.limit {retry.limit} is used up")
    return _again(retry, so_far, so_far.counted, now, {"counted": so_far.counted + 1})


def _infrastructure(retry: Retry, so_far: Retries, now: datetime) -> Again | GivenUp:
    since = parse_time(so_far.infrastructure_since) if so_far.infrastructure_since else now
    count = so_far.infrastructure
    if retry.per_hour is not None and now - since >= _INFRASTRUCTURE_SPAN:
        # A job without end must not end by its first eviction of the next week.
        since, count = now, 0
    if count >= INFRASTRUCTURE_RETRIES:
        return GivenUp(f"{count} retries after failures of the infrastructure are the most there are")
    if now - since >= _INFRASTRUCTURE_SPAN:
        hours = INFRASTRUCTURE_RETRY_HOURS
        return GivenUp(f"failures of the infrastructure are retried for {hours} h after the first")
    account = {"infrastructure": count + 1, "infrastructure_since": timestamp(since)}
    return _again(retry, so_far, count, now, account)


def _hourly(retry: Retry, per_hour: int, so_far: Retries, now: datetime) -> Again | GivenUp:
    recent = [time for time in so_far.recent if now - parse_time(time) < _HOUR]
    if len(recent) >= per_hour:
        return GivenUp(f"retry.perHour {per_hour} is used up")
    account = {"counted": so_far.counted + 1, "recent": [*recent, timestamp(now)]}
    return _again(retry, so_far, len(recent), now, account)


def _again(retry: Retry, so_far: Retries, before: int, now: datetime, account: dict[str, object]) -> Again:
    at = later(now, backoff_seconds(retry, before))
    return Again(so_far.model_copy(update={**account, "at": timestamp(at)}), at)


def backoff_seconds(retry: Retry, before: int) -> float:
    """Wait before the next retry, in seconds, after `before` of them: doubled each time up to the cap."""
    first = seconds(retry.backoff)
    return float(min(first * 2**before, max(first, seconds(retry.max_backoff))))
