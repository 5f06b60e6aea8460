"""What a line of the case lists says."""

from hypothesis import given
from hypothesis import strategies as st

from compat.reading import bare, cases, filled, named_sets

SETS = named_sets(["$int = 0 ; CAST(NULL AS INT)", "$word = 'a' ; ''"])


def read(line: str) -> list[str]:
    return [case.id for case in cases([line], SETS)]


def test_a_call_takes_every_combination_of_its_sets() -> None:
    assert read("f ; $int ; $word") == [
        "f(0, 'a')",
        "f(0, '')",
        "f(CAST(NULL AS INT), 'a')",
        "f(CAST(NULL AS INT), '')",
    ]


def test_a_template_takes_the_arguments_in_order() -> None:
    assert read("like :: {} LIKE {} ; $word ; 'a%'") == ["'a' LIKE 'a%'", "'' LIKE 'a%'"]


def test_one_argument_may_stand_in_several_places() -> None:
    assert read("case :: CASE {} WHEN 1 THEN {} END ; 7") == ["CASE 7 WHEN 1 THEN 7 END"]


def test_a_function_without_arguments() -> None:
    (case,) = cases(["pi"], SETS)
    assert (case.expression, case.arguments) == ("pi()", ())


def test_only_types_of_what_a_clock_says() -> None:
    (case,) = cases(["? now"], SETS)
    assert (case.name, case.types_only) == ("now", True)


def test_a_query_with_statements_before_it_and_an_order() -> None:
    (case,) = cases(["sql.limit :> conf a=b ;; SELECT k FROM t ORDER BY k LIMIT 1"], SETS)
    assert (case.statements, case.ordered) == (("conf a=b", "SELECT k FROM t ORDER BY k LIMIT 1"), True)


def test_the_kind_of_a_type() -> None:
    assert [bare(t) for t in ("decimal(10,2)", "array<int>", "interval year to month")] == [
        "decimal",
        "array",
        "interval year to month",
    ]


@given(st.lists(st.text("abc 1", min_size=1), max_size=5))
def test_filling_puts_in_each_argument_once(arguments: list[str]) -> None:
    call = f"f({','.join('{}' for _ in arguments)})"
    assert filled(call, arguments) == f"f({','.join(arguments)})"
