"""Uncaught exceptions of the JVM in a log. Pure."""

import re
from dataclasses import replace

from emberlake.sparkjob.failure.logtail import level, until_record
from emberlake.sparkjob.failure.raised import Chain, Raised

_TYPE = r"(?:[a-z_][\w$]*\.)+[A-Z][\w$]*|MetaException"
_START = re.compile(
    rf"^(?:Caused by: |: |Exception in thread \"[^\"]*\" |)({_TYPE})(?:(?:: |\(message:)(.*))?$"
)
_UNCAUGHT = 'Exception in thread "'
_MAIN = 'Exception in thread "main" '
_CAUSE = "Caused by: "
# What follows a message in the same lines.
_STACKS = ("Driver stacktrace:", "Serialization stack:")
_REQUEST = re.compile(r", Extended Request ID: [^)]*")
# Records of these loggers are followed by what ended the driver.
_FATAL = re.compile(r" ERROR (?:SparkUncaughtExceptionHandler|SparkContext|SparkSubmit): ")
_LINKS = 8
# Without a message these say less than what they wrap, or what wraps them.
_BARE = ("EOFException", "ExecutionException", "InvocationTargetException", "UndeclaredThrowableException")
_FRAME = "\tat "
# The lines of a stack trace; other indented lines belong to a message.
_STACK = re.compile(r"^\t+(?:at |\.\.\. |Suppressed: |- )")
_FOREIGN = re.compile(
    r"^\tat (?:[\w.]+/)?(?:java|javax|jdk|sun|scala|py4j|software\.amazon"
    r"|org\.apache\.(?:spark|hadoop|iceberg|http))\."
)


def java_errors(lines: list[str]) -> Chain:
    """What ended the JVM's main method, root cause first, then its wrappers; () when nothing did."""
    for start in (_last(lines, _MAIN), _last(lines, _UNCAUGHT)):
        if start is not None:
            return causes(until_record(lines[start:]))
    fatal = [index for index, line in enumerate(lines) if _FATAL.search(line)]
    if fatal:
        return causes(until_record(lines[fatal[-1] + 1 :]))
    # The tail may begin within a stack trace.
    return causes(until_record(lines), (_CAUSE,))


def causes(lines: list[str], starts: tuple[str, ...] = ("",)) -> Chain:
    """The exceptions of one stack trace, root cause first, without the suppressed ones."""
    found: list[Raised] = []
    for index, line in enumerate(lines):
        header = _START.match(line) if line.startswith(starts) else None
        if header and (not found or line.startswith(_CAUSE)):
            found.append(_raised(header[1], header[2] or "", lines[index + 1 :]))
    chain = [*reversed(found)][:_LINKS]
    telling = next((i for i, raised in enumerate(chain) if raised.message or raised.name not in _BARE), 0)
    chain = [*chain[telling:], *chain[:telling]]
    return tuple(replace(raised, relation="in" if position else "") for position, raised in enumerate(chain))


def _last(lines: list[str], start: str) -> int | None:
    return next((i for i in range(len(lines) - 1, -1, -1) if lines[i].startswith(start)), None)


def _raised(kind: str, first: str, rest: list[str]) -> Raised:
    message, frames = [first], []
    for line in rest:
        if level(line) or line.startswith((_CAUSE, _UNCAUGHT)):
            break
        if _STACK.match(line):
            frames.append(line)
        elif not frames and line not in _STACKS:
            message.append(line)
    own = next((f for f in frames if f.startswith(_FRAME) and not _FOREIGN.match(f)), None)
    return Raised(kind, _REQUEST.sub("", "\n".join(message)).strip(), (f"  {own.strip()}",) if own else ())
