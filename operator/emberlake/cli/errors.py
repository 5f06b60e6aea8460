"""What the command line says when it cannot do what was asked, and its exit codes."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes for pipelines; part of the documented interface, so they never change their meaning."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    TIMEOUT = 4
    REFUSED = 5
    INTERRUPTED = 130


class CliError(Exception):
    """Ends a command: one line that names what is wrong and how to mend it, and the exit code."""

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(" ".join(message.split()))
        self.code = code


class UsageError(CliError):
    """What was typed or written in a file cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


class UnreachableError(CliError):
    """The API server gave no answer, or said that it cannot now; asking again may help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.REFUSED)
