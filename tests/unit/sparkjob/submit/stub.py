"""A small Kubernetes API on loopback that takes what spark-submit sends, and keeps it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

UID = "uid-of-the-stub"
_POM = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    "<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></project>"
)
# End-of-central-directory record of a zip without entries.
_EMPTY_JAR = b"PK\x05\x06" + bytes(18)


class Stub(ThreadingHTTPServer):
    """Every written object gets a uid and is kept in `written`; nothing else exists.

    Below /maven it is a repository that has every artefact, as an empty jar without dependencies.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.written: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def _write(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        document = json.loads(body)
        self.server.written.append(json.loads(body))
        document["metadata"]["uid"] = UID
        self._answer(201 if self.command == "POST" else 200, json.dumps(document).encode())

    def _read(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/maven/"):
            self._artefact(path)
        else:
            status = {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "reason": "NotFound",
                "code": 404,
            }
            self._answer(404, json.dumps(status).encode())

    def _artefact(self, path: str) -> None:
        *group, artifact, version, file = path.removeprefix("/maven/").split("/")
        if file.endswith(".pom"):
            pom = _POM.format(group=".".join(group), artifact=artifact, version=version)
            self._answer(200, pom.encode())
        elif file.endswith(".jar") and file == f"{artifact}-{version}.jar":
            self._answer(200, _EMPTY_JAR)
        else:
            self._answer(404, b"")

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep the terminal free: what was sent stands in the goldens."""

    do_POST = do_PATCH = _write  # noqa: N815
    do_GET = do_HEAD = _read  # noqa: N815


@contextmanager
def serving() -> Iterator[Stub]:
    """A stub that answers until the block ends."""
    with Stub() as stub:
        thread = Thread(target=stub.serve_forever, daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            stub.shutdown()
            thread.join()
