"""How long the operator takes to start where many jobs are, and how much memory.

Two real jobs, one that runs and one that has finished, are the moulds of all others: their status is what the
operator itself wrote, so that whatever it does at its start mends nothing of the bench's making.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from demo import kube

from bench.report import markdown
from bench.submission import figures, ground, usage
from bench.submission.adapters.emberlake import Emberlake
from bench.submission.figures import Row
from bench.submission.stock import HANDS, Object, copy, mould, renamed
from emberlake.core.api import KubeApi

FINISHED, RUNNING, PODS = 5000, 500, 2000
_QUIET_SECONDS = 3.0
_LIMIT_SECONDS = 300.0


def run(folder: Path) -> None:
    """Make the objects, start the operator on them, and print the table."""
    with ground.namespace(Emberlake.accounts) as namespace:
        adapter = Emberlake()
        pid = adapter.start(namespace, folder)
        moulds = {phase: mould(adapter, namespace, phase) for phase in ("Running", "Succeeded")}
        empty = usage.memory_mib(pid)
        adapter.stop()
        asyncio.run(_fill(namespace, moulds))
        print(markdown(("start-up", "value"), _start(namespace, folder, empty)), flush=True)


def _start(namespace: str, folder: Path, empty: float) -> list[Row]:
    before, start = usage.requests(), time.monotonic()
    adapter = Emberlake()
    pid = adapter.start(namespace, folder)
    try:
        ready = time.monotonic() - start
        rest = quiet(adapter) - start
        memory, peak, cpu = usage.memory_mib(pid), usage.memory_mib(pid, peak=True), usage.cpu_seconds(pid)
    finally:
        adapter.stop()
    wrote = figures.writes(before, usage.requests(), Emberlake.plural)
    jobs = FINISHED + RUNNING
    return [
        ("objects", f"{FINISHED:,} finished and {RUNNING:,} running jobs, {PODS:,} driver pods"),
        ("start → ready", f"{ready:.1f} s"),
        ("start → every object reconciled", f"{rest:.1f} s"),
        ("CPU until then", f"{cpu:.1f} s"),
        ("writes at the start", f"{sum(wrote.values())}{_listed(wrote)}"),
        ("resident memory, none / all objects / peak", f"{empty:.0f} / {memory:.0f} / {peak:.0f} MiB"),
        ("memory per 1,000 jobs", f"{(memory - empty) / jobs * 1000:.1f} MiB"),
    ]


def _listed(wrote: Counter[usage.Request]) -> str:
    return "".join(f", {count} {request}" for request, count in wrote.items())


def quiet(adapter: Emberlake) -> float:
    """When the last reconcile ended that was followed by none for a while."""
    kube.wait("the operator to lead", 60, lambda: adapter.metric("leader_election_master_status") or None)
    seen, since = -1.0, time.monotonic()
    limit = since + _LIMIT_SECONDS
    while time.monotonic() - since < _QUIET_SECONDS:
        done = adapter.metric("controller_runtime_reconcile_total")
        if done != seen or adapter.metric("workqueue_depth"):
            seen, since = done, time.monotonic()
        if since > limit:
            raise TimeoutError(f"the operator still works after {_LIMIT_SECONDS:.0f} s")
        time.sleep(_QUIET_SECONDS / 10)
    return since


async def _fill(namespace: str, moulds: Mapping[str, tuple[Object, Object]]) -> None:
    """Make the jobs and pods; the pods of the oldest jobs are gone, as retention leaves them."""
    copies = [("Running", number, True) for number in range(RUNNING - 1)]
    copies += [("Succeeded", number, number < PODS - RUNNING - 1) for number in range(FINISHED - 1)]
    free = asyncio.Semaphore(HANDS)
    api = await KubeApi.connect()
    try:
        async with asyncio.TaskGroup() as group:
            for phase, number, with_pod in copies:
                job, pod = (renamed(obj, f"{phase.lower()}-{number:05d}") for obj in moulds[phase])
                group.create_task(copy(api, free, job, pod if with_pod else None))
    finally:
        await api.close()
