"""Makes the client of Spark Connect do what PySpark does in Spark's own driver, or tells where it cannot.

Python loads this when it starts the script, before anything of the script's.

What the client lacks raises in the script and never reaches the gateway; a script may go on after it, and
would then do another thing than on Spark. A function in Python is pickled when it is first used in a column,
as in Spark's driver, and not each time when rows are asked for: its variables may have other values by then.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial, wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType, TracebackType
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
_FROM_SERVER = "pyspark.errors.exceptions.connect"

Notify = Callable[[str, str], None]
Hook = Callable[[ModuleType], None]


class _After(MetaPathFinder):
    """Calls a hook with a module once it is loaded: nothing of PySpark is loaded for the hooks' sake."""

    def __init__(self, hooks: dict[str, Hook]) -> None:
        self._hooks = hooks

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in self._hooks else None
        if spec is not None and spec.loader is not None:
            plain, hook = spec.loader.exec_module, self._hooks[name]

            def execute(module: ModuleType) -> None:
                plain(module)
                hook(module)

            spec.loader.exec_module = execute  # type: ignore[method-assign]
        return spec


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


def _start() -> None:
    descriptor, _, parent = os.environ.get(NOTICES, "").partition(":")
    # programs that the script starts inherit the variable, and nothing to write to
    if descriptor and parent == str(os.getppid()):
        notify = partial(_notify, int(descriptor))
        _watch_imports(notify)
        hooks: dict[str, Hook] = {
            "pyspark.errors.exceptions.base": partial(_watch_errors, notify),
            "pyspark.sql.connect.udf": _pickle_once,
        }
        sys.meta_path.insert(0, _After(hooks))


_start()
