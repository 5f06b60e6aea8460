"""Reach a Hive metastore: addresses, connection, and a ping that needs no generated stubs.

The operator imports this module only: the generated stubs cost tens of megabytes, see `metastore_tables`
for the rest.
"""

import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from thrift.protocol import TBinaryProtocol
from thrift.Thrift import TApplicationException, TMessageType, TType
from thrift.transport import TSocket, TTransport

DEFAULT_PORT = 9083


class MetastoreUnreachableError(Exception):
    """No address answered; `errors` has what each of them said."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = tuple(errors)


def parse_uri(uri: str) -> tuple[str, int]:
    """Host and port of `thrift://host:port`. Raises ValueError for anything else."""
    parts = urlsplit(uri)
    if parts.scheme != "thrift" or not parts.hostname:
        raise ValueError("not an address; write thrift://HOST:PORT")
    return parts.hostname, parts.port or DEFAULT_PORT


def connect(uris: Sequence[str], *, connect_seconds: float, call_seconds: float) -> Any:
    """An open accelerated binary protocol on the first address that accepts a connection.

    Raises MetastoreUnreachableError when none does.
    """
    errors = []
    for uri in uris:
        try:
            wire = TSocket.TSocket(*parse_uri(uri))
            wire.setTimeout(connect_seconds * 1000)
            transport = TTransport.TBufferedTransport(wire)
            transport.open()
        # A port out of range and a name that is no domain's are a ValueError.
        except (TTransport.TTransportException, OSError, ValueError) as error:
            errors.append(f"{uri}: {error}")
            continue
        wire.setTimeout(call_seconds * 1000)
        return TBinaryProtocol.TBinaryProtocolAccelerated(transport, fallback=True)
    raise MetastoreUnreachableError(errors or ["no metastore address is configured"])


def ping(uris: Sequence[str], timeout_seconds: float = 5.0) -> int:
    """Ask one metastore for its databases, so that its database is asked too; returns how many there are.

    Blocking for at most about twice `timeout_seconds` an address. Raises MetastoreUnreachableError with
    what happened.
    """
    protocol = connect(uris, connect_seconds=timeout_seconds, call_seconds=timeout_seconds)
    try:
        return _count_databases(protocol)
    except (TTransport.TTransportException, TApplicationException, OSError, EOFError, ValueError) as error:
        raise MetastoreUnreachableError([f"{', '.join(uris)}: {error or type(error).__name__}"]) from error
    finally:
        protocol.trans.close()


def _count_databases(protocol: Any) -> int:
    """The call `get_all_databases`, by hand: no argument; field 0 of the reply is a list of names, field 1
    an error.
    """
    protocol.writeMessageBegin("get_all_databases", TMessageType.CALL, 0)
    protocol.writeStructBegin("get_all_databases_args")
    protocol.writeFieldStop()
    protocol.writeStructEnd()
    protocol.writeMessageEnd()
    protocol.trans.flush()
    _, kind, _ = protocol.readMessageBegin()
    if kind == TMessageType.EXCEPTION:
        error = TApplicationException()
        error.read(protocol)
        raise error
    count = _read_reply(protocol)
    protocol.readMessageEnd()
    return count


def _read_reply(protocol: Any) -> int:
    protocol.readStructBegin()
    count = -1
    while True:
        _, kind, number = protocol.readFieldBegin()
        if kind == TType.STOP:
            break
        if kind == TType.LIST and number == 0:
            _, count = protocol.readListBegin()
            for _ in range(count):
                protocol.readString()
            protocol.readListEnd()
        else:
            protocol.skip(kind)
        protocol.readFieldEnd()
    if count < 0:
        raise ValueError(
            "the metastore answered with an error of its own; its log says why (often its database)"
        )
    return count


TRANSPORT_ERRORS = (
    TTransport.TTransportException,
    MetastoreUnreachableError,
    ConnectionError,
    socket.timeout,
    EOFError,
    OSError,
)
