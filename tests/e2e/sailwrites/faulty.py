"""A writer in a process of its own. Its steps are its calls to the metastore and to the object store; the
fault comes before or after one of them. The product knows nothing of it.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

import pyarrow as pa
from thrift.Thrift import TApplicationException
from thrift.transport.TTransport import TTransportException

from emberlake.clients.hivelock import HiveSession
from emberlake.clients.retry import Backoff
from emberlake.clients.s3 import S3Store
from emberlake.crawler.failure import RetryableError
from emberlake.sail import lakecatalog
from emberlake.sail.commit import Committer
from emberlake.sail.config import SailCatalog
from emberlake.sail.writes import Write, Written

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([Committer.__module__])
# "killed" is SIGKILL, "lost" a connection to the metastore that breaks without an answer; "blind" is that and
# an object store that does not answer from then on; "refused" is an error that the metastore answers
Kind = Literal["none", "killed", "lost", "blind", "refused"]


@dataclass(frozen=True)
class Ended:
    """How a writer ended: what it returned, or the error as text. `steps` is empty for a killed one."""

    killed: bool
    result: Written | None = None
    error: str = ""
    steps: tuple[str, ...] = ()


class Steps:
    """Counts the calls of a process, and strikes at one of them."""

    def __init__(self, kind: Kind, at: int) -> None:
        self._kind, self._at = kind, at
        self.taken: list[str] = []
        self._blind = False

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call` as two steps: before it and after it."""

        @wraps(call)
        def stepped(holder: Any, *arguments: Any) -> Any:
            told = f"{name} {_told(arguments)}"
            if self._blind:
                raise RetryableError("EndpointUnreachable", told)
            self._take(f"before {told}", holder)
            found = call(holder, *arguments)
            self._take(f"after {told}", holder)
            return found

        return stepped

    def _take(self, name: str, holder: Any) -> None:
        number = len(self.taken)
        self.taken.append(name)
        if number != self._at:
            return
        if self._kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._kind == "refused":
            raise TApplicationException(TApplicationException.INTERNAL_ERROR, f"refused {name}")
        if self._kind in {"lost", "blind"}:
            self._blind = self._kind == "blind"
            holder.close()
            raise TTransportException(message=f"lost {name}")


def _told(arguments: tuple[Any, ...]) -> str:
    """What a call to the metastore is for, or the key of one to the object store."""
    first = arguments[0]
    return str(first.__qualname__).split(".<locals>")[0] if callable(first) else str(arguments[1])


def write(catalog: SailCatalog, what: Write, rows: pa.Table, kind: Kind = "none", at: int = -1) -> Ended:
    """Write `rows` in another process, with a fault of `kind` at step `at`, and wait for its end."""
    here, there = PROCESSES.Pipe()
    # the server that forks may be older than this test's credentials
    process = PROCESSES.Process(target=_write, args=(there, dict(os.environ), catalog, what, rows, kind, at))
    process.start()
    there.close()
    try:
        ended: Ended = here.recv()
    except EOFError:
        process.join()
        return Ended(process.exitcode == -signal.SIGKILL, error=f"exit code {process.exitcode}")
    process.join()
    return ended


def _write(
    pipe: Any,
    environment: dict[str, str],
    catalog: SailCatalog,
    what: Write,
    rows: pa.Table,
    kind: Kind,
    at: int,
) -> None:
    os.environ.update(environment)
    steps = Steps(kind, at)
    HiveSession.once = steps.around("metastore", HiveSession.once)  # type: ignore[method-assign]
    if kind != "lost":
        for name in ("put", "get_range", "list_page", "delete"):
            setattr(S3Store, name, steps.around(name, getattr(S3Store, name)))
    lakecatalog._LOOKED_FOR = Backoff(first=0.1, total=1.0)
    result, error = None, ""
    try:
        result = Committer([catalog]).write(what, rows.to_batches(max_chunksize=4), rows.schema)
    except Exception as raised:  # noqa: BLE001  # the test says which it expects
        error = f"{type(raised).__name__}: {raised}"
    pipe.send(Ended(False, result, error, tuple(steps.taken)))
