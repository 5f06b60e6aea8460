"""Plays a workload under a fault and says what it came to."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from faults import oracles
from faults.bench import Bench, Ground, bench
from faults.calls import Write
from faults.fault import Fault
from faults.record import Counts, Masks, State, learn
from faults.upstream import RefusedError
from faults.workloads.base import Workload

QUIET_SECONDS = 3.0
SETTLE_SECONDS = 30.0


class FailedReferenceError(Exception):
    """A workload goes wrong without any fault; `problems` says how."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Reference:
    """What runs without a fault have in common.

    `seen` are the objects that watches told of; for `quiet` seconds nothing was written in the end.
    """

    state: State
    masks: Masks
    counts: Counts
    writes: tuple[Write, ...]
    seen: tuple[str, ...]
    quiet: float


@dataclass
class Trial:
    """One run: what is wrong with it, and what it left. `recovery` is in seconds from the fault."""

    problems: list[str]
    seconds: float
    state: State
    counts: Counts
    writes: list[Write]
    seen: list[str]
    fired: bool
    recovery: float | None
    log: str


async def try_out(
    ground: Ground,
    workload: Workload,
    fault: Fault,
    name: str,
    *,
    reference: Reference | None = None,
    allowed: Sequence[str] | None = (),
    timers: Mapping[str, float] = MappingProxyType({}),
    quiet_seconds: float = QUIET_SECONDS,
) -> Trial:
    """Play `workload` once.

    Args:
        name: of the folder that its files lie in.
        reference: what it must come to, None to find that out.
        allowed: patterns of log lines that belong to the fault, None if the operator may even end.
        timers: of the operator, where they are not the suite's.
        quiet_seconds: for how long nothing may be written in the end.
    """
    began = time.monotonic()
    async with bench(ground, fault, name, timers) as made:
        problems = await _play(made, workload)
        if not problems and reference is not None:
            problems = await _settle(made, reference, workload)
        if not problems:
            problems = await _quiet(made, quiet_seconds)
        if not problems and reference is not None:
            problems = _compare(made, reference, workload)
        return Trial(
            [*problems, *_always(made, None if allowed is None else (*allowed, *workload.allowed))],
            time.monotonic() - began,
            made.state,
            made.counts,
            made.proxy.journal.writes,
            list(made.proxy.journal.seen),
            fault.fired is not None,
            _recovery(made, fault),
            str(made.operator.log),
        )


async def _play(made: Bench, workload: Workload) -> list[str]:
    for number, step in enumerate(workload.steps, 1):
        try:
            await step(made.world)
        except (TimeoutError, RefusedError) as error:
            return [f"step {number}: {error}; writes: {[str(w) for w in made.proxy.journal.writes]}"]
    return []


def _compare(made: Bench, reference: Reference, workload: Workload) -> list[str]:
    return [
        *oracles.same_end(made.state, reference.state, reference.masks),
        *oracles.same_counts(made.counts, reference.counts, workload.tried_again),
    ]


async def _settle(made: Bench, reference: Reference, workload: Workload) -> list[str]:
    """Wait until the end state is that of the reference."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while problems := _compare(made, reference, workload):
        if time.monotonic() > deadline:
            return problems
        await asyncio.sleep(0.3)
    return []


async def _quiet(made: Bench, seconds: float) -> list[str]:
    journal = made.proxy.journal
    deadline = time.monotonic() + SETTLE_SECONDS + seconds
    while (left := journal.last + seconds - time.monotonic()) > 0:
        if time.monotonic() > deadline:
            return [f"it still writes: {journal.writes[-1]}"]
        await asyncio.sleep(left)
    since = time.monotonic() - seconds
    return oracles.idle(sum(moment > since for moment in journal.tried), seconds)


def _always(made: Bench, allowed: Sequence[str] | None) -> list[str]:
    """The oracles that need no reference."""
    objects = list(made.world.objects.values())
    found = [*made.drivers.problems, *oracles.owned(objects), *oracles.one_story(objects)]
    if allowed is None:
        return found
    log = made.operator.log.read_text() if made.operator.log.exists() else ""
    ended = [f"the operator ended {made.operator.ends} times by itself"] if made.operator.ends else []
    return [*found, *ended, *oracles.only_known_lines(log, allowed)]


def _recovery(made: Bench, fault: Fault) -> float | None:
    """Until the operator writes again; None when nothing was left to write."""
    if fault.fired is None:
        return None
    later = [moment - fault.fired for moment in made.proxy.journal.times if moment > fault.fired]
    return min(later, default=None)


def reference_of(trials: Sequence[Trial], quiet: float) -> Reference:
    """What trials without a fault have in common, of which one was quiet for so many seconds.

    Raises:
        FailedReferenceError: one of them went wrong, or they made and deleted other objects.
    """
    first = trials[0]
    for trial in trials:
        problems = trial.problems or oracles.same_counts(trial.counts, first.counts)
        if problems:
            raise FailedReferenceError([*problems, f"log: {trial.log}"])
    return Reference(
        state=first.state,
        masks=learn([trial.state for trial in trials]),
        counts=first.counts,
        writes=tuple(write for write in first.writes if all(write in trial.writes for trial in trials)),
        seen=tuple(name for name in first.seen if name in first.counts),
        quiet=quiet,
    )
