from datetime import timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.api.v1alpha1.common import Category
from emberlake.api.v1alpha1.sparkjob import Retry
from emberlake.api.v1alpha1.sparkstatus import Retries
from emberlake.core.objects import timestamp
from emberlake.sparkjob.retry import Again, GivenUp, decide
from unit.sparkjob.fixtures import NOW, later

FIRST = Retries.model_validate({})


def retry(**fields: Any) -> Retry:
    return Retry.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "category", "again"),
    [
        ({}, "User", False),
        ({}, "Validation", False),
        ({}, "OutOfMemory", False),
        ({}, "Infrastructure", True),
        ({}, "Evicted", True),
        ({"categories": []}, "Evicted", True),
        ({"limit": 1}, "User", False),
        ({"limit": 1}, "Validation", False),
        *(({"limit": 1}, category, True) for category in ("OutOfMemory", "Image", "Quota", "Timeout")),
        ({"limit": 1, "categories": ["User"]}, "User", True),
        ({"limit": 1, "categories": ["User"]}, "Timeout", False),
        ({"perHour": 1, "categories": ["User"]}, "User", True),
    ],
)
def test_which_categories_are_tried_again(fields: dict[str, Any], category: Category, again: bool) -> None:
    assert isinstance(decide(retry(**fields), FIRST, category, NOW), Again) == again


def test_the_limit_counts_only_what_is_on_the_user_s_budget() -> None:
    so_far = FIRST
    for category in ("Evicted", "OutOfMemory", "Infrastructure", "OutOfMemory"):
        verdict = decide(retry(limit=2), so_far, category, NOW)
        assert isinstance(verdict, Again)
        so_far = verdict.retries
    assert (so_far.counted, so_far.infrastructure) == (2, 2)
    assert decide(retry(limit=2), so_far, "OutOfMemory", NOW) == GivenUp("retry.limit 2 is used up")
    assert isinstance(decide(retry(limit=2), so_far, "Evicted", NOW), Again)


@pytest.mark.parametrize("category", ["Infrastructure", "Evicted"])
def test_infrastructure_has_a_cap_of_its_own(category: Category) -> None:
    """Twenty in number, or a day after the first: without it a bad node would keep a job for ever."""
    spent = Retries(infrastructure=20, infrastructure_since=timestamp(NOW))
    assert isinstance(decide(retry(limit=9), spent, category, NOW), GivenUp)
    old = Retries(infrastructure=1, infrastructure_since=timestamp(NOW - timedelta(hours=24)))
    assert isinstance(decide(retry(limit=9), old, category, NOW), GivenUp)
    young = Retries(infrastructure=19, infrastructure_since=timestamp(NOW - timedelta(hours=23)))
    assert isinstance(decide(retry(limit=9), young, category, NOW), Again)


def test_a_job_without_end_may_be_evicted_every_week() -> None:
    old = Retries(infrastructure=3, infrastructure_since=timestamp(NOW - timedelta(days=7)))
    verdict = decide(retry(perHour=3), old, "Evicted", NOW)
    assert isinstance(verdict, Again)
    assert (verdict.retries.infrastructure, verdict.retries.infrastructure_since) == (1, timestamp(NOW))


def test_the_budget_of_an_hour_comes_back() -> None:
    streaming = retry(perHour=2, limit=0, categories=["User"])
    so_far = FIRST
    for minute in (0, 20):
        verdict = decide(streaming, so_far, "User", later(minutes=minute))
        assert isinstance(verdict, Again)
        so_far = verdict.retries
    assert decide(streaming, so_far, "User", later(minutes=59)) == GivenUp("retry.perHour 2 is used up")
    verdict = decide(streaming, so_far, "User", later(minutes=60))
    assert isinstance(verdict, Again)
    assert verdict.retries.recent == [timestamp(later(minutes=20)), timestamp(later(minutes=60))]


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        ({}, [10, 20, 40, 80, 160, 320, 360, 360]),
        ({"backoff": "1m", "maxBackoff": "3m"}, [60, 120, 180, 180]),
        ({"backoff": "1h", "maxBackoff": "6m"}, [3600, 3600]),
    ],
)
def test_the_wait_doubles_up_to_the_longest(fields: dict[str, Any], waits: list[int]) -> None:
    so_far, found = FIRST, []
    for _ in waits:
        verdict = decide(retry(limit=100, **fields), so_far, "OutOfMemory", NOW)
        assert isinstance(verdict, Again)
        found.append((verdict.at - NOW).total_seconds())
        so_far = verdict.retries
    assert found == waits
    assert so_far.at == timestamp(later(seconds=waits[-1]))


RETRIES = st.builds(
    retry,
    limit=st.integers(0, 100),
    categories=st.lists(st.sampled_from(get_args(Category)), max_size=8),
    perHour=st.none() | st.integers(1, 60),
    backoff=st.sampled_from(["1s", "10s", "15m", "999999999999999d"]),
    maxBackoff=st.sampled_from(["1s", "6m", "999999999999999d"]),
)


@given(RETRIES, st.lists(st.tuples(st.sampled_from(get_args(Category)), st.integers(0, 7200)), max_size=150))
def test_whatever_fails_the_account_stays_small_and_time_goes_forward(
    fields: Retry, failures: list[tuple[Category, int]]
) -> None:
    so_far, now = FIRST, NOW
    moments = [NOW]
    for category, seconds in failures:
        now += timedelta(seconds=seconds)
        verdict = decide(fields, so_far, category, now)
        if isinstance(verdict, GivenUp):
            break
        so_far = Retries.model_validate(verdict.retries.model_dump())
        assert verdict.at > now
        assert so_far.infrastructure <= 20
        assert fields.per_hour is not None or so_far.counted <= fields.limit
        moments.append(now)
    assert all(before <= after for before, after in pairwise(moments))
