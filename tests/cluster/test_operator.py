"""The operator process against a real API server, with the test as kubelet."""

import pytest
from demo import kube

from cluster.conftest import OperatorProcess
from cluster.jobs import CONTAINER_SECURITY, POD_SECURITY, drivers, job, one_driver, set_phase, state

pytestmark = pytest.mark.cluster


def test_a_job_runs_to_its_end_and_again_on_request(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    state(namespace, "Starting")
    set_phase(namespace, "etl-1-1-driver", "Running")
    state(namespace, "Running")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded")
    kube.request_run("sparkjob", "etl", namespace)
    one_driver(namespace, "etl-2-1-driver")

    def told() -> bool | None:
        reasons = {event["reason"] for event in kube.items("events", namespace)}
        return True if {"DriverCreated", "DriverRunning", "Succeeded"} <= reasons else None

    kube.wait("the Events of the run", 10, told)


def test_children_belong_to_the_job(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(), namespace)
    pod = one_driver(namespace, "etl-1-1-driver")
    (owner,) = pod["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("SparkJob", "etl", True)
    kube.kubectl("delete", "sparkjob", "etl", "-n", namespace)
    kube.wait("the driver to go with its job", 60, lambda: None if drivers(namespace) else True)


@pytest.mark.parametrize("phase", [None, "Running"])
def test_a_killed_operator_never_makes_a_second_driver(
    operator: OperatorProcess, namespace: str, phase: str | None
) -> None:
    kube.apply(job(), namespace)
    uid = one_driver(namespace, "etl-1-1-driver")["metadata"]["uid"]
    operator.kill()
    if phase:
        set_phase(namespace, "etl-1-1-driver", phase)
    operator.start()
    state(namespace, phase or "Starting")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    assert state(namespace, "Succeeded")["run"] == 1
    assert [pod["metadata"]["uid"] for pod in drivers(namespace)] == [uid]


def test_many_jobs_and_many_kills(operator: OperatorProcess, namespace: str) -> None:
    names = [f"job-{number}" for number in range(12)]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": [job(name) for name in names]}, namespace)
    for _ in range(3):
        operator.kill()
        operator.start()
    for name in names:
        one_driver(namespace, f"{name}-1-1-driver")
    assert len(drivers(namespace)) == len(names)


def test_a_driver_that_was_deleted_by_hand_is_a_lost_attempt(
    operator: OperatorProcess, namespace: str
) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Running")
    state(namespace, "Running")
    kube.kubectl("delete", "pod", "etl-1-1-driver", "-n", namespace, "--grace-period=0", "--force")
    one_driver(namespace, "etl-1-2-driver")
    (lost,) = state(namespace, "Starting")["pastAttempts"]
    assert lost["category"] == "Infrastructure"
    assert lost["reason"] in ("DriverDeleted", "DriverLost")


def test_a_foreign_pod_of_the_same_name_is_left_alone(operator: OperatorProcess, namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "etl-1-1-driver"},
        "spec": {
            "schedulerName": "none",
            "securityContext": POD_SECURITY,
            "containers": [{"name": "c", "image": "i", "securityContext": CONTAINER_SECURITY}],
        },
    }
    kube.apply(pod, namespace)
    kube.apply(job(), namespace)
    status = state(namespace, "Failed")
    assert (status["failure"]["category"], status["reason"]) == ("Validation", "NameConflict")
    assert "etl-1-1-driver" in status["message"]
    assert "ownerReferences" not in kube.get("pod", "etl-1-1-driver", namespace)["metadata"]


def test_suspend_resume_and_cancel(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    suspend = '{"spec": {"suspend": %s}}'
    kube.kubectl("patch", "sparkjob", "etl", "-n", namespace, "--type=merge", "-p", suspend % "true")
    state(namespace, "Suspended")
    kube.wait("the driver to end", 60, lambda: None if drivers(namespace) else True)
    kube.kubectl("patch", "sparkjob", "etl", "-n", namespace, "--type=merge", "-p", suspend % "false")
    one_driver(namespace, "etl-1-2-driver")
    kube.kubectl("annotate", "sparkjob", "etl", "-n", namespace, "emberlake.dev/cancel-requested-at=now")
    state(namespace, "Cancelled")
    kube.wait("the driver to end", 60, lambda: None if drivers(namespace) else True)


def test_a_job_waits_for_a_catalog(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(catalogs=["lake"]), namespace)
    assert state(namespace, "Pending")["reason"] == "CatalogNotFound"
    assert drivers(namespace) == []


def test_applying_again_writes_nothing(operator: OperatorProcess, namespace: str) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    state(namespace, "Succeeded")
    before = kube.get("sparkjob", "etl", namespace)["metadata"]["resourceVersion"]
    assert "unchanged" in kube.apply(job(), namespace)
    assert kube.get("sparkjob", "etl", namespace)["metadata"]["resourceVersion"] == before


def test_sigterm_gives_the_lease_back_at_once(operator: OperatorProcess, namespace: str) -> None:
    def held() -> bool | None:
        spec = kube.get("lease", "emberlake-operator", namespace)["spec"]
        return True if spec.get("holderIdentity") == "operator-under-test" else None

    kube.wait("the operator to lead", 30, held)
    assert operator.terminate() == 0
    assert not kube.get("lease", "emberlake-operator", namespace)["spec"].get("holderIdentity")


def test_a_namespace_with_live_jobs_ends_without_an_operator(
    operator: OperatorProcess, namespace: str
) -> None:
    kube.apply(job(), namespace)
    one_driver(namespace, "etl-1-1-driver")
    state(namespace, "Starting")
    operator.kill()
    kube.kubectl("delete", "namespace", namespace, "--timeout=60s")
    kube.kubectl("create", "namespace", namespace)
