from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql.connect.proto import relations_pb2

from emberlake.sail.refusal import RefusedError
from emberlake.sail.relations import uses
from emberlake.sail.wire import Edit, Node, encoded, rebuilt

RELATION = relations_pb2.Relation.DESCRIPTOR


def _leaf(end: int) -> relations_pb2.Relation:
    return relations_pb2.Relation(range=relations_pb2.Range(end=end))


def _join(sides: tuple[relations_pb2.Relation, relations_pb2.Relation]) -> relations_pb2.Relation:
    return relations_pb2.Relation(join=relations_pb2.Join(left=sides[0], right=sides[1]))


def _limit(inner: relations_pb2.Relation) -> relations_pb2.Relation:
    return relations_pb2.Relation(limit=relations_pb2.Limit(input=inner, limit=7))


# 0 is an empty message
ENDS = st.integers(0, 4)
PLANS = st.recursive(
    ENDS.map(_leaf), lambda inner: inner.map(_limit) | st.tuples(inner, inner).map(_join), max_leaves=20
)


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


def _messages(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for _, child in node.children())


@given(PLANS)
def test_each_message_has_a_place_of_its_own(plan: relations_pb2.Relation) -> None:
    data = plan.SerializeToString()
    found = list(_messages(Node(RELATION, memoryview(data))))
    assert len({node.at for node in found}) == len(found)
    assert all(data[node.at : node.at + len(node.data)] == bytes(node.data) for node in found)


def _with(plan: relations_pb2.Relation, ends: dict[int, int]) -> relations_pb2.Relation:
    """The plan with other ranges, by the protobuf library."""
    if plan.HasField("range"):
        return _leaf(ends.get(plan.range.end, plan.range.end))
    if plan.HasField("limit"):
        return _limit(_with(plan.limit.input, ends))
    return _join((_with(plan.join.left, ends), _with(plan.join.right, ends)))


@given(PLANS, st.dictionaries(ENDS, st.sampled_from([0, 1, 2**40])))
def test_messages_are_replaced_and_all_else_stays(plan: relations_pb2.Relation, ends: dict[int, int]) -> None:
    root = _node(plan)
    edits: dict[int, Edit] = {}
    for node in _messages(root):
        if node.kind.name == "Range" and (end := node.number("end")) in ends:
            new = relations_pb2.Range(end=ends[end]).SerializeToString()
            edits[node.at] = lambda old, new=new: new  # type: ignore[misc]
    assert relations_pb2.Relation.FromString(rebuilt(root, edits)) == _with(plan, ends)


@pytest.mark.parametrize("steps", [1, 2000])
def test_an_edit_finds_what_was_edited_in_its_message(steps: int) -> None:
    root = Node(RELATION, memoryview(_deep(steps)))
    limit = encoded(
        RELATION.fields_by_name["limit"].number,
        relations_pb2.Limit(input=_leaf(3), limit=1).SerializeToString(),
    )
    edits: dict[int, Edit] = {
        node.at: (lambda _: limit) if node.child("read") else lambda old: old + encoded(1, b"")
        for node in _messages(root)
        if node.kind.name == "Relation"
    }
    found = list(_messages(Node(RELATION, memoryview(rebuilt(root, edits)))))
    names = [node.kind.name for node in found]
    assert (names.count("Limit"), names.count("Range"), names.count("RelationCommon")) == (
        steps + 1,
        1,
        steps,
    )


def test_without_edits_the_bytes_stay() -> None:
    data = _deep(3)
    assert rebuilt(Node(RELATION, memoryview(data)), {}) == data
