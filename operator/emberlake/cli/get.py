"""`emberlake list` and `emberlake get`: SparkJobs as a table, YAML or JSON."""

import argparse
from collections.abc import Sequence
from typing import Any

from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job, add_output_option
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import ExitCode, UsageError
from emberlake.cli.output import Document, age, listed, presentable, render, table

_FORMATS = ("table", "wide", "json", "yaml")
_COLUMNS = ("NAME", "STATE", "RUN", "ATTEMPT", "DURATION", "AGE")
_WIDE = ("TYPE", "ENGINE", "RELEASE", "EXECUTORS", "CATEGORY")


def register(commands: Commands) -> None:
    """Add both subcommands: `list` is `get` without a name."""
    for command, text in (("list", "list SparkJobs"), ("get", "show one SparkJob, or list them")):
        parser = commands.add_parser(command, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if command == "get":
            add_job(parser, optional=True)
        parser.add_argument("-A", "--all-namespaces", action="store_true", help="of all namespaces")
        parser.add_argument(
            "-l", "--selector", metavar="LABELS", help="only with these labels, as kubectl reads them"
        )
        add_output_option(parser, _FORMATS, "table")
        add_cluster_options(parser)
        parser.set_defaults(run=run, name=None)


def run(arguments: argparse.Namespace) -> int:
    """Print the SparkJobs."""
    if arguments.name and (arguments.all_namespaces or arguments.selector):
        raise UsageError("a NAME takes neither -A nor -l: leave them out, or leave out the name")
    cluster = Cluster.connect(arguments)
    if arguments.name:
        found = [cluster.job(arguments.name)]
    else:
        found = cluster.jobs(everywhere=arguments.all_namespaces, selector=arguments.selector or "")
    if arguments.output in ("json", "yaml"):
        print(render(presentable(found[0]) if arguments.name else listed(found), arguments.output))
    elif found:
        print(job_table(found, wide=arguments.output == "wide", namespaces=arguments.all_namespaces))
    else:
        where = "any namespace" if arguments.all_namespaces else f"namespace {cluster.namespace}"
        print(f"No SparkJobs in {where}.")
    return ExitCode.OK


def job_table(found: Sequence[Document], *, wide: bool, namespaces: bool) -> str:
    """One line a job."""
    header = (*_COLUMNS, *(_WIDE if wide else ()), "MESSAGE")
    rows = [_row(job, wide=wide) for job in found]
    if namespaces:
        header = ("NAMESPACE", *header)
        rows = [(job["metadata"]["namespace"], *row) for job, row in zip(found, rows, strict=True)]
    return table(header, rows)


def _row(job: Document, *, wide: bool) -> tuple[str, ...]:
    status = jobs.status_of(job)
    attempt = jobs.attempt_of(job)
    return (
        job["metadata"]["name"],
        jobs.state_of(job),
        str(status.get("run") or ""),
        "" if attempt is None else str(attempt),
        age(status.get("startedAt"), status.get("finishedAt")),
        age(job["metadata"]["creationTimestamp"]),
        *(_wide(job["spec"], status) if wide else ()),
        jobs.message_of(job),
    )


def _wide(spec: Document, status: Document) -> tuple[str, ...]:
    dynamic: dict[str, Any] = spec.get("dynamicAllocation") or {}
    fixed = (spec.get("executor") or {}).get("instances", 1)
    executors = f"{dynamic['minExecutors']}-{dynamic['maxExecutors']}" if dynamic else str(fixed)
    return (
        spec["type"],
        status.get("engine") or spec.get("engine") or "Spark",
        spec.get("image") or spec.get("release") or "default",
        executors,
        (status.get("failure") or {}).get("category", ""),
    )
