"""From the end of a leader until the other replica has reconciled what happened since."""

import json
import statistics
import time
from pathlib import Path

from demo import kube

from bench.submission.adapters.emberlake import Emberlake
from bench.submission.figures import Row

TIMES = 4


def measure(namespace: str, folder: Path) -> list[Row]:
    """The figures as text."""
    return [
        (
            f"leader killed → next reconcile, median / longest of {TIMES}",
            _spread(namespace, folder / "killed", kill=True),
        ),
        (
            f"leader ended → next reconcile, median / longest of {TIMES}",
            _spread(namespace, folder / "ended", kill=False),
        ),
    ]


def _spread(namespace: str, folder: Path, *, kill: bool) -> str:
    folder.mkdir()
    found = []
    leader = _replica(namespace, folder, 0)
    kube.wait("the first to lead", 60, lambda: leader.metric("leader_election_master_status") or None)
    for number in range(1, TIMES + 1):
        heir = _replica(namespace, folder, number)
        found.append(_taken_over(namespace, leader, f"{folder.name}-{number}", kill=kill))
        leader = heir
    leader.stop()
    return f"{statistics.median(found):.1f} / {max(found):.1f} s"


def _replica(namespace: str, folder: Path, number: int) -> Emberlake:
    (place := folder / str(number)).mkdir()
    found = Emberlake()
    found.start(namespace, place, identity=f"{folder.name}-{number}")
    return found


def _taken_over(namespace: str, leader: Emberlake, name: str, *, kill: bool) -> float:
    manifest = leader.manifest(name)
    del manifest["spec"]["sparkConf"], manifest["spec"]["driver"]
    kube.apply(manifest, namespace)
    pod = f"{name}-1-1-driver"
    kube.wait(pod, 60, lambda: kube.items("pods", namespace, f"{leader.job_label}={name}") or None)
    kube.wait_state("sparkjob", name, namespace, ("Starting",), 60)
    start = time.monotonic()
    if kill and leader.process is not None:
        leader.process.kill()
    else:
        leader.stop()
    patch = json.dumps({"status": {"phase": "Running"}})
    kube.kubectl("patch", "pod", pod, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)
    kube.wait_state("sparkjob", name, namespace, ("Running",), 120)
    return time.monotonic() - start
