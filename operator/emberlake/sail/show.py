"""The text of `show()`, made of the rows that Sail gives: Sail lays its own text out in another way."""

from __future__ import annotations

from pyspark.sql.connect.proto import relations_pb2

from emberlake.sail.decide import Show
from emberlake.sail.refusal import RefusedError
from emberlake.sail.rows import Session
from emberlake.sail.wire import encoded

_LIMIT = relations_pb2.Relation.DESCRIPTOR.fields_by_name["limit"].number
_INPUT = relations_pb2.Limit.DESCRIPTOR.fields_by_name["input"].number


def text(asked: Show, session: Session) -> str:
    """What Spark would print.

    Raises:
        RefusedError: a value whose text is not known here.
        grpc.RpcError: Sail fails.
    """
    # a script at its start does not wait for Arrow
    from emberlake.sail import showtext  # noqa: PLC0415

    schema, batches = session.rows(_limited(asked))
    if columns := showtext.unknown(schema):
        raise RefusedError("relation.show_string:types", f"show() of {columns[0]}")
    try:
        return showtext.shown(schema, batches, asked)
    except (ValueError, OverflowError) as error:
        raise RefusedError("relation.show_string:years", f"show() of a date or time: {error}") from error


def _limited(asked: Show) -> bytes:
    """The rows that are shown and one more, which tells that there are more."""
    most = relations_pb2.Limit(limit=asked.rows + 1).SerializeToString()
    return encoded(_LIMIT, encoded(_INPUT, asked.relation) + most)
