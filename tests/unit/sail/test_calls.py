import pytest

from emberlake.sail.calls import ANY_DECIMAL, Call, Signature, differing, is_compared, known_differing
from emberlake.sail.verified import read

VERIFIED = read(
    """{"sail": "1", "spark": "2", "features": {}, "functions": {
    "round": "same", "round:decimal": "differs: x", "round:double,int": "differs: y",
    "round:errors": "differs: z",
    "+": "same", "+:errors": "differs: overflow", "+:decimal38,decimal": "differs: x",
    "-": "same", "-:int,decimal": "differs: 0 - x: type decimal(11,2) in Spark, decimal(13,2) in Sail",
    "/": "same", "/:decimal": "differs: x", "/:decimal38": "differs: x", "/:decimal38,decimal": "differs: x",
    "like": "same", "like:errors": "differs: x", "upper": "same", "upper:other": "differs: x",
    "negative": "same", "negative:errors": "differs: overflow",
    "left": "same", "left:other": "differs: x"},
    "compared": {"left": "string,int", "round": "decimal,int double int"}}"""
)


@pytest.mark.parametrize(
    ("name", "signature", "may", "sure"),
    [
        ("round", ("double", "int"), "round:double,int", "round:double,int"),
        ("round", ("decimal",), "round:decimal", "round:decimal"),
        ("round", ("int",), "round:errors", None),
        ("round", (None,), "round:decimal", None),
        ("round", None, "round:decimal", None),
        ("+", ("bigint", "int"), None, None),
        ("+", ("decimal", "decimal38"), "+:decimal38,decimal", "+:decimal38,decimal"),
        ("+", (ANY_DECIMAL, "decimal"), "+:decimal38,decimal", "+:decimal38,decimal"),
        ("-", ("bigint", "decimal"), "-:int,decimal", None),
        ("-", ("decimal", "int"), "-:int,decimal", None),
        ("-", ("decimal", "decimal"), None, None),
        ("/", (ANY_DECIMAL, ANY_DECIMAL), "/:decimal", "/:decimal"),
        ("like", ("string", "string"), None, None),
        ("upper", ("string",), None, None),
        ("upper", (None,), "upper:other", None),
        ("left", ("string", "int"), None, None),
        ("negative", ("int",), None, None),
        ("negative", ("decimal38",), "negative:errors", None),
        ("negative", (ANY_DECIMAL,), "negative:errors", None),
        ("left", ("binary", "int"), "left:other", "left:other"),
    ],
)
def test_a_verdict_holds_for_the_types_that_the_call_has_or_may_have(
    name: str, signature: Signature | None, may: str | None, sure: str | None
) -> None:
    call = Call(name, signature)
    found, certain = differing(call, VERIFIED), known_differing(call, VERIFIED)
    assert (found and found[0], certain and certain[0]) == (may, sure)


def test_a_condition_that_the_values_may_fulfil_holds() -> None:
    call = Call("like", ("string", "string"), frozenset({"like:errors"}))
    assert differing(call, VERIFIED) == ("like:errors", VERIFIED.function("like:errors"))


@pytest.mark.parametrize(
    ("name", "signature", "compared"),
    [
        ("left", ("string", "bigint"), True),
        ("left", ("binary", "int"), False),
        ("left", (None, "int"), True),
        ("left", None, True),
        ("round", ("double", "double"), True),
        ("round", ("double", "int"), False),
        ("round", ("decimal", "smallint"), True),
        ("round", (ANY_DECIMAL, "int"), True),
        ("upper", ("int",), True),
    ],
)
def test_a_function_is_compared_with_kinds_of_arguments(
    name: str, signature: Signature | None, compared: bool
) -> None:
    assert is_compared(Call(name, signature), VERIFIED) == compared
