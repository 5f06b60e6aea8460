"""Decides what a SparkJob does next. Pure: the same Observed gives the same Plan.

A run is active from its first attempt until `finishedAt`. Children have deterministic names, so that a
restart anywhere between two writes meets its own objects again and never makes a second driver.
"""

from typing import Any

from emberlake.api import CANCEL_REQUESTED_AT, REQUESTED_AT
from emberlake.api.quantity import duration_seconds
from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkjob import Attempt as AttemptStatus
from emberlake.catalog.render import spark_conf
from emberlake.core.conditions import bounded
from emberlake.core.model import Action, Apply, Create, Decision, Delete, Manifest, Plan, Ref
from emberlake.core.objects import digest, parse_time, timestamp
from emberlake.core.pods import image_failure, is_live, pending_reason
from emberlake.settings import Settings
from emberlake.sparkjob.build import Attempt, application_id, children, driver_name
from emberlake.sparkjob.failure import classify
from emberlake.sparkjob.observe import CatalogView, Observed

_POLL = 15.0
# Of one attempt; anything else is the job's, and follows its spec.
_RUN_ONCE = ("ConfigMap", "Pod")
IMAGE_GRACE_SECONDS = 20


def plan(observed: Observed, settings: Settings) -> Plan:
    """The next step of a SparkJob."""
    if observed.owner.deleting:
        return Plan()
    if _active(observed):
        return _advance(observed, settings)
    if _wants_run(observed):
        return _begin_run(observed, settings)
    return _at_rest(observed)


def spec_hash(observed: Observed) -> str:
    """Hash of what a run depends on, without fields at their default: an upgrade changes no hash."""
    document = observed.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return digest({k: v for k, v in document.items() if k not in ("suspend", "rerunOn", "timeouts")})


def _active(observed: Observed) -> bool:
    return observed.status.attempt is not None and observed.status.finished_at is None


def _attempt(observed: Observed) -> AttemptStatus:
    if observed.status.attempt is None:
        raise ValueError("an active run has an attempt")
    return observed.status.attempt


def _request(observed: Observed) -> str | None:
    return observed.owner.annotations.get(REQUESTED_AT)


def _cancel_asked(observed: Observed) -> str | None:
    asked = observed.owner.annotations.get(CANCEL_REQUESTED_AT)
    return asked if asked and asked != observed.status.last_handled_cancel else None


def _wants_run(observed: Observed) -> bool:
    status = observed.status
    if status.run == 0 or status.finished_at is None:
        return True
    request = _request(observed)
    if request and request != status.last_handled_request:
        return True
    return observed.spec.rerun_on == "Change" and status.spec_hash != spec_hash(observed)


def _at_rest(observed: Observed) -> Plan:
    """A run has ended and none is wanted: only take note of what was seen."""
    raw = dict(observed.raw_status)
    raw["observedGeneration"] = observed.owner.generation
    if cancel := _cancel_asked(observed):
        raw["lastHandledCancel"] = cancel
    return Plan(status=raw)


# Starting


def _begin_run(observed: Observed, settings: Settings) -> Plan:
    run = observed.status.run + 1
    if cancel := _cancel_asked(observed):
        return _finish(
            observed,
            "Cancelled",
            Decision("Cancelled", "cancelled before it started"),
            {"run": run, "lastHandledCancel": cancel},
        )
    if observed.spec.suspend:
        return _wait(observed, "Suspended", Decision("Suspended", "spec.suspend is set; unset it to run"))
    if waiting := _catalogs_missing(observed):
        return _wait(observed, "Pending", waiting)
    if refused := _refused(observed, settings):
        failure = Failure(category="Validation", reason=refused.reason, message=refused.message)
        return _finish(observed, "Failed", refused, {"run": run}, failure)
    return _start_attempt(observed, settings, run, 1)


def _catalogs_missing(observed: Observed) -> Decision | None:
    for name, catalog in observed.catalogs.items():
        if catalog is None:
            return Decision(
                "CatalogNotFound",
                f"spec.catalogs names {name!r}, and there is no Catalog {name} in namespace"
                f" {observed.owner.namespace}; the job starts when it appears",
            )
        if not catalog.ready:
            return Decision("CatalogNotReady", f"Catalog {name} is not ready: {catalog.message}")
    return None


