"""Makes the client of Spark Connect do what PySpark does in Spark's own driver, or tells where it cannot.

Python loads this when it starts the script, before it opens the script's file. It loads PySpark, which takes
longer than all else, while the file is fetched and the gateway starts, and then waits for them.

What the client lacks raises in the script and never reaches the gateway; a script may go on after it, and
would then do another thing than on Spark. A function in Python is pickled when it is first used in a column,
as in Spark's driver, and not each time when rows are asked for: its variables may have other values by then.
"""

import atexit
import json
import os
import sys
from collections.abc import Callable
from functools import partial, wraps
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any

PIPES = "EMBERLAKE_PIPES"
_LACKING = (
    "CANNOT_CONFIGURE_SPARK_CONNECT",
    "JVM_ATTRIBUTE_NOT_SUPPORTED",
    "NOT_IMPLEMENTED",
    "SESSION_OR_CONTEXT_EXISTS",
    "UNSUPPORTED_",
)
_SPARK = ("pyspark", "py4j")
_FROM_SERVER = "pyspark.errors.exceptions.connect"

Notify = Callable[[str, str], None]


def _notify(descriptor: int, feature: str, message: str) -> None:
    line = json.dumps({"feature": f"client.{feature}", "message": " ".join(message.split())[:500]})
    os.write(descriptor, line.encode() + b"\n")


def _watch_errors(notify: Notify, module: ModuleType) -> None:
    plain = module.PySparkException.__init__

    @wraps(plain)
    def told(self: Any, *args: Any, **named: Any) -> None:
        plain(self, *args, **named)
        # of those that come from the server the gateway knows, and they are not complete yet
        if (name := self._errorClass or "").startswith(_LACKING) and type(self).__module__ != _FROM_SERVER:
            notify(name.lower(), f"[{name}] {self._message}")

    module.PySparkException.__init__ = told


def _watch_imports(notify: Notify) -> None:
    plain = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in _SPARK:
            notify("import", str(error))
        plain(kind, error, trace)

    sys.excepthook = hook


class _Pickled:
    """A function as it is now, wherever it is unpickled later."""

    def __init__(self, function: Callable[..., Any]) -> None:
        from pyspark import cloudpickle  # noqa: PLC0415

        self._bytes: bytes = cloudpickle.dumps(function)
        self._loads = cloudpickle.loads

    def __reduce__(self) -> tuple[Any, ...]:
        return self._loads, (self._bytes,)


def _pickle_once(module: ModuleType) -> None:
    kind = module.UserDefinedFunction
    plain = kind._build_common_inline_user_defined_function  # noqa: SLF001

    @wraps(plain)
    def built(self: Any, *args: Any, **named: Any) -> Any:
        found = plain(self, *args, **named)
        if "_pickled" not in self.__dict__:
            self._pickled = _Pickled(self.func)
        found._function._func = self._pickled  # noqa: SLF001
        return found

    kind._build_common_inline_user_defined_function = built  # noqa: SLF001


def _read_views(module: Any) -> None:
    """Texts and bytes come in a layout of Arrow that the client has no type for."""
    plain, arrow = module.from_arrow_type, import_module("pyarrow")
    layouts = {arrow.string_view(): arrow.string(), arrow.binary_view(): arrow.binary()}

    @wraps(plain)
    def known(kind: Any, *args: Any, **named: Any) -> Any:
        return plain(layouts.get(kind, kind), *args, **named)

    module.from_arrow_type = known


def _forget_calls(module: ModuleType) -> None:
    """At the script's end a call that is open asks for a lock, which a thread may hold that runs no more."""
    if hasattr(module._Rendezvous, "__del__"):  # noqa: SLF001
        del module._Rendezvous.__del__  # noqa: SLF001


def _start() -> None:
    runner, notices, gate = os.environ.get(PIPES, "::").split(":")
    # programs that the script starts inherit the variable, and nothing to write to
    if runner != str(os.getppid()):
        return
    notify = partial(_notify, int(notices))
    _watch_imports(notify)
    _watch_errors(notify, import_module("pyspark.errors.exceptions.base"))
    _pickle_once(import_module("pyspark.sql.connect.udf"))
    import_module("pyspark.sql.connect.session")
    _read_views(import_module("pyspark.sql.pandas.types"))
    atexit.register(_forget_calls, import_module("grpc._channel"))
    if not os.read(int(gate), 1):
        os._exit(1)  # nobody serves the script any more


_start()
