"""When the pods of an application were made, placed, started and ended, as a watch tells it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kubernetes import client, watch
from urllib3.exceptions import ProtocolError

Moments = dict[str, float]


@contextmanager
def followed(namespace: str, selector: str) -> Iterator[Moments]:
    """Unix times of the first driver's and the first executor's phases, filled while the block runs."""
    found: Moments = {}
    watcher, stop = watch.Watch(), threading.Event()

    def follow() -> None:
        api = client.CoreV1Api()
        while not stop.is_set():
            # The server may end a watch in the middle of a chunk when it is stopped.
            with suppress(ProtocolError):
                for event in watcher.stream(api.list_namespaced_pod, namespace, label_selector=selector):
                    _note(found, event["object"], time.time())

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        watcher.stop()


def _note(found: Moments, pod: client.V1Pod, now: float) -> None:
    role = pod.metadata.labels["spark-role"]
    found.setdefault(f"{role} pod made", now)
    if pod.spec.node_name:
        found.setdefault(f"{role} pod placed", now)
    if pod.status.phase != "Pending":
        found.setdefault(f"{role} container runs", now)
    if pod.status.phase in ("Succeeded", "Failed"):
        found.setdefault(f"{role} pod {pod.status.phase.lower()}", now)
