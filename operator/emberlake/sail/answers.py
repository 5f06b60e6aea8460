"""The gateway's own answers to ExecutePlan. Pure but for the numbers of the answers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from pyspark.sql.connect.proto import base_pb2

from emberlake.sail.wire import Node


def done(asked: Node, *, by_sql: bool) -> Iterator[bytes]:
    """To a command that is carried out; `by_sql`: with an empty result, as of a statement."""
    if by_sql:
        answer = _answer(asked)
        answer.sql_command_result.relation.local_relation.schema = "struct<>"
        yield answer.SerializeToString()
    yield _complete(asked)


def shown(asked: Node, text: str) -> Iterator[bytes]:
    """To `show()`: one row with the text."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to load, and a script waits for it

    answer = _answer(asked)
    rows = pa.RecordBatch.from_pydict({"show_string": [text]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_batch(rows)
    answer.arrow_batch.row_count = 1
    answer.arrow_batch.data = sink.getvalue().to_pybytes()
    yield answer.SerializeToString()
    yield _complete(asked)


def _complete(asked: Node) -> bytes:
    answer = _answer(asked)
    answer.result_complete.SetInParent()
    return bytes(answer.SerializeToString())


def _answer(asked: Node) -> base_pb2.ExecutePlanResponse:
    session = asked.text("session_id")
    return base_pb2.ExecutePlanResponse(
        session_id=session,
        server_side_session_id=session,
        operation_id=asked.text("operation_id"),
        response_id=str(uuid.uuid4()),
    )
