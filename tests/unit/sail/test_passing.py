"""What goes between the gateway and Sail on the wire."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import grpc
from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

from emberlake.sail.config import SailConfig
from emberlake.sail.gateway import Gateway
from emberlake.sail.passing import SERVICE
from unit.sail.served import Tables, served


def _carry(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    while data := source.recv(65536):
        kept += data
        target.sendall(data)
    # the other side may have gone first
    with suppress(OSError):
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


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """HOST:PORT of an engine that gives these answers to AnalyzePlan, one after the other."""
    rest = iter(answers)
    handler = grpc.unary_unary_rpc_method_handler(lambda _request, _context: next(rest))
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {"AnalyzePlan": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(0).wait()


def test_an_answer_that_cannot_be_read_is_asked_for_again() -> None:
    answer = base_pb2.AnalyzePlanResponse(session_id="s")
    answer.spark_version.version = "4.1.4"
    request = base_pb2.AnalyzePlanRequest(session_id="s")
    request.spark_version.SetInParent()
    with answering(b"\x1f\x8b", answer.SerializeToString()) as engine:
        gateway = Gateway(engine, SailConfig("Sail", "Python", "s3://b/app.py", "uid/1", 1), Tables)
        with grpc.insecure_channel(f"127.0.0.1:{gateway.start()}") as channel:
            found = base_pb2_grpc.SparkConnectServiceStub(channel).AnalyzePlan(request)
        gateway.stop(0)
    assert found.spark_version.version == "4.1.4"
