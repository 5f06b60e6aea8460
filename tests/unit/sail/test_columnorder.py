"""The order of a table's columns counts where it shows, or where columns are set side by side."""

import pytest
from pyspark.sql.connect.proto import base_pb2, relations_pb2

from emberlake.sail.columnorder import showing
from emberlake.sail.formats import names_at
from emberlake.sail.wire import Node

Relation = relations_pb2.Relation


def table(name: str) -> Relation:
    found = Relation()
    found.read.named_table.unparsed_identifier = name
    return found


def over(source: Relation) -> Relation:
    """A step that takes all columns as they come."""
    found = Relation()
    found.filter.input.CopyFrom(source)
    found.filter.condition.unresolved_attribute.unparsed_identifier = "a"
    return found


def selected(source: Relation, *, star: bool = False) -> Relation:
    found = Relation()
    found.project.input.CopyFrom(source)
    found.project.expressions.add().unresolved_attribute.unparsed_identifier = "a"
    if star:
        found.project.expressions.add().unresolved_star.SetInParent()
    return found


def counted(source: Relation) -> Relation:
    found = Relation()
    found.aggregate.input.CopyFrom(source)
    found.aggregate.grouping_expressions.add().unresolved_attribute.unparsed_identifier = "a"
    return found


def united(left: Relation, right: Relation) -> Relation:
    found = Relation()
    found.set_op.left_input.CopyFrom(left)
    found.set_op.right_input.CopyFrom(right)
    return found


def sql(text: str) -> Relation:
    found = Relation()
    found.sql.query = text
    return found


def shown(relation: Relation) -> set[str]:
    plan = base_pb2.Plan(root=relation)
    names = showing(Node(base_pb2.Plan.DESCRIPTOR, memoryview(plan.SerializeToString())), names_at)
    return {".".join(name) for name in names}


@pytest.mark.parametrize(
    ("relation", "tables"),
    [
        (table("t"), {"t"}),
        (over(table("t")), {"t"}),
        (selected(over(table("t"))), set()),
        (selected(table("t"), star=True), {"t"}),
        (counted(table("t")), set()),
        (over(counted(table("t"))), set()),
        (united(table("t"), selected(table("u"))), {"t"}),
        (counted(united(table("t"), table("u"))), {"t", "u"}),
        (selected(over(united(over(table("t")), selected(table("u"))))), {"t"}),
        (sql("SELECT a, count(*) FROM t GROUP BY a"), set()),
        (sql("SELECT * FROM t"), {"t"}),
        (selected(sql("SELECT * FROM t UNION ALL SELECT a, b FROM u")), {"t", "u"}),
        (sql("INSERT INTO t SELECT x.* FROM u x"), {"t", "u"}),
    ],
)
def test_tables_whose_order_counts(relation: Relation, tables: set[str]) -> None:
    assert shown(relation) == tables
