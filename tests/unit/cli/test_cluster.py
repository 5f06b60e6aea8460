"""What an API server does only now and then: it restarts, forgets a version, ends a watch."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emberlake.cli import cluster
from emberlake.cli.errors import CliError, ExitCode, UnreachableError
from unit.cli.documents import job

AWAY = UnreachableError("cannot reach the API server")


def version(number: int) -> dict[str, Any]:
    found = job("Running")
    return {**found, "metadata": {**found["metadata"], "resourceVersion": str(number)}}


def event(kind: str, found: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": found}).encode() + b"\n"


class Script:
    """Answers in turn: a document or an error to a read, pieces and an error to a watch."""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)
        self.watched: list[str] = []

    def json(self, *_: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._next()
        return found

    def stream(self, _path: str, _names: Any, query: dict[str, Any], _seconds: float) -> Iterator[bytes]:
        self.watched.append(query["resourceVersion"])
        for piece in self._next():
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def _next(self) -> Any:
        found = next(self._answers)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "RETRY_SECONDS", 0)


def versions(script: Script) -> Iterator[dict[str, Any]]:
    return cluster.Cluster(script, "demo").versions("etl")  # type: ignore[arg-type]


def test_a_watch_that_ends_is_begun_again_from_the_present() -> None:
    pieces = event("MODIFIED", version(2)) + event("MODIFIED", version(3))
    script = Script(version(1), [pieces[:50], pieces[50:]], version(4), [event("MODIFIED", version(5))])
    found = versions(script)
    assert [next(found)["metadata"]["resourceVersion"] for _ in range(5)] == ["1", "2", "3", "4", "5"]
    assert script.watched == ["1", "4"]


def test_an_api_server_that_is_away_for_a_while_is_waited_for() -> None:
    gone = event("ERROR", {"code": 410, "message": "too old resource version"})
    script = Script(
        version(1), [event("MODIFIED", version(2)), AWAY], AWAY, AWAY, version(3), [gone], version(4)
    )
    found = versions(script)
    assert [next(found)["metadata"]["resourceVersion"] for _ in range(4)] == ["1", "2", "3", "4"]


def test_an_api_server_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0)
    found = versions(Script(version(1), [AWAY]))
    next(found)
    with pytest.raises(UnreachableError):
        next(found)


def test_a_deleted_job_ends_the_wait() -> None:
    found = versions(Script(version(1), [event("DELETED", version(2))]))
    next(found)
    with pytest.raises(CliError, match="SparkJob etl was deleted") as caught:
        next(found)
    assert caught.value.code == ExitCode.NOT_FOUND
