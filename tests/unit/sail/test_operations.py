"""Writes of clients that lose the connection, or that ask for several at one time."""

import contextlib
import threading
import uuid
from collections.abc import Iterator

import grpc
import pyarrow as pa
import pytest
from pyspark.errors import PySparkException, UnsupportedOperationException
from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

from emberlake.sail.writes import Write, Written
from unit.sail.served import Served, Tables, served


@pytest.fixture
def session(sail: str) -> Iterator[Served]:
    with served(sail, "Sail") as session:
        session.tables.existing.add("lake.db.t")
        yield session


@pytest.fixture
def stub(session: Served) -> Iterator[base_pb2_grpc.SparkConnectServiceStub]:
    with grpc.insecure_channel(f"127.0.0.1:{session.gateway.port}") as channel:
        yield base_pb2_grpc.SparkConnectServiceStub(channel)


def _append() -> base_pb2.ExecutePlanRequest:
    request = base_pb2.ExecutePlanRequest(session_id=str(uuid.uuid4()), operation_id=str(uuid.uuid4()))
    request.request_options.add().reattach_options.reattachable = True
    write = request.plan.command.write_operation_v2
    write.table_name, write.mode = "lake.db.t", write.MODE_APPEND
    write.input.range.end = 3
    write.input.range.step = 1
    return request


def test_a_write_that_is_asked_for_again_is_done_once(
    session: Served, stub: base_pb2_grpc.SparkConnectServiceStub
) -> None:
    request = _append()
    answers = [list(stub.ExecutePlan(request)) for _ in range(2)]
    again = base_pb2.ReattachExecuteRequest(session_id=request.session_id, operation_id=request.operation_id)
    answers.append(list(stub.ReattachExecute(again)))
    kinds = [[answer.WhichOneof("response_type") for answer in each] for each in answers]
    assert kinds == [["result_complete"]] * 3
    assert [rows.num_rows for _, rows in session.tables.written] == [3]


def test_a_write_is_released_without_asking_the_engine(
    session: Served, stub: base_pb2_grpc.SparkConnectServiceStub
) -> None:
    request = _append()
    list(stub.ExecutePlan(request))
    release = base_pb2.ReleaseExecuteRequest(session_id=request.session_id, operation_id=request.operation_id)
    release.release_all.SetInParent()
    assert stub.ReleaseExecute(release).operation_id == request.operation_id
    assert session.gateway.refusal is None


class SlowTables(Tables):
    """Holds the first write until it is let go."""

    def __init__(self) -> None:
        super().__init__({"lake.db.t"})
        self.begun, self.go = threading.Event(), threading.Event()

    def write(self, write: Write, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Written:
        self.begun.set()
        assert self.go.wait(60)
        return super().write(write, batches, schema)


def test_two_writes_at_one_time_are_refused_and_the_first_is_waited_for(sail: str) -> None:
    tables = SlowTables()
    with served(sail, "Sail", tables=tables) as session:

        def append() -> None:
            # The job may end before the write does, and then says so.
            with contextlib.suppress(PySparkException):
                session.spark.range(5).writeTo("lake.db.t").append()

        first = threading.Thread(target=append)
        first.start()
        assert tables.begun.wait(60)
        with pytest.raises(UnsupportedOperationException, match="two writes of a script at one time"):
            session.spark.range(1).writeTo("lake.db.t").append()
        closing = threading.Thread(target=session.gateway.close)
        closing.start()
        tables.go.set()
        first.join()
        closing.join()
        # what was under way when the job ended is either whole or not there
        assert [rows.num_rows for _, rows in tables.written] in ([5], [])
        assert session.gateway.close() == len(tables.written)
