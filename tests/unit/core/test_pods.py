"""Statuses as Kubernetes 1.36 writes them, shortened to what is read."""

from typing import Any

import pytest

from emberlake.core.pods import cut, disruption, image_failure, pending_reason


def pod(phase: str = "Pending", **status: Any) -> dict[str, Any]:
    meta = {"name": "etl-1-1-driver", "namespace": "demo", "uid": "pod-1"}
    spec = {"nodeName": "node-7", "containers": [{"name": "driver"}]}
    return {"kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": phase, **status}}


def waits(reason: str, message: str = "", kind: str = "containerStatuses") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return pod(**{kind: [{"name": "driver", "image": "emberlake/spark:1", "state": state}]})


def condition(kind: str, status: str, reason: str, message: str = "") -> list[dict[str, Any]]:
    return [
        {"type": "Ready", "status": "False"},
        {"type": kind, "status": status, "reason": reason, "message": message},
    ]


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("ErrImagePull", 'failed to pull and unpack image "emberlake/none-such:1": no such host'),
        ("ImagePullBackOff", 'Back-off pulling image "emberlake/none-such:1"'),
        ("InvalidImageName", 'couldn\'t parse image name "UP:1": repository name must be lowercase'),
        (
            "ErrImageNeverPull",
            'Container image "emberlake/none-such:1" is not present with pull policy of Never',
        ),
        ("RegistryUnavailable", "the registry does not answer"),
    ],
)
@pytest.mark.parametrize("kind", ["containerStatuses", "initContainerStatuses"])
def test_an_image_that_cannot_be_pulled(reason: str, message: str, kind: str) -> None:
    found = image_failure(waits(reason, message, kind))
    assert found is not None
    assert (found.category, found.reason) == ("Image", reason)
    assert found.message == f"image 'emberlake/spark:1': {message}"


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing", "CreateContainerConfigError"])
def test_what_is_no_matter_of_the_image(reason: str) -> None:
    assert image_failure(waits(reason, "wait")) is None


@pytest.mark.parametrize(
    ("message", "reason", "says"),
    [
        ('secret "lake-s3" not found', "SecretNotFound", "no Secret lake-s3, which container driver needs"),
        ('configmap "etl-conf" not found', "ConfigMapNotFound", "no ConfigMap etl-conf"),
        (
            "couldn't find key AWS_ACCESS_KEY_ID in Secret demo/lake-s3",
            "SecretKeyNotFound",
            "Secret lake-s3 has no key AWS_ACCESS_KEY_ID",
        ),
        (
            "couldn't find key x in ConfigMap demo/half",
            "ConfigMapKeyNotFound",
            "ConfigMap half has no key x",
        ),
        (
            "container has runAsNonRoot and image will run as root",
            "CreateContainerConfigError",
            "container driver: container has runAsNonRoot",
        ),
    ],
)
def test_a_container_that_lacks_what_it_refers_to(message: str, reason: str, says: str) -> None:
    found = pending_reason(waits("CreateContainerConfigError", message))
    assert found is not None
    assert found.reason == reason
    assert says in found.message


def test_a_pod_that_no_node_takes() -> None:
    text = "0/1 nodes are available: 1 Insufficient cpu."
    found = pending_reason(pod(conditions=condition("PodScheduled", "False", "Unschedulable", text)))
    assert found is not None
    assert (found.reason, found.message) == ("Unschedulable", text)


@pytest.mark.parametrize(
    "manifest",
    [
        pod(),
        waits("ContainerCreating"),
        pod(conditions=condition("PodScheduled", "True", "")),
        pod("Running", containerStatuses=[{"name": "driver", "state": {"running": {}}}]),
        {"metadata": {"name": "x"}},
    ],
)
def test_nothing_is_known(manifest: dict[str, Any]) -> None:
    assert pending_reason(manifest) is None
    assert image_failure(manifest) is None
    assert disruption(manifest) is None


def target(reason: str, message: str = "told") -> dict[str, Any]:
    return {"conditions": condition("DisruptionTarget", "True", reason, message)}


@pytest.mark.parametrize(
    ("status", "category", "reason", "says"),
    [
        (
            {
                "reason": "Evicted",
                "message": "The node was low on resource: memory. Threshold quantity: 100Mi.",
                **target("TerminationByKubelet"),
            },
            "Evicted",
            "Evicted",
            "low on resource: memory",
        ),
        (
            {
                "reason": "Evicted",
                "message": 'Usage of EmptyDir volume "spark-local-dir-1" exceeds the limit "20Mi". ',
                "containerStatuses": [
                    {"name": "driver", "state": {"waiting": {"reason": "ContainerCreating"}}}
                ],
            },
            "User",
            "LocalStorageFull",
            'volume "spark-local-dir-1" exceeds the limit "20Mi". Raise the limit',
        ),
        (
            {
                "reason": "Evicted",
                "message": "Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. ",
            },
            "User",
            "LocalStorageFull",
            "exceeds the total limit of containers 20Mi",
        ),
        (
            {
                "reason": "Evicted",
                "message": 'Container driver exceeded its local ephemeral storage limit "1Gi". ',
            },
            "User",
            "LocalStorageFull",
            'storage limit "1Gi"',
        ),
        (target("PreemptionByScheduler"), "Evicted", "Preempted", "told"),
        (target("EvictionByEvictionAPI", "Eviction API: evicting"), "Evicted", "Evicted", "Eviction API"),
        (target("DeletionByTaintManager"), "Infrastructure", "NodeLost", "told"),
        (
            target("DeletionByPodGC", "PodGC: node no longer exists"),
            "Infrastructure",
            "NodeLost",
            "no longer",
        ),
        (target("SomethingNew"), "Evicted", "Evicted", "told"),
        ({"reason": "NodeLost"}, "Infrastructure", "NodeLost", "NodeLost"),
        (
            {"reason": "Terminated", "message": "Pod was terminated in response to imminent node shutdown."},
            "Evicted",
            "NodeShutdown",
            "imminent node shutdown",
        ),
        (
            {"reason": "OutOfcpu", "message": "Node didn't have enough resource: cpu"},
            "Infrastructure",
            "NodeRefused",
            "cpu",
        ),
        ({"reason": "UnexpectedAdmissionError"}, "Infrastructure", "NodeRefused", "UnexpectedAdmissionError"),
        (
            {
                "reason": "DeadlineExceeded",
                "message": "Pod was active on the node longer than the specified deadline",
            },
            "Timeout",
            "DeadlineExceeded",
            "longer than the specified deadline",
        ),
    ],
)
def test_a_pod_that_something_outside_ended(
    status: dict[str, Any], category: str, reason: str, says: str
) -> None:
    found = disruption(pod("Failed", **status))
    assert found is not None
    assert (found.category, found.reason) == (category, reason)
    assert says in found.message
    assert reason == "LocalStorageFull" or "node-7" in found.message


def test_a_disruption_that_did_not_come_is_none() -> None:
    conditions = condition("DisruptionTarget", "False", "PreemptionByScheduler")
    assert disruption(pod("Failed", conditions=conditions)) is None


def test_a_long_message_is_cut() -> None:
    assert len(cut("x" * 5000)) < 1600
    assert cut("short") == "short"
