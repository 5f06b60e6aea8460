"""The client against a server that speaks Trino's protocol."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from emberlake.clients.trino import NODES, TrinoUnavailableError, answering

ROWS: dict[str, list[Any]] = {NODES: [[1]], "SHOW CATALOGS": [["lake"], ["system"]]}
ERROR = {"message": "No nodes available to run query", "errorCode": 1, "errorName": "NO_NODES_AVAILABLE"}


class Coordinator(BaseHTTPRequestHandler):
    """Answers every statement at once."""

    rows: dict[str, list[Any]] = ROWS
    error: dict[str, Any] | None = None
    status = 200

    def do_POST(self) -> None:
        statement = self.rfile.read(int(self.headers["Content-Length"])).decode()
        state = "FAILED" if self.error else "FINISHED"
        document: dict[str, Any] = {"id": "q1", "infoUri": "http://x/", "stats": {"state": state}}
        if self.error:
            document["error"] = {**self.error, "errorType": "INSUFFICIENT_RESOURCES"}
        else:
            document["columns"] = [{"name": "x", "type": "varchar", "typeSignature": _type()}]
            document["data"] = self.rows[statement]
        body = json.dumps(document).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
        pass


def _type() -> dict[str, Any]:
    return {"rawType": "unknown", "arguments": []}


@pytest.fixture
def server() -> Iterator[tuple[str, type[Coordinator]]]:
    handler = type("Handler", (Coordinator,), {})
    http = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}", handler
    http.shutdown()
    http.server_close()


def test_the_catalogs_are_listed(server: tuple[str, type[Coordinator]]) -> None:
    assert answering(server[0]) == {"lake", "system"}


def test_an_error_of_the_query_is_told(server: tuple[str, type[Coordinator]]) -> None:
    server[1].error = ERROR
    with pytest.raises(TrinoUnavailableError, match="No nodes available"):
        answering(server[0])


def test_a_trino_without_a_node_that_works_is_no_answer(server: tuple[str, type[Coordinator]]) -> None:
    server[1].rows = {**ROWS, NODES: [[0]]}
    with pytest.raises(TrinoUnavailableError, match="no node takes work"):
        answering(server[0])


@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_refusal_is_told(server: tuple[str, type[Coordinator]], status: int) -> None:
    server[1].status = status
    with pytest.raises(TrinoUnavailableError, match=str(status)):
        answering(server[0])


def test_no_server_is_told_in_one_line() -> None:
    with pytest.raises(TrinoUnavailableError, match=r"^http://127\.0\.0\.1:1: .*[Rr]efused") as error:
        answering("http://127.0.0.1:1", timeout=1)
    assert "\n" not in str(error.value)
