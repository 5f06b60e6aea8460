"""What the operator costs while nothing happens."""

import asyncio
import time
from pathlib import Path

from bench.scale.stock import Stock, fill
from bench.submission import figures, usage
from bench.submission.adapters.emberlake import Emberlake
from bench.submission.figures import Row
from bench.submission.startup import quiet
from bench.submission.stock import mould

STOCK = Stock(finished=800, running=200, pods=1000)
SECONDS = 120


def measure(namespace: str, folder: Path) -> list[Row]:
    """The figures as text."""
    operator = Emberlake()
    operator.start(namespace, folder)
    moulds = {phase: mould(operator, namespace, phase) for phase in ("Running", "Succeeded")}
    operator.stop()
    asyncio.run(fill(namespace, moulds, STOCK))
    pid = operator.start(namespace, folder)
    try:
        quiet(operator)
        return [("objects", str(STOCK)), *_rows(pid)]
    finally:
        operator.stop()


def _rows(pid: int) -> list[Row]:
    before, cpu, start = usage.requests(), usage.cpu_seconds(pid), time.monotonic()
    time.sleep(SECONDS)
    spent, seconds = usage.cpu_seconds(pid) - cpu, time.monotonic() - start
    wrote = figures.writes(before, usage.requests(), Emberlake.plural)
    return [
        ("watched for", f"{seconds:.0f} s"),
        ("writes", str(sum(wrote.values()))),
        ("CPU", f"{spent / seconds:.1%} of a core"),
        ("resident memory", f"{usage.memory_mib(pid):.0f} MiB"),
    ]