def _refused(observed: Observed, settings: Settings) -> Decision | None:
    if settings.release(observed.spec.release) is None:
        served = ", ".join(sorted(settings.releases))
        return Decision("ReleaseNotFound", f"spec.release {observed.spec.release!r} is not one of {served}")
    secrets = {_secret(catalog) for catalog in observed.catalogs.values()}
    if len(secrets) > 1:
        return Decision(
            "CredentialsDiffer",
            "spec.catalogs name Catalogs with different s3.credentials; a job has one set: use one Secret",
        )
    try:
        spark_conf([(name, view.spec) for name, view in observed.catalogs.items() if view is not None])
    except ValueError as error:
        return Decision("CatalogNameInvalid", f"spec.catalogs: {error}")
    try:
        _children(observed, settings, Attempt(observed.status.run + 1, 1))
    except ValueError as error:
        return Decision("SpecInvalid", str(error))
    return None


def _secret(catalog: CatalogView | None) -> str | None:
    credentials = catalog.spec.s3.credentials if catalog else None
    return credentials.secret_name if credentials else None


def _start_attempt(observed: Observed, settings: Settings, run: int, number: int) -> Plan:
    if any(is_live(pod) for pod in observed.drivers):
        return _wait_for_previous(observed)
    attempt = Attempt(run, number)
    status = {
        **_base(observed),
        "run": run,
        "specHash": spec_hash(observed),
        "startedAt": timestamp(observed.now),
        "attempt": {
            "number": number,
            "pod": driver_name(observed.owner, attempt),
            "applicationId": application_id(observed.owner, attempt),
            "createdAt": timestamp(observed.now),
        },
    }
    if number > 1:
        status["startedAt"] = observed.raw_status.get("startedAt", status["startedAt"])
    if request := _request(observed):
        status["lastHandledRequest"] = request
    for gone in ("finishedAt", "failure", "waitingSince"):
        status.pop(gone, None)
    decision = Decision("DriverCreated", f"driver pod {status['attempt']['pod']} was created")
    return _story(observed, "Starting", decision, status, _children(observed, settings, attempt), _POLL)


def _wait_for_previous(observed: Observed) -> Plan:
    decision = Decision("PreviousDriverEnding", "waits until the previous driver pod has ended")
    return _wait(observed, "Pending", decision, requeue=2.0)


def _children(observed: Observed, settings: Settings, attempt: Attempt) -> tuple[Action, ...]:
    catalogs = [(name, view.spec) for name, view in observed.catalogs.items() if view is not None]
    made = children(observed.owner, observed.spec, catalogs, settings, attempt)
    return tuple(Create(m) if m["kind"] in _RUN_ONCE else Apply(m) for m in made)


# Advancing


def _advance(observed: Observed, settings: Settings) -> Plan:
    attempt = _attempt(observed)
    pod = observed.driver
    if cancel := _cancel_asked(observed):
        decision = Decision("Cancelled", f"cancelled by annotation {CANCEL_REQUESTED_AT}")
        return _finish(observed, "Cancelled", decision, {"lastHandledCancel": cancel}, actions=_stop(pod))
    if observed.spec.suspend:
        return _suspend(observed, pod)
    if attempt.ended is not None:
        if (waiting := _catalogs_missing(observed)) is not None:
            return _wait(observed, "Pending", waiting)
        return _start_attempt(observed, settings, observed.status.run, attempt.number + 1)
    if pod is None:
        return _missing(observed, settings)
    return _follow(observed, pod)


def _stop(pod: Manifest | None) -> tuple[Delete, ...]:
    if pod is None or not is_live(pod):
        return ()
    meta = pod["metadata"]
    return (Delete(Ref("Pod", meta["namespace"], meta["name"]), meta["uid"]),)


def _suspend(observed: Observed, pod: Manifest | None) -> Plan:
    status = _base(observed)
    status["attempt"] = {**status["attempt"], "ended": "Suspended"}
    decision = Decision("Suspended", "spec.suspend stopped the driver; unset it for a new attempt")
    return _story(observed, "Suspended", decision, status, _stop(pod))


