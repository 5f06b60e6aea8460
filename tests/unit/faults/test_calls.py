"""The proxy knows what a request does, and which writes change something."""

import json

import pytest

from faults.calls import Call, Journal, Write

APPLY = "application/apply-patch+yaml"
JOBS = "/apis/emberlake.dev/v1alpha1/namespaces/n/sparkjobs"


def call(method: str, path: str, body: bytes = b"", content_type: str = "", **query: str) -> Call:
    return Call.of(method, path, query, content_type, body)


@pytest.mark.parametrize(
    ("found", "key"),
    [
        (call("GET", JOBS), "list sparkjobs"),
        (call("GET", JOBS, watch="true"), "watch sparkjobs"),
        (call("GET", "/api/v1/namespaces/n/pods/a"), "get pods/a"),
        (call("GET", "/api/v1/namespaces/n/pods/a/log"), "get pods/a/log"),
        (
            call("POST", "/api/v1/namespaces/n/pods", json.dumps({"metadata": {"name": "a"}}).encode()),
            "create pods/a",
        ),
        (call("PATCH", f"{JOBS}/etl/status", content_type=APPLY), "apply sparkjobs/etl/status"),
        (call("DELETE", "/api/v1/namespaces/n/pods/a"), "delete pods/a"),
        (call("GET", "/api/v1/namespaces/n"), "get namespaces/n"),
        (call("GET", "/version"), "other "),
    ],
)
def test_requests_are_told_apart(found: Call, key: str) -> None:
    assert found.key == key


def test_the_same_apply_again_is_no_write_and_a_refused_one_is_the_same_write_again() -> None:
    journal = Journal()
    apply = call("PATCH", "/api/v1/namespaces/n/configmaps/a", b'{"data": 1}', APPLY)
    first = journal.arrives(apply)
    assert first == Write("apply configmaps/a", 1)
    journal.answered(apply, first, 503)
    assert journal.arrives(apply) == first
    journal.answered(apply, first, 200)
    assert journal.arrives(apply) is None
    later = b'{"data": 1, "metadata": {"resourceVersion": "7"}}'
    assert journal.arrives(call("PATCH", "/api/v1/namespaces/n/configmaps/a", later, APPLY)) is None
    changed = call("PATCH", "/api/v1/namespaces/n/configmaps/a", b'{"data": 2}', APPLY)
    assert journal.arrives(changed) == Write("apply configmaps/a", 2)
    assert journal.writes == [first]


def test_leases_and_events_do_not_count() -> None:
    lease = "/apis/coordination.k8s.io/v1/namespaces/n/leases/l"
    assert Journal().arrives(call("PUT", lease)) is None
    assert Journal().arrives(call("POST", "/api/v1/namespaces/n/events", b"{}")) is None
