"""The server of Spark Connect's service that a script talks to; behind it stands Sail."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NoReturn

import grpc
from google.protobuf.message import DecodeError
from pyspark.sql.connect.proto import base_pb2

from emberlake.sail import answers, decide, errors, show
from emberlake.sail.config import SailConfig
from emberlake.sail.decide import Ensure, Pass, Show, Write
from emberlake.sail.formats import Formats
from emberlake.sail.operations import Operations
from emberlake.sail.passing import OPTIONS, SERVICE, TO_SAIL, Passing
from emberlake.sail.paths import Paths, store
from emberlake.sail.refusal import Refusal, RefusedError
from emberlake.sail.rows import Session
from emberlake.sail.rules import Rules
from emberlake.sail.verified import Verified, shipped
from emberlake.sail.views import Views
from emberlake.sail.wire import Edit, Node, rebuilt
from emberlake.sail.writing import Commits, Failure, Writer

_LOG = logging.getLogger(__name__)
# calls under way at one time; each has a thread for as long as it runs, made when it is needed
CALLS = 1000
# what Sail says to these is the script's affair: they keep house, or ask for what is over
_HOUSEKEEPING = ("ArtifactStatus", "Interrupt", "ReleaseSession", "FetchErrorDetails", "CloneSession")
_EXECUTE = base_pb2.ExecutePlanRequest.DESCRIPTOR
_ANALYZE = base_pb2.AnalyzePlanRequest.DESCRIPTOR
_REATTACH = base_pb2.ReattachExecuteRequest.DESCRIPTOR
_RELEASE = base_pb2.ReleaseExecuteRequest.DESCRIPTOR


class Gateway:
    """Listens on 127.0.0.1, passes on to Sail what may be passed, refuses, and writes.

    `sail`: HOST:PORT of the Sail server, which may still be starting. `commits` makes what carries writes to
    tables. `refused` is called once, at the first refusal, from the thread of a call; `committing` as by a
    Writer.
    """

    def __init__(
        self,
        sail: str,
        config: SailConfig,
        commits: Callable[[], Commits],
        refused: Callable[[Refusal], None] = lambda _: None,
        verified: Verified | None = None,
        committing: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._channel = grpc.insecure_channel(sail, options=TO_SAIL)
        self._passing = Passing(self._channel, self._failed)
        self._writer = Writer(config, commits, committing)
        self._operations = Operations()
        self._views = Views(strict=config.engine == "Auto")
        self._rules = Rules(config.engine, verified or shipped())
        self._formats = Formats(config.engine, self._rules.verified)
        self._paths = Paths(config.engine, lambda: store(config.catalogs))
        self._provided: set[str] = set()
        self._counted: dict[tuple[str, ...], int | None] = {}
        self._refused, self._lock = refused, threading.Lock()
        self.refusal: Refusal | None = None
        self._server = grpc.server(
            ThreadPoolExecutor(CALLS, thread_name_prefix="gateway"),
            options=(*OPTIONS, ("grpc.so_reuseport", 0)),
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, self._handlers()),)
        )
        self.port = 0

    def start(self, port: int = 0) -> int:
        """Begin to listen; the port, chosen by the system for 0. RuntimeError where it is taken."""
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()
        # while the script starts
        threading.Thread(target=decide.shaping, daemon=True).start()
        return self.port

    def close(self) -> int:
        """Let the write under way end, begin no other, and tell how many of the run stand in tables."""
        return self._writer.close()

    def stop(self, grace_s: float = 1.0) -> None:
        """Take no more calls, and end those under way after `grace_s`."""
        self._server.stop(grace_s).wait()
        self._channel.close()

    def _handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        unary = {
            **{name: self._passed(name) for name in _HOUSEKEEPING},
            "AnalyzePlan": self._analyze,
            "Config": self._config,
            "ReleaseExecute": self._release,
        }
        return {
            **{name: grpc.unary_unary_rpc_method_handler(call) for name, call in unary.items()},
            "AddArtifacts": grpc.stream_unary_rpc_method_handler(self._add_artifacts),
            "ExecutePlan": grpc.unary_stream_rpc_method_handler(self._execute),
            "ReattachExecute": grpc.unary_stream_rpc_method_handler(self._reattach),
        }

    def _passed(self, name: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        return lambda request, context: self._passing.unary(name, request, context)

    def _analyze(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        session = Session(request, self._channel, _ANALYZE, self._provided)
        decision = decide.analyze(request, replace(self._rules, columns=session))
        if isinstance(decision, Refusal):
            self._refuse(decision, context)
        self._look_for_files(Node(_ANALYZE, memoryview(request)), context)
        mended = _mended(session, decision.edits)
        answer = self._passing.unary("AnalyzePlan", mended, context)
        if _is_readable(answer):
            return answer
        _LOG.warning(
            "Sail's answer cannot be read, and is asked for again; it begins with %s", answer[:16].hex()
        )
        return self._passing.unary("AnalyzePlan", mended, context)

    def _config(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        decision = decide.config(request, self._rules)
        if isinstance(decision, Refusal):
            self._refuse(decision, context)
        return self._passing.unary("Config", request, context)

    def _add_artifacts(self, requests: Iterable[bytes], context: grpc.ServicerContext) -> bytes:
        return self._passing.collect("AddArtifacts", requests, context)

    def _execute(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        session = Session(request, self._channel, provided=self._provided, counted=self._counted)
        decision = decide.execute(request, replace(self._rules, columns=session))
        if isinstance(decision, Pass):
            decision = self._views.again(request) or decision
        if isinstance(decision, Ensure):
            decision = self._ensured(decision, session, context)
        if isinstance(decision, Show | Write) or (isinstance(decision, Pass) and not decision.later):
            decision = self._formats.refused(request, session) or decision
        if isinstance(decision, Refusal):
            self._refuse(decision, context)
        self._look_for_files(Node(_EXECUTE, memoryview(request)), context)
        if isinstance(decision, Pass):
            if decision.registers:
                self._rules = replace(self._rules, own=self._rules.own | {decision.registers})
            mended = _mended(session, decision.edits)
            yield from self._passing.stream("ExecutePlan", mended, context)
        elif isinstance(decision, Show):
            yield from self._show(decision, session, context)
        else:
            asked = Node(_EXECUTE, memoryview(request))
            if isinstance(decision, Write):
                name = asked.text("operation_id") or str(uuid.uuid4())
                write = decision.write
                self._answer(self._operations.run(name, lambda: self._writer.write(write, session)), context)
            by_sql = isinstance(decision, Ensure) or (isinstance(decision, Write) and decision.by_sql)
            yield from answers.done(asked, by_sql=by_sql)

    def _show(self, asked: Show, session: Session, context: grpc.ServicerContext) -> Iterator[bytes]:
        try:
            text = show.text(asked, session)
        except grpc.RpcError as error:
            self._passing.end("ExecutePlan", error, context)
        except RefusedError as error:
            if self._rules.engine == "Auto":
                self._refuse(error.refusal, context)
            # the text is Sail's own
            mended = _mended(session, asked.edits)
            yield from self._passing.stream("ExecutePlan", mended, context)
        else:
            yield from answers.shown(Node(_EXECUTE, memoryview(session.request)), text)

    def _ensured(self, asked: Ensure, session: Session, context: grpc.ServicerContext) -> Ensure | Refusal:
        name = ".".join(asked.database)
        try:
            there = session.has_database(asked.database)
        except grpc.RpcError as error:
            self._passing.end("ExecutePlan", error, context)
        return (
            asked
            if there
            else Refusal("sql.create-database", f"there is no database {name}, and none is created")
        )

    def _look_for_files(self, asked: Node, context: grpc.ServicerContext) -> None:
        """End the call where it reads what is not there."""
        found = self._paths.wrong(asked)
        if isinstance(found, Refusal):
            self._refuse(found, context)
        elif found is not None:
            errors.abort(context, found)

    def _reattach(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        asked = Node(_REATTACH, memoryview(request))
        name = asked.text("operation_id")
        if name not in self._operations:
            yield from self._passing.stream("ReattachExecute", request, context)
            return
        self._answer(self._operations.wait(name), context)
        yield from answers.done(asked, by_sql=False)

    def _release(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        asked = Node(_RELEASE, memoryview(request))
        name, session = asked.text("operation_id"), asked.text("session_id")
        if name not in self._operations:
            return self._passing.unary("ReleaseExecute", request, context)
        answer = base_pb2.ReleaseExecuteResponse(
            session_id=session, server_side_session_id=session, operation_id=name
        )
        return bytes(answer.SerializeToString())

    def _answer(self, outcome: Failure | grpc.RpcError | None, context: grpc.ServicerContext) -> None:
        """End the call if the write came to nothing."""
        if isinstance(outcome, grpc.RpcError):
            self._passing.end("ExecutePlan", outcome, context)
        if outcome is not None:
            if outcome.refusal and (
                self._rules.engine == "Auto" or outcome.error.condition == errors.UNSUPPORTED
            ):
                self.note(outcome.refusal)
            errors.abort(context, outcome.error)

    def _refuse(self, refusal: Refusal, context: grpc.ServicerContext) -> NoReturn:
        self.note(refusal)
        errors.abort(context, errors.unsupported(refusal))

    def _failed(self, call: str, text: str) -> None:
        """Sail could not do it. With Auto, Spark tries; a script that is wrong gets Spark's message."""
        if self._rules.engine == "Auto" and call in {"ExecutePlan", "AnalyzePlan", "Config", "AddArtifacts"}:
            self.note(Refusal("engine.error", text))

    def note(self, refusal: Refusal) -> None:
        """Remember the first thing that the engine does not do, and tell of it."""
        with self._lock:
            if self.refusal is not None:
                return
            self.refusal = refusal
        self._refused(refusal)


def _is_readable(answer: bytes) -> bool:
    """One in some 20,000 was not, for a reason that is not known."""
    try:
        base_pb2.AnalyzePlanResponse.FromString(answer)
    except DecodeError:
        return False
    return True


def _mended(session: Session, edits: Mapping[int, Edit]) -> bytes:
    """The session's request as it goes on to Sail."""
    if not edits:
        return session.request
    mended = rebuilt(Node(session.kind, memoryview(session.request)), edits)
    session.provide(mended)
    return mended
