"""`show()` prints what Spark prints: the texts are Spark's own, recorded by `make compat-shown`."""

from collections.abc import Iterator
from dataclasses import asdict

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.errors import UnsupportedOperationException

from compat import shown
from compat.shown import Shown
from compat.worker import Engine
from emberlake.sail import showtext
from emberlake.sail.decide import Show
from unit.sail.served import Served, served

RECORDED = list(shown.read())


@pytest.fixture(scope="module")
def session(sail: str) -> Iterator[Served]:
    with served(sail, "Sail") as session:
        yield session


@pytest.mark.parametrize(
    ("case", "spark"), RECORDED, ids=lambda it: it.query[:40] if isinstance(it, Shown) else ""
)
def test_show_prints_what_spark_prints(case: Shown, spark: str, session: Served) -> None:
    assert Engine(session.spark, []).shown(**asdict(case)) == spark


def test_numbers_are_written_as_java_19_and_later_write_them() -> None:
    """JDK-4511638: versions before it write some with more digits, or others."""
    batch = pa.RecordBatch.from_pydict(
        {"d": pa.array([1e23, 2e23]), "f": pa.array([1e16, 1.1754944e-38], pa.float32())}
    )
    text = showtext.shown(batch.schema, [batch], Show(b"", 20, 0, vertical=False))
    assert [line.strip("|").split("|") for line in text.splitlines()[3:5]] == [
        ["1.0E23", "1.0E16       "],
        ["2.0E23", "1.1754944E-38"],
    ]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_again_from_its_text(number: float) -> None:
    batch = pa.RecordBatch.from_pydict({"d": pa.array([number])})
    text = showtext.shown(batch.schema, [batch], Show(b"", 20, 0, vertical=True))
    assert float(text.split("|")[1]) == number


def test_what_is_not_known_is_not_shown_by_auto(sail: str) -> None:
    with served(sail, "Auto") as session:
        with pytest.raises(UnsupportedOperationException, match="show\\(\\) of d duration"):
            session.spark.sql("SELECT INTERVAL '1' DAY AS d").show()
        assert session.refusals[0].feature == "relation.show_string:types"


def test_each_case_is_recorded() -> None:
    assert [case for case, _ in RECORDED] == list(shown.cases())
