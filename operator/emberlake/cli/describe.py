"""`emberlake describe`: everything about one SparkJob that explains its state."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from emberlake.api import DISABLED, RECONCILE
from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job
from emberlake.cli.cluster import Cluster, event_time
from emberlake.cli.errors import ExitCode
from emberlake.cli.output import Document, age, coloured, table

_SHOWN = 20


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "describe",
        help="show spec, conditions, attempts, failure, pods and events",
        description="Show what explains the state of a SparkJob.",
    )
    add_job(parser)
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the description."""
    cluster = Cluster.connect(arguments)
    job = cluster.job(arguments.name)
    pods = sorted(cluster.pods(jobs.of_job(arguments.name)), key=_pod_order)
    status = jobs.status_of(job)
    current = (status.get("attempt") or {}).get("podUid")
    events = cluster.events(job["metadata"]["uid"]) + (cluster.events(current) if current else [])
    print("\n".join(description(job, pods, sorted(events, key=event_time))))
    return ExitCode.OK


def description(job: Document, pods: Sequence[Document], events: Sequence[Document]) -> Iterable[str]:
    """The lines of the description."""
    status = jobs.status_of(job)
    yield from _facts(_summary(job))
    yield from _facts(_specification(job["spec"]))
    yield from _section(
        "Conditions", ("TYPE", "STATUS", "REASON", "SINCE"), map(_condition, _list(status, "conditions"))
    )
    yield from _section(
        "Earlier attempts",
        ("ATTEMPT", "POD", "CATEGORY", "REASON", "TOOK"),
        map(_past, _list(status, "pastAttempts")),
    )
    yield from _section(
        "Pods", ("NAME", "ROLE", "RUN", "ATTEMPT", "PHASE", "AGE", "NODE"), map(_pod, pods[:_SHOWN])
    )
    if len(pods) > _SHOWN:
        selector = f"{jobs.NAME_LABEL}={job['metadata']['name']}"
        yield f"  and {len(pods) - _SHOWN} more: kubectl get pods -l {selector}"
    yield from _section(
        "Events", ("AGE", "TYPE", "REASON", "OBJECT", "MESSAGE"), map(_event, events[-_SHOWN:])
    )


def _list(document: Document, key: str) -> list[Document]:
    return document.get(key) or []


def _facts(pairs: Iterable[tuple[str, str]]) -> Iterable[str]:
    for name, value in pairs:
        if value:
            first, *rest = value.splitlines()
            yield f"{name + ':':<14}{first}"
            yield from (f"{'':<14}{line}" for line in rest)


def _section(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    found = list(rows)
    if found:
        yield f"{title}:"
        yield table(header, found, indent="  ")


def _summary(job: Document) -> Iterable[tuple[str, str]]:
    meta, status = job["metadata"], jobs.status_of(job)
    attempt: Document = status.get("attempt") or {}
    failure: Document = status.get("failure") or {}
    yield "Name", meta["name"]
    yield "Namespace", meta["namespace"]
    yield "State", coloured(jobs.state_of(job), sys.stdout)
    yield "Reason", str(status.get("reason") or "")
    yield "Message", str(status.get("message") or "waits for the operator")
    yield "Reconcile", _stopped(meta.get("annotations") or {})
    if failure and jobs.state_of(job) == "Failed":
        yield "Failure", f"{failure['category']}, {failure['reason']}"
    if attempt:
        yield "Run", f"{status.get('run')}, attempt {attempt['number']}, driver pod {attempt['pod']}"
        yield "Application", attempt["applicationId"]
        yield "Engine", _engine(status)
    yield "Started", _moment(status.get("startedAt"))
    yield "Finished", _moment(status.get("finishedAt"))
    yield "Duration", age(status.get("startedAt"), status.get("finishedAt"))
    yield "Next attempt", _moment((status.get("retries") or {}).get("at"))


def _engine(status: Document) -> str:
    handed: Document | None = status.get("handedOver")
    why = f", not Sail: {handed['message']}" if handed else ""
    return f"{status.get('engine') or 'Spark'}{why}"


def _stopped(annotations: Document) -> str:
    stopped = annotations.get(RECONCILE) == DISABLED
    return f"disabled by annotation {RECONCILE}; the operator leaves the job as it is" if stopped else ""


def _moment(text: str | None) -> str:
    return f"{text} ({age(text)} ago)" if text else ""


def _specification(spec: Document) -> Iterable[tuple[str, str]]:
    sql: Document = spec.get("sql") or {}
    yield "Type", " ".join(filter(None, (spec["type"], spec.get("mainClass"))))
    yield "Asks for", f"engine {spec['engine']}" if "engine" in spec else ""
    yield "Main file", spec.get("mainApplicationFile") or sql.get("file") or sql.get("text", "")
    yield "Arguments", " ".join(spec.get("arguments") or [])
    yield "Release", spec.get("release") or ""
    yield "Image", spec.get("image") or ""
    yield "Catalogs", ", ".join(spec.get("catalogs") or [])
    yield "Driver", _size(spec.get("driver") or {})
    yield "Executors", _executors(spec)
    yield "Suspended", "by spec.suspend" if spec.get("suspend") else ""


def _size(pod: Document) -> str:
    known = (("cores", "cores"), ("memory", "memory"), ("memoryOverhead", "overhead"))
    words = [f"{word} {pod[field]}" for field, word in known if field in pod]
    words += ["on spot nodes"] if pod.get("placement") == "Spot" else []
    return ", ".join(words) or "sizes of sparkConf or Spark"


def _executors(spec: Document) -> str:
    executor: Document = spec.get("executor") or {}
    dynamic: dict[str, Any] | None = spec.get("dynamicAllocation")
    if dynamic:
        return f"{dynamic['minExecutors']} to {dynamic['maxExecutors']}, {_size(executor)}"
    return f"{executor.get('instances', 1)}, {_size(executor)}"


def _condition(found: Document) -> Sequence[str]:
    return found["type"], found["status"], found["reason"], age(found["lastTransitionTime"])


def _past(found: Document) -> Sequence[str]:
    took = age(found["createdAt"], found["finishedAt"])
    return str(found["number"]), found["pod"], found["category"], found["reason"], took


def _pod_order(pod: Document) -> tuple[tuple[int, int], bool, int]:
    labels = pod["metadata"].get("labels") or {}
    return (
        jobs.attempt_key(pod),
        labels.get(jobs.ROLE_LABEL) != "driver",
        int(labels.get(jobs.EXECUTOR_LABEL, 0)),
    )


def _pod(pod: Document) -> Sequence[str]:
    meta, status = pod["metadata"], pod.get("status") or {}
    run, attempt = jobs.attempt_key(pod)
    phase = "Terminating" if meta.get("deletionTimestamp") else status.get("phase", "")
    role = (meta.get("labels") or {}).get(jobs.ROLE_LABEL, "")
    created = age(meta["creationTimestamp"])
    return meta["name"], role, str(run), str(attempt), phase, created, pod["spec"].get("nodeName", "")


def _event(found: Document) -> Sequence[str]:
    about = found["involvedObject"]
    return (
        age(event_time(found)),
        found.get("type", ""),
        found.get("reason", ""),
        f"{about['kind']}/{about['name']}",
        found.get("message", ""),
    )
