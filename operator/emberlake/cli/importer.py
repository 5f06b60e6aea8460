"""`emberlake import sparkapplication`: the SparkJobs for what people bring from Kubeflow."""

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emberlake.cli.arguments import Commands
from emberlake.cli.errors import ExitCode, UsageError
from emberlake.cli.submit import read

if TYPE_CHECKING:
    from emberlake.cli.kubeflow.convert import Converted


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "import",
        help="print the SparkJob for a Kubeflow SparkApplication",
        description="Print SparkJobs for objects of other operators. Nothing is created.",
    )
    kinds = parser.add_subparsers(title="kinds", dest="kind", required=True, metavar="KIND")
    application = kinds.add_parser(
        "sparkapplication",
        help="SparkApplication and ScheduledSparkApplication of Kubeflow",
        description="Print the SparkJob for each SparkApplication or ScheduledSparkApplication"
        " (sparkoperator.k8s.io/v1beta2). Every field that cannot be carried is named on stderr and in a"
        " comment, with the reason and what to use instead.",
    )
    application.add_argument("files", nargs="+", metavar="FILE", help="YAML or JSON, - for stdin")
    application.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what can be converted; FAILED when a SparkApplication could not be, or there was none."""
    from emberlake.cli.yamlio import load_documents  # noqa: PLC0415

    outcomes = [
        _print_converted(filename, document)
        for filename in arguments.files
        for document in load_documents(*read(filename))
    ]
    return ExitCode.OK if any(outcomes) and False not in outcomes else ExitCode.FAILED


def _print_converted(filename: str, document: Mapping[str, Any]) -> bool | None:
    """Whether it worked; None for an object of another kind, which is left out."""
    from emberlake.cli.kubeflow.convert import convert, is_source  # noqa: PLC0415
    from emberlake.cli.yamlio import dump  # noqa: PLC0415

    kind, meta = document.get("kind"), document.get("metadata")
    what = f"{filename}: {kind} {meta.get('name', '') if isinstance(meta, dict) else ''}".rstrip()
    if not is_source(document):
        _tell(f"{what}: left out: only SparkApplication and ScheduledSparkApplication are read")
        return None
    try:
        converted = convert(document)
    except UsageError as error:
        _tell(f"{what}: {error}")
        return False
    remarks = _remarks(converted)
    for line in remarks:
        _tell(f"{what}: {line}")
    print("---")
    print("".join(f"# {line}\n" for line in (f"From {converted.origin}.", *remarks)), end="")
    print(dump(converted.document), end="")
    return True


def _remarks(converted: "Converted") -> list[str]:
    lost = [f"not carried: {found}" for found in converted.lost]
    return [" ".join(line.split()) for line in (*lost, *(f"note: {note}" for note in converted.notes))]


def _tell(text: str) -> None:
    print(f"emberlake: {text}", file=sys.stderr)
