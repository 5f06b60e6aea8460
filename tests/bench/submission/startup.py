"""How long the operator takes to start where many jobs are, and how much memory.

Two real jobs, one that runs and one that has finished, are the moulds of all others: their status is what the
operator itself wrote, so that whatever it does at its start mends nothing of the bench's making.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo import kube

from bench.report import markdown
from bench.submission import figures, ground, usage
from bench.submission.adapters.emberlake import Emberlake
from bench.submission.figures import Row
from emberlake.core.api import KubeApi

FINISHED, RUNNING, PODS = 5000, 500, 2000
_HANDS = 16
_QUIET_SECONDS = 3.0
_LIMIT_SECONDS = 300.0
Object = dict[str, Any]


def run(folder: Path) -> None:
    """Make the objects, start the operator on them, and print the table."""
    with ground.namespace(Emberlake.accounts) as namespace:
        adapter = Emberlake()
        pid = adapter.start(namespace, folder)
        moulds = {phase: _mould(adapter, namespace, phase) for phase in ("Running", "Succeeded")}
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
        quiet = _quiet(adapter) - start
        memory, peak, cpu = usage.memory_mib(pid), usage.memory_mib(pid, peak=True), usage.cpu_seconds(pid)
    finally:
        adapter.stop()
    wrote = figures.writes(before, usage.requests(), Emberlake.plural)
    jobs = FINISHED + RUNNING
    return [
        ("objects", f"{FINISHED:,} finished and {RUNNING:,} running jobs, {PODS:,} driver pods"),
        ("start → ready", f"{ready:.1f} s"),
        ("start → every object reconciled", f"{quiet:.1f} s"),
        ("CPU until then", f"{cpu:.1f} s"),
        ("writes at the start", f"{sum(wrote.values())}{_listed(wrote)}"),
        ("resident memory, none / all objects / peak", f"{empty:.0f} / {memory:.0f} / {peak:.0f} MiB"),
        ("memory per 1,000 jobs", f"{(memory - empty) / jobs * 1000:.1f} MiB"),
    ]


def _listed(wrote: Counter[usage.Request]) -> str:
    return "".join(f", {count} {request}" for request, count in wrote.items())


def _quiet(adapter: Emberlake) -> float:
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


def _mould(adapter: Emberlake, namespace: str, phase: str) -> tuple[Object, Object]:
    """A job and its driver pod in this phase; the bench plays kubelet."""
    name = f"mould-{phase.lower()}"
    manifest = adapter.manifest(name)
    del manifest["spec"]["sparkConf"], manifest["spec"]["driver"]
    kube.apply(manifest, namespace)

    def driver() -> Object | None:
        return next(iter(kube.items("pods", namespace, f"{adapter.job_label}={name}")), None)

    pod = kube.wait(f"the driver of {name}", 60, driver)["metadata"]["name"]
    for step in ("Running", "Succeeded"):
        patch = json.dumps({"status": _pod_status(step)})
        kube.kubectl(
            "patch", "pod", pod, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch
        )
        job = kube.wait_state("sparkjob", name, namespace, (step,), 60)
        if step == phase:
            break
    return job, kube.get("pod", pod, namespace)


def _pod_status(phase: str) -> Object:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    running = {"running": {"startedAt": now}}
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}}
    container = {
        "name": "spark-kubernetes-driver",
        "image": "spark:bench",
        "imageID": "",
        "restartCount": 0,
        "ready": phase == "Running",
        "state": running if phase == "Running" else ended,
    }
    return {"phase": phase, "startTime": now, "containerStatuses": [container]}


async def _fill(namespace: str, moulds: Mapping[str, tuple[Object, Object]]) -> None:
    """Make the jobs and pods; the pods of the oldest jobs are gone, as retention leaves them."""
    copies = [("Running", number, True) for number in range(RUNNING - 1)]
    copies += [("Succeeded", number, number < PODS - RUNNING - 1) for number in range(FINISHED - 1)]
    free = asyncio.Semaphore(_HANDS)
    api = await KubeApi.connect()
    try:
        async with asyncio.TaskGroup() as group:
            for phase, number, with_pod in copies:
                job, pod = (_renamed(obj, f"{phase.lower()}-{number:05d}") for obj in moulds[phase])
                group.create_task(_copy(api, free, job, pod if with_pod else None))
    finally:
        await api.close()


def _renamed(obj: Object, name: str) -> Object:
    """A copy under another job's name, without what the API server sets."""
    meta = obj["metadata"]
    old = meta["labels"][Emberlake.job_label] if obj["kind"] == "Pod" else meta["name"]
    found: Object = json.loads(json.dumps(obj).replace(old, name))
    kept = ("name", "namespace", "labels", "annotations", "ownerReferences")
    found["metadata"] = {key: value for key, value in found["metadata"].items() if key in kept}
    return found


async def _copy(api: KubeApi, free: asyncio.Semaphore, job: Object, pod: Object | None) -> None:
    async with free:
        made = await api.create(job)
        if pod is not None:
            pod["metadata"]["ownerReferences"][0]["uid"] = made["metadata"]["uid"]
            made_pod = await api.create(pod)
            job["status"]["attempt"]["podUid"] = made_pod["metadata"]["uid"]
            await _set_status(api, pod, made_pod)
        await _set_status(api, job, made)


async def _set_status(api: KubeApi, obj: Object, stored: Object) -> None:
    meta = {key: stored["metadata"][key] for key in ("name", "namespace", "resourceVersion")}
    document = {key: obj[key] for key in ("apiVersion", "kind", "status")}
    await api.apply({**document, "metadata": meta}, subresource="/status")
