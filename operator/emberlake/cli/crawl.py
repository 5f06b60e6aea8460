"""`emberlake crawl`: plan, run, stop, history and rollback of Crawls, all by annotation and status."""

import argparse
import sys

from emberlake.api import CANCEL_REQUESTED_AT, PLAN_REQUESTED_AT, REQUESTED_AT, ROLLBACK_TO
from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job, add_output_option
from emberlake.cli.cluster import Cluster
from emberlake.cli.crawls import (
    CONTAINER,
    JOB_LABEL,
    Request,
    afterthought,
    hindrance,
    history_row,
    plan_row,
    planned,
)
from emberlake.cli.errors import CliError, ExitCode
from emberlake.cli.output import now, render, table
from emberlake.cli.progress import add_timeout, add_wait_options, await_goal

_PLAN = ("ACTION", "TABLE", "FORMAT", "PARTITIONS", "LOCATION", "WHY")
_HISTORY = ("RUN", "MODE", "STATE", "REASON", "CREATED", "UPDATED", "DELETED", "STARTED", "FINISHED")


def register(commands: Commands) -> None:
    """Add the subcommand and its own."""
    crawl = commands.add_parser("crawl", help="plan, run, stop and take back crawls")
    actions = crawl.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    plan = _action(actions, "plan", "show what a run would create, change and drop, and why; writes nothing")
    add_timeout(plan)
    add_output_option(plan, ("table", "json"), "table")
    plan.set_defaults(run=run_plan)
    again = _action(actions, "run", "ask for a run")
    add_wait_options(again, what="wait for the end of the run; the exit code tells how it ended")
    again.set_defaults(run=run_again)
    _action(actions, "stop", "stop the active run").set_defaults(run=run_stop)
    history = _action(actions, "history", "show the last runs")
    add_output_option(history, ("table", "json"), "table")
    history.set_defaults(run=run_history)
    rollback = _action(actions, "rollback", "restore the tables as they were after a run")
    rollback.add_argument(
        "--to", type=_run_number, required=True, metavar="RUN", help="the last run that stays; 0: none"
    )
    add_wait_options(rollback, what="wait for the end of the rollback, and print what it restored")
    add_output_option(rollback, ("table", "json"), "table")
    rollback.set_defaults(run=run_rollback)


def _action(actions: Commands, name: str, what: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    add_job(parser, kind="Crawl")
    add_cluster_options(parser)
    return parser


def _run_number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a run")
    return int(text)


def run_plan(arguments: argparse.Namespace) -> int:
    """Make a plan and print it."""
    cluster = _connect(arguments)
    request = _ask(cluster, arguments.name, PLAN_REQUESTED_AT, "lastHandledPlan", _stamp(), "Plan")
    return _outcome(cluster, arguments, request, "Planned", "nothing would be written")


def _outcome(
    cluster: Cluster, arguments: argparse.Namespace, request: Request, event: str, nothing: str
) -> int:
    """Wait for the run and print the tables that its log tells of by `event`."""
    failed: CliError | None = None
    try:
        await_goal(cluster, arguments.name, request.goal, arguments.timeout, request.begun)
    except CliError as error:
        if error.code is not ExitCode.FAILED:
            raise
        failed = error
    run = request.run(cluster.job(arguments.name))
    pod = _pod(cluster, f"{arguments.name}-{run['run']}") if run else None
    if run and not pod:
        raise failed or CliError(
            f"the pod of run {run['run']} is gone, and its log with it", ExitCode.NOT_FOUND
        )
    tables = list(planned(cluster.log(pod, CONTAINER, follow=False, tail=None), event)) if pod else []
    if arguments.output == "json":
        print(render({"run": run, "tables": tables}, "json"))
    elif tables or not failed:
        print(table(_PLAN, map(plan_row, tables)) if tables else nothing)
    if failed:
        raise failed
    return ExitCode.OK


def _pod(cluster: Cluster, job: str) -> str | None:
    """Name of the newest pod of a Job."""
    pods = cluster.pods({JOB_LABEL: job})
    newest = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), default=None)
    return str(newest["metadata"]["name"]) if newest else None


def run_again(arguments: argparse.Namespace) -> int:
    """Ask for a run."""
    cluster = _connect(arguments)
    if why := hindrance(cluster.job(arguments.name)):
        raise CliError(f"Crawl {arguments.name} does not start: {why}", ExitCode.FAILED)
    request = _ask(cluster, arguments.name, REQUESTED_AT, "lastHandledRequest", _stamp(), "Crawl")
    print(f"a run of Crawl {arguments.name} requested")
    return (
        await_goal(cluster, arguments.name, request.goal, arguments.timeout, request.begun)
        if arguments.wait
        else 0
    )


def run_rollback(arguments: argparse.Namespace) -> int:
    """Ask for the way back."""
    cluster = _connect(arguments)
    crawl = cluster.job(arguments.name)
    last = int(jobs.status_of(crawl).get("run") or 0)
    if arguments.to > last:
        raise CliError(
            f"Crawl {arguments.name} has no run {arguments.to}: the last one is {last}", ExitCode.NOT_FOUND
        )
    value = f"{arguments.to}@{_stamp()}"
    request = _ask(cluster, arguments.name, ROLLBACK_TO, "lastHandledRollback", value, "Rollback")
    if note := afterthought(crawl):
        print(f"emberlake: note: {note}", file=sys.stderr)
    if arguments.wait:
        return _outcome(cluster, arguments, request, "RolledBack", "nothing was to be taken back")
    print(f"rollback of Crawl {arguments.name} to run {arguments.to} requested")
    return ExitCode.OK


def run_stop(arguments: argparse.Namespace) -> int:
    """Ask for the end of the active run."""
    cluster = _connect(arguments)
    status = jobs.status_of(cluster.job(arguments.name))
    if not status.get("run") or status.get("finishedAt"):
        print(f"Crawl {arguments.name} does not run: there is nothing to stop")
        return ExitCode.OK
    cluster.annotate(arguments.name, CANCEL_REQUESTED_AT, _stamp())
    print(f"stop of Crawl {arguments.name} requested")
    return ExitCode.OK


def run_history(arguments: argparse.Namespace) -> int:
    """Print the last runs, the newest first."""
    runs = jobs.status_of(_connect(arguments).job(arguments.name)).get("history") or []
    newest = list(reversed(runs))
    print(render(newest, "json") if arguments.output == "json" else table(_HISTORY, map(history_row, newest)))
    return ExitCode.OK


def _connect(arguments: argparse.Namespace) -> Cluster:
    return Cluster.connect(arguments).of("Crawl")


def _ask(cluster: Cluster, name: str, annotation: str, field: str, value: str, mode: str) -> Request:
    cluster.annotate(name, annotation, value)
    return Request(annotation, field, value, mode)


def _stamp() -> str:
    """The present to the microsecond: two requests within a second are two."""
    return now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
