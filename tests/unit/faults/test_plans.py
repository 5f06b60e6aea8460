"""Plans follow from what was written and seen, by names that stay."""

from faults.calls import Write
from faults.plans import Covered, plans
from faults.record import Masks
from faults.report import report
from faults.results import Result
from faults.sample import KINDS, sample
from faults.trial import Reference
from faults.workloads import BY_NAME, WORKLOADS

STATUS = "apply sparkjobs/etl/status"
WRITES = (Write(STATUS), Write("create pods/d"), Write(STATUS, 2))
REFERENCE = Reference(
    state={},
    masks=Masks(frozenset()),
    counts={"sparkjobs/etl": (1, 0), "pods/d": (1, 1)},
    writes=WRITES,
    seen=("sparkjobs/etl", "pods/d"),
    quiet=3.0,
)


def test_each_write_is_a_place_to_die() -> None:
    found = plans(BY_NAME["job-succeeds"], REFERENCE)
    by_id = {plan.id: plan for plan in found}
    assert len(by_id) == len(found)
    for moment in ("before", "withheld", "after"):
        for number, write in enumerate(WRITES, 1):
            assert by_id[f"job-succeeds/kill-{moment}/{number}"].detail == str(write)
    assert by_id["job-succeeds/gap/2"].detail == "pods/d"
    assert "job-succeeds/gap/1" not in by_id


def test_a_plan_makes_a_new_fault_each_time() -> None:
    for plan in plans(BY_NAME["job-succeeds"], REFERENCE):
        assert plan.fault() is not plan.fault()


def test_what_was_met_with_the_same_past_is_not_tried_again() -> None:
    covered = Covered()
    assert len(covered.news(WRITES)) == 3
    assert covered.news(WRITES) == []
    assert covered.news((WRITES[0], WRITES[2])) == [(2, WRITES[2])]
    assert covered.news((*WRITES, Write("delete pods/d"))) == [(4, Write("delete pods/d"))]


def test_the_sample_is_the_same_each_time_and_has_something_of_each_kind() -> None:
    found = plans(BY_NAME["job-succeeds"], REFERENCE)
    chosen = sample(found)
    assert chosen == sample(reversed(found))
    assert {plan.kind for plan in chosen} == {plan.kind for plan in found} <= set(KINDS)
    assert len(chosen) < len(found)


def test_names_of_workloads_are_their_own() -> None:
    assert len(BY_NAME) == len(WORKLOADS)


def test_the_last_try_counts_and_the_unsteady_are_counted() -> None:
    tries = [
        Result("w/kill-after/1", "a", "s", ("wrong",), 1.0),
        Result("w/kill-after/1", "a", "s", (), 1.0, 0.5),
        Result("w/slow/1", "b", "s", ("worse",), 1.0),
    ]
    text = report(tries)
    assert "Plans tried: 2. Passed: 1. Failed: 1." in text
    assert "failed once and passed another time: 1." in text
    assert "- `w/slow/1` (b): worse" in text
    assert "| `kill-after` | 1 | 1 |" in text
