"""The tail of a driver's log, line by line: what Spark logged and what the application printed. Pure."""

import re

_RECORD = re.compile(
    r"^(?:\d{2}/\d{2}/\d{2}|\d{4}-\d{2}-\d{2}[T ])\s?\d{2}:\d{2}:\d{2}\S*\s+\[?(?P<level>[A-Z]+)\]?\s"
    r"|^\{\"ts\": ?\"[^\"]*\", ?\"level\": ?\"(?P<json>[A-Z]+)\""
)
_QUIET = ("TRACE", "DEBUG", "INFO")
_NOISE = ("WARNING: Using incubator modules", "Using Spark's default log4j profile", "SLF4J", "Picked up ")
_PLAIN_LINES = 5
# Longer than any line that says something; patterns must not meet a document of megabytes in one line.
_LINE = 2000


def relevant(text: str) -> list[str]:
    """The lines without what the launcher prints and Spark's records of level INFO and below.

    Records of other threads cut tracebacks in two. Lines are cut too.
    """
    lines = (line[:_LINE] for line in text.splitlines())
    return [line for line in lines if level(line) not in _QUIET and not line.startswith(_NOISE)]


def level(line: str) -> str | None:
    """The level of a log record that begins in this line, None for any other line."""
    found = _RECORD.match(line)
    return (found["level"] or found["json"]) if found else None


def until_record(lines: list[str]) -> list[str]:
    """The lines up to the next log record."""
    end = next((index for index, line in enumerate(lines) if level(line)), len(lines))
    return lines[:end]


def printed(lines: list[str]) -> list[str]:
    """The last lines that the application printed, without log records and stack traces."""
    plain = [line for line in lines if line.strip() and not level(line) and not line.startswith("\t")]
    return plain[-_PLAIN_LINES:]
