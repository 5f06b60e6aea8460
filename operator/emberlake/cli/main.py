"""Entry point of `emberlake`, also `kubectl emberlake`: one subcommand per module of this package."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from emberlake.cli import (
    completion,
    conf,
    crawl,
    describe,
    dev_credentials,
    get,
    importer,
    logs,
    request,
    submit,
    ui,
    wait,
)
from emberlake.cli.arguments import Commands, add_cluster_options
from emberlake.cli.errors import CliError, ExitCode

# A module adds its subparsers and sets their default `run`: Callable[[argparse.Namespace], int].
# Whatever takes long to import (the Kubernetes client, the API models) is imported where it is used.
REGISTRARS: tuple[Callable[[Commands], None], ...] = (
    submit.register,
    get.register,
    describe.register,
    logs.register,
    wait.register,
    request.register,
    conf.register,
    crawl.register,
    ui.register,
    importer.register,
    completion.register,
    dev_credentials.register,
)


class Parser(argparse.ArgumentParser):
    """Tells of wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2."""
        self.exit(ExitCode.USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser with every registered subcommand."""
    parser: argparse.ArgumentParser = Parser(
        prog="emberlake", description="Work with Emberlake on Kubernetes.", allow_abbrev=False
    )
    add_cluster_options(parser, default=None)
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for register in REGISTRARS:
        register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is one of ExitCode."""
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete  # noqa: PLC0415

        argcomplete.autocomplete(parser)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except CliError as error:
        print(f"emberlake: {error}", file=sys.stderr)
        return error.code
    except BrokenPipeError:
        # Whoever read our output has enough; Python must not try to flush the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return code
