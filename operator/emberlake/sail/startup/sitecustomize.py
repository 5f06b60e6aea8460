"""Tells the driver's program what the client of Spark Connect lacks, at the moment when a script meets it.

Python loads this when it starts the script, before anything of the script's. What lacks raises in the client
and never reaches the gateway; a script may go on after it, and would then do another thing than on Spark.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any

NOTICES = "EMBERLAKE_NOTICES"
_LACKING = (
    "CANNOT_CONFIGURE_SPARK_CONNECT",
    "JVM_ATTRIBUTE_NOT_SUPPORTED",
    "NOT_IMPLEMENTED",
    "SESSION_OR_CONTEXT_EXISTS",
    "UNSUPPORTED_",
)
_SPARK = ("pyspark", "py4j")

Notify = Callable[[str, str], None]


def _notify(descriptor: int) -> Notify:
    def notify(feature: str, message: str) -> None:
        line = json.dumps({"feature": f"client.{feature}", "message": " ".join(message.split())[:500]})
        os.write(descriptor, line.encode() + b"\n")

    return notify


def _watch_errors(notify: Notify) -> None:
    from pyspark.errors.exceptions.base import PySparkException  # noqa: PLC0415

    plain = PySparkException.__init__

    @wraps(plain)
    def told(self: PySparkException, *args: Any, **named: Any) -> None:
        plain(self, *args, **named)
        if (name := self.getCondition() or "").startswith(_LACKING):
            notify(name.lower(), str(self))

    PySparkException.__init__ = told


def _watch_imports(notify: Notify) -> None:
    plain = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in _SPARK:
            notify("import", str(error))
        plain(kind, error, trace)

    sys.excepthook = hook


def _start() -> None:
    descriptor, _, parent = os.environ.get(NOTICES, "").partition(":")
    # programs that the script starts inherit the variable, and nothing to write to
    if descriptor and parent == str(os.getppid()):
        notify = _notify(int(descriptor))
        _watch_errors(notify)
        _watch_imports(notify)


_start()
