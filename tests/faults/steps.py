"""What a workload is made of: what a user does, what the kubelet reports, and what is waited for.

A step is an async function of the world. Each waits by itself for what it needs, so that a script means the
same however slow the operator is.
"""

import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from faults.upstream import Object
from faults.world import World

Step = Callable[[World], Awaitable[None]]
NODE = "faults-no-such-node"
PATIENCE = 45.0
ENDED = ("Succeeded", "Failed")


def apply(document: Object) -> Step:
    """A user applies an object."""

    async def step(world: World) -> None:
        # Pods of a node that is not there go after 40 s: a node's name is used once.
        text = json.dumps(document).replace(NODE, f"{NODE}-{uuid.uuid4().hex[:8]}")
        await world.apply(json.loads(text))

    return step


def patch(what: str, spec: Object) -> Step:
    """A user changes the spec of `plural/name`."""

    async def step(world: World) -> None:
        await world.patch(*_split(what), {"spec": spec})

    return step


def annotate(what: str, key: str, value: str) -> Step:
    """A user asks for something by the annotation emberlake.dev/`key`."""

    async def step(world: World) -> None:
        await world.patch(*_split(what), {"metadata": {"annotations": {f"emberlake.dev/{key}": value}}})

    return step


def delete(what: str) -> Step:
    """A user deletes an object."""

    async def step(world: World) -> None:
        await world.delete(*_split(what))

    return step


def delete_namespace() -> Step:
    """A user deletes the namespace."""

    async def step(world: World) -> None:
        await world.upstream.call("DELETE", f"/api/v1/namespaces/{world.namespace}")

    return step


def until(what: str, **wanted: Any) -> Step:
    """Wait until the status of `plural/name` has these fields, at the object's present generation."""

    def look(world: World) -> bool:
        found = world.get(*_split(what))
        status = (found or {}).get("status") or {}
        if found is None or status.get("observedGeneration") != found["metadata"].get("generation"):
            return False
        return all(status.get(key) == value for key, value in wanted.items())

    async def step(world: World) -> None:
        await world.until(f"{what} to be {wanted}", look, PATIENCE)

    return step


def exists(what: str) -> Step:
    """Wait until an object is there."""

    async def step(world: World) -> None:
        await world.until(f"{what} to be there", lambda w: w.get(*_split(what)) is not None, PATIENCE)

    return step


def gone(*names: str) -> Step:
    """Wait until objects are not there any more."""

    def look(world: World) -> bool:
        return all(world.get(*_split(what)) is None for what in names)

    async def step(world: World) -> None:
        await world.until(f"{' and '.join(names)} to be gone", look, PATIENCE)

    return step


def all_gone() -> Step:
    """Wait until nothing is there any more but what Kubernetes makes."""

    async def step(world: World) -> None:
        await world.until("everything to be gone", lambda world: not world.present, PATIENCE)

    return step


def driver(name: str, phase: str, exit_code: int | None = None, says: Object | None = None) -> Step:
    """The kubelet reports a driver's phase; `says` is its termination message."""

    async def step(world: World) -> None:
        await exists(f"pods/{name}")(world)
        message = json.dumps(says) if says is not None else ""
        await _report(world, name, "spark-kubernetes-driver", phase, exit_code, message)

    return step


def job_pod(
    job: str, container: str, phase: str, exit_code: int | None = None, says: Object | None = None
) -> Step:
    """The kubelet reports the phase of a Kubernetes Job's live pod; `says` is its termination message."""

    async def step(world: World) -> None:
        await world.until(f"a pod of Job {job}", lambda w: _live_pod(w, job) is not None, PATIENCE)
        message = json.dumps(says) if says is not None else ""
        await _report(world, _live_pod(world, job) or "", container, phase, exit_code, message)

    return step


def ready_pods(deployment: str, count: int) -> Step:
    """The kubelet reports `count` pods of a Deployment as ready."""

    def names(world: World) -> list[str]:
        pods = [name for plural, name in world.objects if plural == "pods"]
        return [name for name in pods if name.startswith(f"{deployment}-") and not _is_ending(world, name)]

    async def step(world: World) -> None:
        await world.until(f"{count} pods of {deployment}", lambda w: len(names(w)) == count, PATIENCE)
        for name in names(world):
            ready = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready")]
            await world.patch("pods", name, {"status": {"phase": "Running", "conditions": ready}}, "status")

    return step


def _split(what: str) -> tuple[str, str]:
    plural, name = what.split("/")
    return plural, name


def _live_pod(world: World, job: str) -> str | None:
    for (plural, name), pod in world.objects.items():
        labels = pod["metadata"].get("labels") or {}
        of_job = plural == "pods" and labels.get("batch.kubernetes.io/job-name") == job
        if of_job and pod.get("status", {}).get("phase") not in ENDED:
            return name
    return None


def _is_ending(world: World, pod: str) -> bool:
    return "deletionTimestamp" in world.objects["pods", pod]["metadata"]


async def _report(
    world: World, pod: str, container: str, phase: str, exit_code: int | None, message: str
) -> None:
    status: Object = {"phase": phase}
    if exit_code is not None:
        reason = "Completed" if exit_code == 0 else "Error"
        ended = {"exitCode": exit_code, "reason": reason, **({"message": message} if message else {})}
        state = {"name": container, "ready": False, "restartCount": 0, "image": "i", "imageID": ""}
        status["containerStatuses"] = [{**state, "state": {"terminated": ended}}]
    await world.patch("pods", pod, {"status": status}, "status")
