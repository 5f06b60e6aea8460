"""Decides what a Catalog does next. Pure: the same Observed gives the same Plan.

A check of the bucket runs once per generation and on request; a failing one is repeated with backoff,
since a mended Secret or bucket changes no generation. Ready needs a passed check and an answering metastore.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from emberlake.api import REQUESTED_AT
from emberlake.api.v1alpha1.catalog import CatalogCheck
from emberlake.catalog.build import CHECK_ROLE, check_config, check_job, check_name, config_map
from emberlake.catalog.observe import Observed
from emberlake.catalog.render import sql_name
from emberlake.catalog.verdict import FAILED, PASSED, RUNNING, read
from emberlake.core.conditions import serving
from emberlake.core.model import Action, Apply, Create, Decision, Delete, Manifest, Plan
from emberlake.core.objects import ROLE_LABEL, parse_time, ref_of, timestamp
from emberlake.settings import Settings

FIRST_RETRY_SECONDS = 15
LAST_RETRY_SECONDS = 300
_POLL_SECONDS = 15.0
_WAITING_REASONS = ("SecretNotFound", "ImagePullFailed", "CheckUnschedulable")


@dataclass(frozen=True)
class _Checked:
    """The check as it stands after this step."""

    check: CatalogCheck
    actions: tuple[Action, ...] = ()
    handled: str | None = None


def plan(observed: Observed, settings: Settings) -> Plan:
    """The next step of a Catalog."""
    if observed.owner.deleting:
        return Plan()
    try:
        name = sql_name(observed.owner.name, observed.spec)
    except ValueError as error:
        return _stalled(observed, Decision("InvalidSqlName", str(error)))
    release = settings.release(None)
    if release is None:
        label = settings.defaults.release
        return _stalled(observed, Decision("ReleaseNotServed", f"the operator serves no release {label!r}"))
    checked = _checked(observed, settings, release.images.crawler)
    state, decision = _story(observed, checked.check)
    status = {
        **_common(observed, state, decision),
        "sqlName": name,
        "check": checked.check.model_dump(mode="json", by_alias=True, exclude_none=True),
        **({"lastHandledRequest": checked.handled} if checked.handled else {}),
    }
    return Plan(
        actions=(
            Apply(config_map(observed.owner, observed.spec)),
            *checked.actions,
            *_leftovers(observed, checked.check),
        ),
        status=status,
        decision=decision,
        requeue_after=_requeue_after(observed, checked.check),
    )


def retry_seconds(attempt: int) -> int:
    """How long after the failed `attempt` (from 1) the next one starts: 15 s, doubling to 5 minutes."""
    return int(min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempt - 1, 30)))


def _checked(observed: Observed, settings: Settings, image: str) -> _Checked:
    check, handled = observed.status.check, observed.status.last_handled_request
    asked = observed.owner.annotations.get(REQUESTED_AT)
    if check is None or check.generation != observed.owner.generation:
        first = CatalogCheck(generation=observed.owner.generation, attempt=1, outcome=RUNNING)
        return _Checked(first, _start(observed, settings, image, first), asked)
    if check.outcome == RUNNING:
        job = _job(observed, check)
        if job is None:
            return _Checked(check, _start(observed, settings, image, check), handled)
        return _Checked(_judged(observed, check, job), (), handled)
    if (asked and asked != handled) or _due(observed, check):
        # The verdict so far stands until the new one is there.
        again = check.model_copy(
            update={"attempt": check.attempt + 1, "outcome": RUNNING, "finished_at": None}
        )
        return _Checked(again, _start(observed, settings, image, again), asked)
    return _Checked(check, (), handled)


def _start(observed: Observed, settings: Settings, image: str, check: CatalogCheck) -> tuple[Action, ...]:
    owner, spec = observed.owner, observed.spec
    name = check_name(owner, check.generation, check.attempt)
    return Apply(check_config(owner, spec, name)), Create(check_job(owner, spec, settings, image, name))


def _job(observed: Observed, check: CatalogCheck) -> Manifest | None:
    name = check_name(observed.owner, check.generation, check.attempt)
    return next((job for job in observed.jobs if job["metadata"]["name"] == name), None)


def _judged(observed: Observed, check: CatalogCheck, job: Manifest) -> CatalogCheck:
    verdict = read(job, observed.pods)
    if verdict.outcome == RUNNING:
        # A container that started no longer waits for what an earlier look found.
        moved = bool(verdict.reason) or (verdict.started and check.reason in _WAITING_REASONS)
        update = {"reason": verdict.reason, "message": verdict.message} if moved else {}
        return check.model_copy(update=update)
    reason, message = verdict.reason, verdict.message
    if reason == "CheckTimedOut" and check.reason in _WAITING_REASONS:
        # The deadline takes the pod away, and with it what it waited for.
        reason, message = check.reason, check.message
    return check.model_copy(
        update={
            "outcome": verdict.outcome,
            "reason": reason,
            "message": message,
            "finished_at": timestamp(observed.now),
        }
    )


def _due(observed: Observed, check: CatalogCheck) -> bool:
    return check.outcome == FAILED and _wait(observed, check) <= 0


def _wait(observed: Observed, check: CatalogCheck) -> float:
    ended = parse_time(check.finished_at) if check.finished_at else observed.now
    return (ended + timedelta(seconds=retry_seconds(check.attempt)) - observed.now).total_seconds()


def _story(observed: Observed, check: CatalogCheck) -> tuple[str, Decision]:
    problems = [*_metastore_problem(observed), *_bucket_problem(check)]
    if problems:
        return "NotReady", Decision(problems[0].reason, "; ".join(p.message for p in problems))
    if check.outcome == RUNNING and not check.reason:
        return "Pending", Decision("CheckRunning", "the metastore answers; the bucket is being checked")
    return "Ready", Decision("CatalogReady", "the metastore answers and the bucket was reached")


def _metastore_problem(observed: Observed) -> list[Decision]:
    if observed.metastore.error is None:
        return []
    return [Decision("MetastoreUnreachable", f"metastore: {observed.metastore.error}")]


def _bucket_problem(check: CatalogCheck) -> list[Decision]:
    passed_before = check.reason in ("", "CheckPassed")
    if check.outcome == PASSED or (check.outcome == RUNNING and passed_before):
        return []
    return [Decision(check.reason, f"bucket: {check.message or check.reason}")]


def _common(observed: Observed, state: str, decision: Decision) -> dict[str, Any]:
    return serving(state, decision, observed.owner.generation, observed.conditions, observed.now)


def _stalled(observed: Observed, decision: Decision) -> Plan:
    return Plan(status=_common(observed, "Failed", decision), decision=decision)


def _leftovers(observed: Observed, check: CatalogCheck) -> tuple[Delete, ...]:
    """Jobs and ConfigMaps of earlier checks; the last ones stay for people to read."""
    current = check_name(observed.owner, check.generation, check.attempt)
    return tuple(
        Delete(ref_of(child), child["metadata"]["uid"])
        for child in (*observed.jobs, *observed.config_maps)
        if _role(child) == CHECK_ROLE and child["metadata"]["name"] != current
    )


def _role(child: Manifest) -> str | None:
    labels: Mapping[str, str] = child["metadata"].get("labels") or {}
    return labels.get(ROLE_LABEL)


def _requeue_after(observed: Observed, check: CatalogCheck) -> float:
    waits = [(observed.metastore.stale_at - observed.now).total_seconds()]
    if check.outcome == RUNNING:
        waits.append(_POLL_SECONDS)
    if check.outcome == FAILED:
        waits.append(_wait(observed, check))
    return max(1.0, min(waits))
