"""What must hold of every run: each oracle says what is wrong, in words, or nothing. Pure."""

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from faults.record import Counts, Masks, State, stable_name
from faults.upstream import Object

_MOST = 6
_OVER = ("Succeeded", "Failed")
# state -> Succeeded, Ready, Reconciling, Stalled; "-" where the condition is absent (docs/reference).
_MOVING = {"Ready": "False", "Reconciling": "True", "Stalled": "-"}
_STORIES: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("Pending", "Queued", "Starting", "Running", "Retrying", "NotReady"), _MOVING),
    "Succeeded": {"Ready": "True", "Reconciling": "-", "Stalled": "-"},
    "Ready": {"Ready": "True", "Reconciling": "-", "Stalled": "-"},
    "Suspended": {"Ready": "True", "Reconciling": "-", "Stalled": "-"},
    "Failed": {"Ready": "False", "Reconciling": "-", "Stalled": "True"},
    "Cancelled": {"Ready": "False", "Reconciling": "-", "Stalled": "True"},
}
_BOUNDED = ("SparkJob", "Crawl")
_OUTCOME = {"Succeeded": "True", "Failed": "False", "Cancelled": "False"}


def same_end(found: State, wanted: State, masks: Masks) -> list[str]:
    """The end state is that of the reference."""
    left, right = masks.hide(found), masks.hide(wanted)
    paths = sorted(path for path in {*left, *right} if left.get(path) != right.get(path))
    return _few(f"{path} is {left.get(path)}, not {right.get(path)}" for path in paths)


def same_counts(found: Counts, wanted: Counts, tried_again: Container[str] = ()) -> list[str]:
    """Each object was created and deleted as often as in the reference.

    Args:
        tried_again: objects of something that is refused and tried anew, no one says how often: of them as
            many are left.
    """
    none = (0, 0)
    return _few(
        f"{name} was created and deleted {found.get(name, none)} times, not {wanted.get(name, none)}"
        for name in sorted({*found, *wanted})
        if not _same_count(found.get(name, none), wanted.get(name, none), left=name in tried_again)
    )


def _same_count(found: tuple[int, int], wanted: tuple[int, int], *, left: bool) -> bool:
    return found[0] - found[1] == wanted[0] - wanted[1] if left else found == wanted


def idle(tried: int, seconds: float) -> list[str]:
    """Whoever has nothing to do tries to write next to nothing.

    Args:
        tried: writes in the last `seconds`, those that changed nothing. Of a Warehouse all objects are
            applied once a minute, and when an operator begins.
    """
    most = 20 + seconds
    return [f"{tried} writes that change nothing in {seconds:.0f} s"] if tried > most else []


def owned(objects: Iterable[Object]) -> list[str]:
    """Whatever the operator made belongs to an object that is there."""
    listed = list(objects)
    uids = {obj["metadata"]["uid"] for obj in listed}
    found = []
    for obj in listed:
        labels = obj["metadata"].get("labels") or {}
        owners = [owner["uid"] for owner in obj["metadata"].get("ownerReferences") or ()]
        # Of a Deployment's pod the owner is a ReplicaSet, which goes with the Deployment.
        if labels.get("app.kubernetes.io/managed-by") != "emberlake" or "pod-template-hash" in labels:
            continue
        if not owners:
            found.append(f"{stable_name(obj)} has no owner")
        elif not uids.intersection(owners):
            found.append(f"the owner of {stable_name(obj)} is gone")
    return found


def one_story(objects: Iterable[Object]) -> list[str]:
    """State and conditions of each of our objects tell the same, of its present generation."""
    return [problem for obj in objects if _is_ours(obj) for problem in _story_problems(obj)]


def _is_ours(obj: Object) -> bool:
    return str(obj["apiVersion"]).startswith("emberlake.dev/")


def _story_problems(obj: Object) -> list[str]:
    name, status, generation = stable_name(obj), obj.get("status") or {}, obj["metadata"]["generation"]
    state = str(status.get("state"))
    if state not in _STORIES:
        return [f"{name} has the state {state}"]
    told = {found["type"]: found["status"] for found in status.get("conditions") or ()}
    wanted = dict(_STORIES[state])
    wanted["Succeeded"] = _OUTCOME.get(state, "Unknown") if obj["kind"] in _BOUNDED else "-"
    found = [
        f"{name} is {state}, and its condition {kind} is {told.get(kind, '-')}"
        for kind, value in wanted.items()
        if told.get(kind, "-") != value
    ]
    if status.get("observedGeneration") != generation:
        found.append(f"{name}: observedGeneration is {status.get('observedGeneration')}, not {generation}")
    return found


@dataclass
class LiveDrivers:
    """Watches a whole run for two drivers of one job that live at the same time."""

    problems: list[str] = field(default_factory=list)
    _live: dict[str, dict[str, str]] = field(default_factory=dict)

    def see(self, event: str, pod: Object) -> None:
        """Something happened to a pod."""
        labels = pod["metadata"].get("labels") or {}
        if labels.get("emberlake.dev/role") != "driver":
            return
        job, uid = labels["emberlake.dev/name"], pod["metadata"]["uid"]
        live = self._live.setdefault(job, {})
        live.pop(uid, None)
        if event != "DELETED" and pod.get("status", {}).get("phase") not in _OVER:
            live[uid] = pod["metadata"]["name"]
        if len(live) > 1:
            self.problems.append(f"job {job} has the live drivers {sorted(live.values())}")


def only_known_lines(log: str, allowed: Sequence[str]) -> list[str]:
    """The log has no line above INFO that nobody expects.

    Args:
        allowed: patterns of the message and the error of a line, matched from their beginning.
    """
    found = []
    for line in log.splitlines():
        try:
            document = json.loads(line)
        except ValueError:
            found.append(f"log: {line[:300]}")
            continue
        told = f"{document.get('message')} | {document.get('error', '')}"
        if document.get("level") in ("info", "debug") or any(re.match(p, told) for p in allowed):
            continue
        found.append(f"log: {document.get('level')}: {told[:300]} … {told[-200:]}")
    return _few(found)


def _few(problems: Iterable[str]) -> list[str]:
    listed = list(problems)
    more = [f"and {len(listed) - _MOST} more"] if len(listed) > _MOST else []
    return listed[:_MOST] + more
