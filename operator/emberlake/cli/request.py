"""`emberlake rerun` and `emberlake cancel`: requests to the operator, by annotation."""

import argparse

from emberlake.api import CANCEL_REQUESTED_AT, REQUESTED_AT
from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import ExitCode
from emberlake.cli.output import now
from emberlake.cli.progress import add_wait_options, await_goal, ended, finished


def register(commands: Commands) -> None:
    """Add both subcommands."""
    rerun = commands.add_parser(
        "rerun",
        help="ask for another run",
        description="Ask for another run of a SparkJob; while a run is active, it starts after its end.",
    )
    add_job(rerun)
    add_wait_options(rerun, what="wait for the end of the run; the exit code tells how it ended")
    add_cluster_options(rerun)
    rerun.set_defaults(run=run_again)
    cancel = commands.add_parser(
        "cancel",
        help="stop the active run",
        description="Stop the active run of a SparkJob; it ends as Cancelled.",
    )
    add_job(cancel)
    add_wait_options(cancel, what="wait until the run ended")
    add_cluster_options(cancel)
    cancel.set_defaults(run=run_cancel)


def run_again(arguments: argparse.Namespace) -> int:
    """Ask for a run."""
    cluster = Cluster.connect(arguments)
    cluster.annotate(arguments.name, REQUESTED_AT, _stamp())
    print(f"another run of SparkJob {arguments.name} requested")
    if arguments.wait:
        return await_goal(cluster, arguments.name, finished, arguments.timeout)
    return ExitCode.OK


def run_cancel(arguments: argparse.Namespace) -> int:
    """Ask for the end of the run; a job that ended already is left alone."""
    cluster = Cluster.connect(arguments)
    job = cluster.job(arguments.name)
    if jobs.is_settled(job):
        print(f"SparkJob {arguments.name} is {jobs.state_of(job)} already: there is nothing to cancel")
        return ExitCode.OK
    cluster.annotate(arguments.name, CANCEL_REQUESTED_AT, _stamp())
    print(f"cancellation of SparkJob {arguments.name} requested")
    if arguments.wait:
        return await_goal(cluster, arguments.name, ended, arguments.timeout)
    return ExitCode.OK


def _stamp() -> str:
    """The present to the microsecond: two requests within a second are two."""
    return now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
