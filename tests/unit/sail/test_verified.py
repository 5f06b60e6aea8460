import pytest

from emberlake.sail.verified import NOT_COMPARED, Finding, Verdict, read, shipped

DOCUMENT = '{"sail": "1", "spark": "2", "functions": {%s}, "features": {}}'


def test_the_file_that_is_shipped_can_be_read_and_has_no_name_in_capitals() -> None:
    assert shipped().function("RINT").verdict is Verdict.DIFFERS
    assert [name for name in shipped().functions if name != name.lower()] == []


@pytest.mark.parametrize(
    ("entry", "finding"),
    [
        ("same", Finding(Verdict.SAME)),
        ("differs: 2: not 3", Finding(Verdict.DIFFERS, "2: not 3")),
        ("fails", Finding(Verdict.FAILS)),
    ],
)
def test_an_entry_is_a_verdict_and_a_reason(entry: str, finding: Finding) -> None:
    assert read(DOCUMENT % f'"abs": "{entry}"').function("Abs") == finding


def test_what_stands_nowhere_is_not_compared() -> None:
    verified = read(DOCUMENT % "")
    assert verified.function("abs") == NOT_COMPARED
    assert verified.feature("read.csv").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("entry", ["Same", "", "unsure", "sames"])
def test_a_word_that_is_no_verdict_is_refused_with_its_place(entry: str) -> None:
    with pytest.raises(ValueError, match=r"functions\.abs"):
        read(DOCUMENT % f'"abs": "{entry}"')
