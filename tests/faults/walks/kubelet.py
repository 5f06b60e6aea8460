"""A kubelet on whose node all goes well: what is to end ends, and what is to serve is ready."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from faults.upstream import Object, RefusedError
from faults.world import Seen, World

_SAYS = {
    "spark-kubernetes-driver": None,
    "check": {"outcome": "Succeeded", "reason": "CheckPassed", "message": "can be read and written"},
    "crawler": {
        "outcome": "Succeeded",
        "reason": "Succeeded",
        "message": "1 table",
        "tables": ["raw.flights"],
    },
}
_READY = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready")]


class Kubelet:
    """Moves each new pod of a world to where it belongs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        for seen in world.history:
            self.see(seen)
        world.listeners.append(self.see)

    def see(self, seen: Seen) -> None:
        """Something happened."""
        if seen.plural == "pods" and seen.type == "ADDED":
            task = asyncio.create_task(self._report(seen.object))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _report(self, pod: Object) -> None:
        # A pod may go before it runs.
        with suppress(RefusedError):
            await self._world.patch("pods", pod["metadata"]["name"], {"status": _status(pod)}, "status")


def _status(pod: Object) -> dict[str, Any]:
    names = [container["name"] for container in pod["spec"]["containers"]]
    name = next((name for name in names if name in _SAYS), None)
    if name is None:
        return {"phase": "Running", "conditions": _READY}
    says = {"message": json.dumps(_SAYS[name])} if _SAYS[name] else {}
    ended = {"exitCode": 0, "reason": "Completed", **says}
    container = {"name": name, "ready": False, "restartCount": 0, "image": "i", "imageID": ""}
    return {"phase": "Succeeded", "containerStatuses": [{**container, "state": {"terminated": ended}}]}
