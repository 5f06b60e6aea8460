"""`emberlake wait`: until a SparkJob is in a state."""

import argparse

from emberlake.cli.arguments import Commands, add_cluster_options, add_job
from emberlake.cli.cluster import Cluster
from emberlake.cli.progress import add_timeout, await_goal, finished, reaches

_GOALS = ("Finished", "Starting", "Running", "Succeeded", "Failed", "Cancelled", "Suspended")


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "wait",
        help="wait until a SparkJob ends, or reaches a state",
        description="Wait until a SparkJob ends, or reaches a state. Exits with 0 when it succeeded or"
        " reached the state, with 1 when it ended in another, with 4 when the time ran out.",
    )
    add_job(parser)
    parser.add_argument(
        "--for",
        dest="goal",
        choices=_GOALS,
        default="Finished",
        help="what to wait for; default: Finished, which is every requested run at its end",
    )
    add_timeout(parser)
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Wait."""
    goal = finished if arguments.goal == "Finished" else reaches(arguments.goal)
    return await_goal(Cluster.connect(arguments), arguments.name, goal, arguments.timeout)
