"""Drivers whose pod says enough about their end, with statuses as Kubernetes 1.36 writes them."""

from pathlib import Path
from typing import Any

import pytest

from emberlake.sparkjob.drivers import DRIVER_CONTAINER
from emberlake.sparkjob.engine import AFTER_WRITE, UNFIT, UNSUPPORTED
from emberlake.sparkjob.failure import classify
from emberlake.sparkjob.failure.containers import PIP_RULES
from emberlake.sparkjob.failure.rules import RULES
from unit.sparkjob.fixtures import failed_driver, pod

EVICTING = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "EvictionByEvictionAPI",
    "message": "evicting",
}
ERROR_LOG = "Traceback (most recent call last):\nValueError: shut down\n"


def ended(exit_code: int, name: str = DRIVER_CONTAINER, **fields: Any) -> dict[str, Any]:
    state = {"terminated": {"exitCode": exit_code, "reason": "Error", **fields}}
    return {"name": name, "image": "emberlake/spark:1", "state": state}


def init_failed(message: str, exit_code: int = 1, **fields: Any) -> dict[str, Any]:
    waiting = {"name": DRIVER_CONTAINER, "state": {"waiting": {"reason": "PodInitializing"}}}
    init = ended(exit_code, "requirements", message=message, **fields)
    return pod("Failed", initContainerStatuses=[init], containerStatuses=[waiting])


NO_FILE = 'OCI runtime create failed: exec: "/opt/none.sh": stat /opt/none.sh: no such file or directory'
NO_CGROUP = "error during container init: error setting cgroup config for procHooks process: unable to freeze"
PIP_NONE = (
    "ERROR: Could not find a version that satisfies the requirement none-such==1.0 (from versions: none)\n"
    "ERROR: No matching distribution found for none-such==1.0\n"
)
PIP_REFUSED = (
    "WARNING: Retrying after connection broken by 'NewConnectionError: Failed to establish a new"
    " connection: [Errno 111] Connection refused': /simple/none-such/\n" + PIP_NONE
)
PIP_LATE = PIP_REFUSED.replace("versions: none", "versions: 0.9, 1.1")


@pytest.mark.parametrize(
    ("manifest", "category", "reason", "says"),
    [
        (
            failed_driver(137, "OOMKilled"),
            "OutOfMemory",
            "OOMKilled",
            "limit of 1434Mi: raise driver.memoryOverhead",
        ),
        (failed_driver(137), "OutOfMemory", "OOMKilled", "SIGKILL"),
        # the kernel may kill one process of the container, whose parent then ends with a code of its own
        (failed_driver(1, "OOMKilled"), "OutOfMemory", "OOMKilled", "1434Mi"),
        (failed_driver(143), "Infrastructure", "DriverTerminated", "SIGTERM"),
        (failed_driver(52), "OutOfMemory", "JavaHeap", "driver.memory"),
        (failed_driver(134), "User", "DriverCrashed", "SIGABRT"),
        (failed_driver(128, "StartError", message=NO_FILE), "Image", "StartError", "/opt/none.sh"),
        (
            failed_driver(128, "StartError", message=NO_CGROUP),
            "Infrastructure",
            "StartFailed",
            "unable to freeze",
        ),
        (failed_driver(127, "ContainerCannotRun"), "Image", "StartError", "check its entrypoint"),
        (failed_driver(127), "Image", "StartError", "'emberlake/spark:1' does not start: exit code 127"),
        (
            pod("Failed", containerStatuses=[ended(0), ended(4, "proxy")]),
            "User",
            "SidecarFailed",
            "container proxy with exit code 4",
        ),
        (pod("Failed"), "Infrastructure", "DriverFailed", "does not tell how its container ended"),
        (pod("Failed", containerStatuses=[]), "Infrastructure", "DriverFailed", "does not tell"),
        (pod("Failed", reason="Weird", message="odd end"), "Infrastructure", "Weird", "odd end"),
        (
            pod("Failed", containerStatuses=[{"name": DRIVER_CONTAINER, "state": {"running": {}}}]),
            "Infrastructure",
            "DriverFailed",
            "does not tell",
        ),
        (init_failed(PIP_NONE), "User", "RequirementNotFound", "no none-such==1.0 for this Python"),
        (init_failed(PIP_REFUSED), "Infrastructure", "IndexUnreachable", "deps.indexUrl"),
        (init_failed(PIP_LATE), "User", "RequirementNotFound", "no none-such==1.0 for this Python"),
        (
            init_failed("ERROR: ResolutionImpossible: for help visit"),
            "User",
            "RequirementsConflict",
            "deps.requirements",
        ),
        (init_failed("OSError: [Errno 28] No space left on device"), "User", "DiskFull", "ephemeral storage"),
        (init_failed("", 7), "User", "InitContainerFailed", "requirements failed with exit code 7"),
        (
            init_failed("", 137, reason="OOMKilled"),
            "OutOfMemory",
            "InitContainerOOMKilled",
            "driver.template",
        ),
        (init_failed(NO_FILE, 128, reason="StartError"), "Image", "StartError", "/opt/none.sh"),
    ],
)
def test_the_pod_tells(manifest: dict[str, Any], category: str, reason: str, says: str) -> None:
    found = classify(manifest, "")
    assert (found.category, found.reason) == (category, reason)
    assert says in found.message


def test_an_eviction_outranks_the_error_that_it_caused() -> None:
    manifest = pod("Failed", conditions=[EVICTING], containerStatuses=[ended(1)])
    assert classify(manifest, ERROR_LOG).category == "Evicted"


def test_pips_warnings_do_not_hide_its_error() -> None:
    found = classify(init_failed(PIP_REFUSED), "")
    assert "Retrying" not in found.message
    assert found.message.endswith("No matching distribution found for none-such==1.0")


def test_passwords_in_what_an_init_container_said_are_taken_out() -> None:
    found = classify(init_failed("Looking in indexes: https://bob:hunter2@index.example/simple"), "")
    assert "hunter2" not in found.message
    assert "index.example" in found.message


@pytest.mark.parametrize(
    "reason", sorted({UNFIT, UNSUPPORTED, AFTER_WRITE, *(rule.reason for rule in (*RULES, *PIP_RULES))})
)
def test_every_reason_is_documented(reason: str) -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "failures.md"
    assert f"`{reason}`" in page.read_text()
