"""Start, re-list and cut watches among many objects, and the memory that takes."""

import asyncio
import json
import time
from pathlib import Path

from demo import kube

from bench.scale.forward import Forwarder, forwarded
from bench.scale.stock import Stock, fill
from bench.submission import figures, usage
from bench.submission.adapters.emberlake import Emberlake
from bench.submission.figures import Row
from bench.submission.startup import quiet
from bench.submission.stock import mould

STOCK = Stock(finished=5000, running=1000, pods=2000, executors=18000, crawls=3334)
RELIST_SECONDS = 30
_LISTS = 3


def measure(namespace: str, folder: Path) -> list[Row]:
    """The figures as text."""
    operator = Emberlake()
    pid = operator.start(namespace, folder)
    moulds = {phase: mould(operator, namespace, phase) for phase in ("Running", "Succeeded")}
    empty = usage.memory_mib(pid)
    operator.stop()
    start = time.monotonic()
    asyncio.run(fill(namespace, moulds, STOCK))
    print(f"filled in {time.monotonic() - start:.0f} s", flush=True)
    with forwarded(folder) as (forwarder, kubeconfig):
        return [("objects", str(STOCK)), *_rows(namespace, folder, kubeconfig, forwarder, empty)]


def _rows(namespace: str, folder: Path, kubeconfig: str, forwarder: Forwarder, empty: float) -> list[Row]:
    before, start = usage.requests(), time.monotonic()
    operator = Emberlake()
    timers = {"relist": RELIST_SECONDS}
    pid = operator.start(namespace, folder, kubeconfig=kubeconfig, timers=timers, patience=300)
    try:
        ready = time.monotonic() - start
        rest, cpu = quiet(operator) - start, usage.cpu_seconds(pid)
        memory = usage.memory_mib(pid, peak=True)
        lists = _listed(operator, pid)
        cut = _cut(namespace, operator, forwarder)
        after = usage.requests()
        wrote = figures.writes(before, after, Emberlake.plural) | figures.writes(before, after, "crawls")
        return [
            ("start → ready", f"{ready:.1f} s"),
            ("start → every object reconciled", f"{rest:.1f} s"),
            ("CPU until then", f"{cpu:.1f} s"),
            ("peak memory until then (without objects)", f"{memory:.0f} ({empty:.0f}) MiB"),
            *lists,
            ("all connections cut → the end of a driver is told", f"{cut:.1f} s"),
            ("writes in all, that end's among them", str(sum(wrote.values()))),
            ("peak memory in all", f"{usage.memory_mib(pid, peak=True):.0f} MiB"),
        ]
    finally:
        operator.stop()


def _listed(operator: Emberlake, pid: int) -> list[Row]:
    """Lists of everything, that come by time here."""
    metric = "emberlake_relist_seconds"
    count, spent, cpu = (
        operator.metric(f"{metric}_count"),
        operator.metric(f"{metric}_sum"),
        usage.cpu_seconds(pid),
    )
    start, target = time.monotonic(), count + _LISTS
    kube.wait("lists", 600, lambda: operator.metric(f"{metric}_count") >= target or None)
    seconds = (operator.metric(f"{metric}_sum") - spent) / _LISTS
    share = (usage.cpu_seconds(pid) - cpu) / (time.monotonic() - start)
    return [
        ("a list of everything", f"{seconds:.1f} s"),
        (f"CPU with a list every {RELIST_SECONDS} s", f"{share:.0%} of a core"),
    ]


def _cut(namespace: str, operator: Emberlake, forwarder: Forwarder) -> float:
    """Seconds from the cut until a driver's end that followed it at once is told."""
    name = "mould-running"
    patch = json.dumps({"status": {"phase": "Succeeded"}})
    pod = kube.items("pods", namespace, f"{operator.job_label}={name}")[0]["metadata"]["name"]
    start = time.monotonic()
    forwarder.cut()
    kube.kubectl("patch", "pod", pod, "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)
    kube.wait_state("sparkjob", name, namespace, ("Succeeded",), 120)
    return time.monotonic() - start
