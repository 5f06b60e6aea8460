"""Figures of the installed platform, as a table: `make bench`. Printed, never asserted."""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import yaml
from demo import kube, pipeline
from demo.queries import Answer
from demo.show import say, stage, table
from kubernetes import client, config, watch
from urllib3.exceptions import ProtocolError

JOBS = 50
IDLE_SECONDS = 60
NS = pipeline.NAMESPACE


@contextmanager
def seen_drivers() -> Iterator[dict[str, float]]:
    """Name of each driver pod -> when a watch first told of it."""
    found: dict[str, float] = {}
    stop = threading.Event()
    watcher = watch.Watch()

    def follow() -> None:
        api = client.CoreV1Api()
        while not stop.is_set():
            events = watcher.stream(
                api.list_namespaced_pod, NS, label_selector="emberlake.dev/role=driver", timeout_seconds=60
            )
            # The server may end a watch in the middle of a chunk when it is stopped.
            with suppress(ProtocolError):
                for event in events:
                    found.setdefault(event["object"].metadata.name, time.monotonic())

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        watcher.stop()


def submission() -> list[tuple[str, str]]:
    """From the answer to the creation of a SparkJob until its driver pod is seen."""
    api = client.CustomObjectsApi()
    target = {"group": "emberlake.dev", "version": "v1alpha1", "namespace": NS, "plural": "sparkjobs"}
    sample: dict[str, Any] = yaml.safe_load(pipeline.sample("sparkjob"))
    names = [f"bench-{number}" for number in range(JOBS)]
    sample["spec"].update(catalogs=[], driver={"template": {"spec": {"schedulerName": "none"}}})
    created = {}
    with seen_drivers() as seen:
        for name in names:
            sample["metadata"] = {"name": name}
            api.create_namespaced_custom_object(**target, body=sample)
            created[name] = time.monotonic()
        pods = [f"{name}-1-1-driver" for name in names]
        kube.wait("all drivers", 120, lambda: True if set(pods) <= set(seen) else None)
        delays = sorted(seen[pod] - created[name] for pod, name in zip(pods, names, strict=True))
    for name in names:
        api.delete_namespaced_custom_object(**target, name=name)
    cuts = statistics.quantiles(delays, n=20)
    return [
        (
            f"SparkJob created → driver pod exists, p50 of {JOBS}",
            f"{statistics.median(delays) * 1000:.0f} ms",
        ),
        (f"SparkJob created → driver pod exists, p95 of {JOBS}", f"{cuts[18] * 1000:.0f} ms"),
    ]


def usage() -> dict[str, tuple[float, float]]:
    """Operator pod -> resident MiB and CPU seconds so far, from the kubelet."""
    (node,) = json.loads(kube.kubectl("get", "nodes", "-o", "json"))["items"]
    path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
    pods = json.loads(kube.kubectl("get", "--raw", path))["pods"]
    return {
        pod["podRef"]["name"]: (
            pod["containers"][0]["memory"]["rssBytes"] / 2**20,
            pod["containers"][0]["cpu"]["usageCoreNanoSeconds"] / 1e9,
        )
        for pod in pods
        if pod["podRef"]["name"].startswith("emberlake-operator") and pod.get("containers")
    }


def idle() -> list[tuple[str, str]]:
    """Memory and CPU of the operator while nothing happens."""
    before, start = usage(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    after, seconds = usage(), time.monotonic() - start
    rows = []
    for pod, (memory, cpu) in sorted(after.items()):
        share = (cpu - before[pod][1]) / seconds
        rows += [(f"{pod}: resident", f"{memory:.0f} MiB"), (f"{pod}: CPU", f"{share:.2%} of a core")]
    return rows


def trino() -> list[tuple[str, str]]:
    """From the start of a new coordinator pod until the Warehouse is Ready."""
    selector = "emberlake.dev/kind=Warehouse,emberlake.dev/name=wh,emberlake.dev/role=coordinator"
    (old,) = kube.items("pods", NS, selector)
    kube.kubectl("delete", "pod", old["metadata"]["name"], "-n", NS)
    start = time.monotonic()
    kube.wait_state("warehouse", "wh", NS, ("NotReady", "Starting"), 60)
    pipeline.warehouse_ready()
    return [
        ("Warehouse: coordinator pod deleted → SELECT answers again", f"{time.monotonic() - start:.0f} s")
    ]


def main() -> None:
    """Measure and print."""
    config.load_kube_config(kube.KUBECONFIG)
    rows: list[tuple[str, str]] = []
    for title, measure in (
        (f"{JOBS} submissions", submission),
        (f"Idle operator for {IDLE_SECONDS} s", idle),
        ("Trino start", trino),
    ):
        with stage(title):
            rows += measure()
    say("")
    table(Answer(("figure", "value"), tuple(rows)))


if __name__ == "__main__":
    main()
