"""Carries out a plan: children and the status, and tells of a status that was written.

Whoever decided on what is no longer so changes nothing (docs/decisions/0005): a create has a deterministic
name, an apply goes to the version that was seen, a delete to the uid, and none goes out after the Lease.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from emberlake.core.api import NEVER, ApiError, KubeApi
from emberlake.core.cache import Cache
from emberlake.core.drift import is_as_applied, stamped
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
from emberlake.core.objects import is_owned, owner_of, ref_of

# Refusals that the same request meets again until somebody acts; all others are worth another try at once.
_LASTING = (400, 403, 413, 422)
_WEBHOOK_DOWN = "failed calling webhook"


class RefusedError(Exception):
    """An object of a plan was not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.ref}: {refusal.message}")
        self.refusal = refusal


class NotLeadingError(Exception):
    """The Lease is not ours any more, or not for certain."""


class Applier:
    """Writes; keeps what the API server answers in the cache, so that the next plan sees it."""

    def __init__(
        self,
        api: KubeApi,
        cache: Cache,
        watched: Mapping[str, Collection[str]],
        written: Callable[[Transition], None],
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """Take what to write with.

        Args:
            watched: what the cache holds, as `capability.watched` finds it. Of what else is made, as the
                Service of a SparkJob, nobody would tell it that it is gone.
            written: hears of each status once, after the API server took it under its resourceVersion.
            leads: asked before each write; without the Lease there is none.
        """
        self._api, self._cache, self._watched, self._written = api, cache, watched, written
        self._leads = leads

    async def execute(
        self, manifest: Manifest, plan: Plan, seen: Mapping[Ref, Manifest] = MappingProxyType({})
    ) -> None:
        """Carry out `plan` for the object `manifest`.

        Args:
            seen: its children as they were before the plan was made; what is applied goes to these versions.

        Raises:
            RefusedError: the API server refuses an object of the plan until somebody acts.
            ApiError: the API server failed or refused another write; nothing after it was tried. Or the
                object is not any more what the plan was made for.
            NotLeadingError: the Lease went meanwhile; nothing after that was tried.
        """
        owner = Owner.of(manifest)
        if _acts_first(manifest, plan, seen):
            await self._confirm(manifest)
        if not plan.status_first:
            await self._carry_out(plan.actions, owner, seen)
        version = await self._status(manifest, plan.status)
        written = version is not None
        try:
            if plan.status_first:
                now = replace(owner, resource_version=version or owner.resource_version)
                await self._carry_out(plan.actions, now, seen)
        except RefusedError:
            # What becomes of it is told by the plan for the refusal.
            written = False
            raise
        finally:
            # Told last: whoever hears that a driver was created shall find it. And told in any case: a run
            # whose end stands in its status has ended, even if its pods could not be deleted yet.
            if written and plan.status is not None:
                self._written(Transition(owner, manifest.get("status") or {}, plan.status, datetime.now(UTC)))

    async def _confirm(self, manifest: Manifest) -> None:
        """Stop who decided on an outdated object.

        What it creates may have come and gone since, and what it deletes may be what the object is about.
        """
        ref = ref_of(manifest)
        found = await self._api.get(ref)
        if found is None:
            self._cache.discard(dict(manifest))
            raise ApiError(409, "Gone", f"{ref} was deleted")
        if found["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            self._keep(found)
            raise ApiError(409, "Conflict", f"{ref} has changed since the plan was made")

    async def _carry_out(self, actions: Iterable[Action], owner: Owner, seen: Mapping[Ref, Manifest]) -> None:
        made: list[Delete] = []
        for action in actions:
            if isinstance(action, Delete):
                await self._delete(action)
                continue
            answer = await self._make(action, owner, seen, tuple(made))
            made.append(Delete(ref_of(action.manifest), answer["metadata"]["uid"]))
            self._keep(answer)

    async def _delete(self, action: Delete) -> None:
        self._guard()
        try:
            await self._api.delete(action)
        except ApiError as error:
            # The next plan shall know what is there now, even if its watch says nothing.
            if error.status == 409 and (found := await self._api.get(action.ref)) is not None:
                self._keep(found)
            raise

    def _guard(self) -> None:
        if not self._leads():
            raise NotLeadingError

    async def _make(
        self, action: Create | Apply, owner: Owner, seen: Mapping[Ref, Manifest], made: tuple[Delete, ...]
    ) -> dict[str, Any]:
        ref = ref_of(action.manifest)
        try:
            if isinstance(action, Create):
                self._guard()
                return await self._api.create(action.manifest)
            wanted, found = stamped(action.manifest), seen.get(ref)
            if found is None:
                return await self._first(wanted, owner, made)
            return await self._again(wanted, found)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return await self._adopt(ref, owner, made)
            if error.status not in _LASTING and _WEBHOOK_DOWN not in error.message:
                raise
            raise RefusedError(Refusal(ref, error.status, error.reason, error.message, made)) from error

    async def _first(self, wanted: Manifest, owner: Owner, made: tuple[Delete, ...]) -> dict[str, Any]:
        """Apply what nobody has seen yet."""
        try:
            return await self._apply(wanted, {"resourceVersion": NEVER})
        except ApiError as error:
            if error.status != 409:
                raise
        found = await self._adopt(ref_of(wanted), owner, made)
        now = await self._api.get(owner.ref)
        # Whoever made it since then has written the status of its owner too.
        if now is None or now["metadata"]["resourceVersion"] != owner.resource_version:
            raise ApiError(409, "Conflict", f"{owner.ref} has changed since the plan was made")
        return await self._again(wanted, found)

    async def _again(self, wanted: Manifest, found: Manifest) -> dict[str, Any]:
        """Apply to an object as it was seen, if that changes it."""
        if is_as_applied(found, wanted):
            return dict(found)
        meta = found["metadata"]
        return await self._apply(wanted, {key: meta[key] for key in ("uid", "resourceVersion")})

    async def _apply(self, wanted: Manifest, identity: Mapping[str, str]) -> dict[str, Any]:
        self._guard()
        return await self._api.apply({**wanted, "metadata": {**wanted["metadata"], **identity}})

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
        owners, owner = self._watched.get(answer["kind"]), owner_of(answer)
        if owners is not None and (not owners or (owner and owner.kind in owners)):
            self._cache.upsert(answer)

    async def _status(self, manifest: Manifest, status: Mapping[str, Any] | None) -> str | None:
        """Write the status if it is another; the object's resourceVersion then, None without a write."""
        if status is None or not _is_news(manifest, status):
            return None
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
        self._guard()
        answer = await self._api.apply(document, subresource="/status")
        self._keep(answer)
        return str(answer["metadata"]["resourceVersion"])


def _acts_first(manifest: Manifest, plan: Plan, seen: Container[Ref]) -> bool:
    """Whether something comes or goes before a status with the object's resourceVersion is written."""
    acts = any(_is_unguarded(action, ref_of(manifest), seen) for action in plan.actions)
    return acts and not (plan.status_first and _is_news(manifest, plan.status))


def _is_unguarded(action: Action, owner: Ref, seen: Container[Ref]) -> bool:
    """Whether the API server would take it from somebody with an outdated view of the owner."""
    if isinstance(action, Delete):
        return action.ref != owner or action.resource_version is None
    return isinstance(action, Create) or ref_of(action.manifest) not in seen


def _is_news(manifest: Manifest, status: Mapping[str, Any] | None) -> bool:
    return status is not None and status != (manifest.get("status") or {})


def _of_earlier(existing: Manifest, owner: Owner) -> bool:
    """Whether it belonged to an object of the same name that was deleted."""
    references = existing["metadata"].get("ownerReferences") or ()
    return any((found["kind"], found["name"]) == (owner.kind, owner.name) for found in references)
