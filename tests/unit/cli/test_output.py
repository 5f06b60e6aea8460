"""Tables, ages, colours and YAML."""

import io
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emberlake.cli import output, yamlio
from emberlake.cli.describe import description
from emberlake.cli.errors import UsageError
from emberlake.cli.get import job_table
from emberlake.cli.progress import Progress
from unit.cli.documents import attempt, job, pod


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (9.7, "9s"),
        (60, "1m"),
        (432, "7m12s"),
        (7500, "2h5m"),
        (3605, "1h"),
        (356400, "4d3h"),
    ],
)
def test_spans(seconds: float, text: str) -> None:
    assert output.span(seconds) == text


def test_an_age_needs_a_beginning() -> None:
    assert output.age(None) == ""
    assert output.age("2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z") == "1m30s"


def test_a_table_has_no_blanks_at_its_ends_and_no_empty_cells() -> None:
    text = output.table(("NAME", "STATE"), [("a-long-name", ""), ("b", "two\n  lines")])
    assert text.splitlines() == ["NAME          STATE", "a-long-name   -", "b             two lines"]


def test_colour_on_a_terminal_only(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert output.coloured("Failed", terminal) == "\033[31mFailed\033[0m"
    assert output.coloured("other words", terminal) == "other words"
    assert output.coloured("Failed", io.StringIO()) == "Failed"
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.coloured("Failed", terminal) == "Failed"


def test_colours_do_not_move_columns(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = output.table(("STATE", "NAME"), [("Failed", "a"), ("Succeeded", "b")])
    monkeypatch.setattr(sys, "stdout", terminal)
    painted = output.table(("STATE", "NAME"), [("Failed", "a"), ("Succeeded", "b")])
    assert painted != plain
    for code in ("\033[31m", "\033[32m", "\033[0m"):
        painted = painted.replace(code, "")
    assert painted == plain


@given(
    st.recursive(
        st.text() | st.integers() | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_yaml_says_what_the_document_says(document: Any) -> None:
    assert yaml.safe_load(yamlio.dump(document)) == document


@pytest.mark.parametrize("text", ["1e3", "12", ".5", "0x1f", "nan", "yes", "2026-01-01", "1:30"])
def test_text_that_looks_like_something_else_is_quoted(text: str) -> None:
    assert yamlio.dump({"a": text}).strip() in (f'a: "{text}"', f"a: '{text}'")


def test_text_of_several_lines_is_a_block() -> None:
    assert yamlio.dump({"text": "SELECT 1;\nSELECT 2;\n"}) == "text: |\n  SELECT 1;\n  SELECT 2;\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [", "f.yaml: line 1: "),
        ("a: 1\nb: 2\na: 3", "f.yaml: line 3: key 'a' stands twice"),
        ("a: {b: 1, b: 2}", "key 'b' stands twice"),
        ("", "f.yaml holds no Kubernetes object"),
        ("- 1\n- 2", "holds no Kubernetes object"),
        ("just text", "holds no Kubernetes object"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
    ],
)
def test_unusable_yaml(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=r"^f\.yaml") as caught:
        yamlio.load_documents(text, "f.yaml")
    assert problem in str(caught.value)


def test_documents_lists_and_merge_keys() -> None:
    merged = "base: &b {x: 1}\nkind: A\nuse: {<<: *b, y: 2024-01-01}\n"
    text = merged + "---\n---\nkind: SparkJobList\nitems: [{kind: B}]\n"
    first, second = yamlio.load_documents(text, "f")
    assert first["use"] == {"x": 1, "y": "2024-01-01"}
    assert second == {"kind": "B"}


def test_the_table_of_jobs() -> None:
    running = job(
        "Running",
        run=2,
        attempt=attempt(1, run=2),
        startedAt="2026-01-01T00:00:00Z",
        finishedAt="2026-01-01T00:02:00Z",
        message="driver runs",
    )
    lines = job_table([job(), running], wide=False, namespaces=False).splitlines()
    assert lines[0].split() == ["NAME", "STATE", "RUN", "ATTEMPT", "DURATION", "AGE", "MESSAGE"]
    assert lines[1].split()[:5] == ["etl", "Pending", "-", "-", "-"]
    assert lines[2].split()[:5] == ["etl", "Running", "2", "1", "2m"]
    assert lines[2].endswith("driver runs")


def test_the_wide_table_and_namespaces() -> None:
    spec = {"image": "my/image:1", "dynamicAllocation": {"minExecutors": 1, "maxExecutors": 9}}
    header, line = job_table([job(spec=spec)], wide=True, namespaces=True).splitlines()
    assert header.split()[0] == "NAMESPACE"
    assert header.split()[7:12] == ["TYPE", "ENGINE", "RELEASE", "EXECUTORS", "CATEGORY"]
    assert line.split()[0] == "demo"
    assert line.split()[7:12] == ["Python", "Spark", "my/image:1", "1-9", "-"]


def test_the_engine_is_that_of_the_attempt() -> None:
    waits = job(spec={"engine": "Auto"})
    handed = {
        "reason": "UnsupportedByEngine",
        "message": "MERGE INTO (sql.merge)",
        "at": "2026-01-01T00:01:00Z",
    }
    runs = job("Running", attempt=attempt(2), engine="Spark", handedOver=handed, spec={"engine": "Auto"})
    table = job_table([waits, runs], wide=True, namespaces=False).splitlines()
    engines = [line.split()[table[0].split().index("ENGINE")] for line in table[1:]]
    assert engines == ["Auto", "Spark"]
    assert "Engine:       Spark, not Sail: MERGE INTO (sql.merge)" in list(description(runs, [], []))


def test_a_description_holds_what_explains_the_state() -> None:
    failure = {"category": "User", "reason": "ValueError", "message": "ValueError: no such month"}
    past = {
        "number": 1, "pod": "etl-1-1-driver", "category": "Evicted", "reason": "NodeLost",
        "createdAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:00Z",
    }  # fmt: skip
    condition = {
        "type": "Succeeded",
        "status": "False",
        "reason": "ValueError",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    found = job(
        "Failed", failure=failure, attempt=attempt(2), pastAttempts=[past], conditions=[condition],
        message=failure["message"], startedAt="2026-01-01T00:00:00Z", finishedAt="2026-01-01T00:05:00Z",
        spec={"driver": {"memory": "2g", "cores": 1}, "arguments": ["--month", "2013-01"]},
    )  # fmt: skip
    event = {
        "involvedObject": {"kind": "SparkJob", "name": "etl"}, "type": "Warning", "reason": "ValueError",
        "message": "no such month", "lastTimestamp": "2026-01-01T00:05:00Z", "metadata": {},
    }  # fmt: skip
    text = "\n".join(
        description(found, [pod(1, 2), *(pod(1, 2, "executor", n) for n in range(1, 30))], [event])
    )
    for words in (
        "Failure:      User, ValueError",
        "Message:      ValueError: no such month",
        "Run:          1, attempt 2, driver pod etl-1-2-driver",
        "Duration:     5m",
        "Driver:       cores 1, memory 2g",
        "Arguments:    --month 2013-01",
        "Evicted",
        "etl-1-2-exec-19",
        "and 10 more: kubectl get pods -l emberlake.dev/name=etl",
        "SparkJob/etl",
    ):
        assert words in text
    assert "etl-1-2-exec-20 " not in text


def test_a_new_job_can_be_described() -> None:
    assert "State:        Pending" in "\n".join(description(job(), [], []))


def test_progress_is_a_line_for_each_change_when_nobody_watches() -> None:
    stream = io.StringIO()
    progress = Progress("etl", stream)
    for found in (job(), job(), job("Running", attempt=attempt(1), message="driver\nruns")):
        progress.show(found)
        progress.draw()
    progress.close()
    assert stream.getvalue().splitlines() == [
        "etl: Pending: waits for the operator",
        "etl: Running (run 1, attempt 1): driver runs",
    ]


def test_progress_shows_no_end_while_a_run_is_due() -> None:
    stream = io.StringIO()
    found = job("Succeeded", attempt=attempt(1))
    found["metadata"]["annotations"] = {"emberlake.dev/requested-at": "now"}
    Progress("etl", stream).show(found)
    assert (
        stream.getvalue()
        == "etl: Pending (run 1, attempt 1): the operator takes up what changed after Succeeded\n"
    )


def test_progress_is_one_line_on_a_terminal(terminal: Terminal) -> None:
    progress = Progress("etl", terminal)
    progress.show(job("Running", attempt=attempt(1), message="m" * 200))
    progress.close()
    drawn, cleared = terminal.getvalue().split("\r\033[K")[1:]
    assert "\n" not in terminal.getvalue()
    assert "\033[36mRunning\033[0m" in drawn
    assert len(drawn.replace("\033[36m", "").replace("\033[0m", "")) < 60
    assert cleared == ""
