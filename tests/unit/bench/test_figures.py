from collections import Counter

import pytest

from bench.report import markdown
from bench.submission import figures
from bench.submission.timeline import Job
from bench.submission.usage import Request


def job(offered: float, driver: float, **told: float) -> Job:
    pod = {"Pending": driver, "Running": driver + 1, "Succeeded": driver + 3}
    return Job(offered, {"uid": driver}, pod, told)


GOOD = job(0, 0.1, Running=1.2, Succeeded=3.4)
SKIPPED = job(1, 1.5, Succeeded=5.0)
LOST = Job(2)
TWICE = Job(3, {"a": 3.1, "b": 3.2}, {"Pending": 3.1})


def test_every_job_is_accounted_for() -> None:
    found = figures.outcome([GOOD, SKIPPED, LOST, TWICE])
    assert found == figures.Outcome(
        offered=4, succeeded=2, failed=0, unended=2, without_driver=1, duplicates=1
    )


def test_the_rate_counts_from_the_first_offer_to_the_last_end() -> None:
    assert figures.per_minute([GOOD, SKIPPED]) == pytest.approx(2 / 5.0 * 60)
    assert figures.per_minute([LOST]) == 0


def test_a_skipped_state_is_late_until_the_next_one() -> None:
    assert figures.status_lag([GOOD]) == pytest.approx([0.1, 0.3])
    assert figures.status_lag([SKIPPED]) == pytest.approx([2.5, 0.5])


def test_latency_is_to_the_first_driver() -> None:
    assert figures.start_latency([GOOD, LOST, TWICE]) == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize(("share", "wanted"), [(0.5, 6), (0.95, 10), (0.99, 10), (0, 1)])
def test_quantiles_are_values_that_were_measured(share: float, wanted: int) -> None:
    assert figures.quantile(range(1, 11), share) == wanted


def test_only_the_operators_writes_count() -> None:
    before = Counter({Request("POST", "pods", ""): 5})
    after = before + Counter(
        {
            Request("POST", "sparkjobs", ""): 10,
            Request("APPLY", "sparkjobs", "status"): 30,
            Request("POST", "pods", ""): 10,
            Request("POST", "pods", "binding"): 10,
            Request("PATCH", "pods", "status"): 20,
            Request("GET", "pods", ""): 7,
            Request("POST", "events", ""): 40,
            Request("PUT", "leases", ""): 9,
        }
    )
    assert figures.writes(before, after, "sparkjobs") == Counter(
        {Request("APPLY", "sparkjobs", "status"): 30, Request("POST", "pods", ""): 10}
    )
    assert figures.events(before, after) == 40


def test_tables_line_up() -> None:
    assert markdown(("a", "b"), [("long name", "1")]).splitlines() == [
        "| a         | b |",
        "|-----------|--:|",
        "| long name | 1 |",
    ]
