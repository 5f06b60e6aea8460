"""How long a small job takes to its first result, by phases, on both engines in turns."""

import json
import time
from pathlib import Path
from statistics import median

from demo import kube
from demo.show import stage
from kubernetes import config

from bench.engine import job
from bench.one_job.phases import Moments, followed

_SCRIPT = Path(__file__).with_name("small.py")
_SELECTOR = "bench=engine"
_FROM = "driver pod made"


def measure(database: str, size: job.Size, times: int) -> dict[str, Moments]:
    """Engine -> median seconds from the creation of its pod to each phase.

    Raises:
        RuntimeError: a job failed; says why.
    """
    config.load_kube_config(kube.KUBECONFIG)
    key = job.upload(_SCRIPT.name, _SCRIPT.read_text())
    runs: dict[str, list[Moments]] = {"Spark": [], "Sail": []}
    for number in range(times):
        for engine, found in runs.items():
            with stage(f"small job on {engine}, {number + 1}"):
                found.append(once(job.document(engine, size, key, [database])))
    return {
        engine: {phase: median(r[phase] for r in found) for phase in found[0]}
        for engine, found in runs.items()
    }


def once(document: dict[str, object]) -> Moments:
    """Seconds from the creation of the pod to each phase of one job."""
    kube.kubectl("wait", "pod", "-n", job.NS, "-l", _SELECTOR, "--for=delete", "--timeout=120s")
    with followed(job.NS, _SELECTOR) as moments:
        applied = time.time()
        with job.ended(document) as (found, log):
            moments["told as ended"] = time.time()
            if found["status"]["state"] != "Succeeded":
                raise RuntimeError(f"{found['status']['reason']}: {found['status']['message']}")
        (line,) = job.told(log, "BENCH")
        moments.update(json.loads(line), applied=applied)
    made = moments.pop(_FROM)
    return {phase: moment - made for phase, moment in moments.items() if "executor" not in phase}
