"""The status of a SparkJob: built from the one before, small, and told in one voice. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus
from emberlake.core.conditions import bounded
from emberlake.core.model import Action, Decision, Plan
from emberlake.core.objects import parse_time, timestamp
from emberlake.sparkjob.asked import spec_hash

if TYPE_CHECKING:
    from emberlake.sparkjob.observe import Observed

Status = dict[str, Any]

# A message stands in the status up to five times, and the whole must stay below 16 KiB.
MESSAGE_BYTES = 1400
_ESCAPED_BYTES = 6
_CUT = " …"
# What belongs to one run, and goes when the next begins.
OF_A_RUN = (
    "engine",
    "handedOver",
    "sailWrites",
    "attempt",
    "pastAttempts",
    "retries",
    "waitingSince",
    "suspendedAt",
    "suspendedSeconds",
    "startedAt",
    "finishedAt",
    "releasedAt",
    "failure",
)


def without(status: Mapping[str, Any], *names: str) -> Status:
    """A copy of a status without these fields."""
    return {name: value for name, value in status.items() if name not in names}


def renewed(observed: "Observed", status: Mapping[str, Any]) -> "Observed":
    """The same observation as if `status` were written already."""
    return replace(observed, raw_status=status, status=SparkJobStatus.model_validate(status))


def noted(observed: "Observed", **fields: Any) -> Status:
    """The status with what is known of the last attempt's pod, and further fields of the attempt."""
    attempt: Mapping[str, Any] = observed.raw_status.get("attempt") or {}
    uid = {"podUid": observed.driver["metadata"]["uid"]} if observed.driver else {}
    return {**observed.raw_status, "attempt": {**attempt, **uid, **fields}}


def resumed(status: Mapping[str, Any], now: datetime) -> Status:
    """A status that is suspended no longer."""
    found = without(status, "suspendedAt")
    if since := status.get("suspendedAt"):
        passed = int((now - parse_time(since)).total_seconds())
        found["suspendedSeconds"] = status.get("suspendedSeconds", 0) + max(0, passed)
    return found


def story(
    observed: "Observed",
    state: str,
    decision: Decision,
    status: Mapping[str, Any],
    actions: tuple[Action, ...] = (),
    *,
    requeue: float | None = None,
    status_first: bool = True,
) -> Plan:
    """A plan that leaves the job in `state`, for the reason of `decision`."""
    told = Decision(decision.reason, fit(decision.message))
    common = bounded(state, told, observed.owner.generation, observed.conditions, observed.now)
    return Plan(actions, {**status, **common}, told, requeue, status_first)


def finished(
    observed: "Observed",
    state: str,
    decision: Decision,
    status: Mapping[str, Any],
    failure: Failure | None = None,
) -> Plan:
    """A plan that ends the run."""
    ended = without(resumed(status, observed.now), "waitingSince", "failure")
    ended["finishedAt"] = timestamp(observed.now)
    ended["specHash"] = spec_hash(observed)
    if "retries" in ended:
        ended["retries"] = without(ended["retries"], "at")
    if failure is not None:
        ended["failure"] = {**failure.model_dump(by_alias=True), "message": fit(failure.message)}
    return story(observed, state, decision, ended)


def steady(observed: "Observed", decision: Decision) -> Decision:
    """The decision as it was told, if its reason is the same: numbers in a message are no news."""
    told, generation = observed.status, observed.owner.generation
    if (told.reason, told.observed_generation) != (decision.reason, generation):
        return decision
    return Decision(decision.reason, told.message or decision.message)


def is_told(observed: "Observed", decision: Decision) -> bool:
    """Whether the status says just this already, of the spec as it is."""
    told = observed.status
    known = (told.reason, told.message, told.observed_generation)
    return known == (decision.reason, decision.message, observed.owner.generation)


def fit(text: str, room: int = MESSAGE_BYTES) -> str:
    """The text, shortened until JSON needs no more than `room` bytes for it."""
    if len(text) * _ESCAPED_BYTES <= room:
        return text
    room -= len(_CUT.encode())
    for index, character in enumerate(text):
        room -= _size(character)
        if room < 0:
            return text[:index] + _CUT
    return text


def _size(character: str) -> int:
    """Bytes of a character in JSON; Go, which stores it, escapes more than others."""
    if character in "<>&\u2028\u2029":
        return _ESCAPED_BYTES
    return len(json.dumps(character, ensure_ascii=False).encode()) - len('""')
