"""A SparkApplication as a SparkJob that the API accepts, and what could not be carried. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from emberlake.api import API_VERSION
from emberlake.api.v1alpha1.sparkjob import OWNED_CONF, REFUSED_CONF, SparkJobSpec
from emberlake.cli.errors import UsageError
from emberlake.cli.kubeflow.application import spec_of
from emberlake.cli.kubeflow.source import Lost, Report, Source
from emberlake.cli.paths import Path, dotted
from emberlake.cli.validation import problems
from emberlake.core.objects import digest

SOURCE_API = "sparkoperator.k8s.io/v1beta2"
_KINDS = ("SparkApplication", "ScheduledSparkApplication")
_NAME_LENGTH = 50
_REFUSED_CONF = dict.fromkeys(OWNED_CONF, "the operator sets it") | dict(REFUSED_CONF)
_OF_THE_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
_OF_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
_SCHEDULE = "a CronJob that runs `emberlake rerun NAME` starts runs by the clock"
_NO_SCHEDULE = {
    "schedule": f"a SparkJob has no schedule: {_SCHEDULE}",
    "timeZone": "it belongs to the schedule: CronJobs have spec.timeZone",
    "suspend": "it belongs to the schedule: CronJobs have spec.suspend",
    "concurrencyPolicy": "runs of a SparkJob never overlap: one that is asked for meanwhile follows",
    "successfulRunHistoryLimit": "runs are no objects of their own; see retention",
    "failedRunHistoryLimit": "runs are no objects of their own; see retention",
}


@dataclass(frozen=True)
class Converted:
    """The new document, and what people have to know about it."""

    origin: str
    document: dict[str, Any]
    lost: tuple[Lost, ...]
    notes: tuple[str, ...]


def is_source(document: Mapping[str, Any]) -> bool:
    """Whether the object is of a kind that can be converted."""
    return document.get("apiVersion") == SOURCE_API and document.get("kind") in _KINDS


def convert(document: Mapping[str, Any]) -> Converted:
    """Convert one object for which `is_source` holds.

    Raises:
        UsageError: it is invalid, or no SparkJob can be made of it; names the field and the mend.
    """
    kind = str(document["kind"])
    _check_types(document, kind)
    report = Report()
    root = Source(document, (), report)
    for key in ("apiVersion", "kind"):
        root.take(key)
    meta, labels = _metadata(root.part("metadata"))
    spec = root.part("spec")
    if kind == "ScheduledSparkApplication":
        application = spec.part("template")
        report.notes.append("the SparkJob starts a run when it is applied, and later ones on request")
        for key, reason in _NO_SCHEDULE.items():
            spec.lose(key, reason)
    else:
        application = spec
    made = _settled(spec_of(application, labels, _REFUSED_CONF), report)
    root.lose("status", "it tells of runs of the old object")
    root.finish()
    found = {"apiVersion": API_VERSION, "kind": "SparkJob", "metadata": meta, "spec": made}
    origin = f"{kind} {meta.get('name') or meta.get('generateName')}"
    lost = tuple(sorted(report.lost, key=lambda each: each.path))
    return Converted(origin, found, lost, tuple(dict.fromkeys(report.notes)))


def _check_types(document: Mapping[str, Any], kind: str) -> None:
    """Let the types of Kubeflow's own package read the document.

    Raises:
        UsageError: it has the wrong types; or the package is not installed.
    """
    try:
        from kubeflow_spark_api import models  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("import needs the types of Kubeflow: pip install 'emberlake[import]'") from error
    typed = deepcopy(dict(document))
    spec = typed.get("spec") or {}
    application = spec.get("template") if kind == "ScheduledSparkApplication" else spec
    for role in ("driver", "executor"):
        # A template may be partial, which the types of a whole pod refuse.
        if isinstance(application, dict) and isinstance(application.get(role), dict):
            application[role].pop("template", None)
    try:
        getattr(models, f"SparkV1beta2{kind}").from_dict(typed)
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"it is no valid {kind}: {_type_error(error)}") from error


def _type_error(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    model = str(getattr(error, "title", "")).removeprefix("SparkV1beta2")
    first = errors()[0]
    return f"{model}.{dotted(first['loc'])}: {first['msg']}"


def _metadata(source: Source) -> tuple[dict[str, Any], dict[str, str]]:
    """Metadata of the SparkJob, and the labels."""
    found = {key: source.take(key) for key in ("name", "generateName", "namespace") if key in source}
    if not found.get("name") and not found.get("generateName"):
        raise UsageError("metadata.name is missing")
    if len(name := found.get("name", "")) > _NAME_LENGTH:
        found["name"] = f"{name[: _NAME_LENGTH - 9].rstrip('-.')}-{digest({'name': name}, 8)}"
        source.tell(
            ("name",), f"a SparkJob's name has at most {_NAME_LENGTH} characters: {found['name']} is used"
        )
    labels: dict[str, str] = source.take("labels", {})
    annotations = {key: value for key, value in source.take("annotations", {}).items() if key != _OF_KUBECTL}
    for key in _OF_THE_SERVER:
        source.take(key)
    for key in ("ownerReferences", "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds"):
        source.lose(key, "it belongs to the old object")
    found |= {"labels": labels} if labels else {}
    found |= {"annotations": annotations} if annotations else {}
    return found, labels


def _settled(spec: dict[str, Any], report: Report) -> dict[str, Any]:
    """The spec without values that the API refuses, in the order of the API's reference.

    Raises:
        UsageError: what remains is no SparkJob.
    """
    if spec["type"] == "Java" and "mainClass" not in spec:
        raise UsageError("spec.mainClass is missing: type Java needs it, the jar's manifest is not read")
    found = deepcopy(spec)
    while wrong := problems(found):
        problem = wrong[0]
        if problem.path in (("type",), ("mainApplicationFile",)) or not _remove(found, problem.path):
            raise UsageError(str(problem))
        report.lost.append(Lost(dotted(("spec", *problem.path)), f"{problem.value!r} {problem.message}"))
    order = [field.alias for field in SparkJobSpec.model_fields.values()]
    return {key: found[key] for key in sorted(found, key=order.index)}


def _remove(spec: Any, path: Path) -> bool:
    """Take away what stands at the path, and what is empty then; False when nothing does."""
    # A key that is refused is told as KEY, "[key]".
    *parents, last = path[:-1] if path[-1] == "[key]" else path
    try:
        holders = [spec]
        for step in parents:
            holders.append(holders[-1][step])
        del holders[-1][last]
    except (KeyError, IndexError, TypeError):
        return False
    if parents and not holders[-1]:
        _remove(spec, tuple(parents))
    return True
