"""The server of Spark Connect's service that a script talks to; behind it stands Sail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc

from emberlake.sail.passing import OPTIONS, SERVICE, Passing

# calls under way at one time; each has a thread for as long as it runs, made when it is needed
CALLS = 1000

UNARY = (
    "AnalyzePlan",
    "Config",
    "ArtifactStatus",
    "Interrupt",
    "ReleaseExecute",
    "ReleaseSession",
    "FetchErrorDetails",
    "CloneSession",
)
STREAMING = ("ExecutePlan", "ReattachExecute")


class Gateway:
    """Listens on 127.0.0.1 and passes on to Sail what may be passed.

    `sail`: HOST:PORT of the Sail server, which may still be starting.
    """

    def __init__(self, sail: str) -> None:
        self._channel = grpc.insecure_channel(sail, options=OPTIONS)
        self._passing = Passing(self._channel, lambda name, code, text: None)
        self._server = grpc.server(
            ThreadPoolExecutor(CALLS, thread_name_prefix="gateway"),
            options=(*OPTIONS, ("grpc.so_reuseport", 0)),
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, self._handlers()),)
        )
        self.port = 0

    def start(self, port: int = 0) -> int:
        """Begin to listen; the port, chosen by the system for 0. OSError where it is taken."""
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()
        return self.port

    def stop(self, grace_s: float = 1.0) -> None:
        """Take no more calls, and end those under way after `grace_s`."""
        self._server.stop(grace_s).wait()
        self._channel.close()

    def _handlers(self) -> dict[str, grpc.RpcMethodHandler]:
        return {
            **{name: grpc.unary_unary_rpc_method_handler(self._unary(name)) for name in UNARY},
            **{name: grpc.unary_stream_rpc_method_handler(self._streaming(name)) for name in STREAMING},
            "AddArtifacts": grpc.stream_unary_rpc_method_handler(self._add_artifacts),
        }

    def _unary(self, name: str) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        return lambda request, context: self._passing.unary(name, request, context)

    def _streaming(self, name: str) -> Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]:
        return lambda request, context: self._passing.stream(name, request, context)

    def _add_artifacts(self, requests: Iterable[bytes], context: grpc.ServicerContext) -> bytes:
        return self._passing.collect("AddArtifacts", requests, context)
