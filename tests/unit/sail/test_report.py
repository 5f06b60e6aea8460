import json

from hypothesis import given
from hypothesis import strategies as st

from emberlake.sail.report import Report, Unsupported


def test_a_report_says_what_the_operator_needs() -> None:
    found = Report("0.7.2", 2, Unsupported("sql.merge", "MERGE is not carried out")).text()
    assert json.loads(found) == {
        "engine": "Sail",
        "version": "0.7.2",
        "commits": 2,
        "unsupported": {"feature": "sql.merge", "message": "MERGE is not carried out"},
    }


@given(feature=st.text(max_size=5000), message=st.text(max_size=5000))
def test_a_report_fits_into_a_termination_message(feature: str, message: str) -> None:
    found = Report("0.7.2", 0, Unsupported(feature, message)).text()
    assert len(found.encode()) <= 4096
    assert message.startswith(json.loads(found)["unsupported"]["message"])
