"""Walks an object through changes of its spec under a running operator, and judges each step.

A step is refused and changes nothing, or the operator comes to rest with one story of the new generation.
Every few steps the first spec comes back, and all that is there then has to be as it was at first.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from emberlake.api.v1alpha1.common import Resource
from faults import oracles
from faults.bench import Bench, Ground, bench
from faults.fault import Fault
from faults.kinds import PLURALS, path
from faults.record import State, state_of
from faults.upstream import Object, RefusedError
from faults.walks.changes import Change, change
from faults.walks.kubelet import Kubelet
from faults.walks.schema import Schema
from faults.walks.specs import manifest
from faults.walks.tally import tally
from faults.workloads.base import catalog, resource
from faults.world import World

NAME = "walker"
REVERT_EVERY = 4
_PATIENCE = 40.0
_QUIET = 0.7
# No fault is played, so nothing but a loaded machine is late.
_TIMERS = {"relist": 60.0, "request": 20.0, "silence": 60.0}
# The API server draws the name of the volume with a pod's token.
_DRAWN = re.compile("(kube-api-access)-[a-z0-9]{5}")
# What tells a run, a check or a rollout from the one before it.
_NUMBERED = re.compile(
    rf"({NAME}|{NAME}-check|lake-check|emberlake\.dev/run[^0-9]{{1,9}}?|.\"run.\": ?)-?\d+(-\d+)?"
)
_COUNTED = re.compile(
    r"[gG]eneration|\.status\.run|emberlake\.dev/(run|attempt|applied)|deployment\.kubernetes\.io/revision"
    r"|\.status\.history|(deployments|jobs)/.*\.status\.|\.metadata\.finalizers|\.status\.check\.attempt"
)


@dataclass(frozen=True)
class Way:
    """Where a walk begins, and the changes that it takes; `root` is the schema of the kind's spec."""

    kind: type[Resource]
    root: Schema
    first: dict[str, Any]
    steps: Sequence[Change]


@dataclass
class Walk:
    """One object on its way; `taken` steps of it."""

    made: Bench
    way: Way
    spec: dict[str, Any] = field(init=False)
    taken: int = 0

    async def go(self) -> None:
        """All steps; raises AssertionError that says what is wrong after the last one taken."""
        first, steps = self.way.first, self.way.steps
        await self._apply(first)
        await self.made.world.until("all to be well", _is_well, _PATIENCE)
        before = await self._rest()
        for number, step in enumerate(steps, 1):
            self.taken = number
            await self._step(step)
            if number % REVERT_EVERY == 0 or number == len(steps):
                await self._apply(first)
                await self._same(before)
                tally["reverts"] += 1

    async def _step(self, step: Change) -> None:
        tally["steps walked"] += 1
        stored = await self._stored()
        try:
            await self._apply(change(self.way.root, self.spec, step))
        except RefusedError as error:
            refused = error
        else:
            assert not step.breaks, "it was taken"
            await self._rest()
            return
        tally["steps refused"] += 1
        assert await self._stored() == stored, f"it was refused ({refused}), and it changed"

    async def _apply(self, spec: dict[str, Any]) -> None:
        await self.made.world.apply(manifest(self.way.kind, NAME, spec))
        self.spec = spec
        stored = await self._stored()
        await self.made.world.until(
            "the change to be seen", lambda w: _is_seen(w, self._plural, stored), _PATIENCE
        )

    @property
    def _plural(self) -> str:
        return PLURALS[self.way.kind.kind]

    async def _stored(self) -> Object | None:
        where = path(self._plural, self.made.world.namespace, NAME)
        with suppress(RefusedError):
            found = await self.made.world.upstream.call("GET", where)
            return {"spec": found["spec"], "generation": found["metadata"]["generation"]}
        return None

    async def _same(self, before: State) -> None:
        """All is as it was at first, in a while."""
        deadline = time.monotonic() + _PATIENCE
        while (found := await self._rest()) != before:
            if time.monotonic() > deadline:
                paths = sorted(key for key in {*found, *before} if found.get(key) != before.get(key))
                told = [f"{key} is {found.get(key)}, was {before.get(key)}" for key in paths[:6]]
                raise AssertionError(f"after the return to the first spec: {told}, {len(paths)} in all")
            await asyncio.sleep(0.2)

    async def _rest(self) -> State:
        """Wait until the operator is at rest, and tell the state."""
        world, journal = self.made.world, self.made.proxy.journal
        deadline = time.monotonic() + _PATIENCE
        while problems := self._restless(journal.last):
            assert time.monotonic() < deadline, problems
            await asyncio.sleep(0.1)
        assert not (wrong := self._wrong()), wrong
        return _masked(world.objects.values(), world.namespace)

    def _restless(self, last: float) -> list[str]:
        found = [] if time.monotonic() - last > _QUIET else ["it still writes"]
        # What belonged to an object that expired goes a little later.
        objects = self.made.world.objects.values()
        return found + oracles.one_story(objects) + oracles.owned(objects)

    def _wrong(self) -> list[str]:
        log = self.made.operator.log.read_text()
        return [
            *(["the operator ended by itself"] if self.made.operator.ends else []),
            *self.made.drivers.problems,
            *oracles.only_known_lines(log, ()),
        ]


def _is_seen(world: World, plural: str, stored: Object | None) -> bool:
    found = world.get(plural, NAME)
    return (
        found is None
        if stored is None
        else bool(found and found["metadata"]["generation"] >= stored["generation"])
    )


def _is_well(world: World) -> bool:
    ours = _ours(world.objects.values())
    return all((obj.get("status") or {}).get("state") in {"Ready", "Succeeded"} for obj in ours)


def _ours(objects: Iterable[Object]) -> list[Object]:
    return [obj for obj in objects if str(obj["apiVersion"]).startswith("emberlake.dev/")]


def _masked(objects: Iterable[Object], namespace: str) -> State:
    """All that is there, of the present run only, without what counts."""
    listed = list(objects)
    runs = {obj["metadata"]["name"]: str((obj.get("status") or {}).get("run")) for obj in _ours(listed)}
    present = [obj for obj in listed if _label(obj, "run") in {None, runs.get(_label(obj, "name") or "")}]
    found = state_of(present, namespace)
    return {
        _plain(key): _plain(value)
        for key, value in found.items()
        # What was set and is left out again may stand there as empty: a default of the schema.
        if value not in ("[]", "{}") and not _COUNTED.search(key)
    }


def _plain(text: str) -> str:
    return _DRAWN.sub(r"\1-N", _NUMBERED.sub(r"\1-N", text))


def _label(obj: Object, name: str) -> str | None:
    found: str | None = (obj["metadata"].get("labels") or {}).get(f"emberlake.dev/{name}")
    return found


async def walk(ground: Ground, way: Way) -> None:
    """Walk in a world with the Catalogs lake and prod.

    Raises:
        AssertionError: says what is wrong after which step.
    """
    async with bench(ground, Fault(), f"walks/{way.kind.kind}", _TIMERS) as made:
        Kubelet(made.world)
        lake = catalog()
        await made.world.apply(lake)
        await made.world.apply(resource("Catalog", "prod", lake["spec"]))
        walker = Walk(made, way)
        try:
            await walker.go()
        except (AssertionError, TimeoutError) as error:
            taken = "".join(f"\n  {step!r}" for step in way.steps[: walker.taken])
            told = f"{error}\nfrom {way.kind.kind} {way.first}{taken}"
            raise AssertionError(f"{told}\nthe operator's log: {made.operator.log}") from None
