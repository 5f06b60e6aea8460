"""Each oracle speaks up when it should, and only then."""

import json

import pytest

from faults.oracles import LiveDrivers, idle, one_story, only_known_lines, owned, same_counts, same_end
from faults.record import Masks
from unit.faults.things import job, pod

NO_MASKS = Masks(frozenset())


def test_the_end_state_is_compared_field_by_field_without_what_is_masked() -> None:
    wanted = {"pods/a[1].status.phase": '"Succeeded"', "pods/a[1].status.podIP": '"10.0.0.1"'}
    found = {"pods/a[1].status.phase": '"Failed"', "pods/a[1].status.podIP": '"10.0.0.2"'}
    assert same_end(wanted, wanted, NO_MASKS) == []
    (problem,) = same_end(found, wanted, Masks(frozenset({"pods/a[1].status.podIP"})))
    assert problem == 'pods/a[1].status.phase is "Failed", not "Succeeded"'
    assert len(same_end({}, wanted, NO_MASKS)) == 2


def test_an_object_made_twice_is_told_even_if_only_one_is_left() -> None:
    assert same_counts({"pods/a": (1, 0)}, {"pods/a": (1, 0)}) == []
    (problem,) = same_counts({"pods/a": (2, 1)}, {"pods/a": (1, 0)})
    assert "pods/a was created and deleted (2, 1) times, not (1, 0)" in problem


def test_of_what_is_tried_again_as_many_are_left() -> None:
    assert same_counts({"pods/a": (3, 2)}, {"pods/a": (2, 1)}, ["pods/a"]) == []
    assert len(same_counts({"pods/a": (3, 1)}, {"pods/a": (2, 1)}, ["pods/a"])) == 1


def test_many_problems_are_counted_not_listed() -> None:
    found = {f"pods/{number}": (1, 0) for number in range(20)}
    assert same_counts(found, {})[-1] == "and 14 more"


@pytest.mark.parametrize(
    ("event", "phase", "problems"),
    [("ADDED", "Pending", 1), ("MODIFIED", "Succeeded", 0), ("DELETED", "Running", 0)],
)
def test_a_second_live_driver_is_told(event: str, phase: str, problems: int) -> None:
    drivers = LiveDrivers()
    drivers.see("ADDED", pod("one"))
    drivers.see(event, pod("two", phase))
    assert len(drivers.problems) == problems


def test_a_driver_after_another_is_no_second_one() -> None:
    drivers = LiveDrivers()
    drivers.see("ADDED", pod("one"))
    drivers.see("MODIFIED", pod("one", "Failed"))
    drivers.see("ADDED", pod("two"))
    assert drivers.problems == []


def test_what_the_operator_made_has_an_owner_that_is_there() -> None:
    assert owned([job(), pod("one")]) == []
    assert owned([pod("one")]) == ["the owner of pods/etl-one is gone"]
    assert owned([job(), pod("one", owner=None)]) == ["pods/etl-one has no owner"]


@pytest.mark.parametrize(
    ("state", "conditions", "wrong"),
    [
        ("Succeeded", {"Succeeded": "True", "Ready": "True"}, ""),
        ("Running", {"Succeeded": "Unknown", "Ready": "False", "Reconciling": "True"}, ""),
        ("Failed", {"Succeeded": "False", "Ready": "False", "Stalled": "True"}, ""),
        ("Suspended", {"Succeeded": "Unknown", "Ready": "True"}, ""),
        ("Succeeded", {"Succeeded": "True", "Ready": "True", "Reconciling": "True"}, "Reconciling"),
        ("Failed", {"Succeeded": "False", "Ready": "False"}, "Stalled"),
        ("Running", {"Succeeded": "True", "Ready": "False", "Reconciling": "True"}, "Succeeded"),
        ("None", {}, "has the state None"),
    ],
)
def test_state_and_conditions_tell_one_story(state: str, conditions: dict[str, str], wrong: str) -> None:
    problems = one_story([job(state, **conditions)])
    assert (len(problems), wrong in " ".join(problems)) == (1 if wrong else 0, True)


def test_a_story_of_an_earlier_generation_is_told() -> None:
    old = job("Succeeded", Succeeded="True", Ready="True")
    old["metadata"]["generation"] = 3
    assert len(one_story([old])) == 1


def test_a_hot_loop_is_told_even_if_it_changes_nothing() -> None:
    assert idle(8, 3.0) == []
    assert idle(40, 60.0) == []
    assert len(idle(24, 3.0)) == 1


def test_lines_above_info_need_a_reason() -> None:
    info = json.dumps({"level": "info", "message": "state changed"})
    warning = json.dumps({"level": "warning", "message": "API server refused", "error": "503 X: busy"})
    assert only_known_lines(info, []) == []
    assert only_known_lines(f"{info}\n{warning}", [r"API server refused \| 503"]) == []
    assert len(only_known_lines(warning, [r"API server refused \| 429"])) == 1
    assert len(only_known_lines("Traceback (most recent call last):", [r".*"])) == 1
