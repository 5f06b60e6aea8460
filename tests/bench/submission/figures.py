"""Figures from what was recorded. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.submission.timeline import Job
from bench.submission.usage import WRITES, Request

Row = tuple[str, str]
# Written by an operator of jobs or by what it starts; all else in the namespace is the cluster's own.
_CHILDREN = (
    "pods",
    "configmaps",
    "secrets",
    "services",
    "ingresses",
    "persistentvolumeclaims",
    "poddisruptionbudgets",
)


@dataclass(frozen=True)
class Outcome:
    """What became of the offered jobs.

    Attributes:
        unended: told of no end in time.
        without_driver: no driver pod was ever seen.
        duplicates: more than one driver pod was seen.
    """

    offered: int
    succeeded: int
    failed: int
    unended: int
    without_driver: int
    duplicates: int


def outcome(jobs: Iterable[Job]) -> Outcome:
    """Count them."""
    all_jobs = list(jobs)
    return Outcome(
        offered=len(all_jobs),
        succeeded=sum("Succeeded" in job.told for job in all_jobs),
        failed=sum("Failed" in job.told for job in all_jobs),
        unended=sum(job.ended is None for job in all_jobs),
        without_driver=sum(not job.drivers for job in all_jobs),
        duplicates=sum(len(job.drivers) > 1 for job in all_jobs),
    )


def per_minute(jobs: Iterable[Job]) -> float:
    """Jobs that ended by the minute, from the first offer to the last end."""
    all_jobs = list(jobs)
    ends = [job.ended for job in all_jobs if job.ended is not None]
    if not ends:
        return 0.0
    return len(ends) / (max(ends) - min(job.offered for job in all_jobs)) * 60


def start_latency(jobs: Iterable[Job]) -> list[float]:
    """Seconds from the offer until a driver pod exists."""
    return [min(job.drivers.values()) - job.offered for job in jobs if job.drivers]


def status_lag(jobs: Iterable[Job]) -> list[float]:
    """Seconds from each change of a driver's phase until the job tells of it.

    A phase that the job skips (it tells of the end only) counts until it tells of a later one.
    """
    found = []
    for job in jobs:
        for number, phase in enumerate(phases := ("Running", "Succeeded")):
            told = [job.told[later] for later in phases[number:] if later in job.told]
            if phase in job.pod and told:
                # both are seen through watches of their own, whose order is not fixed
                found.append(max(0.0, min(told) - job.pod[phase]))
    return found


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank); 0 for none."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


def writes(before: Counter[Request], after: Counter[Request], plural: str) -> Counter[Request]:
    """What the operator wrote: less the jobs that were offered, and less what scheduler and kubelet write."""
    found = Counter(
        {
            key: count
            for key, count in (after - before).items()
            if key.verb in WRITES and key.resource in (plural, *_CHILDREN)
        }
    )
    for foreign in (
        Request("POST", plural, ""),
        Request("POST", "pods", "binding"),
        Request("PATCH", "pods", "status"),
    ):
        found.pop(foreign, None)
    return found


def events(before: Counter[Request], after: Counter[Request]) -> int:
    """Events written by whoever: operator, scheduler."""
    return sum(
        count
        for key, count in (after - before).items()
        if key.resource == "events" and key.verb in ("POST", "PATCH", "PUT")
    )
