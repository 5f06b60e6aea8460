"""When pods and ConfigMaps of ended attempts go, and when the job itself. Pure.

Each pod stays for as long as `retention` says, counted from its own end, and its ConfigMap goes with it.
Once a run has ended for so long, all that is left of the job goes, and `releasedAt` tells so.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emberlake.core.model import Delete, Manifest, Ref
from emberlake.core.objects import ATTEMPT_LABEL, RUN_LABEL, is_owned, parse_time, ref_of
from emberlake.core.pods import is_live
from emberlake.sparkjob.asked import wants_run
from emberlake.sparkjob.drivers import ended_at, is_ending, is_over, phase
from emberlake.sparkjob.durations import later
from emberlake.sparkjob.extras import extras
from emberlake.sparkjob.phase import is_active, live_pod

if TYPE_CHECKING:
    from emberlake.sparkjob.observe import Observed

SIDECAR_GRACE = timedelta(minutes=5)


def delete_at(observed: "Observed") -> datetime | None:
    """When the SparkJob itself goes, None when it stays."""
    ended, ttl = _ended(observed), observed.spec.ttl_after_finished
    return later(ended, ttl) if ended and ttl else None


def release_at(observed: "Observed") -> datetime | None:
    """When the last of an ended run goes, None when it is not over or was released already."""
    ended = _ended(observed)
    if ended is None or observed.status.released_at:
        return None
    retention = observed.spec.retention
    return later(ended, retention.succeeded if _succeeded(observed) else retention.failed)


def next_release(observed: "Observed") -> datetime | None:
    """When something goes next."""
    moments = [_expiry(observed, pod) for pod in _earlier_pods(observed)]
    moments += [_patience(pod) for pod in _others(observed) if is_over(pod)]
    if (last := release_at(observed)) is not None:
        moments.append(last)
    return min(moments, default=None)


def looks_for_leftovers(observed: "Observed") -> bool:
    """Whether now is the time to look for ConfigMaps and the like: no watch tells of them."""
    moment = next_release(observed)
    if moment is not None and moment <= observed.now:
        return True
    return observed.status.run > 0 and not is_active(observed.status) and wants_run(observed)


def deletes(observed: "Observed") -> tuple[Delete, ...]:
    """What goes now: stray drivers, pods whose time is over, and what nobody needs without them."""
    running = strays(observed)
    gone = [*running, *_expired(observed)]
    attempts = {_attempt_of(pod) for pod in observed.drivers if pod not in gone} | _current(observed)
    wanted = set() if observed.status.released_at else _wanted(observed)
    left = [found for found in observed.leftovers if _is_needless(observed, found, attempts, wanted)]
    return tuple(_delete(found, found in running) for found in (*gone, *left))


def _delete(found: Manifest, running: bool) -> Delete:
    """A delete; of what runs only as it was seen: a driver that has ended since is the record of its run."""
    meta = found["metadata"]
    return Delete(ref_of(found), meta["uid"], resource_version=meta["resourceVersion"] if running else None)


def _is_needless(
    observed: "Observed", left: Manifest, attempts: set[tuple[int, int]], wanted: set[Ref]
) -> bool:
    if not _is_own(observed, left):
        return False
    if left["kind"] == "ConfigMap":
        return _is_past(observed, left) and _attempt_of(left) not in attempts
    return ref_of(left) not in wanted


def strays(observed: "Observed") -> list[Manifest]:
    """Drivers that run and are not that of the attempt under way: stopped ones, and what a crash left.

    Where the driver itself has ended, a sidecar may take its time, and the pod's phase follows by itself.
    """
    return [pod for pod in _others(observed) if not is_over(pod) or _patience(pod) <= observed.now]


def _others(observed: "Observed") -> list[Manifest]:
    """Pods that run, are not that of the attempt under way, and that nobody has deleted yet."""
    attempt = live_pod(observed.status)
    own = attempt.pod if attempt else None
    return [
        pod
        for pod in observed.drivers
        if is_live(pod) and not is_ending(pod) and pod["metadata"]["name"] != own and _is_own(observed, pod)
    ]


def _patience(pod: Manifest) -> datetime:
    """When a pod that outlives its driver goes."""
    return ended_at(pod) + SIDECAR_GRACE


def _expired(observed: "Observed") -> list[Manifest]:
    if observed.status.released_at:
        return [pod for pod in observed.drivers if _has_ended(observed, pod)]
    return [pod for pod in _earlier_pods(observed) if _expiry(observed, pod) <= observed.now]


def _earlier_pods(observed: "Observed") -> list[Manifest]:
    """Ended pods of other attempts than the last."""
    last = observed.status.attempt.pod if observed.status.attempt else None
    return [pod for pod in observed.drivers if _has_ended(observed, pod) and pod["metadata"]["name"] != last]


def _has_ended(observed: "Observed", pod: Manifest) -> bool:
    return not is_live(pod) and not is_ending(pod) and _is_own(observed, pod)


def _is_own(observed: "Observed", pod: Manifest) -> bool:
    return is_owned(pod, observed.owner.uid)


def _expiry(observed: "Observed", pod: Manifest) -> datetime:
    retention = observed.spec.retention
    return later(ended_at(pod), retention.succeeded if phase(pod) == "Succeeded" else retention.failed)


def _current(observed: "Observed") -> set[tuple[int, int]]:
    """The last attempt, whose configuration stays until the run is released."""
    status = observed.status
    if status.attempt is None or status.released_at:
        return set()
    return {(status.run, status.attempt.number)}


def _wanted(observed: "Observed") -> set[Ref]:
    """The objects that a job has once, whatever its attempts."""
    return {ref_of(found) for found in extras(observed.owner, observed.spec)}


def _is_past(observed: "Observed", child: Manifest) -> bool:
    """Whether a child is of an attempt that this status knows: a newer one is none of its business."""
    number = observed.status.attempt.number if observed.status.attempt else 0
    return _attempt_of(child) <= (observed.status.run, number)


def _attempt_of(child: Manifest) -> tuple[int, int]:
    labels = child["metadata"].get("labels") or {}
    return int(labels.get(RUN_LABEL, 0)), int(labels.get(ATTEMPT_LABEL, 0))


def _ended(observed: "Observed") -> datetime | None:
    ended = observed.status.finished_at
    return parse_time(ended) if ended else None


def _succeeded(observed: "Observed") -> bool:
    return any((c["type"], c["status"]) == ("Succeeded", "True") for c in observed.conditions)
