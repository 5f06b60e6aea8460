"""Two runs that did the same look the same."""

from faults.record import counts_of, learn, stable_name, state_of
from unit.faults.things import NOW, job, pod


def test_names_uids_and_times_of_chance_do_not_count() -> None:
    first = state_of([job(), pod("aaaa")], "faults-1")
    second = job()
    second["metadata"] |= {"uid": "22222222-2222-2222-2222-222222222222", "resourceVersion": "9"}
    second["metadata"]["creationTimestamp"] = "2027-01-02T03:04:05Z"
    child = pod("aaaa", owner=second["metadata"]["uid"])
    assert state_of([second, child], "faults-2") == first
    assert first["pods/etl-aaaa[1].metadata.ownerReferences.0.uid"] == '"UID(sparkjobs/etl)"'


def test_an_object_of_another_owner_is_another() -> None:
    stranger = pod("aaaa", owner="33333333-3333-3333-3333-333333333333")
    assert state_of([job(), stranger], "n") != state_of([job(), pod("aaaa")], "n")


def test_made_up_names_are_left_out() -> None:
    made = pod("aaaa", generateName="raw-1-")
    assert stable_name(made) == "pods/raw-1-"
    replica = pod("bbbb", generateName="wh-5d4f9-")
    replica["metadata"]["labels"]["pod-template-hash"] = "5d4f9"
    assert stable_name(replica) == "pods/wh-HASH-"


def test_creations_and_deletions_are_counted_by_name() -> None:
    history = [("ADDED", pod("a")), ("MODIFIED", pod("a")), ("DELETED", pod("a")), ("ADDED", pod("a"))]
    assert counts_of(history) == {"pods/etl-a": (2, 1)}


def test_what_differs_between_references_is_masked() -> None:
    masks = learn([{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "1", "c": "1"}])
    assert masks.paths == {"b", "c"}
    assert masks.hide({"a": "1", "b": "7", "d": "1"}) == {"a": "1", "d": "1"}


def test_a_time_is_a_time_wherever_it_stands() -> None:
    waiting = job("Pending")
    waiting["status"]["message"] = f"waits since {NOW}, at most until {NOW}"
    state = state_of([waiting], "faults-1")
    assert state["sparkjobs/etl[1].status.message"] == '"waits since TIME, at most until TIME"'
