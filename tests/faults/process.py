"""Starts and kills operators."""

import asyncio
import multiprocessing
import os
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from demo import kube

from faults import forked

_CONTEXT = multiprocessing.get_context("forkserver")
_LOOK_SECONDS = 0.5
_SOURCES = ("operator", "tests", "hack")
# there is one server for all that is forked: the writers of e2e.sailwrites come from it, too
_IMPORTED = ["faults.forked", "emberlake.sail.commit"]


def warm_up() -> None:
    """Let the process that operators are forked from import them."""
    # It is started with this environment, and is told no sys.path.
    os.environ["PYTHONPATH"] = os.pathsep.join(str(kube.ROOT / source) for source in _SOURCES)
    _CONTEXT.set_forkserver_preload(_IMPORTED)


@dataclass
class OperatorProcess:
    """One operator that may be killed and started again; it keeps its name, and so its Lease."""

    environment: dict[str, str]
    log: Path
    process: ForkServerProcess | None = None
    ends: int = 0

    def start(self) -> None:
        """Start it."""
        self.process = _CONTEXT.Process(
            target=forked.run, args=(self.environment, str(self.log)), daemon=True
        )
        self.process.start()

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.join(10)
            self.process = None

    async def nurse(self) -> None:
        """Start it anew whenever it ended by itself, as the kubelet would; `ends` counts that."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self.process is not None and self.process.exitcode is not None:
                self.ends += 1
                self.start()
