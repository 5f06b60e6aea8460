"""The only writer to Kubernetes: carries out a plan, then tells the user by status and Event."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emberlake.core.api import ApiError, KubeApi, NameConflictError
from emberlake.core.cache import Cache
from emberlake.core.model import Action, Apply, Create, Delete, Manifest, Owner, Plan
from emberlake.core.objects import is_owned, metadata, ref_of, timestamp

log = logging.getLogger(__name__)

_WARNING_STATES = ("Failed", "Cancelled", "NotReady")


class Applier:
    """Writes; keeps what the API server answers in the cache, so that the next plan sees it."""

    def __init__(self, api: KubeApi, cache: Cache) -> None:
        self._api, self._cache = api, cache

    async def execute(self, manifest: Manifest, plan: Plan, now: datetime) -> None:
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
            if _moved(manifest.get("status") or {}, plan.status):
                await self._event(owner, plan.status, now)

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

    async def _event(self, owner: Owner, status: Mapping[str, Any], now: datetime) -> None:
        kind = "Warning" if status.get("state") in _WARNING_STATES else "Normal"
        reason, message = status.get("reason", ""), status.get("message", "")
        log.info(
            message,
            extra={"object": str(owner.ref), "reason": reason, "state": status.get("state")},
        )
        # A name made from the content: a restart that says the same again meets AlreadyExists.
        key = f"{owner.uid}{status.get('run')}{status.get('state')}{reason}{timestamp(now)}"
        name = f"{owner.name}.{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {**metadata(owner, name, "event"), "ownerReferences": []},
            "involvedObject": {
                "apiVersion": owner.api_version,
                "kind": owner.kind,
                "namespace": owner.namespace,
                "name": owner.name,
                "uid": owner.uid,
            },
            "type": kind,
            "reason": reason,
            "message": message[:1024],
            "source": {"component": "emberlake"},
            "firstTimestamp": timestamp(now),
            "lastTimestamp": timestamp(now),
            "count": 1,
        }
        try:
            await self._api.create(event)
        except ApiError as error:
            # Events are best effort by the API conventions; a namespace that ends refuses them.
            if error.reason not in ("AlreadyExists", "Forbidden", "NotFound"):
                raise


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return any(before.get(key) != after.get(key) for key in ("state", "reason", "run"))
