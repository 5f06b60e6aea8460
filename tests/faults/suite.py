"""Runs many plans side by side."""

import asyncio
import logging
import math
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from demo import kube

from faults.bench import Ground
from faults.engines import engines
from faults.fault import Fault
from faults.namespaces import Namespaces
from faults.plans import Covered, Plan, plans
from faults.process import warm_up
from faults.results import FOLDER, Result, Store
from faults.tls import Identity
from faults.trial import QUIET_SECONDS, FailedReferenceError, Reference, Trial, reference_of, try_out
from faults.upstream import Upstream
from faults.workloads.base import Workload

AT_ONCE = 5
_WAITING_AT_ONCE = 4
_STRIKES = 3
# In the first of a workload's reference runs nothing may be written for a whole minute.
REFERENCE_QUIET = (60.0, QUIET_SECONDS, QUIET_SECONDS)
SHORT_QUIET = (QUIET_SECONDS, QUIET_SECONDS, QUIET_SECONDS)


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """What all runs share, with the cluster prepared."""
    if multiprocessing.parent_process() is not None:
        raise RuntimeError("a fork began the suite anew: guard its caller by `if __name__ == '__main__'`")
    warm_up()
    kube.kubectl("apply", "-f", str(Path(__file__).with_name("policy.yaml")))
    folder = FOLDER / "runs" / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    folder.mkdir(parents=True)
    # Connections that break in the middle of a request are what it is about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL + 1)
    upstream = Upstream.connect(kube.KUBECONFIG)
    namespaces = Namespaces(upstream)
    try:
        async with engines() as trino:
            yield Ground(upstream, namespaces, Identity.make(folder), folder, trino)
    finally:
        await namespaces.close()
        await upstream.session.close()


class Suite:
    """The plans of some workloads; `broken` says which of them go wrong without a fault, and how."""

    def __init__(self, ground: Ground, store: Store, at_once: int = AT_ONCE) -> None:
        self._ground, self._store = ground, store
        self._free = asyncio.Semaphore(at_once)
        self._patient = asyncio.Semaphore(_WAITING_AT_ONCE)
        self._references: dict[str, Reference] = {}
        self.broken: list[Result] = []

    async def plans(
        self, workloads: Iterable[Workload], quiet_seconds: Sequence[float], covered: Covered | None = None
    ) -> list[Plan]:
        """Learn what each workload comes to without a fault, and derive its plans."""
        listed = list(workloads)
        await asyncio.gather(*(self._learn(workload, quiet_seconds) for workload in listed))
        return [
            plan
            for workload in listed
            if (reference := self._references.get(workload.name)) is not None
            for plan in plans(workload, reference, covered)
        ]

    async def _learn(self, workload: Workload, quiet_seconds: Sequence[float]) -> None:
        known = self._store.reference(workload.name, max(quiet_seconds))
        if known is None:
            trials = [self._fair_weather(workload, seconds) for seconds in quiet_seconds]
            try:
                known = reference_of(await asyncio.gather(*trials), max(quiet_seconds))
            except FailedReferenceError as error:
                self.broken.append(
                    Result(
                        f"{workload.name}/reference/1", "no fault", self._store.source, error.problems, 0.0
                    )
                )
                return
            self._store.keep(workload.name, known)
        self._references[workload.name] = known

    async def _fair_weather(self, workload: Workload, quiet_seconds: float) -> Trial:
        # Who waits for a minute keeps nobody else from working.
        slots = self._patient if quiet_seconds > QUIET_SECONDS else self._free
        async with slots:
            name = f"{workload.name}/reference"
            return await try_out(self._ground, workload, Fault(), name, quiet_seconds=quiet_seconds)

    async def results(self, wanted: Iterable[Plan], seconds: float = math.inf) -> AsyncIterator[Result]:
        """Try each plan; results come as they are found. After so many seconds no further one begins."""
        deadline = time.monotonic() + seconds
        tasks = [asyncio.create_task(self._try(plan, deadline)) for plan in wanted]
        for task in asyncio.as_completed(tasks):
            if (result := await task) is not None:
                yield result

    async def _try(self, plan: Plan, deadline: float) -> Result | None:
        async with self._free:
            if time.monotonic() > deadline:
                return None
            trial = await self._strike(plan)
        problems = trial.problems or ([] if trial.fired else ["the fault did not strike"])
        notes = (*problems, f"log: {trial.log}") if problems else ()
        result = Result(
            plan.id, plan.detail, self._store.source, notes, round(trial.seconds, 1), _rounded(trial.recovery)
        )
        self._store.add(result)
        return result

    async def _strike(self, plan: Plan) -> Trial:
        """Play a plan; anew where the operator has, this time, not done what the fault is about."""
        for _ in range(_STRIKES):
            trial = await try_out(
                self._ground,
                plan.workload,
                plan.fault(),
                plan.id,
                reference=self._references[plan.workload.name],
                allowed=plan.allowed,
                timers=plan.timers,
            )
            if trial.fired or trial.problems:
                break
        return trial


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
