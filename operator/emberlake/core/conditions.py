"""Status in one voice: a story (state, decision) becomes conditions that kstatus and Argo CD read.

The table is DESIGN's: Succeeded for bounded work, Ready for all, Reconciling and Stalled abnormal-true.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from emberlake.core.model import Decision
from emberlake.core.objects import timestamp

# state -> (Succeeded, Ready, Reconciling, Stalled); None: the condition is absent
_BOUNDED: Mapping[str, tuple[str | None, str, bool, bool]] = {
    **dict.fromkeys(
        ("Pending", "Queued", "Starting", "Running", "Retrying"), ("Unknown", "False", True, False)
    ),
    "Succeeded": ("True", "True", False, False),
    **dict.fromkeys(("Failed", "Cancelled"), ("False", "False", False, True)),
    "Suspended": ("Unknown", "True", False, False),
}
_SERVING: Mapping[str, tuple[str | None, str, bool, bool]] = {
    **dict.fromkeys(("Pending", "Starting", "NotReady"), (None, "False", True, False)),
    "Ready": (None, "True", False, False),
    "Failed": (None, "False", False, True),
    "Suspended": (None, "True", False, False),
}


def bounded(
    state: str, decision: Decision, generation: int, previous: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """Common status fields of a kind that runs and ends (SparkJob, Crawl).

    Args:
        state: one of DESIGN's printable states.
        previous: the conditions so far; an unchanged status keeps its transition time.
    """
    return _status(_BOUNDED[state], state, decision, generation, previous, now)


def serving(
    state: str, decision: Decision, generation: int, previous: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, Any]:
    """Common status fields of a kind that stays (Catalog, Warehouse).

    Args:
        state: Pending, Starting, NotReady, Ready, Failed or Suspended.
    """
    return _status(_SERVING[state], state, decision, generation, previous, now)


def _status(
    row: tuple[str | None, str, bool, bool],
    state: str,
    decision: Decision,
    generation: int,
    previous: Sequence[Mapping[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    succeeded, ready, reconciling, stalled = row
    wanted = {
        "Succeeded": succeeded,
        "Ready": ready,
        "Reconciling": "True" if reconciling else None,
        "Stalled": "True" if stalled else None,
    }
    before = {condition["type"]: condition for condition in previous}
    return {
        "observedGeneration": generation,
        "state": state,
        "reason": decision.reason,
        "message": decision.message,
        "conditions": [
            _condition(name, status, decision, generation, before.get(name), now)
            for name, status in wanted.items()
            if status is not None
        ],
    }


def _condition(
    name: str,
    status: str,
    decision: Decision,
    generation: int,
    before: Mapping[str, Any] | None,
    now: datetime,
) -> dict[str, Any]:
    kept = before is not None and before.get("status") == status
    return {
        "type": name,
        "status": status,
        "reason": decision.reason,
        "message": decision.message,
        "observedGeneration": generation,
        "lastTransitionTime": before["lastTransitionTime"] if kept and before else timestamp(now),
    }
