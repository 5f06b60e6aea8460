"""One measured offer of jobs, and its table."""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kubernetes.aio import client, config

from bench.report import markdown
from bench.submission import figures, ground, usage
from bench.submission.adapters.base import Adapter
from bench.submission.figures import Row
from bench.submission.load import offer
from bench.submission.timeline import Job, Timeline
from bench.submission.usage import Request

_GRACE_SECONDS = 300
_QUIET_SECONDS = 5


@dataclass(frozen=True)
class Record:
    """What one offer left behind: the jobs, and differences of the counters from before to after."""

    jobs: list[Job]
    cpu: dict[str, float]
    before: Counter[Request]
    after: Counter[Request]
    memory: dict[str, float] = field(default_factory=dict)


async def record(adapter: Adapter, namespace: str, pids: dict[str, int], jobs: int, rate: float) -> Record:
    """Offer `jobs` and wait for their ends, no longer than a job a second and five minutes."""
    configuration = client.Configuration()
    await config.load_kube_config(client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        timeline = Timeline(adapter, api, namespace, jobs)
        names = [f"job-{number:05d}" for number in range(jobs)]
        before, cpu = usage.requests(), _cpu(pids)
        memory = {"start": usage.memory_mib(pids["operator"])}
        async with timeline.follow():
            await offer(adapter, api, namespace, timeline, names, rate)
            with suppress(TimeoutError):
                await asyncio.wait_for(timeline.ended.wait(), jobs + _GRACE_SECONDS)
            # a duplicate driver or a late write would show now
            await asyncio.sleep(_QUIET_SECONDS)
        spent = {name: seconds - cpu[name] for name, seconds in _cpu(pids).items()}
        memory |= {
            "end": usage.memory_mib(pids["operator"]),
            "peak": usage.memory_mib(pids["operator"], peak=True),
        }
        return Record(list(timeline.jobs.values()), spent, before, usage.requests(), memory)


def _cpu(pids: dict[str, int]) -> dict[str, float]:
    found = {name: usage.cpu_seconds(pid) for name, pid in pids.items()}
    return {**found, "all else on the machine": usage.machine_cpu_seconds() - sum(found.values())}


def run(adapter: Adapter, folder: Path, jobs: int, rate: float) -> None:
    """Set the ground, start the operator, offer, and print the table."""
    with ground.namespace(adapter.accounts) as namespace, ground.fake_node(folder) as kwok:
        operator = adapter.start(namespace, folder)
        try:
            pids = {"operator": operator, "kwok": kwok, "the bench": os.getpid(), **usage.control_plane()}
            found = asyncio.run(record(adapter, namespace, pids, jobs, rate))
        finally:
            adapter.stop()
        # before the namespace is emptied, which takes minutes
        print(markdown((type(adapter).__name__, "value"), rows(found, adapter.plural, rate)), flush=True)


def rows(found: Record, plural: str, rate: float) -> list[Row]:
    """The figures as text."""
    result = figures.outcome(found.jobs)
    number = max(1, result.offered)
    starts, lags = figures.start_latency(found.jobs), figures.status_lag(found.jobs)
    wrote = figures.writes(found.before, found.after, plural)
    return [
        ("offered", f"{result.offered:,} jobs, {f'{rate:.0f} a minute' if rate else 'as fast as accepted'}"),
        ("finished", f"{figures.per_minute(found.jobs):.0f} jobs a minute"),
        ("succeeded / failed / without an end", f"{result.succeeded:,} / {result.failed} / {result.unended}"),
        ("jobs without a driver / with two", f"{result.without_driver} / {result.duplicates}"),
        ("apply → driver pod exists, p50 / p95 / p99", _spread(starts, 0.5, 0.95, 0.99)),
        ("pod's phase → job's state, p50 / p99", _spread(lags, 0.5, 0.99)),
        ("operator's CPU a job", f"{found.cpu['operator'] / number * 1000:.1f} ms"),
        ("operator's resident memory, start / end / peak", _memory(found)),
        ("operator's writes a job", f"{sum(wrote.values()) / number:.2f}"),
        *(
            (f"  {key}", f"{count / number:.2f}")
            for key, count in wrote.most_common()
            if count * 100 > number
        ),
        ("Events a job, everybody's", f"{figures.events(found.before, found.after) / number:.2f}"),
        *((f"CPU a job, {name}", f"{spent / number * 1000:.1f} ms") for name, spent in found.cpu.items()),
    ]


def _spread(values: Sequence[float], *shares: float) -> str:
    return " / ".join(f"{figures.quantile(values, share):.2f}" for share in shares) + " s"


def _memory(found: Record) -> str:
    return " / ".join(f"{found.memory[name]:.0f}" for name in ("start", "end", "peak")) + " MiB"
