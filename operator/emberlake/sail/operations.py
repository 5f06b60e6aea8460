"""The operations that the gateway carries out itself, for clients that lose the connection and ask again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

import grpc

from emberlake.sail.errors import aborted
from emberlake.sail.writing import Failure

Outcome: TypeAlias = Failure | grpc.RpcError | None
_BROKEN = Failure(aborted("the gateway failed, its log tells why"))


class _Operation:
    def __init__(self) -> None:
        self.over = threading.Event()
        self.outcome: Outcome = None


class Operations:
    """Writes by the id that the client gave them. An outcome is kept: asking again starts nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Operation] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def run(self, name: str, work: Callable[[], Failure | None]) -> Outcome:
        """Do the work once for this id, whoever asks; all get its outcome when it is over."""
        with self._lock:
            first = name not in self._known
            operation = self._known.setdefault(name, _Operation())
        if first:
            self._work(operation, work)
        return self.wait(name)

    def wait(self, name: str) -> Outcome:
        """The outcome of an operation that is known, once it is over."""
        operation = self._known[name]
        operation.over.wait()
        return operation.outcome

    def _work(self, operation: _Operation, work: Callable[[], Failure | None]) -> None:
        try:
            operation.outcome = work()
        except grpc.RpcError as error:
            operation.outcome = error
        except BaseException:
            operation.outcome = _BROKEN
            raise
        finally:
            operation.over.set()
