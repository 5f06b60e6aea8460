"""Many objects made from a few real ones, whose status the operator itself wrote.

So whatever the operator does when it starts on them mends nothing of the bench's making.
"""

import asyncio
import json
import time
from typing import Any

from demo import kube

from bench.submission.adapters.emberlake import Emberlake
from emberlake.core.api import KubeApi

HANDS = 16
Object = dict[str, Any]


def mould(adapter: Emberlake, namespace: str, phase: str) -> tuple[Object, Object]:
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


def renamed(obj: Object, name: str) -> Object:
    """A copy under another job's name, without what the API server sets."""
    meta = obj["metadata"]
    old = meta["labels"][Emberlake.job_label] if obj["kind"] == "Pod" else meta["name"]
    found: Object = json.loads(json.dumps(obj).replace(old, name))
    kept = ("name", "namespace", "labels", "annotations", "ownerReferences")
    found["metadata"] = {key: value for key, value in found["metadata"].items() if key in kept}
    return found


async def copy(api: KubeApi, free: asyncio.Semaphore, job: Object, pod: Object | None) -> None:
    """Make a job with its status, and its driver pod with its own."""
    async with free:
        made = await api.create(job)
        if pod is not None:
            pod["metadata"]["ownerReferences"][0]["uid"] = made["metadata"]["uid"]
            made_pod = await api.create(pod)
            job["status"]["attempt"]["podUid"] = made_pod["metadata"]["uid"]
            await set_status(api, pod, made_pod)
        await set_status(api, job, made)


async def set_status(api: KubeApi, obj: Object, stored: Object) -> None:
    """Give the object `stored` the status of `obj`."""
    meta = {key: stored["metadata"][key] for key in ("name", "namespace", "resourceVersion")}
    document = {key: obj[key] for key in ("apiVersion", "kind", "status")}
    await api.apply({**document, "metadata": meta}, subresource="/status")