def _missing(observed: Observed, settings: Settings) -> Plan:
    """The driver pod is gone, by a live read."""
    attempt = _attempt(observed)
    if attempt.pod_uid is None and _catalogs_missing(observed) is None:
        if any(is_live(other) for other in observed.drivers):
            return _wait_for_previous(observed)
        # The status was written and the pod was not, or a stale status was read: the name is the same.
        children = _children(observed, settings, Attempt(observed.status.run, attempt.number))
        decision = Decision("DriverCreated", f"driver pod {attempt.pod} was created")
        return _story(observed, "Starting", decision, _base(observed), children, _POLL)
    failure = Failure(
        category="Infrastructure",
        reason="DriverLost",
        message=f"driver pod {attempt.pod} is gone: it was deleted, or its node was lost",
    )
    return _fail(observed, failure)


def _follow(observed: Observed, pod: Manifest) -> Plan:
    status = _base(observed)
    status["attempt"] = {**status["attempt"], "podUid": pod["metadata"]["uid"]}
    phase = pod.get("status", {}).get("phase", "Pending")
    if phase == "Succeeded":
        return _finish(
            observed, "Succeeded", Decision("Succeeded", "the application ended with exit code 0"), status
        )
    if phase == "Failed":
        return _fail(observed, classify(pod, observed.log_tail), status)
    if overdue := _overdue(observed, phase):
        return _fail(observed, overdue, status, _stop(pod))
    if phase == "Running":
        decision = Decision("DriverRunning", f"driver pod {status['attempt']['pod']} runs")
        return _story(observed, "Running", decision, status, (), _time_left(observed))
    return _starting(observed, pod, status)


def _starting(observed: Observed, pod: Manifest, status: dict[str, Any]) -> Plan:
    failure = image_failure(pod)
    if failure is not None and _age(observed) >= IMAGE_GRACE_SECONDS:
        return _fail(observed, failure, status, _stop(pod))
    decision = pending_reason(pod) or Decision(
        "DriverStarting", f"driver pod {status['attempt']['pod']} starts"
    )
    return _story(observed, "Starting", decision, status, (), 5.0 if failure else _POLL)


def _age(observed: Observed) -> float:
    return (observed.now - parse_time(_attempt(observed).created_at)).total_seconds()


def _overdue(observed: Observed, phase: str) -> Failure | None:
    timeouts = observed.spec.timeouts
    if timeouts.run and _age(observed) > duration_seconds(timeouts.run):
        return Failure(
            category="Timeout", reason="RunTimeout", message=f"ran longer than timeouts.run {timeouts.run}"
        )
    if phase == "Pending" and _age(observed) > duration_seconds(timeouts.driver_start):
        return Failure(
            category="Timeout",
            reason="DriverStartTimeout",
            message=f"the driver did not start within timeouts.driverStart {timeouts.driver_start}:"
            f" {observed.status.message or 'the pod is pending'}",
        )
    return None


def _time_left(observed: Observed) -> float | None:
    run = observed.spec.timeouts.run
    return max(1.0, duration_seconds(run) - _age(observed) + 1) if run else None


# Status


def _base(observed: Observed) -> dict[str, Any]:
    return dict(observed.raw_status)


def _wait(observed: Observed, state: str, decision: Decision, requeue: float | None = None) -> Plan:
    status = _base(observed)
    status.setdefault("waitingSince", timestamp(observed.now))
    return _story(observed, state, decision, status, requeue=requeue)


def _fail(
    observed: Observed,
    failure: Failure,
    status: dict[str, Any] | None = None,
    actions: tuple[Delete, ...] = (),
) -> Plan:
    decision = Decision(failure.reason, failure.message)
    return _finish(observed, "Failed", decision, status or {}, failure, actions)


def _finish(
    observed: Observed,
    state: str,
    decision: Decision,
    extra: dict[str, Any],
    failure: Failure | None = None,
    actions: tuple[Delete, ...] = (),
) -> Plan:
    status = {**_base(observed), **extra, "finishedAt": timestamp(observed.now)}
    status.setdefault("specHash", spec_hash(observed))
    status.pop("waitingSince", None)
    # A request made while the run was active is kept for the next run.
    if (request := _request(observed)) and not _active(observed):
        status["lastHandledRequest"] = request
    if failure is None:
        status.pop("failure", None)
    else:
        status["failure"] = failure.model_dump(by_alias=True)
    return _story(observed, state, decision, status, actions)


def _story(
    observed: Observed,
    state: str,
    decision: Decision,
    status: dict[str, Any],
    actions: tuple[Action, ...] = (),
    requeue: float | None = None,
) -> Plan:
    common = bounded(state, decision, observed.owner.generation, observed.conditions, observed.now)
    return Plan(actions, {**status, **common}, decision, requeue)
