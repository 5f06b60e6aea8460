"""The lock of a table in a Hive metastore, as Iceberg's writers take it; and calls whose answers may be lost.

Iceberg's Hive catalogs (Java, Trino's, PyIceberg) change a table's entry only under an exclusive lock of the
metastore. A lock that nobody renews expires by the metastore's rule (`hive.txn.timeout`, five minutes): that
of a killed writer is waited out here, never released.
"""

import getpass
import logging
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from hive_metastore import ThriftHiveMetastore
from hive_metastore.ttypes import (
    CheckLockRequest,
    HeartbeatRequest,
    LockComponent,
    LockLevel,
    LockRequest,
    LockState,
    LockType,
    NoSuchLockException,
    ShowLocksRequest,
    UnlockRequest,
)
from thrift.Thrift import TException

from emberlake.clients import metastore
from emberlake.clients.retry import Backoff

T = TypeVar("T")
CONNECT_SECONDS, CALL_SECONDS = 10.0, 120.0
# beyond what a lock of a killed writer lives (300 s), and the metastore's round to clear it (60 s)
LOCK_SECONDS = 480.0
_PATIENCE = Backoff(first=0.5, longest=5.0, total=90.0)
_LOG = logging.getLogger(__name__)


class LockTimeoutError(Exception):
    """Another writer kept the table's lock for too long."""


class LockLostError(Exception):
    """The metastore has given the lock up, since it was not renewed in time."""


class HiveSession:
    """One connection to a metastore of several addresses, opened when needed."""

    def __init__(self, uris: Sequence[str], patience: Backoff = _PATIENCE) -> None:
        """`patience`: how long calls are repeated while no metastore answers."""
        self._uris, self._patience = tuple(uris), patience
        self._client: Any = None

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._client is not None:
            self._client._iprot.trans.close()  # noqa: SLF001  # the stubs offer no other way
            self._client = None

    def connected(self) -> Any:
        """The stub on an open connection. Raises metastore.MetastoreUnreachableError."""
        if self._client is None:
            protocol = metastore.connect(
                self._uris, connect_seconds=CONNECT_SECONDS, call_seconds=CALL_SECONDS
            )
            self._client = ThriftHiveMetastore.Client(protocol)
        return self._client

    def once(self, call: Callable[[Any], T]) -> T:
        """`call` without a second try; one of metastore.TRANSPORT_ERRORS says that its answer is lost."""
        client = self.connected()
        try:
            return call(client)
        except metastore.TRANSPORT_ERRORS:
            self.close()
            raise

    def call(self, call: Callable[[Any], T]) -> T:
        """`call`, which may be done twice, until it is answered."""
        return self._patience.run(lambda _: self.once(call), metastore.TRANSPORT_ERRORS, _tell)


class TableLock:
    """The exclusive lock of a table, held for the block. Raises LockTimeoutError, LockLostError."""

    def __init__(
        self, session: HiveSession, database: str, table: str, seconds: float = LOCK_SECONDS
    ) -> None:
        self._session, self._database, self._table, self._seconds = session, database, table, seconds
        self._id: int | None = None
        # not released at the end of the block: the metastore may still be busy with a call of its holder
        self.keep = False

    def __enter__(self) -> "TableLock":
        self._id, state = self._ask()
        try:
            self._wait(state)
        except BaseException:
            # a request that stays in the queue holds up all that come after it
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.keep:
            self._release()

    def _wait(self, state: int) -> None:
        deadline, pause = time.monotonic() + self._seconds, 0.05
        while state == LockState.WAITING:
            if time.monotonic() > deadline:
                raise LockTimeoutError(
                    f"the lock of {self._database}.{self._table} was not free for {self._seconds:.0f} s"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)
            state = self._check()
        if state != LockState.ACQUIRED:
            raise LockLostError(f"the metastore refuses the lock of {self._database}.{self._table}: {state}")

    def renew(self) -> None:
        """Make the lock last for its whole time from now. Raises LockLostError."""
        try:
            self._session.call(lambda client: client.heartbeat(HeartbeatRequest(lockid=self._id)))
        except NoSuchLockException as error:
            raise LockLostError(f"the lock of {self._database}.{self._table} has expired") from error

    def _ask(self) -> tuple[int, int]:
        part = LockComponent(
            type=LockType.EXCLUSIVE,
            level=LockLevel.TABLE,
            dbname=self._database,
            tablename=self._table,
            isTransactional=True,
        )
        mark = f"emberlake-{uuid.uuid4()}"
        request = LockRequest(component=[part], user=user(), hostname=socket.gethostname(), agentInfo=mark)

        def ask(attempt: int) -> tuple[int, int]:
            if attempt and (found := self._find(mark)):
                return found  # the first try was done before its answer was lost
            reply = self._session.once(lambda client: client.lock(request))
            return reply.lockid, reply.state

        return _PATIENCE.run(ask, metastore.TRANSPORT_ERRORS, _tell)

    def _find(self, mark: str) -> tuple[int, int] | None:
        asked = ShowLocksRequest(dbname=self._database, tablename=self._table, isExtended=True)
        reply = self._session.once(lambda client: client.show_locks(asked))
        for lock in reply.locks or ():
            if lock.agentInfo == mark:
                return lock.lockid, lock.state
        return None

    def _check(self) -> int:
        try:
            reply = self._session.call(lambda client: client.check_lock(CheckLockRequest(lockid=self._id)))
        except NoSuchLockException as error:
            raise LockLostError(
                f"the metastore has dropped the request for the lock of {self._database}.{self._table}"
            ) from error
        return int(reply.state)

    def _release(self) -> None:
        """Give the lock back; where that fails it expires by itself, and what was done under it holds."""
        try:
            self._session.call(lambda client: client.unlock(UnlockRequest(lockid=self._id)))
        except NoSuchLockException:
            return
        except (TException, *metastore.TRANSPORT_ERRORS) as error:
            _LOG.warning("the lock of %s.%s was not released: %s", self._database, self._table, error)


def user() -> str:
    """The name of the user of this process; a pod's user need not have one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "emberlake"


def _tell(error: Exception) -> None:
    _LOG.warning("the metastore gave no answer, asking again: %s", error)
