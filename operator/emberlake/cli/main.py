"""Entry point of `emberlake`: one subcommand per module of this package."""

import argparse
from collections.abc import Callable, Sequence

from emberlake.cli import dev_credentials

# argparse has no public name for what add_subparsers returns.
Registrar = Callable[["argparse._SubParsersAction[argparse.ArgumentParser]"], None]  # noqa: SLF001

# A module adds a subparser and sets its default `run`: Callable[[argparse.Namespace], int].
REGISTRARS: tuple[Registrar, ...] = (dev_credentials.register,)


def build_parser() -> argparse.ArgumentParser:
    """The parser with every registered subcommand."""
    parser = argparse.ArgumentParser(prog="emberlake", description="Work with Emberlake on Kubernetes.")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for register in REGISTRARS:
        register(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is the command's, 2 for wrong arguments."""
    arguments = build_parser().parse_args(argv)
    code: int = arguments.run(arguments)
    return code
