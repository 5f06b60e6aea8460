"""Decides what a Crawl does next. Pure: the same Observed gives the same Plan."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emberlake.api import CANCEL_REQUESTED_AT, REQUESTED_AT, ROLLBACK_TO
from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.crawl import CrawlRun
from emberlake.core.conditions import bounded
from emberlake.core.model import Action, Create, Decision, Delete, Manifest, Plan
from emberlake.core.objects import RUN_LABEL, digest, parse_time, ref_of, timestamp
from emberlake.core.pods import image_failure, is_live, pending_reason
from emberlake.crawl.asked import Start, asked
from emberlake.crawl.build import config_map, job, job_name
from emberlake.crawl.observe import Observed
from emberlake.crawl.schedule import next_after
from emberlake.crawl.summary import failure, job_ended, summary
from emberlake.settings import Settings

KEPT_RUNS = 3
KEPT_HISTORY = 20
_OF_ONE_RUN = frozenset(
    {
        "finishedAt",
        "failure",
        "waitingSince",
        "jobUid",
        "counts",
        "tables",
        "readableBy",
        "reportUri",
        "rollbackTo",
        "progress",
    }
)
IMAGE_GRACE_SECONDS = 20
_POLL = 15.0
_INVALID_SCHEDULE = "InvalidSchedule"
# What the reconciler says of an object that is not valid, or that names one that is not.
_INVALID_SPEC = "InvalidSpec"
_MAX_SLEEP = 3600.0


def plan(observed: Observed, settings: Settings) -> Plan:
    """The next step of a Crawl."""
    if observed.owner.deleting:
        return Plan()
    if _active(observed):
        return _advance(observed, settings)
    try:
        special = asked(observed.owner, observed.status)
    except ValueError as error:
        return _refuse(observed, str(error))
    return _begin(observed, settings, special) if special else _regular(observed, settings)


def _regular(observed: Observed, settings: Settings) -> Plan:
    """A crawl, where one is wanted."""
    try:
        due = _due(observed)
    except ValueError as error:
        if observed.status.observed_generation == observed.owner.generation:
            return Plan()
        refused = Failure(category="Validation", reason=_INVALID_SCHEDULE, message=str(error))
        # Without its hash the run counts as not done, so that taking the schedule away starts it again.
        decision = Decision(refused.reason, refused.message)
        return _finish(observed, "Failed", decision, {"specHash": None}, refused)
    if observed.spec.suspend:
        return _story(observed, "Suspended", Decision("Suspended", "spec.suspend is set"), _base(observed))
    return _begin(observed, settings, _start(observed, due)) if _wanted(observed, due) else _rest(observed)


def _active(observed: Observed) -> bool:
    return observed.status.run > 0 and observed.status.finished_at is None


def _refuse(observed: Observed, problem: str) -> Plan:
    """A rollback to a run that is none."""
    refused = Failure(category="Validation", reason="InvalidRollback", message=problem)
    handled = {"lastHandledRollback": observed.owner.annotations[ROLLBACK_TO][:256]}
    return _finish(observed, "Failed", Decision(refused.reason, problem), handled, refused)


def _start(observed: Observed, due: datetime | None) -> Start:
    """A crawl, and what of the status tells that it was taken up."""
    status = {"specHash": spec_hash(observed)}
    if found := classifiers_hash(observed) if not _missing_classifiers(observed) else None:
        status["classifiersHash"] = found
    if request := _request(observed):
        status["lastHandledRequest"] = request
    if due is not None and due <= observed.now:
        status["lastScheduledAt"] = timestamp(observed.now)
    return Start("Crawl", status)


def spec_hash(observed: Observed) -> str:
    """Hash of what a run depends on, without fields at their default: an upgrade changes no hash."""
    document = observed.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # An object whose fields are all at their default is left empty.
    return digest({k: v for k, v in document.items() if k not in ("suspend", "schedule") and v != {}})


def classifiers_hash(observed: Observed) -> str | None:
    """Hash of what the Crawl's Classifiers say, None without any. All must be there."""
    found = [observed.classifiers[name] for name in observed.spec.classifiers]
    documents = [spec.model_dump(mode="json", by_alias=True, exclude_defaults=True) for spec in found]
    return digest({"classifiers": documents}) if documents else None


def _missing_classifiers(observed: Observed) -> list[str]:
    return [name for name in observed.spec.classifiers if name not in observed.classifiers]


def _request(observed: Observed) -> str | None:
    asked = observed.owner.annotations.get(REQUESTED_AT)
    return asked if asked and asked != observed.status.last_handled_request else None


def _cancel_asked(observed: Observed) -> str | None:
    asked = observed.owner.annotations.get(CANCEL_REQUESTED_AT)
    return asked if asked and asked != observed.status.last_handled_cancel else None


def _due(observed: Observed) -> datetime | None:
    """The next time of the schedule that was not handled, None without a schedule."""
    if observed.spec.schedule is None:
        return None
    since = observed.status.last_scheduled_at or observed.owner.created
    return next_after(observed.spec.schedule, parse_time(since))


