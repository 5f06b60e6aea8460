"""Two replicas as processes of this machine: one leads, the other takes over, and nothing is done twice."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from demo import kube

from cluster.conftest import OperatorProcess, running_operator
from cluster.jobs import drivers, job, one_driver, set_phase, state

pytestmark = pytest.mark.cluster

LEASE = "emberlake-operator"
# Beyond the Lease's 15 s: the other one has to notice, and the machine may be busy.
TAKEN_OVER = 60
JOBS = 12
WRITTEN = ("sparkjobs", "pods", "configmaps")


@pytest.fixture
def replicas(namespace: str, tmp_path: Path) -> Iterator[tuple[OperatorProcess, OperatorProcess]]:
    """The one that leads, and the one that stands by."""
    with ExitStack() as stack:
        found = []
        for identity in ("first", "second"):
            (folder := tmp_path / identity).mkdir()
            found.append(stack.enter_context(running_operator(namespace, folder, identity)))
            if identity == "first":
                kube.wait("the first to lead", 30, lambda: _leader(namespace) == "first" or None)
        yield found[0], found[1]


def _leader(namespace: str) -> str | None:
    (lease,) = kube.items("leases", namespace) or [{"spec": {}}]
    holder: str | None = lease["spec"].get("holderIdentity")
    return holder


def _stored(namespace: str) -> dict[tuple[str, str], tuple[str, str]]:
    """uid and resourceVersion of all that an operator writes."""
    return {
        (item["kind"], item["metadata"]["name"]): (
            item["metadata"]["uid"],
            item["metadata"]["resourceVersion"],
        )
        for kind in WRITTEN
        for item in kube.items(kind, namespace)
    }


def _signal(replica: OperatorProcess, number: int) -> None:
    assert replica.process is not None
    os.kill(replica.process.pid, number)


def test_the_other_replica_ends_what_a_killed_leader_began(
    replicas: tuple[OperatorProcess, OperatorProcess],
) -> None:
    first, second = replicas
    namespace = first.namespace
    kube.apply(job(), namespace)
    driver = one_driver(namespace, "etl-1-1-driver")
    first.kill()
    set_phase(namespace, "etl-1-1-driver", "Running")
    set_phase(namespace, "etl-1-1-driver", "Succeeded", 0)
    kube.wait_state("sparkjob", "etl", namespace, ("Succeeded",), TAKEN_OVER)
    assert _leader(namespace) == second.identity
    assert [pod["metadata"]["uid"] for pod in drivers(namespace)] == [driver["metadata"]["uid"]]


def test_a_leader_that_was_paused_changes_nothing_when_it_wakes(
    replicas: tuple[OperatorProcess, OperatorProcess],
) -> None:
    """It is stopped in the middle of its work, and woken when all of it was done by the other."""
    first, _second = replicas
    namespace = first.namespace
    jobs = [job(f"etl-{number}") for number in range(JOBS)]
    kube.apply({"apiVersion": "v1", "kind": "List", "items": jobs}, namespace)
    kube.wait("a driver of the first leader", 30, lambda: drivers(namespace) or None)
    _signal(first, signal.SIGSTOP)
    asked = _driven(namespace)
    try:
        kube.wait("the second to lead", TAKEN_OVER, lambda: _leader(namespace) == "second" or None)
        kube.wait("all drivers", 60, lambda: len(drivers(namespace)) == JOBS or None)
        for number in range(JOBS):
            set_phase(namespace, f"etl-{number}-1-1-driver", "Succeeded", 0)
        for number in range(JOBS):
            state(namespace, "Succeeded", f"etl-{number}")
        before = _stored(namespace)
    finally:
        _signal(first, signal.SIGCONT)
    assert first.process is not None
    # It finds the Lease in other hands, and ends to start afresh.
    first.process.wait(timeout=60)
    assert _stored(namespace) == before
    assert asked <= {pod["metadata"]["uid"] for pod in drivers(namespace)}
    assert _leader(namespace) == "second"
    assert "lost the lease" in (first.folder / "operator.log").read_text()


def _driven(namespace: str) -> set[Any]:
    """The drivers that the first leader made."""
    return {pod["metadata"]["uid"] for pod in drivers(namespace)}
