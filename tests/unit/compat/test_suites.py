"""When two engines gave the same answer to a whole query, and how the page tells it."""

from dataclasses import replace
from typing import Any

import pytest

from bench.engine import script
from bench.engine.job import Found
from compat import answers, suitepage, tree
from emberlake.sail.errors import unsupported
from emberlake.sail.refusal import Refusal

TEXT = "SELECT a, b FROM t ORDER BY a, b"


def found(*rows: tuple[Any, ...], **told: Any) -> Found:
    values = [[script.plain(value) for value in row] for row in rows]
    lines = [str(row) for row in values]
    answer = Found(
        "q01",
        names=["a", "b"],
        types=["int", "double"],
        count=len(rows),
        digest=script.digest(sorted(lines)),
        ordered=script.digest(lines),
        columns=[script.digest([str(value) for value in column]) for column in zip(*values, strict=True)],
        rows=[str(row) for row in rows],
    )
    return replace(answer, **told)


SPARK = found((1, 1.5), (2, 2.5))


def verdict(sail: Found, text: str = TEXT, spark: Found = SPARK) -> str:
    return answers.verdict(text, spark, sail)


def test_equal_answers_are_the_same() -> None:
    assert verdict(found((1, 1.5 + 1e-12), (2, 2.5))) == "same"
    assert verdict(found((1, 1.5), (2, 2.5), names=["a", "sum(b)"])) == "same"
    assert verdict(found(), spark=found()) == "same: no rows"


@pytest.mark.parametrize(
    ("sail", "why"),
    [
        (found((1, 1.5)), "2 rows in Spark, 1 in Sail"),
        (found((1, 1.5), (2, 2.6)), "(2, 2.5) in Spark, (2, 2.6) in Sail"),
        (found((1, 1.5), (2, 2.6), rows=[]), "values of rows"),
        (found((1, 1.5), (2, 2.5), types=["int", "float"]), "b is double in Spark, float in Sail"),
        (found((1, 1.5), (2, 2.5), types=["int"]), "2 columns in Spark, 1 in Sail"),
        (found((2, 2.5), (1, 1.5)), "order by a"),
    ],
)
def test_tells_by_what_answers_differ(sail: Found, why: str) -> None:
    assert verdict(sail) == f"differs: {why}"


def test_the_order_of_equal_keys_is_open() -> None:
    one, other = found((1, 1.5), (1, 2.5)), found((1, 2.5), (1, 1.5))
    assert verdict(other, "SELECT a, b FROM t ORDER BY a", one) == "same"
    assert verdict(other, TEXT, one) == "differs: order by b"


@pytest.mark.parametrize(
    ("order", "places"),
    [
        ("ORDER BY t.A DESC NULLS LAST, 2", [0, 1]),
        ("ORDER BY b, c, a", [1]),
        ("ORDER BY SUM(c), a", [1, 0]),
        ("ORDER BY a + 1, b", []),
        ("", []),
        ("ORDER ORDER BY (", []),
    ],
)
def test_the_columns_that_rows_are_sorted_by(order: str, places: list[int]) -> None:
    assert answers.leading(f"SELECT a, sum(c) AS b FROM t {order}", ["a", "b"]) == places


def test_an_error_on_one_engine() -> None:
    refusal = unsupported(Refusal("cast:interval day to second:int", "it differs (by (1, 2))")).text
    refused = f"UnsupportedOperationException: {refusal}\n\nJVM stacktrace:"
    assert verdict(Found("q01", error=refused)) == "refused: cast:interval day to second:int"
    assert verdict(Found("q01", error="Oops:\n  no")) == "fails: Oops: no"
    assert verdict(SPARK, spark=Found("q01", error="out of memory")) == "unanswered: out of memory"


SUITES = {
    "sail": "0.7.2",
    "spark": "4.1.4",
    "suites": {
        "TPC": {
            "scale": 0.01,
            "queries": {
                "q01": "same",
                "q02": "refused: avg:decimal",
                "q03": "same: no rows",
                "q04": "refused: avg:decimal",
                "q05": "fails: found <x | y",
                "q06": "differs: 2 rows in Spark, 1 in Sail",
            },
        },
        "own": {"scale": None, "queries": {"job.py": "same"}},
    },
}


def test_the_page_tells_how_many_and_which() -> None:
    lines = suitepage.section(SUITES).splitlines()
    assert [cell.strip() for cell in lines[lines.index("### TPC") - 3].split("|")[1:-1]] == [
        *("TPC", "0.01", "6", "2", "1", "2", "1", "1", "0")
    ]
    assert "**Same:** q01." in lines
    assert "**Same, without rows:** q03." in lines
    assert lines[lines.index("|---|---|---|") + 1 :][:3] == [
        "| differs | 2 rows in Spark, 1 in Sail | q06 |",
        "| fails | found &lt;x \\| y | q05 |",
        "| refused | `avg:decimal` | q02, q04 |",
    ]
    assert lines[-1] == "**Same:** job.py."


def test_what_one_comparison_writes_keeps_what_the_other_found(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = tree.read(tree.VERIFIED)
    for name in ("VERIFIED", "SUITES", "PAGE"):
        monkeypatch.setattr(tree, name, tmp_path / name)
    tree.SUITES.write_text('{"spark": "1", "sail": "2", "suites": {}}')
    tree.write(tree.VERIFIED, verified)
    tree.write(tree.SUITES, SUITES)
    tree.write(tree.VERIFIED, verified | {"notCompared": ["later"]})
    page = tree.PAGE.read_text()
    assert "### TPC" in page
    assert "`later`" in page


def test_no_query_differs() -> None:
    """What differs is refused: `verified.json` needs the feature by which it does."""
    suites = tree.read(tree.SUITES)["suites"]
    assert [
        f"{suite} {query}: {said}"
        for suite, found in suites.items()
        for query, said in found["queries"].items()
        if said.startswith("differs")
    ] == []
