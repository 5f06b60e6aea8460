"""Decides what a Warehouse does next. Pure: the same Observed gives the same Plan.

Ready means that a query through the Service was answered and that every catalog is listed. A catalog whose
metastore is down stays listed and keeps no other from answering; the message names it.
"""

import re
from dataclasses import dataclass
from typing import Any

from emberlake.core.conditions import serving
from emberlake.core.model import Apply, Decision, Plan
from emberlake.core.objects import owner_of, ref_of
from emberlake.settings import Settings
from emberlake.warehouse.build import COORDINATOR, WORKER, Children, children, selector, template_hash
from emberlake.warehouse.catalogs import Resolved, resolve
from emberlake.warehouse.config import service_url
from emberlake.warehouse.observe import SERVING_SECONDS, STARTING_SECONDS, Observed, available
from emberlake.warehouse.pods import problem

_WAIT_SECONDS = 30.0
_TAKEN_SECONDS = 5.0


@dataclass(frozen=True)
class _Story:
    state: str
    decision: Decision
    requeue_after: float = _WAIT_SECONDS


def plan(observed: Observed, settings: Settings) -> Plan:
    """The next step of a Warehouse."""
    if observed.owner.deleting:
        return Plan()
    resolved = _resolved(observed)
    if refused := _refused(observed, resolved):
        return _report(observed, refused)
    release = settings.release(observed.spec.release)
    if release is None:
        label = observed.spec.release or settings.defaults.release
        return _report(observed, _failed("ReleaseNotServed", f"spec.release: {label!r} is not served"))
    try:
        wanted = children(observed.owner, observed.spec, resolved.served, settings, release.images.trino)
    except ValueError as error:
        return _report(observed, _failed("InvalidMemory", str(error)))
    story = _story(observed, resolved, wanted)
    status = {**_common(observed, story), **_fields(observed, resolved, wanted)}
    return Plan(
        actions=tuple(Apply(manifest) for manifest in wanted.manifests),
        status=status,
        decision=story.decision,
        requeue_after=story.requeue_after,
    )


def _resolved(observed: Observed) -> Resolved:
    specs = {name: view.spec for name, view in observed.catalogs.items()}
    return resolve(observed.spec.catalogs, specs, observed.rendered)


def _refused(observed: Observed, resolved: Resolved) -> _Story | None:
    """Why nothing can be applied."""
    name = observed.owner.name
    if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name):
        text = f"metadata.name: {name!r} must begin with a letter and hold no dot: it names the Service"
        return _failed("InvalidName", text)
    if observed.taken is not None:
        return _taken(observed)
    if resolved.problem:
        return _failed(resolved.problem.reason, resolved.problem.message)
    if resolved.missing and not (observed.spec.suspend and observed.coordinator):
        # What runs keeps its catalogs until the one that is named exists.
        return _Story("NotReady" if observed.coordinator else "Pending", _not_found(resolved))
    return None


def _taken(observed: Observed) -> _Story:
    assert observed.taken is not None  # noqa: S101 the caller asked
    ref = ref_of(observed.taken)
    if owner_of(observed.taken) == observed.owner.ref:
        text = f"{ref} of an earlier warehouse of this name is still being removed"
        return _Story("Pending", Decision("Replacing", text), _TAKEN_SECONDS)
    text = f"{ref} exists and does not belong to this warehouse: delete or rename one of the two"
    return _failed("NameConflict", text)


def _failed(reason: str, message: str) -> _Story:
    return _Story("Failed", Decision(reason, message))


def _not_found(resolved: Resolved) -> Decision:
    names = ", ".join(repr(name) for name in resolved.missing)
    return Decision("CatalogNotFound", f"spec.catalogs: no Catalog {names} in this namespace")


