"""Carries out a plan: children and the status, and tells of a status that was written."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from emberlake.core.api import ApiError, KubeApi
from emberlake.core.cache import Cache
from emberlake.core.model import (
    EARLIER_OBJECT,
    NAME_CONFLICT,
    Action,
    Apply,
    Create,
    Delete,
    Manifest,
    Owner,
    Plan,
    Ref,
    Refusal,
    Transition,
)
from emberlake.core.objects import is_owned, ref_of

# Refusals that the same request meets again until somebody acts; all others are worth another try at once.
_LASTING = (400, 403, 413, 422)
_WEBHOOK_DOWN = "failed calling webhook"


class RefusedError(Exception):
    """An object of a plan was not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.ref}: {refusal.message}")
        self.refusal = refusal


class Applier:
    """Writes; keeps what the API server answers in the cache, so that the next plan sees it."""

    def __init__(
        self, api: KubeApi, cache: Cache, watched: Collection[str], written: Callable[[Transition], None]
    ) -> None:
        """Take what to write with.

        Args:
            watched: kinds that the cache holds. Of others nobody would tell it that they are gone.
            written: hears of each status once, after the API server took it under its resourceVersion.
        """
        self._api, self._cache, self._watched, self._written = api, cache, watched, written

    async def execute(self, manifest: Manifest, plan: Plan) -> None:
        """Carry out `plan` for the object `manifest`.

        Raises:
            RefusedError: the API server refuses an object of the plan until somebody acts.
            ApiError: the API server failed or refused another write; nothing after it was tried.
        """
        owner = Owner.of(manifest)
        if not plan.status_first:
            await self._carry_out(plan.actions, owner)
        written = await self._status(manifest, plan.status)
        try:
            if plan.status_first:
                await self._carry_out(plan.actions, owner)
        except RefusedError:
            # What becomes of it is told by the plan for the refusal.
            written = False
            raise
        finally:
            # Told last: whoever hears that a driver was created shall find it. And told in any case: a run
            # whose end stands in its status has ended, even if its pods could not be deleted yet.
            if written and plan.status is not None:
                self._written(Transition(owner, manifest.get("status") or {}, plan.status, datetime.now(UTC)))

    async def _carry_out(self, actions: Iterable[Action], owner: Owner) -> None:
        made: list[Delete] = []
        for action in actions:
            if isinstance(action, Delete):
                await self._api.delete(action)
                continue
            answer = await self._make(action, owner, tuple(made))
            made.append(Delete(ref_of(action.manifest), answer["metadata"]["uid"]))
            self._keep(answer)

    async def _make(self, action: Create | Apply, owner: Owner, made: tuple[Delete, ...]) -> dict[str, Any]:
        ref = ref_of(action.manifest)
        try:
            if isinstance(action, Apply):
                return await self._api.apply(action.manifest)
            return await self._api.create(action.manifest)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return await self._adopt(ref, owner, made)
            if error.status not in _LASTING and _WEBHOOK_DOWN not in error.message:
                raise
            raise RefusedError(Refusal(ref, error.status, error.reason, error.message, made)) from error

    async def _adopt(self, ref: Ref, owner: Owner, made: tuple[Delete, ...]) -> dict[str, Any]:
        existing = await self._api.get(ref)
        if existing is None:
            raise ApiError(409, "Gone", f"{ref} was deleted while it was adopted")
        if is_owned(existing, owner.uid):
            return existing
        if _of_earlier(existing, owner):
            message = f"{ref} belongs to an earlier {owner.ref}, which is being cleaned up"
            raise RefusedError(Refusal(ref, 409, EARLIER_OBJECT, message, made))
        message = f"{ref} exists and does not belong to this object; delete or rename it"
        raise RefusedError(Refusal(ref, 409, NAME_CONFLICT, message, made))

    def _keep(self, answer: dict[str, Any]) -> None:
        if answer["kind"] in self._watched:
            self._cache.upsert(answer)

    async def _status(self, manifest: Manifest, status: Mapping[str, Any] | None) -> bool:
        """Write the status if it is another; whether it was."""
        if status is None or status == (manifest.get("status") or {}):
            return False
        meta = manifest["metadata"]
        document = {
            "apiVersion": manifest["apiVersion"],
            "kind": manifest["kind"],
            "metadata": {
                "name": meta["name"],
                "namespace": meta["namespace"],
                "resourceVersion": meta["resourceVersion"],
            },
            "status": status,
        }
        self._keep(await self._api.apply(document, subresource="/status"))
        return True


def _of_earlier(existing: Manifest, owner: Owner) -> bool:
    """Whether it belonged to an object of the same name that was deleted."""
    references = existing["metadata"].get("ownerReferences") or ()
    return any((found["kind"], found["name"]) == (owner.kind, owner.name) for found in references)
