"""What goes between the gateway and Sail on the wire."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from unit.sail.served import served


def _carry(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    while data := source.recv(65536):
        kept += data
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


@contextmanager
def recorded(sail: str) -> Iterator[tuple[str, bytearray]]:
    """HOST:PORT of a relay to the server, and what the server has answered to one connection."""
    host, port = sail.split(":")
    answered = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client, socket.create_connection((host, int(port))) as server:
                onward = threading.Thread(target=_carry, args=(client, server, bytearray()))
                onward.start()
                _carry(server, client, answered)
                onward.join()

        relay = threading.Thread(target=serve)
        relay.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", answered
        relay.join()


def test_answers_of_the_engine_are_not_packed(sail: str) -> None:
    with recorded(sail) as (relay, answered), served(relay, "Sail") as session:
        assert session.spark.sql("SELECT repeat('x', 5000)").collect() == [("x" * 5000,)]
        assert b"x" * 5000 in answered
