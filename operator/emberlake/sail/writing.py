"""Carries out the writes of a script: rows from Sail, commits by a Committer, each once and one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from emberlake.sail.config import SailConfig
from emberlake.sail.errors import SparkError, aborted, rejected, unknown, unsupported
from emberlake.sail.refusal import Refusal
from emberlake.sail.rows import Session
from emberlake.sail.tablewrite import TableWrite
from emberlake.sail.writes import (
    RejectedWriteError,
    Target,
    UnsupportedWriteError,
    Write,
    WriteFailedError,
    WriteUnknownError,
    Written,
)

if TYPE_CHECKING:
    import pyarrow as pa

_NO_TABLE = "TABLE_OR_VIEW_NOT_FOUND"


class Commits(Protocol):
    """What carries a write to the table: `commit.Committer`."""

    def write(self, write: Write, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Written:
        """Write all rows, or raise one of the errors of `writes`. No row is committed before all are read."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A write that came to nothing. `refusal` is set where Spark may do it, or says better why not."""

    error: SparkError
    refusal: Refusal | None = None


class Writer:
    """The writes of one attempt, counted from 1 in the order in which the script asks for them.

    `commits`: makes the Committer at the first write, which takes a second to load. `committing`: told how
    many writes readers may see, before there can be one more.
    """

    def __init__(
        self, config: SailConfig, commits: Callable[[], Commits], committing: Callable[[int], None]
    ) -> None:
        self._config, self._make, self._committing = config, commits, committing
        self._commits: Commits | None = None
        self._turn = threading.Lock()
        self._closed = False
        self._asked = 0
        # writes that readers see, or may see, of this attempt or of an earlier one of the run
        self.committed = 0

    def write(self, asked: TableWrite, session: Session) -> Failure | None:
        """Carry out one write. grpc.RpcError where Sail cannot make the rows: nothing was written then."""
        if not self._turn.acquire(blocking=False):
            # in the next attempt the other may be the first, and their numbers would be exchanged
            return _refused("write.concurrent", "two writes of a script at one time")
        try:
            if self._closed:
                return Failure(aborted("the job is ending"))
            self._asked += 1
            return self._write(asked, session)
        finally:
            self._turn.release()

    def close(self) -> int:
        """Wait for the write under way, begin no other, and tell how many stand in tables."""
        self._closed = True
        with self._turn:
            return self.committed

    def _write(self, asked: TableWrite, session: Session) -> Failure | None:
        try:
            return self._tried(asked, session)
        except UnsupportedWriteError as error:
            return _refused(error.feature, error.message)
        except RejectedWriteError as error:
            refusal = Refusal(f"write.{error.condition.split('.')[0].lower()}", error.message)
            return Failure(rejected(error.condition, error.message), refusal)
        except WriteUnknownError as error:
            self.committed += 1
            return Failure(unknown(str(error)))
        except WriteFailedError as error:
            return Failure(aborted(str(error)))

    def _tried(self, asked: TableWrite, session: Session) -> Failure | None:
        target = self._target(asked.table, session)
        if self._commits is None:
            self._commits = self._make()
        for mode in asked.modes:
            write = Write(target, mode, f"{self._config.run_id}/{self._asked}", asked.by_name, new=asked.new)
            schema, batches = session.rows(asked.relation)
            try:
                written = self._commits.write(write, self._open(batches), schema)
            except RejectedWriteError as error:
                if error.condition != _NO_TABLE or mode is asked.modes[-1]:
                    raise
                continue
            if written.snapshot_id is not None:
                self.committed += 1
            return None
        return None

    def _open(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches, until the job ends. Nobody commits rows before all have been read."""
        for batch in batches:
            if self._closed:
                raise WriteFailedError("the job is ending")
            yield batch
        self._committing(self.committed + 1)

    def _target(self, name: tuple[str, ...], session: Session) -> Target:
        if len(name) > 3:
            raise UnsupportedWriteError("write.name", f"a table's name of {len(name)} parts")
        if len(name) == 3:
            return Target(*name)
        if len(name) == 2 and name[0] in {catalog.sql_name for catalog in self._config.catalogs}:
            raise UnsupportedWriteError("write.name", f"{'.'.join(name)} names a catalog and no database")
        catalog, database = session.current()
        return Target(catalog, name[0] if len(name) == 2 else database, name[-1])


def _refused(feature: str, message: str) -> Failure:
    refusal = Refusal(feature, message)
    return Failure(unsupported(refusal), refusal)
