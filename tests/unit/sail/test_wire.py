import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql.connect.proto import relations_pb2

from emberlake.sail.refusal import RefusedError
from emberlake.sail.relations import uses
from emberlake.sail.wire import Node, encoded

RELATION = relations_pb2.Relation.DESCRIPTOR


def _node(message: relations_pb2.Relation) -> Node:
    return Node(RELATION, memoryview(message.SerializeToString()))


def _deep(steps: int) -> bytes:
    """A read below so many limits, as bytes: the library writes no deeper message than it reads."""
    inner = relations_pb2.Relation()
    inner.read.data_source.format = "CSV"
    data = inner.SerializeToString()
    for _ in range(steps):
        limit = encoded(relations_pb2.Limit.DESCRIPTOR.fields_by_name["input"].number, data)
        data = encoded(RELATION.fields_by_name["limit"].number, limit)
    return data


def test_fields_are_those_that_the_library_reads() -> None:
    message = relations_pb2.Relation()
    message.read.data_source.format = "parquet"
    message.read.data_source.options["header"] = "true"
    message.read.data_source.paths.extend(["a", "b"])
    message.read.is_streaming = True
    read = _node(message).child("read")
    assert read is not None
    source = read.child("data_source")
    assert source is not None
    assert (source.text("format"), source.mapping("options"), source.texts("paths")) == (
        "parquet",
        {"header": "true"},
        ("a", "b"),
    )
    assert (read.number("is_streaming"), read.which("read_type")) == (1, "data_source")


@pytest.mark.parametrize("steps", [0, 40, 2000])
def test_a_plan_of_any_depth_is_seen_to_its_end(steps: int) -> None:
    found = uses(Node(RELATION, memoryview(_deep(steps))))
    assert "read.csv" in found.features


def test_a_field_of_a_later_protocol_is_refused() -> None:
    with pytest.raises(RefusedError, match="not known here"):
        uses(Node(RELATION, memoryview(_deep(1) + encoded(9000, b"x"))))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        uses(Node(RELATION, memoryview(data)))
    except RefusedError:
        return


@given(st.binary(max_size=300))
def test_what_is_encoded_is_read_back(value: bytes) -> None:
    field = RELATION.fields_by_name["common"]
    [(found, data)] = Node(RELATION, memoryview(encoded(field.number, value))).fields()
    assert (found.name, bytes(data)) == ("common", value)  # type: ignore[arg-type]