def _story(observed: Observed, resolved: Resolved, wanted: Children) -> _Story:
    if observed.spec.suspend:
        return _Story("Suspended", Decision("Suspended", "stopped: set spec.suspend to false to resume"))
    if waiting := _waiting(observed, wanted):
        return _Story(_rising(observed, wanted), waiting)
    if unanswered := _unanswered(observed, resolved):
        return _Story(_rising(observed, wanted), unanswered, float(STARTING_SECONDS))
    return _Story("Ready", _ready(observed, resolved), float(SERVING_SECONDS))


def _rising(observed: Observed, wanted: Children) -> str:
    """Starting at first and after a change of configuration; NotReady when it served before."""
    served = observed.status.state in ("Ready", "NotReady")
    return "NotReady" if served and observed.status.config_hash == wanted.config_hash else "Starting"


def _waiting(observed: Observed, wanted: Children) -> Decision | None:
    deployed = observed.coordinator
    if deployed is None:
        return Decision("CoordinatorStarting", "the coordinator is being made")
    if template_hash(deployed) != template_hash(wanted.coordinator):
        return Decision("ConfigurationChanged", "the coordinator starts anew with changed configuration")
    if available(deployed):
        return None
    found = problem(observed.pods, COORDINATOR, "spec.coordinator.memory")
    return found or Decision("CoordinatorStarting", "the coordinator's pod is not ready yet")


def _unanswered(observed: Observed, resolved: Resolved) -> Decision | None:
    if observed.probe is None:
        return Decision("CoordinatorStarting", "the coordinator was not asked yet")
    reply = observed.probe.reply
    if reply.error is not None:
        return Decision("QueryFailed", f"the readiness query: {reply.error}")
    names = [name for served in resolved.served for name in served.sql_names]
    if absent := [name for name in names if name not in reply.catalogs]:
        return Decision("CatalogsMissing", f"Trino does not list {', '.join(absent)} (yet)")
    return None


def _ready(observed: Observed, resolved: Resolved) -> Decision:
    notes = [f"queries are answered at {service_url(observed.owner)}"]
    if workers := _workers_note(observed):
        notes.append(workers)
    notes += [f"Catalog {name!r}: {v.reason}" for name, v in observed.catalogs.items() if v.reason]
    if not resolved.kept:
        return Decision("WarehouseReady", "; ".join(notes))
    names = ", ".join(repr(name) for name in resolved.kept)
    notes.append(
        f"Catalog {names} was deleted: it is served as it was last configured;"
        " restore it, or take it out of spec.catalogs"
    )
    return Decision("CatalogDeleted", "; ".join(notes))


def _workers_note(observed: Observed) -> str:
    wanted, ready = observed.spec.workers.replicas, _workers(observed)["ready"]
    if ready == wanted:
        return ""
    found = problem(observed.pods, WORKER, "spec.workers.memory")
    return f"{ready} of {wanted} workers are ready" + (f" ({found.message})" if found else "")


def _workers(observed: Observed) -> dict[str, Any]:
    status = (observed.workers or {}).get("status") or {}
    labels = selector(observed.owner, WORKER)
    return {
        "replicas": status.get("replicas", 0),
        "ready": status.get("readyReplicas", 0),
        "selector": ",".join(f"{key}={value}" for key, value in labels.items()),
    }


def _fields(observed: Observed, resolved: Resolved, wanted: Children) -> dict[str, Any]:
    return {
        "url": service_url(observed.owner),
        "catalogs": [name for served in resolved.served for name in served.sql_names],
        "workers": _workers(observed),
        "configHash": wanted.config_hash,
    }


def _common(observed: Observed, story: _Story) -> dict[str, Any]:
    return serving(story.state, story.decision, observed.owner.generation, observed.conditions, observed.now)


def _report(observed: Observed, story: _Story) -> Plan:
    """Say why nothing is applied; what runs keeps running and stays in status."""
    before = observed.status.model_dump(
        mode="json", by_alias=True, exclude_none=True, include={"url", "catalogs", "workers", "config_hash"}
    )
    status = {**{key: value for key, value in before.items() if value}, **_common(observed, story)}
    return Plan(status=status, decision=story.decision, requeue_after=story.requeue_after)
