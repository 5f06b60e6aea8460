"""Why the containers of a driver pod ended, where the pod's own status tells it. Pure."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from emberlake.api.v1alpha1.common import Category, Failure
from emberlake.core.model import Manifest
from emberlake.core.pods import terminated
from emberlake.sparkjob.drivers import DRIVER_CONTAINER

Container = Mapping[str, Any]

_NOT_STARTED = ("ContainerCannotRun", "StartError")
# What the node's runtime says when it is not the program that keeps a container from starting.
_NODE_FAILED = re.compile("cgroup|unable to freeze|deadline exceeded|resource temporarily unavailable")
# A shell's codes for a program that is no executable, or not there.
_NO_PROGRAM = (126, 127)
_KILLED = 128 + 9
_TERMINATED = 128 + 15
_CRASHED = {128 + 4: "SIGILL", 128 + 6: "SIGABRT", 128 + 7: "SIGBUS", 128 + 11: "SIGSEGV"}
# Spark's code for a JVM without heap (org.apache.spark.util.SparkExitCode.OOM).
_NO_HEAP = 52
_LAST_LINES = 3
OOM_KILLED = "OOMKilled"


class PipRule(NamedTuple):
    """One thing that pip says about deps.requirements; `says` is a format string over its groups."""

    pattern: str
    category: Category
    reason: str
    says: str


PIP_RULES = (
    # The index answered in the end, whatever came before.
    PipRule(
        r"\(from versions: (?!none\)).*\)\s+ERROR: No matching distribution found for (?P<what>\S+)",
        "User",
        "RequirementNotFound",
        "the Python index has no {what} for this Python: check deps.requirements and deps.indexUrl",
    ),
    PipRule(
        r"Failed to establish a new connection|Max retries exceeded|Temporary failure in name resolution",
        "Infrastructure",
        "IndexUnreachable",
        "the Python index does not answer: check deps.indexUrl, and whether pods may reach it",
    ),
    PipRule(
        r"No matching distribution found for (?P<what>\S+)",
        "User",
        "RequirementNotFound",
        "the Python index has no {what} for this Python: check deps.requirements and deps.indexUrl",
    ),
    PipRule(
        r"ResolutionImpossible|conflicting dependencies",
        "User",
        "RequirementsConflict",
        "no set of versions satisfies deps.requirements: loosen them",
    ),
    PipRule(
        r"No space left on device",
        "User",
        "DiskFull",
        "no space is left for the packages of deps.requirements: allow the driver more ephemeral storage",
    ),
)


def driver_container(pod: Manifest) -> Container | None:
    """The status of the driver's container, None when the pod has none."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    return next((found for found in statuses if found.get("name") == DRIVER_CONTAINER), None)


def init_failure(pod: Manifest) -> Failure | None:
    """The failure of an init container, after which no driver starts; its termination message says why."""
    for container in pod.get("status", {}).get("initContainerStatuses") or ():
        ended = terminated(container)
        if ended and ended.get("exitCode") != 0:
            return _init_failure(container, ended)
    return None


def end_failure(pod: Manifest, container: Container) -> Failure | None:
    """The failure of a driver whose container status says enough, None when its log has to be asked."""
    ended = terminated(container) or {}
    code = ended.get("exitCode")
    if code == 0:
        return _sidecar_failure(pod)
    if ended.get("reason") in _NOT_STARTED or code in _NO_PROGRAM:
        return _start_failure(container, ended)
    if is_out_of_memory(pod):
        return _memory_failure(pod, ended)
    return None


def is_out_of_memory(pod: Manifest) -> bool:
    """Whether the kernel killed the driver, or a process of it, for memory."""
    ended = terminated(driver_container(pod) or {}) or {}
    return ended.get("reason") == OOM_KILLED or ended.get("exitCode") == _KILLED


def code_failure(container: Container) -> Failure | None:
    """What an exit code alone says of a driver that logged no error."""
    code = (terminated(container) or {}).get("exitCode")
    if code == _NO_HEAP:
        text = "the driver's JVM ran out of heap: raise driver.memory, or collect less to the driver"
        return _failure("OutOfMemory", "JavaHeap", text)
    if code == _TERMINATED:
        text = "something asked the driver to end (SIGTERM, exit code 143), and it is not known what"
        return _failure("Infrastructure", "DriverTerminated", text)
    if code in _CRASHED:
        text = f"the driver crashed ({_CRASHED[code]}, exit code {code}), as a failing native library does"
        return _failure("User", "DriverCrashed", text)
    return None


def _init_failure(container: Container, ended: Container) -> Failure:
    name, told = container.get("name", ""), (ended.get("message") or "").strip()
    if ended.get("reason") == OOM_KILLED:
        text = f"init container {name} was killed at its memory limit: raise it in driver.template"
        return _failure("OutOfMemory", "InitContainerOOMKilled", text)
    if ended.get("reason") in _NOT_STARTED:
        return _start_failure(container, ended)
    for rule in PIP_RULES:
        if match := re.search(rule.pattern, told):
            says = rule.says.format(**match.groupdict())
            return _failure(rule.category, rule.reason, f"{says}\n{_errors(told)}")
    text = (
        f"init container {name} failed with exit code {ended.get('exitCode')}: {told or 'it left no message'}"
    )
    return _failure("User", "InitContainerFailed", text)


def _errors(told: str) -> str:
    """What pip calls an error, else its last words: before them stand its warnings, one for each try."""
    lines = told.splitlines()
    return "\n".join([line for line in lines if line.startswith("ERROR")] or lines[-_LAST_LINES:])


def _start_failure(container: Container, ended: Container) -> Failure:
    told = (ended.get("message") or "").strip() or f"exit code {ended.get('exitCode')}"
    if _NODE_FAILED.search(told):
        return _failure("Infrastructure", "StartFailed", f"the node could not start the container: {told}")
    text = f"image {container.get('image')!r} does not start: {told}: check its entrypoint"
    return _failure("Image", "StartError", text)


def _sidecar_failure(pod: Manifest) -> Failure | None:
    for container in pod["status"]["containerStatuses"]:
        code = (terminated(container) or {}).get("exitCode")
        if code:
            text = f"the application ended well, and container {container.get('name')} with exit code {code}"
            return _failure("User", "SidecarFailed", f"{text}: the pod counts as failed")
    return None


def _memory_failure(pod: Manifest, ended: Container) -> Failure:
    limits = next(
        (c.get("resources", {}).get("limits") for c in _specs(pod) if c["name"] == DRIVER_CONTAINER), None
    )
    limit = (limits or {}).get("memory", "the node")
    if ended.get("reason") == OOM_KILLED:
        text = f"the driver was killed at its memory limit of {limit}"
    else:
        text = f"the driver was killed (SIGKILL), as the kernel does at the memory limit of {limit}"
    mend = "raise driver.memoryOverhead (Python and native memory) or driver.memory"
    return _failure("OutOfMemory", OOM_KILLED, f"{text}: {mend}")


def _specs(pod: Manifest) -> list[Container]:
    return list(pod.get("spec", {}).get("containers") or ())


def _failure(category: Category, reason: str, message: str) -> Failure:
    return Failure(category=category, reason=reason, message=message)
