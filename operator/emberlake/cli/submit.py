"""`emberlake submit`: a SparkJob from a YAML file, or from a command line of spark-submit."""

import argparse
import sys
from pathlib import Path
from typing import Any

from emberlake.api import API_VERSION
from emberlake.cli import sparksubmit
from emberlake.cli.arguments import Commands, add_cluster_options, object_name
from emberlake.cli.cluster import Cluster
from emberlake.cli.errors import ExitCode, UsageError
from emberlake.cli.output import presentable, render
from emberlake.cli.progress import add_wait_options, await_goal, finished

Document = dict[str, Any]


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "submit",
        help="create a SparkJob from YAML, or like spark-submit",
        usage="%(prog)s -f FILE [options]\n       %(prog)s [options] MAIN_FILE [ARGUMENT ...]",
        description="Create a SparkJob, from a YAML file or from the flags of spark-submit. What follows the"
        " main file belongs to the application.",
        allow_abbrev=False,
    )
    parser.add_argument("application", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.add_argument("-f", "--filename", metavar="FILE", help="YAML or JSON with SparkJobs, - for stdin")
    nothing = parser.add_mutually_exclusive_group()
    nothing.add_argument("--dry-run", action="store_true", help="create nothing, print the SparkJob as YAML")
    nothing.add_argument(
        "--check", action="store_true", help="create nothing, ask the API server whether it would be accepted"
    )
    parser.add_argument("-o", "--output", choices=("json", "yaml"), help="print what was created")
    add_wait_options(parser, what="wait for the end of the job; the exit code tells how it ended")
    add_cluster_options(parser)
    group = parser.add_argument_group("of Emberlake, beside those of spark-submit")
    group.add_argument(
        "--catalog",
        metavar="NAME",
        type=object_name,
        action="append",
        default=[],
        help="Catalog to configure; may be repeated, the first is the default",
    )
    group.add_argument("--release", metavar="LABEL", help="release that pins image and versions")
    group.add_argument("--image", metavar="IMAGE", help="image instead of the release's")
    group.add_argument(
        "--engine", choices=("Spark", "Sail", "Auto"), help="what runs it; default: the API's, Spark"
    )
    sparksubmit.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Create, and wait if asked."""
    documents = _from_file(arguments) if arguments.filename else [_from_flags(arguments)]
    if arguments.wait and len(documents) != 1:
        raise UsageError(f"--wait waits for one SparkJob, and {arguments.filename} holds {len(documents)}")
    if arguments.dry_run:
        _validate(documents)
        print("\n---\n".join(render(document, arguments.output or "yaml") for document in documents))
        return ExitCode.OK
    cluster = Cluster.connect(arguments)
    for document in documents:
        target = cluster.within(document["metadata"].get("namespace") or cluster.namespace)
        made = target.create(document, dry_run=arguments.check)
        _tell(made, arguments)
    if arguments.wait and not arguments.check:
        return await_goal(target, made["metadata"]["name"], finished, arguments.timeout)
    return ExitCode.OK


def _from_file(arguments: argparse.Namespace) -> list[Document]:
    from emberlake.cli.yamlio import load_documents  # noqa: PLC0415

    if arguments.application:
        raise UsageError(f"-f takes no main file: leave {arguments.application[0]!r} out, or -f")
    documents = load_documents(*read(arguments.filename))
    for document in documents:
        if (document.get("apiVersion"), document.get("kind")) != (API_VERSION, "SparkJob"):
            raise UsageError(
                f"{arguments.filename} holds a {document.get('kind')} of {document.get('apiVersion')}: submit"
                f" takes SparkJobs of {API_VERSION}, `kubectl apply` takes everything"
            )
        meta = document.get("metadata")
        if not isinstance(meta, dict) or not (meta.get("name") or meta.get("generateName")):
            raise UsageError(f"{arguments.filename}: metadata.name is missing")
        if arguments.namespace not in (None, meta.get("namespace", arguments.namespace)):
            raise UsageError(
                f"{arguments.filename} is for namespace {meta['namespace']}, and -n names"
                f" {arguments.namespace}: drop one of them"
            )
    return documents


def read(filename: str) -> tuple[str, str]:
    """Text and name of a file, or of stdin.

    Raises:
        UsageError: it cannot be read.
    """
    if filename == "-":
        return sys.stdin.read(), "stdin"
    try:
        return Path(filename).read_text(encoding="utf-8"), filename
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{filename} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _from_flags(arguments: argparse.Namespace) -> Document:
    if not arguments.application:
        raise UsageError("name a YAML file with -f, or the main file of the application as for spark-submit")
    document, namespace = sparksubmit.spark_job(arguments, _properties(arguments.properties_file), _note)
    _validate([document])
    if namespace := arguments.namespace or namespace:
        document["metadata"]["namespace"] = namespace
    return document


def _validate(documents: list[Document]) -> None:
    from emberlake.cli.validation import problems  # noqa: PLC0415

    if found := [problem for document in documents for problem in problems(document.get("spec"))]:
        raise UsageError("; ".join(map(str, found)))


def _properties(filename: str | None) -> dict[str, str]:
    if filename is None:
        return {}
    import javaproperties  # noqa: PLC0415

    text, name = read(filename)
    try:
        found: dict[str, str] = javaproperties.loads(text)
    except ValueError as error:
        raise UsageError(f"{name} is no properties file: {error}") from error
    return {key: value.strip() for key, value in found.items()}


def _note(text: str) -> None:
    print(f"emberlake: note: {text}", file=sys.stderr)


def _tell(made: Document, arguments: argparse.Namespace) -> None:
    meta = made["metadata"]
    if arguments.output:
        print(render(presentable(made), arguments.output))
    elif arguments.check:
        print(f"SparkJob {meta['name']} would be accepted in namespace {meta['namespace']}")
    else:
        print(f"SparkJob {meta['name']} created in namespace {meta['namespace']}")
