"""A Thrift server on a local port that speaks a metastore's real protocol."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from thrift.protocol import TBinaryProtocol
from thrift.transport import TSocket, TTransport
from thrift_files.libraries.thrift_hive_metastore_client import ThriftHiveMetastore


@contextmanager
def serving(handler: Any) -> Iterator[str]:
    """A server for `handler` on a local port; as many replies as its `fail_next` says are lost."""
    processor = ThriftHiveMetastore.Processor(handler)
    listener = socket.create_server(("127.0.0.1", 0))
    open_connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        transport = TTransport.TBufferedTransport(_wrapped(connection))
        protocol = TBinaryProtocol.TBinaryProtocol(transport)
        out = TTransport.TMemoryBuffer()
        try:
            while True:
                processor.process(protocol, TBinaryProtocol.TBinaryProtocol(out))
                if getattr(handler, "fail_next", 0):
                    handler.fail_next -= 1
                    break
                connection.sendall(out.getvalue())
                out.cstringio_buf.seek(0)
                out.cstringio_buf.truncate()
        except (TTransport.TTransportException, OSError):
            pass
        connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"thrift://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for connection in open_connections:
            connection.close()


def _wrapped(connection: socket.socket) -> TSocket.TSocket:
    wire = TSocket.TSocket()
    wire.setHandle(connection)
    return wire
