"""Reads what the plan of a SparkJob needs into one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emberlake.api.v1alpha1.catalog import CatalogSpec
from emberlake.api.v1alpha1.sparkjob import SparkJobSpec
from emberlake.api.v1alpha1.sparkstatus import SparkJobStatus
from emberlake.core.model import Manifest, Owner, Ref
from emberlake.core.objects import KIND_LABEL, NAME_LABEL, is_owned, parse_time
from emberlake.sparkjob import accounts, firstexecutor, retention
from emberlake.sparkjob.accounts import Accounts
from emberlake.sparkjob.asked import wants_run
from emberlake.sparkjob.conf import effective, plain
from emberlake.sparkjob.drivers import DRIVER_CONTAINER, phase
from emberlake.sparkjob.extras import refs
from emberlake.sparkjob.names import Attempt
from emberlake.sparkjob.phase import is_active, is_between, live_pod, refused_kind

if TYPE_CHECKING:
    from emberlake.core.context import Context

# Stack traces of the S3 client and of Hive alone have some 350 lines; the limit in bytes cuts the end.
_LOG_LINES = 1000
_LOG_BYTES = 512 * 1024


@dataclass(frozen=True)
class CatalogView:
    """A Catalog as a job sees it."""

    spec: CatalogSpec
    ready: bool
    message: str


@dataclass(frozen=True)
class Observed:
    """Everything the plan of a SparkJob looks at.

    Attributes:
        drivers: driver pods of all runs, and those that a deleted job of the same name left behind.
        log_tail: end of the driver's log, read once it failed, and while no executor comes.
        needs_executors: whether the attempt under way asks for executors.
        executor: one of its executor pods, a running one if there is any; None when it was not looked for.
        accounts: the ServiceAccounts that the spec names, read before an attempt starts.
        leftovers: what it has beside pods, of all attempts; read when some is to go.
    """

    now: datetime
    owner: Owner
    spec: SparkJobSpec
    status: SparkJobStatus
    raw_status: Mapping[str, Any]
    catalogs: Mapping[str, CatalogView | None]
    drivers: tuple[Manifest, ...] = ()
    log_tail: str = ""
    conditions: tuple[Mapping[str, Any], ...] = ()
    needs_executors: bool = False
    executor: Manifest | None = None
    accounts: Accounts = field(default_factory=dict)
    leftovers: tuple[Manifest, ...] = ()

    @property
    def catalog_specs(self) -> list[tuple[str, CatalogSpec]]:
        """The Catalogs that are there, by name, in the order of the spec."""
        return [(name, view.spec) for name, view in self.catalogs.items() if view is not None]

    @property
    def driver(self) -> Manifest | None:
        """The pod of the last attempt."""
        attempt = self.status.attempt
        if attempt is None:
            return None
        return next((pod for pod in self.drivers if self._is_of(attempt.pod, attempt.pod_uid, pod)), None)

    def _is_of(self, name: str, uid: str | None, pod: Manifest) -> bool:
        meta = pod["metadata"]
        return meta["name"] == name and uid in (None, meta["uid"]) and is_owned(pod, self.owner.uid)


async def observe(context: "Context", manifest: Manifest) -> Observed:
    """Read a SparkJob's world: the cache, and live what the cache cannot prove or does not hold."""
    found = _cached(context, manifest)
    attempt = live_pod(found.status)
    if attempt and found.driver is None:
        pod = await context.confirm(Ref("Pod", found.owner.namespace, attempt.pod))
        found = replace(found, drivers=(*found.drivers, pod)) if pod else found
    if _acts_without_status(found):
        fresh = await context.confirm(found.owner.ref)
        if fresh is None:
            return replace(found, owner=replace(found.owner, deleting=True))
        if fresh["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            return await observe(context, fresh)
    return await _live(context, found)


def _cached(context: "Context", manifest: Manifest) -> Observed:
    owner = Owner.of(manifest)
    raw = manifest.get("status") or {}
    spec = SparkJobSpec.model_validate(manifest["spec"])
    return Observed(
        now=context.now(),
        owner=owner,
        spec=spec,
        status=SparkJobStatus.model_validate(raw),
        raw_status=raw,
        catalogs={name: _catalog(context, owner.namespace, name) for name in spec.catalogs},
        drivers=tuple(pod for pod in context.cache.children(owner.ref, "Pod") if _is_driver(pod, owner)),
        conditions=tuple(raw.get("conditions") or ()),
    )


def _is_driver(pod: Manifest, owner: Owner) -> bool:
    """Whether it belongs to this job, or to one of the same name that was deleted."""
    references = pod["metadata"].get("ownerReferences") or ()
    return any((found["kind"], found["name"]) == (owner.kind, owner.name) for found in references)


def _catalog(context: "Context", namespace: str, name: str) -> CatalogView | None:
    found = context.cache.get(Ref("Catalog", namespace, name))
    if found is None:
        return None
    status = found.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    return CatalogView(CatalogSpec.model_validate(found["spec"]), ready, status.get("message") or "")


def _acts_without_status(found: Observed) -> bool:
    """Whether the plan may act without writing the status, which else stops whoever read an old object."""
    attempt = live_pod(found.status)
    creates = attempt is not None and found.driver is None and attempt.pod_uid is None
    waits = is_between(found.status) and refused_kind(found.status) is not None
    return creates or waits or bool(retention.strays(found))


async def _live(context: "Context", found: Observed) -> Observed:
    """What no cache holds: a failed driver's log, a first executor, accounts, ConfigMaps that are to go."""
    attempt, driver = live_pod(found.status), found.driver
    if attempt and driver and phase(driver) == "Failed":
        found = replace(found, log_tail=await _log_tail(context, driver))
    if attempt and driver and phase(driver) == "Running" and _needs_executors(context, found):
        executor = await _executor(context, found)
        missing = executor is None and firstexecutor.is_worth_a_word(_running_seconds(found))
        log = await _log_tail(context, driver) if missing else ""
        found = replace(found, needs_executors=True, executor=executor, log_tail=log)
    if is_between(found.status) or (not is_active(found.status) and wants_run(found)):
        found = replace(found, accounts=await _accounts(context, found))
    if retention.looks_for_leftovers(found):
        found = replace(found, leftovers=await _leftovers(context, found.owner))
    return found


async def _accounts(context: "Context", found: Observed) -> Accounts:
    asked = accounts.named(found.spec, context.settings.service_accounts)
    return {ref: await context.api.get(ref) for ref in accounts.refs(asked, found.owner.namespace)}


async def _leftovers(context: "Context", owner: Owner) -> tuple[Manifest, ...]:
    selector = f"{KIND_LABEL}={owner.kind},{NAME_LABEL}={owner.name}"
    config_maps = await context.api.list("ConfigMap", owner.namespace, selector)
    others = [await context.api.get(ref) for ref in refs(owner)]
    return (*config_maps.items, *(other for other in others if other is not None))


def _needs_executors(context: "Context", found: Observed) -> bool:
    """Whether a first executor is still waited for."""
    attempt = live_pod(found.status)
    if attempt is None or attempt.engine == "Sail" or attempt.executors_at is not None:
        return False
    which = Attempt(found.status.run, attempt.number)
    try:
        conf = effective(found.owner, found.spec, found.catalog_specs, context.settings, which)
    except ValueError:
        # What was valid at the start is no longer: nothing tells any more what was asked for.
        return False
    return firstexecutor.asked_for(plain(conf))


def _running_seconds(found: Observed) -> float:
    """For how long the driver is known to run."""
    attempt = live_pod(found.status)
    if attempt is None or attempt.running_at is None:
        return 0.0
    return (found.now - parse_time(attempt.running_at)).total_seconds()


async def _log_tail(context: "Context", driver: Manifest) -> str:
    meta = driver["metadata"]
    ref = Ref("Pod", meta["namespace"], meta["name"])
    return await context.api.logs(ref, DRIVER_CONTAINER, _LOG_LINES, _LOG_BYTES)


async def _executor(context: "Context", found: Observed) -> Manifest | None:
    """A running executor; where there is none for some time already, any."""
    attempt, age = live_pod(found.status), _running_seconds(found)
    if attempt is None or not firstexecutor.is_worth_a_look(age):
        return None
    namespace, selector = found.owner.namespace, firstexecutor.selector(attempt.application_id)
    running = await context.api.first("Pod", namespace, selector, "status.phase=Running")
    if running is None and firstexecutor.is_worth_a_word(age):
        return await context.api.first("Pod", namespace, selector)
    return running