def _wanted(observed: Observed, due: datetime | None) -> bool:
    if _request(observed):
        return True
    if due is not None:
        return due <= observed.now
    if observed.status.run == 0 or observed.status.spec_hash != spec_hash(observed):
        return True
    if observed.status.reason == _INVALID_SPEC:
        return True
    # One that was deleted says nothing else than it did: what it decided stands.
    return not _missing_classifiers(observed) and (
        observed.status.classifiers_hash != classifiers_hash(observed)
    )


def _rest(observed: Observed) -> Plan:
    status = {**_base(observed), "observedGeneration": observed.owner.generation}
    if cancel := _cancel_asked(observed):
        status["lastHandledCancel"] = cancel
    if observed.spec.schedule is None:
        status.pop("nextRunAt", None)
        return Plan(status=status)
    upcoming = next_after(observed.spec.schedule, observed.now)
    status["nextRunAt"] = timestamp(upcoming)
    sleep = min(_MAX_SLEEP, (upcoming - observed.now).total_seconds())
    failed = observed.status.failure is not None and observed.status.failure.reason == _INVALID_SCHEDULE
    mended = failed or observed.status.reason == _INVALID_SPEC
    if observed.status.run == 0 or mended:
        status.pop("failure", None)
        decision = Decision("Scheduled", f"runs next at {timestamp(upcoming)}")
        return _story(observed, "Pending", decision, status, requeue=sleep)
    return Plan(status=status, requeue_after=sleep)


def _begin(observed: Observed, settings: Settings, start: Start) -> Plan:
    if observed.catalog is None:
        message = (
            f"spec.catalog names {observed.spec.catalog!r}, and there is no Catalog of that name in namespace"
            f" {observed.owner.namespace}; the crawl starts when it appears"
        )
        return _wait(observed, Decision("CatalogNotFound", message))
    if observed.catalog_problem:
        message = f"Catalog {observed.spec.catalog} is not ready: {observed.catalog_problem}"
        return _wait(observed, Decision("CatalogNotReady", message))
    missing = _missing_classifiers(observed) if start.mode != "Rollback" else []
    if missing:
        message = (
            f"spec.classifiers names {missing[0]!r}, and there is no Classifier of that name in namespace"
            f" {observed.owner.namespace}; the crawl starts when it appears"
        )
        return _wait(observed, Decision("ClassifierNotFound", message))
    run = observed.status.run + 1
    left_out = {*_OF_ONE_RUN, "classifiersHash"} if start.mode == "Crawl" else _OF_ONE_RUN
    status = {
        **{key: value for key, value in _base(observed).items() if key not in left_out},
        "run": run,
        "mode": "Plan" if start.mode == "Crawl" and observed.spec.dry_run else start.mode,
        "startedAt": timestamp(observed.now),
        **start.handled,
    }
    if start.rollback_to is not None:
        status["rollbackTo"] = start.rollback_to
    decision = Decision("CrawlStarted", f"Job {job_name(observed.owner, run)} was created")
    return _story(observed, "Starting", decision, status, _children(observed, settings, run, start), _POLL)


def _children(observed: Observed, settings: Settings, run: int, start: Start) -> tuple[Action, ...]:
    if observed.catalog is None:
        raise ValueError("a run starts only with its Catalog")
    return (
        Create(config_map(observed.owner, observed.spec, observed.catalog, observed.classifiers, run, start)),
        Create(job(observed.owner, observed.catalog, settings, run)),
    )


def _advance(observed: Observed, settings: Settings) -> Plan:
    found = observed.job
    if cancel := _cancel_asked(observed):
        decision = Decision("Cancelled", f"cancelled by annotation {CANCEL_REQUESTED_AT}")
        return _finish(observed, "Cancelled", decision, {"lastHandledCancel": cancel}, actions=_stop(found))
    if observed.spec.suspend and observed.status.mode in (None, "Crawl"):
        # Without its hash the run counts as not done, so that resuming starts it again.
        decision = Decision("Suspended", "spec.suspend stopped the run")
        return _finish(observed, "Suspended", decision, {"specHash": None}, actions=_stop(found))
    if found is None:
        return _missing(observed, settings)
    return _follow(observed, found)


def _stop(found: Manifest | None) -> tuple[Action, ...]:
    return (Delete(ref_of(found), found["metadata"]["uid"]),) if found is not None else ()


def _missing(observed: Observed, settings: Settings) -> Plan:
    """The Job is gone, by a live read."""
    name = job_name(observed.owner, observed.status.run)
    if observed.status.job_uid is None and observed.catalog is not None:
        decision = Decision("CrawlStarted", f"Job {name} was created")
        start = Start(observed.status.mode or "Crawl", rollback_to=observed.status.rollback_to)
        children = _children(observed, settings, observed.status.run, start)
        return _story(observed, "Starting", decision, _base(observed), children, _POLL)
    lost = Failure(category="Infrastructure", reason="JobLost", message=f"Job {name} was deleted")
    return _fail(observed, lost, {})


