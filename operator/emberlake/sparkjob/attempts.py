"""How an attempt starts: what it waits for, what it cannot start with, what it is made of. Pure."""

from emberlake.api.v1alpha1.common import Failure
from emberlake.api.v1alpha1.sparkstatus import Engine
from emberlake.catalog.render import spark_conf
from emberlake.core.model import Apply, Create, Decision, Manifest, Plan
from emberlake.core.objects import is_owned, timestamp
from emberlake.settings import Settings
from emberlake.sparkjob import build
from emberlake.sparkjob.asked import run_asked, spec_hash
from emberlake.sparkjob.drivers import is_ending, is_over
from emberlake.sparkjob.endings import fail_run
from emberlake.sparkjob.engine import Choice, choose
from emberlake.sparkjob.names import Attempt, application_id, driver_name
from emberlake.sparkjob.observe import CatalogView, Observed
from emberlake.sparkjob.phase import next_number, refused_kind
from emberlake.sparkjob.secrets import noted_secrets
from emberlake.sparkjob.status import Status, story, without

# Of one attempt; anything else is the job's, and follows its spec.
_RUN_ONCE = ("ConfigMap", "Pod")


def hindrance(observed: Observed) -> Decision | None:
    """What an attempt has to wait for."""
    for pod in observed.drivers:
        if not is_over(pod) and not _is_made_already(observed, pod):
            name, node = pod["metadata"]["name"], pod["spec"].get("nodeName")
            hint = f"; if its node {node} is off for good, delete the pod with --force" if node else ""
            return Decision("PreviousDriverEnding", f"driver pod {name} has not ended yet{hint}")
    return _catalogs_missing(observed)


def _is_made_already(observed: Observed, pod: Manifest) -> bool:
    """Whether it is the very driver that is wanted, made by an operator that died before it could tell so."""
    upcoming = Attempt(observed.status.run, next_number(observed.status))
    wanted = pod["metadata"]["name"] == driver_name(observed.owner, upcoming)
    return wanted and is_owned(pod, observed.owner.uid) and not is_ending(pod)


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


def invalid(observed: Observed, settings: Settings) -> Failure | None:
    """What only run time can know to be wrong with a spec."""
    if settings.release(observed.spec.release) is None:
        served = ", ".join(sorted(settings.releases))
        return _invalid("ReleaseNotFound", f"spec.release {observed.spec.release!r} is not one of {served}")
    secrets = {_secret(catalog) for catalog in observed.catalogs.values()}
    if len(secrets) > 1:
        return _invalid(
            "CredentialsDiffer",
            "spec.catalogs name Catalogs with different s3.credentials; a job has one set: use one Secret",
        )
    try:
        spark_conf(observed.catalog_specs)
    except ValueError as error:
        return _invalid("CatalogNameInvalid", f"spec.catalogs: {error}")
    return None


def _invalid(reason: str, message: str) -> Failure:
    return Failure(category="Validation", reason=reason, message=message)


def _secret(catalog: CatalogView | None) -> str | None:
    credentials = catalog.spec.s3.credentials if catalog else None
    return credentials.secret_name if credentials else None


def start(observed: Observed, settings: Settings) -> Plan:
    """Start the next attempt: from now on the spec is frozen, and then its objects are made."""
    number, choice = next_number(observed.status), _choice(observed, settings)
    if isinstance(choice, Failure):
        return fail_run(observed, choice)
    actions = children(observed, settings, number, choice.engine)
    if isinstance(actions, Failure):
        return fail_run(observed, actions)
    # What was refused comes first, lest other things are made and taken back at each try; and before the
    # status tells of a start, lest the story changes at each.
    refused = refused_kind(observed.status)
    actions = tuple(sorted(actions, key=lambda action: action.manifest["kind"] != refused))
    status = _started(observed, number, choice)
    config_map = next(action.manifest for action in actions if action.manifest["kind"] == "ConfigMap")
    status["attempt"]["secrets"] = noted_secrets(config_map)
    return story(
        observed, "Starting", created(status["attempt"]["pod"]), status, actions, status_first=refused is None
    )


def _choice(observed: Observed, settings: Settings) -> Choice | Failure:
    try:
        return choose(observed, settings)
    except ValueError as error:
        return _invalid("SpecInvalid", str(error))


def created(pod: str) -> Decision:
    """What is told of a driver that was made and of which nothing else is known."""
    return Decision("DriverCreated", f"driver pod {pod} was created")


def _started(observed: Observed, number: int, choice: Choice) -> Status:
    attempt = Attempt(observed.status.run, number, choice.engine)
    status = without(observed.raw_status, "waitingSince", "failure", "handedOver")
    status["engine"] = choice.engine
    if choice.handed_over is not None:
        status["handedOver"] = choice.handed_over.model_dump(by_alias=True)
    status.setdefault("startedAt", timestamp(observed.now))
    status["specHash"] = spec_hash(observed)
    status["attempt"] = {
        "number": number,
        "pod": driver_name(observed.owner, attempt),
        "engine": choice.engine,
        "applicationId": application_id(observed.owner, attempt),
        "createdAt": timestamp(observed.now),
    }
    if "retries" in status:
        status["retries"] = without(status["retries"], "at")
    # A request that came before the first driver is met by this run; a later one asks for another.
    if number == 1 and (asked := run_asked(observed)):
        status["lastHandledRequest"] = asked
    return status


def children(
    observed: Observed, settings: Settings, number: int, engine: Engine
) -> tuple[Create | Apply, ...] | Failure:
    """What an attempt is made of, in the order in which it is needed; or why it cannot be made."""
    attempt = Attempt(observed.status.run, number, engine)
    try:
        made = build.children(observed.owner, observed.spec, observed.catalog_specs, settings, attempt)
    except ValueError as error:
        return _invalid("SpecInvalid", str(error))
    return tuple(Create(found) if found["kind"] in _RUN_ONCE else Apply(found) for found in made)
