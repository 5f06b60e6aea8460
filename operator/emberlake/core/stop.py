"""The emergency stop: an annotation on an object of ours keeps the operator from every write for it."""

import logging
from datetime import UTC, datetime

from emberlake.api import DISABLED, RECONCILE
from emberlake.core.events import EventRecorder
from emberlake.core.model import Decision, Manifest, Owner, Ref
from emberlake.core.objects import ref_of

log = logging.getLogger(__name__)

_DECISION = Decision(
    "ReconcileDisabled",
    f"annotation {RECONCILE} is {DISABLED}: the operator writes nothing for this object until it is removed",
)


class EmergencyStop:
    """Knows which objects are stopped, and tells of each once."""

    def __init__(self, events: EventRecorder) -> None:
        self._events = events
        # reference -> uid, of those that were told of
        self._told: dict[Ref, str] = {}

    def holds(self, manifest: Manifest) -> bool:
        """Whether nothing may be written for the object."""
        ref, meta = ref_of(manifest), manifest["metadata"]
        if (meta.get("annotations") or {}).get(RECONCILE) != DISABLED:
            if self._told.pop(ref, None) is not None:
                log.info("reconcile enabled again")
            return False
        if self._told.get(ref) != meta["uid"]:
            self._told[ref] = meta["uid"]
            log.warning("reconcile disabled", extra={"reason": _DECISION.reason, "detail": _DECISION.message})
            self._events.say(Owner.of(manifest), _DECISION, datetime.now(UTC), warning=True)
        return True

    def forget(self, ref: Ref) -> None:
        """Take note that there is no such object."""
        self._told.pop(ref, None)