def _follow(observed: Observed, found: Manifest) -> Plan:
    status = {**_base(observed), "jobUid": found["metadata"]["uid"]}
    ended = job_ended(found)
    if ended == "Complete":
        return _complete(observed, status)
    if ended == "Failed":
        return _fail(observed, failure(found, observed.pods), {**status, **_results(observed)})
    newest = observed.pods[-1] if observed.pods else None
    if newest is not None and (unpullable := image_failure(newest)) is not None:
        if _age(observed) >= IMAGE_GRACE_SECONDS:
            return _fail(observed, unpullable, status, _stop(found))
        decision = Decision(unpullable.reason, unpullable.message)
        return _story(observed, "Starting", decision, status, requeue=5.0)
    return _progress(observed, found, newest, status)


def _progress(observed: Observed, found: Manifest, newest: Manifest | None, status: dict[str, Any]) -> Plan:
    failed = int(found.get("status", {}).get("failed") or 0)
    if newest is not None and newest.get("status", {}).get("phase") == "Running":
        if observed.progress is not None:
            status["progress"] = observed.progress.model_dump(by_alias=True, exclude_none=True)
        decision = Decision("CrawlRunning", "the crawler runs")
        return _story(observed, "Running", decision, status, requeue=_POLL)
    if failed and (newest is None or not is_live(newest)):
        last = summary(observed.pods)
        message = f"try {failed} failed{': ' + last.message if last else ''}; Kubernetes tries again"
        return _story(observed, "Retrying", Decision("CrawlRetrying", message), status)
    if newest is not None and not is_live(newest):
        decision = Decision("CrawlRunning", "the crawler ended; its Job says how within seconds")
        return _story(observed, "Running", decision, status, requeue=_POLL)
    waits = pending_reason(newest) if newest is not None else None
    decision = waits or Decision("CrawlStarting", "the crawl pod starts")
    return _story(observed, "Starting", decision, status, requeue=_POLL)


def _complete(observed: Observed, status: dict[str, Any]) -> Plan:
    found = summary(observed.pods)
    if found is None:
        decision = Decision("Succeeded", "the crawl ended well; its pod was gone before its summary was read")
    else:
        decision = Decision(found.reason, found.message)
    return _finish(observed, "Succeeded", decision, {**status, **_results(observed)})


def _results(observed: Observed) -> dict[str, Any]:
    found = summary(observed.pods)
    if found is None:
        return {}
    results: dict[str, Any] = {
        "counts": found.counts.model_dump(by_alias=True),
        "tables": found.tables[:20],
        "readableBy": found.readable_by[:20],
    }
    return {**results, "reportUri": found.report_uri} if found.report_uri else results


def _age(observed: Observed) -> float:
    started = observed.status.started_at
    return (observed.now - parse_time(started)).total_seconds() if started else 0.0


def _base(observed: Observed) -> dict[str, Any]:
    return dict(observed.raw_status)


def _wait(observed: Observed, decision: Decision) -> Plan:
    # Without its hash the run counts as not done, also where the spec goes back to what ran last.
    status = {key: value for key, value in _base(observed).items() if key != "specHash"}
    status.setdefault("waitingSince", timestamp(observed.now))
    return _story(observed, "Pending", decision, status)


def _fail(observed: Observed, why: Failure, status: dict[str, Any], actions: tuple[Action, ...] = ()) -> Plan:
    return _finish(observed, "Failed", Decision(why.reason, why.message), status, why, actions)


def _finish(
    observed: Observed,
    state: str,
    decision: Decision,
    extra: dict[str, Any],
    why: Failure | None = None,
    actions: tuple[Action, ...] = (),
) -> Plan:
    merged = {**_base(observed), **extra, "finishedAt": timestamp(observed.now)}
    left_out = ("failure", "progress")
    status = {key: value for key, value in merged.items() if value is not None and key not in left_out}
    if _active(observed):
        status["history"] = _history(merged, state, decision)
    if why is not None:
        status["failure"] = why.model_dump(by_alias=True)
    return _story(observed, state, decision, status, (*actions, *_outdated(observed)))


def _history(status: Mapping[str, Any], state: str, decision: Decision) -> list[dict[str, Any]]:
    """The last runs, this one at the end."""
    counts = status.get("counts") or {}
    run = CrawlRun(
        run=status["run"],
        mode=status.get("mode") or "Crawl",
        state=state,
        reason=decision.reason,
        started_at=status.get("startedAt"),
        finished_at=status["finishedAt"],
        created=counts.get("tablesCreated", 0),
        updated=counts.get("tablesUpdated", 0),
        deleted=counts.get("tablesDeleted", 0),
    )
    known: list[dict[str, Any]] = list(status.get("history") or ())
    return [*known, run.model_dump(by_alias=True, exclude_none=True)][-KEPT_HISTORY:]


def _outdated(observed: Observed) -> tuple[Action, ...]:
    """Jobs and ConfigMaps of runs that are older than the last few; the pods go with their Jobs."""
    oldest = observed.status.run - KEPT_RUNS + 1
    return tuple(
        Delete(ref_of(old), old["metadata"]["uid"])
        for old in (*observed.jobs, *observed.config_maps)
        if int((old["metadata"].get("labels") or {}).get(RUN_LABEL, oldest)) < oldest
    )


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
