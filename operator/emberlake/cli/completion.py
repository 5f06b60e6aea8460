"""`emberlake completion`: the shell's part of completion, by argcomplete."""

import argparse

from emberlake.cli.arguments import Commands
from emberlake.cli.errors import ExitCode

_EXECUTABLES = ("emberlake", "kubectl-emberlake")


def register(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "completion",
        help="print the completion code of a shell",
        description="Print the code that teaches a shell to complete commands, options and names of jobs."
        ' For example: eval "$(emberlake completion bash)"',
    )
    parser.add_argument(
        "shell",
        choices=("bash", "zsh", "fish", "tcsh", "powershell"),
        metavar="SHELL",
        help="bash, zsh, fish, tcsh or powershell",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the code."""
    from argcomplete.shell_integration import shellcode  # noqa: PLC0415

    print(shellcode(_EXECUTABLES, shell=arguments.shell))
    return ExitCode.OK
