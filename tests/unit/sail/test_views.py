"""Temporary views that get another meaning."""

import pytest
from pyspark.sql.connect.proto import base_pb2

from emberlake.sail.views import Views


def by_frame(name: str, session: str = "s") -> bytes:
    request = base_pb2.ExecutePlanRequest(session_id=session)
    request.plan.command.create_dataframe_view.name = name
    return bytes(request.SerializeToString())


def by_text(text: str, session: str = "s") -> bytes:
    request = base_pb2.ExecutePlanRequest(session_id=session)
    request.plan.command.sql_command.input.sql.query = text
    return bytes(request.SerializeToString())


@pytest.mark.parametrize(
    "second",
    [
        by_frame("V"),
        by_text("create or replace temp view v as select 1"),
        by_text("CREATE TEMPORARY VIEW `v` AS SELECT 1"),
    ],
)
def test_a_name_stands_for_one_view(second: bytes) -> None:
    views = Views(strict=True)
    assert views.again(by_frame("v")) is None
    refusal = views.again(second)
    assert refusal is not None
    assert refusal.feature == "session.view-replaced"


@pytest.mark.parametrize(
    "second", [by_frame("w"), by_frame("v", "other"), by_text("SELECT 'view' AS v"), by_text("DROP VIEW v")]
)
def test_what_gives_no_view_another_meaning_goes_on(second: bytes) -> None:
    views = Views(strict=True)
    assert views.again(by_text("CREATE TEMP VIEW v AS SELECT 1")) is None
    assert views.again(second) is None


READING = by_text("CREATE TEMP VIEW w AS SELECT * FROM V")


@pytest.mark.parametrize("first", [by_frame("v"), by_text("CREATE TEMP VIEW v AS SELECT 1")])
def test_a_view_that_a_statement_reads_keeps_its_meaning(first: bytes) -> None:
    views = Views(strict=False)
    assert [views.again(it) for it in (first, by_frame("v"), READING)] == [None] * 3
    refusal = views.again(by_text("CREATE OR REPLACE TEMP VIEW `v` AS SELECT 2"))
    assert refusal is not None
    assert refusal.feature == "session.view-replaced"


@pytest.mark.parametrize(
    "second", [by_frame("w"), by_frame("v", "other"), by_text("CREATE OR REPLACE TEMP VIEW u AS SELECT 1")]
)
def test_a_view_that_no_other_reads_may_be_replaced(second: bytes) -> None:
    views = Views(strict=False)
    for before in (by_frame("v"), by_frame("u"), READING):
        assert views.again(before) is None
    assert views.again(second) is None
