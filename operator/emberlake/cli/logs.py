"""`emberlake logs`: the log of a driver or an executor, also while it is written."""

import argparse
import sys
import time
from collections.abc import Sequence

from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job, positive
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import CliError, ExitCode
from emberlake.cli.output import Document

_LOOK_SECONDS = 1.0


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "logs",
        help="print the log of the driver or of an executor",
        description="Print the log of a SparkJob's driver, or of one of its executors.",
    )
    add_job(parser)
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help="wait for the start, and print what is written until the end",
    )
    parser.add_argument("--executor", type=positive, metavar="N", help="of the executor with this number")
    parser.add_argument(
        "--run", dest="number", type=positive, metavar="N", help="of this run; default: the last"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--attempt", type=positive, metavar="N", help="of this attempt; default: the last")
    which.add_argument("--previous", action="store_true", help="of the attempt before the last")
    parser.add_argument("--tail", type=positive, metavar="LINES", help="only the last lines")
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the log."""
    cluster = Cluster.connect(arguments)
    pod = _started_pod(cluster, arguments)
    container = jobs.EXECUTOR_CONTAINER if arguments.executor else jobs.DRIVER_CONTAINER
    for piece in cluster.log(
        pod["metadata"]["name"], container, follow=arguments.follow, tail=arguments.tail
    ):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    return ExitCode.OK


def _started_pod(cluster: Cluster, arguments: argparse.Namespace) -> Document:
    """The pod; with --follow it is waited for as long as the job may still make or start it.

    Raises:
        CliError: NOT_FOUND, with what the job says, when there is no log.
    """
    told = ""
    while True:
        job = cluster.job(arguments.name)
        try:
            return _find(job, _pods(cluster, job, arguments.executor), arguments)
        except CliError as missing:
            if not arguments.follow or jobs.is_settled(job):
                raise
            if str(missing) != told:
                print(f"emberlake: {missing}", file=sys.stderr)
            told = str(missing)
        time.sleep(_LOOK_SECONDS)


def _pods(cluster: Cluster, job: Document, executor: int | None) -> Sequence[Document]:
    labels = jobs.of_job(job["metadata"]["name"])
    if executor is None:
        return cluster.pods({**labels, jobs.ROLE_LABEL: "driver"})
    return cluster.pods({**labels, jobs.ROLE_LABEL: "executor", jobs.EXECUTOR_LABEL: str(executor)})


def _find(job: Document, pods: Sequence[Document], arguments: argparse.Namespace) -> Document:
    wanted = jobs.wanted_attempt(
        job, pods, run=arguments.number, attempt=arguments.attempt, previous=arguments.previous
    )
    what = f"the executor {arguments.executor}" if arguments.executor else "the driver"
    place = f"{what} of run {wanted[0]}, attempt {wanted[1]}"
    pod = next((pod for pod in pods if jobs.attempt_key(pod) == wanted), None)
    if pod is None:
        raise CliError(
            f"{place} has no pod (there are: {jobs.attempts(pods)});"
            f" the job is {jobs.state_of(job)}: {jobs.message_of(job)}",
            ExitCode.NOT_FOUND,
        )
    container = jobs.EXECUTOR_CONTAINER if arguments.executor else jobs.DRIVER_CONTAINER
    if not _has_log(pod, container):
        raise CliError(f"{place} has not started: {jobs.message_of(job)}", ExitCode.NOT_FOUND)
    return pod


def _has_log(pod: Document, container: str) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    states = [status.get("state") or {} for status in statuses if status["name"] == container]
    return any(state.get("running") or state.get("terminated") for state in states)
