from typing import Any

import pytest

from emberlake.core.compact import compact

POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"name": "etl", "managedFields": [{}], "annotations": {"a": "b"}, "labels": {"c": "d"}},
    "spec": {
        "nodeName": "node-1",
        "priority": 7,
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "securityContext": {"runAsUser": 185},
        "initContainers": [{"name": "get", "image": "i", "env": [{"name": "A"}]}],
        "containers": [
            {"name": "main", "image": "i", "resources": {"limits": {"memory": "1Gi"}}, "args": ["x"]}
        ],
    },
    "status": {"phase": "Running", "containerStatuses": [{"name": "main", "ready": True}]},
}


def test_of_a_pod_stays_where_it_runs_and_how_much_it_may_use() -> None:
    found = compact(POD)
    assert found["spec"] == {
        "nodeName": "node-1",
        "priority": 7,
        "initContainers": [{"name": "get", "image": "i"}],
        "containers": [{"name": "main", "image": "i", "resources": {"limits": {"memory": "1Gi"}}}],
    }
    assert found["status"] == POD["status"]
    assert found["metadata"] == {"name": "etl", "annotations": {"a": "b"}, "labels": {"c": "d"}}


def test_other_kinds_stay_whole() -> None:
    job = {
        "kind": "SparkJob",
        "metadata": {"name": "etl"},
        "spec": {"arguments": ["a"], "deps": {"jars": []}},
    }
    assert compact(job) == job


def test_what_kubectl_applied_is_not_kept_twice() -> None:
    last = "kubectl.kubernetes.io/last-applied-configuration"
    job = {"kind": "SparkJob", "metadata": {"annotations": {last: "{}", "emberlake.dev/requested-at": "now"}}}
    assert compact(job)["metadata"]["annotations"] == {"emberlake.dev/requested-at": "now"}


@pytest.mark.parametrize("size", [64, 65])
def test_short_texts_are_shared_between_objects(size: int) -> None:
    first, second = (
        compact({"kind": "SparkJob", "metadata": {"name": "".join(["x"] * size)}})["metadata"]["name"]
        for _ in range(2)
    )
    assert (first is second) == (size == 64)


def test_the_object_itself_is_left_as_it_was() -> None:
    compact(POD)
    assert "managedFields" in POD["metadata"]
    assert "volumes" in POD["spec"]
