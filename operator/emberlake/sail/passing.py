"""Calls of Spark Connect's service go on to Sail as the bytes they are, and the answers come back so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn

import grpc

SERVICE = "spark.connect.SparkConnectService"
# what Spark's server and the client take (spark.connect.grpc.maxInboundMessageSize)
LARGEST_MESSAGE = 128 * 1024 * 1024
OPTIONS = (
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
)

# of the channel to Sail, which else packs every answer with gzip: that takes time on a way within one pod,
# and some answers could not be read
TO_SAIL = (*OPTIONS, ("grpc.compression_enabled_algorithms_bitset", 1 << grpc.Compression.NoCompression))

Metadata = tuple[tuple[str, str | bytes], ...]
# told of each error of Sail before it goes on to the script: its call, the text
Failed = Callable[[str, str], None]


class Passing:
    """The channel to Sail. Messages are neither read nor collected: a call has one on its way at a time."""

    def __init__(self, channel: grpc.Channel, failed: Failed) -> None:
        self._channel = channel
        self._failed = failed

    def unary(self, name: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """One request, one answer."""
        call = self._channel.unary_unary(_path(name)).future(request, metadata=_onward(context))
        return self._result(name, call, context)

    def collect(self, name: str, requests: Iterable[bytes], context: grpc.ServicerContext) -> bytes:
        """Many requests, one answer."""
        call = self._channel.stream_unary(_path(name)).future(iter(requests), metadata=_onward(context))
        return self._result(name, call, context)

    def stream(self, name: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """One request, many answers, each taken from Sail when the client has room for it."""
        answers = self._channel.unary_stream(_path(name))(request, metadata=_onward(context))
        # a client that goes away ends the query in Sail, or pauses it where it is reattachable
        context.add_callback(answers.cancel)
        try:
            yield from answers
        except grpc.RpcError as error:
            self.end(name, error, context)

    def _result(self, name: str, call: grpc.Future, context: grpc.ServicerContext) -> bytes:
        context.add_callback(call.cancel)
        try:
            return bytes(call.result())
        except grpc.RpcError as error:
            self.end(name, error, context)

    def end(self, name: str, error: grpc.RpcError, context: grpc.ServicerContext) -> NoReturn:
        """End the script's call as Sail ended its own."""
        code, text = error.code(), error.details() or ""
        if code is not grpc.StatusCode.CANCELLED and context.is_active():
            self._failed(name, text)
        context.set_trailing_metadata(
            tuple((item.key, item.value) for item in error.trailing_metadata() or ())
        )
        context.abort(code, text)
        raise AssertionError("abort raises")


def _path(name: str) -> str:
    return f"/{SERVICE}/{name}"


def _onward(context: grpc.ServicerContext) -> Metadata:
    """The client's metadata without what the transport sets by itself."""
    return tuple(
        (item.key, item.value)
        for item in context.invocation_metadata()
        if not item.key.startswith(("grpc-", ":")) and item.key not in {"user-agent", "content-type", "te"}
    )
