"""Carries out a plan: children first, then the status, and tells of a status that was written."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from emberlake.core.api import ApiError, KubeApi, NameConflictError
from emberlake.core.cache import Cache
from emberlake.core.model import Action, Apply, Create, Delete, Manifest, Owner, Plan, Transition
from emberlake.core.objects import is_owned, ref_of


class Applier:
    """Writes; keeps what the API server answers in the cache, so that the next plan sees it."""

    def __init__(self, api: KubeApi, cache: Cache, written: Callable[[Transition], None]) -> None:
        """`written` hears of each status once, after the API server took it under its resourceVersion."""
        self._api, self._cache, self._written = api, cache, written

    async def execute(self, manifest: Manifest, plan: Plan) -> None:
        """Carry out `plan` for the object `manifest`.

        Raises:
            NameConflictError: a name we need is taken by somebody else's object.
            ApiError: the API server refused a write; nothing after it was tried.
        """
        owner = Owner.of(manifest)
        for action in plan.actions:
            await self._act(action, owner)
        if plan.status is not None and plan.status != manifest.get("status"):
            await self._status(manifest, plan.status)
            self._written(Transition(owner, manifest.get("status") or {}, plan.status, datetime.now(UTC)))

    async def _act(self, action: Action, owner: Owner) -> None:
        match action:
            case Create(manifest):
                self._cache.upsert(await self._create(manifest, owner))
            case Apply(manifest):
                self._cache.upsert(await self._api.apply(manifest))
            case Delete(ref, uid, grace):
                await self._api.delete(ref, uid, grace)

    async def _create(self, manifest: Manifest, owner: Owner) -> dict[str, Any]:
        try:
            return await self._api.create(manifest)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
        ref = ref_of(manifest)
        existing = await self._api.get(ref)
        if existing is None:
            raise ApiError(409, "Gone", f"{ref} was deleted while it was adopted")
        if not is_owned(existing, owner.uid):
            raise NameConflictError(ref)
        return existing

    async def _status(self, manifest: Manifest, status: Mapping[str, Any]) -> None:
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
        self._cache.upsert(await self._api.apply(document, subresource="/status"))
