"""The loop: key -> observe -> plan -> apply, with a bounded number of workers."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from emberlake.api import GROUP
from emberlake.core import conditions, logs
from emberlake.core.api import ApiError
from emberlake.core.apply import Applier, NotLeadingError, RefusedError
from emberlake.core.capability import Capability, watched
from emberlake.core.context import Context
from emberlake.core.events import EventRecorder
from emberlake.core.metrics import QUEUE_SECONDS, RECONCILE_SECONDS, RECONCILES
from emberlake.core.model import NAME_CONFLICT, Decision, Manifest, Owner, Plan, Ref, Refusal
from emberlake.core.objects import owner_of, ref_of
from emberlake.core.queue import KeyedQueue
from emberlake.core.states import NEW, state_of
from emberlake.core.stop import EmergencyStop
from emberlake.core.transitions import Transitions

log = logging.getLogger(__name__)

# Times are whole seconds: a plan that looks again sooner sees the same moment, and would circle.
_SHORTEST_WAIT = 0.5


class Reconciler:
    """Keeps every object of the registered kinds on its way."""

    def __init__(
        self,
        context: Context,
        capabilities: Mapping[str, Capability[Any]],
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`leads`: whether this process still holds the Lease; asked before each write."""
        self._context = context
        self._capabilities = capabilities
        self._events = EventRecorder(context.api)
        self._stop = EmergencyStop(self._events)
        measures = {kind: capability.measure for kind, capability in capabilities.items()}
        tell = Transitions(self._events, measures).tell
        self._applier = Applier(context.api, context.cache, watched(capabilities.values()), tell, leads)
        self.queue: KeyedQueue[Ref] = KeyedQueue(backoff_cap=context.settings.timers.longest_backoff)
        self.working = False
        context.cache.listen(self.changed)

    def changed(self, obj: Mapping[str, Any]) -> None:
        """Put into the queue whatever depends on `obj`: itself, its owner, those who refer to it.

        An object that nobody has looked at yet lets the others go first: were more submitted than can be
        carried, news of what runs would otherwise wait behind all of it.
        """
        ref = ref_of(obj)
        if ref.kind in self._capabilities:
            self.queue.add(ref, back=state_of(obj) == NEW)
        if (owner := owner_of(obj)) and owner.kind in self._capabilities:
            self.queue.add(owner)
        self._enqueue_referrers(ref)

    def _enqueue_referrers(self, changed: Ref) -> None:
        for capability in self._capabilities.values():
            if (names := capability.references.get(changed.kind)) is None:
                continue
            for obj in self._context.cache.of_kind(capability.kind, changed.namespace):
                if changed.name in names(obj):
                    self.queue.add(ref_of(obj))

    async def run(self, workers: int) -> None:
        """Work until cancelled."""
        self.working = True
        self.queue.restart()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._events.run())
            for _ in range(workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            ref, waited = await self.queue.get()
            QUEUE_SECONDS.labels(ref.kind).observe(waited)
            failed = True
            try:
                with logs.reconciling(ref, self._context.cache.get(ref)):
                    failed = not await self._guarded(ref)
            finally:
                self.queue.done(ref, failed=failed)
            # A step that waited for nothing must not keep the Lease, the watches and signals waiting.
            await asyncio.sleep(0)

    async def _guarded(self, ref: Ref) -> bool:
        started = time.monotonic()
        result = "error"
        try:
            await self.reconcile(ref)
            result = "success"
        except ApiError as error:
            result = "conflict" if _outrun(ref, error) else "error"
            level = logging.INFO if result == "conflict" else logging.WARNING
            log.log(level, "API server refused", extra={"error": str(error)})
        except NotLeadingError:
            log.info("nothing written without the lease")
        except (TimeoutError, OSError) as error:
            log.warning("API server unreachable", extra={"error": str(error)})
        except Exception:
            # One object's defect must not stop the others; it is counted, logged and retried with backoff.
            log.exception("reconcile failed")
        finally:
            RECONCILE_SECONDS.labels(ref.kind).observe(time.monotonic() - started)
            RECONCILES.labels(ref.kind, result).inc()
            log.debug("reconciled", extra={"result": result})
        return result == "success"

    async def reconcile(self, ref: Ref) -> None:
        """Bring one object a step further."""
        manifest = self._context.cache.get(ref)
        if manifest is None or manifest["metadata"].get("deletionTimestamp"):
            self._stop.forget(ref)
            return
        if self._stop.holds(manifest):
            return
        seen = self._context.cache.family(ref)
        plan = await self._plan(manifest)
        try:
            await self._applier.execute(manifest, plan, seen)
        except RefusedError as error:
            # A status that was written before the refusal is newer than the one in hand.
            manifest, seen = self._context.cache.get(ref) or manifest, self._context.cache.family(ref)
            plan = await self._plan(manifest, error.refusal)
            await self._applier.execute(manifest, plan, seen)
        if plan.requeue_after is not None:
            self.queue.add_after(ref, max(_SHORTEST_WAIT, plan.requeue_after))

    async def _plan(self, manifest: Manifest, refusal: Refusal | None = None) -> Plan:
        capability, settings = self._capabilities[manifest["kind"]], self._context.settings
        try:
            observed = await capability.observe(self._context, manifest)
            if refusal is None:
                return capability.plan(observed, settings)
            if capability.refused is not None:
                return capability.refused(observed, refusal, settings)
        except ValidationError as error:
            return self._story(
                manifest, "Failed", Decision("InvalidSpec", _first_problem(manifest["kind"], error))
            )
        return self._refused(manifest, refusal)

    def _refused(self, manifest: Manifest, refusal: Refusal) -> Plan:
        """What a capability does that has no word of its own for it."""
        if refusal.reason == NAME_CONFLICT:
            plan = self._story(manifest, "Failed", Decision(NAME_CONFLICT, refusal.message))
        else:
            plan = self._story(manifest, "Pending", Decision("CreateRefused", refusal.message[:2000]))
        return replace(plan, requeue_after=self._context.settings.timers.refused)

    def _story(self, manifest: Manifest, state: str, decision: Decision) -> Plan:
        """The object as it is, with a story that says why it does not move."""
        owner = Owner.of(manifest)
        before = manifest.get("status") or {}
        story = conditions.bounded if owner.kind in ("SparkJob", "Crawl") else conditions.serving
        common = story(state, decision, owner.generation, before.get("conditions") or [], self._context.now())
        return Plan(status={**before, **common}, decision=decision)


def _outrun(ref: Ref, error: ApiError) -> bool:
    """Whether somebody wrote the object, or deleted it, since it was seen."""
    deleted = error.status == 404 and error.message.endswith(f'{GROUP} "{ref.name}" not found')
    return deleted or error.status == 409


def _first_problem(kind: str, error: ValidationError) -> str:
    """The field, and whose it is where it is of another object, which this one names."""
    first = error.errors()[0]
    other = error.title.removesuffix("Spec")
    field = ".".join(str(part) for part in first["loc"])
    told = f"spec.{field}: {first['msg']} (found {first.get('input')!r})"
    return (
        told if other == kind or not error.title.endswith("Spec") else f"of the {other} that it names, {told}"
    )
