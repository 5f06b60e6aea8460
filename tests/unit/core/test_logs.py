"""Log lines: JSON, a constant message, and the keys of the reconcile that goes on."""

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import emberlake
from emberlake.core.logs import JsonFormatter, reconciling
from emberlake.core.model import Ref

REF = Ref("SparkJob", "demo", "etl")
JOB = {"metadata": {"uid": "u-1", "generation": 3}, "status": {"attempt": {"number": 2}}}
PROGRAM = Path(emberlake.__file__).parent


def line(**extra: Any) -> dict[str, Any]:
    record = logging.getLogger("emberlake").makeRecord(
        "emberlake", logging.INFO, "f", 1, "state changed", (), None, extra=extra
    )
    found: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return found


def test_a_line_of_a_reconcile_names_its_object() -> None:
    with reconciling(REF, JOB):
        found = line(state="Running")
    assert found["message"] == "state changed"
    assert {key: found[key] for key in ("kind", "namespace", "name", "uid", "generation", "attempt")} == {
        "kind": "SparkJob",
        "namespace": "demo",
        "name": "etl",
        "uid": "u-1",
        "generation": 3,
        "attempt": 2,
    }
    assert found["state"] == "Running"
    assert found["duration"] >= 0


def test_a_reconcile_has_one_id_and_the_next_another() -> None:
    ids = []
    for _ in range(2):
        with reconciling(REF, None):
            ids.append({line()["reconcileID"], line()["reconcileID"]})
    assert [len(of_one) for of_one in ids] == [1, 1]
    assert ids[0] != ids[1]


def test_what_is_logged_last_wins_and_nothing_is_kept_afterwards() -> None:
    with reconciling(REF, JOB):
        assert line(attempt=3)["attempt"] == 3
    assert line().keys() == {"time", "level", "logger", "message"}


def test_an_exception_is_one_line() -> None:
    error = ValueError("no such\ncolumn")
    record = logging.makeLogRecord({"msg": "reconcile failed", "exc_info": (ValueError, error, None)})
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "ValueError: no such\ncolumn" in json.loads(text)["error"]


def messages() -> Iterator[tuple[str, ast.expr]]:
    for source in sorted(PROGRAM.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func
                if isinstance(called.value, ast.Name) and called.value.id == "log":
                    message = node.args[1 if called.attr == "log" else 0]
                    yield f"{source.relative_to(PROGRAM)}:{node.lineno}", message


@pytest.mark.parametrize(("where", "message"), [pytest.param(*found, id=found[0]) for found in messages()])
def test_messages_are_constant(where: str, message: ast.expr) -> None:
    assert isinstance(message, ast.Constant), where
    assert "%" not in message.value, where
