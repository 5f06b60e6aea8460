"""What ended an application, from its log. Pure."""

from dataclasses import replace

from emberlake.sparkjob.failure.java import causes, java_errors
from emberlake.sparkjob.failure.python import IN_FUNCTION, TRACEBACK, python_errors
from emberlake.sparkjob.failure.r import r_errors
from emberlake.sparkjob.failure.raised import Chain, Raised

_FROM_JAVA = "Py4JJavaError"


def uncaught(lines: list[str]) -> Chain:
    """The exception that ended an application, the most telling one first; () when there is none."""
    chain = r_errors(lines) or python_errors(lines)
    if not chain:
        return _with_python(java_errors(lines), ())
    first = chain[0]
    if first.name == _FROM_JAVA and (java := causes(first.message.splitlines())):
        return (*_with_python(java, first.frames), *chain[1:])
    return chain


def _with_python(java: Chain, frames: tuple[str, ...]) -> Chain:
    """A Java chain; where its root carries the traceback of a Python worker, that traceback's chain.

    Args:
        frames: where the Python program called into the JVM.
    """
    for raised in java:
        if TRACEBACK in raised.message:
            tail = raised.message.partition(TRACEBACK)[2].splitlines()
            if inner := python_errors([TRACEBACK, *tail[1:]]):
                place = Raised("", frames=frames, relation=IN_FUNCTION)
                return (*inner, place) if frames else inner
    return (replace(java[0], frames=frames or java[0].frames), *java[1:]) if java else ()
