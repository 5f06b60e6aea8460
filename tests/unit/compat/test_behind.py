"""What counts as another result behind the gateway, and how the page tells it."""

import pytest

from compat import behind, gatewaypage
from compat.compare import Verdict
from compat.reading import Case

SAME = Verdict("same")
REFUSAL = Verdict("fails", "UnsupportedOperationException: [UNSUPPORTED_FEATURE] no (avg:decimal).")
DIGITS = Verdict("differs", "type decimal(3,2) in Spark, decimal(10,2) in Sail")


def case(name: str, kinds: str = "") -> Case:
    return Case(f"{name} {kinds}", name, kinds=kinds)


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (SAME, "same"),
        (REFUSAL, "refused"),
        (Verdict("fails", "SparkRuntimeException: overflow"), "fails"),
        (Verdict("refused"), "error"),
        (Verdict("unclear"), "unclear"),
        (DIGITS, "differs"),
        (Verdict("lenient", "DIVIDE_BY_ZERO in Spark, null in Sail"), "differs"),
    ],
)
def test_only_a_value_can_differ(verdict: Verdict, outcome: str) -> None:
    assert behind.outcome(verdict) == outcome


def test_tells_what_is_mended_and_what_passes_and_differs() -> None:
    mean, cut, like = case("avg", "decimal"), case("cast:int:decimal"), case("like")
    direct = [(mean, DIGITS), (cut, SAME), (like, SAME)]
    found = behind.found(direct, [(mean, SAME), (cut, DIGITS), (like, SAME)])
    assert found == {
        "counts": {"differs": 1, "same": 2},
        "mended": {"avg:decimal": 1},
        "differs": {
            "cast:int:decimal": {
                "cases": 1,
                "reason": "another number of digits",
                "example": f"cast:int:decimal : {DIGITS.note}",
            }
        },
    }
    page = gatewaypage.section({"spark": "4", "sail": "0", "engines": {"Sail": found}})
    for text in ("`avg:decimal` (1)", "| `cast:int:decimal` | 1 | another number of digits |"):
        assert text in page


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("type int in Spark, string in Sail", "types not known"),
        ("ARITHMETIC_OVERFLOW in Spark, 1 in Sail", "an error in Spark for these values"),
        ("an error in Spark, 1 in Sail", "an error in Spark for these values"),
        ("null in Spark, 1 in Sail", "values"),
        ("2 rows in Spark, 1 in Sail", "values"),
        ('"a b" in Spark, "c" in Sail', "values"),
    ],
)
def test_tells_why_it_passes(note: str, reason: str) -> None:
    assert behind.reason([f"f(1): {note}"]) == reason
