"""Uncaught exceptions of Python programs in a log. Pure."""

import re
from dataclasses import replace
from itertools import pairwise

from emberlake.sparkjob.failure.logtail import level
from emberlake.sparkjob.failure.raised import Chain, Raised

TRACEBACK = "Traceback (most recent call last):"
IN_FUNCTION = "in a Python function on an executor, called by"
_GROUP = "  + Exception Group " + TRACEBACK
# The sentences of Python's traceback module between an exception and the one that came of it.
_LINKS = {
    "The above exception was the direct cause of the following exception:": "caused by",
    "During handling of the above exception, another exception occurred:": "while handling",
}
# Ends the message of pyspark's PythonException; the traceback of the function follows.
_FROM_WORKER = "Please see the stack trace below."
_IGNORED = "Exception ignored in"
_HEADER = re.compile(r"^((?:\w+\.)*[A-Za-z_]\w*)(?:: ?(.*))?$")
_SYNTAX = re.compile(r"^(?:SyntaxError|IndentationError|TabError): ")
_FRAME = '  File "'
_SPARK_PATHS = ("/pyspark/", "/pyspark.zip/", "/py4j", "<frozen ", '"spark.py"')
_LIBRARY_PATHS = ("/lib/python", "/site-packages/", "/dist-packages/", "/opt/emberlake/")
# Modules that say nothing to the reader of a message.
_SPARK_MODULES = re.compile(r"^(?:pyspark\.errors\.exceptions\.\w+|py4j\.protocol|_pickle)\.")
# After its message an AnalysisException prints the plan.
_BEFORE_PLAN = re.compile(r"SQLSTATE: \w{5};$")
_FRAMES = 2


def python_errors(lines: list[str]) -> Chain:
    """The last uncaught exception of a log, then those that it came from; () when there is none."""
    blocks = _blocks(lines)
    if not blocks:
        return _syntax_error(lines)
    chain = [_raised(blocks[-1])]
    for before, _ in reversed(list(pairwise(blocks))):
        relation = _relation(before)
        if not relation:
            break
        found = replace(_raised(before), relation=relation)
        chain.append(replace(found, kind="", message="") if relation == IN_FUNCTION else found)
    return tuple(chain) if chain[0].kind else ()


def _blocks(lines: list[str]) -> list[list[str]]:
    """Each traceback with what follows it, up to the next traceback or log record."""
    starts = [
        index
        for index, line in enumerate(lines)
        if line in (TRACEBACK, _GROUP) and not (index and lines[index - 1].startswith(_IGNORED))
    ]
    bounds = pairwise([*starts, len(lines)])
    return [_up_to_record(_plain(lines[start:end])) for start, end in bounds]


def _up_to_record(block: list[str]) -> list[str]:
    """The traceback with its message, which a log record ends; within the stack it is another thread's."""
    kept, in_message = [], False
    for line in block:
        if level(line) and in_message:
            break
        if not level(line):
            kept.append(line)
            in_message = in_message or (len(kept) > 1 and bool(line) and not line[0].isspace())
    return kept


def _plain(block: list[str]) -> list[str]:
    """An exception group, which is drawn as a tree of its members, as an ordinary traceback."""
    if block[0] != _GROUP:
        return block
    return [re.sub(r"^  [|+] ?", "", line) for line in block if not re.match(r"^ +\+[-+]", line)]


def _relation(block: list[str]) -> str:
    """How a block's exception led to the traceback below it; empty when it did not."""
    last = next((line for line in reversed(block) if line.strip()), "")
    return IN_FUNCTION if last.endswith(_FROM_WORKER) else _LINKS.get(last, "")


def _raised(block: list[str]) -> Raised:
    body = [line for line in block[1:] if line not in _LINKS]
    # In the stack of a function that Sail sends, the marks below its lines stand at their beginning.
    index = next((i for i, line in enumerate(body) if line and line[0] not in " \t~^"), len(body))
    header = _HEADER.match(body[index]) if index < len(body) else None
    if header is None:
        return Raised("")
    kind = _SPARK_MODULES.sub("", header[1])
    return Raised(kind, _message([header[2] or "", *body[index + 1 :]]), _own_frames(body[:index]))


def _message(lines: list[str]) -> str:
    for index, line in enumerate(lines):
        if _BEFORE_PLAN.search(line):
            return "\n".join(lines[: index + 1]).strip()
        if line.startswith("JVM stacktrace:"):
            return "\n".join(lines[:index]).strip()
    return "\n".join(lines).strip()


def _own_frames(stack: list[str]) -> tuple[str, ...]:
    """The last frames of the application, with their source line, before it called Spark."""
    starts = [index for index, line in enumerate(stack) if line.startswith(_FRAME)]
    spark = next((i for i in starts if any(path in stack[i] for path in _SPARK_PATHS)), len(stack))
    own = [i for i in starts if i < spark and not any(path in stack[i] for path in _LIBRARY_PATHS)]
    chosen = (own or starts[-1:])[-_FRAMES:]
    return tuple(line for index in chosen for line in _frame(stack, index))


def _frame(stack: list[str], index: int) -> list[str]:
    source = stack[index + 1 : index + 2]
    return [stack[index], *(line for line in source if line.startswith("    ") and line.strip(" ~^"))]


def _syntax_error(lines: list[str]) -> Chain:
    """A script that does not compile has no traceback, only a place."""
    for index, line in enumerate(lines):
        if _SYNTAX.match(line):
            kind, _, message = line.partition(": ")
            before = lines[max(0, index - 3) : index]
            start = next((i for i, text in enumerate(before) if text.startswith(_FRAME)), len(before))
            return (Raised(kind, message, tuple(before[start:])),)
    return ()
