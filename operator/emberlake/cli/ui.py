"""`emberlake ui`: the Spark UI of a running driver on this machine, through the API server."""

import argparse
import socket
from contextlib import closing

from emberlake.cli import jobs
from emberlake.cli.arguments import Commands, add_cluster_options, add_job
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import CliError, ExitCode, UsageError
from emberlake.cli.forward import serve
from emberlake.cli.output import Document

_DEFAULT_PORT = 4040
_PORT_NAME = "spark-ui"


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "ui",
        help="open a port to the Spark UI of the running driver",
        description="Forward a port of this machine to the Spark UI of a running driver, until interrupted.",
    )
    add_job(parser)
    parser.add_argument(
        "--port",
        type=_port,
        metavar="PORT",
        help=f"port of this machine, 0 for a free one; default: {_DEFAULT_PORT}, if taken a free one",
    )
    add_cluster_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    cluster = Cluster.connect(arguments)
    job = cluster.job(arguments.name)
    pod, port = target(cluster, job)
    with closing(_listen(arguments.port)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(f"Spark UI of {arguments.name}: {address} (ends with Ctrl-C)", flush=True)
        serve(cluster, pod, port, listener)
    return ExitCode.OK


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 0 to 65535")
    return int(text)


def target(cluster: Cluster, job: Document) -> tuple[str, int]:
    """Pod and port of the UI.

    Raises:
        CliError: NOT_FOUND when the job shows no UI now.
    """
    name = job["metadata"]["name"]
    if not (job["spec"].get("ui") or {}).get("enabled", True):
        raise CliError(f"SparkJob {name} serves no UI: set ui.enabled for its next run", ExitCode.NOT_FOUND)
    if jobs.status_of(job).get("engine") == "Sail":
        raise CliError(f"SparkJob {name} runs on Sail, which has no UI: see its log", ExitCode.NOT_FOUND)
    if jobs.state_of(job) != "Running":
        raise CliError(
            f"SparkJob {name} is {jobs.state_of(job)}, and the Spark UI lives as long as the driver runs",
            ExitCode.NOT_FOUND,
        )
    pod = cluster.pod(jobs.status_of(job)["attempt"]["pod"])
    ports = (port for container in pod["spec"]["containers"] for port in container.get("ports") or [])
    found = next((port["containerPort"] for port in ports if port.get("name") == _PORT_NAME), _DEFAULT_PORT)
    return pod["metadata"]["name"], int(found)


def _listen(port: int | None) -> socket.socket:
    wanted = _DEFAULT_PORT if port is None else port
    try:
        return socket.create_server(("127.0.0.1", wanted))
    except OSError as error:
        if port is not None:
            raise UsageError(
                f"port {port} of this machine cannot be used ({error.strerror}): try --port 0"
            ) from error
        return socket.create_server(("127.0.0.1", 0))
