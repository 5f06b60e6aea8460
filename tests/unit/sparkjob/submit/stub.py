"""A small Kubernetes API on loopback that takes what Spark sends, and keeps it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

UID = "uid-of-the-stub"
_POM = (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    "<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></project>"
)
# End-of-central-directory record of a zip without entries.
_EMPTY_JAR = b"PK\x05\x06" + bytes(18)

Document = dict[str, Any]


class Stub(ThreadingHTTPServer):
    """Every written object gets a uid and is kept in `written`; a pod asked for by name is there and runs.

    `executor_asked` is set once an executor's pod and the claims made for it are written.
    Below /maven is a repository that has every artefact, as an empty jar without dependencies.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.written: list[Document] = []
        self.executor_asked = Event()
        self.ended = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, document: Document) -> None:
        self.written.append(document)
        if self._has_whole_executor():
            self.executor_asked.set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A driver that is stopped leaves its connections open.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _has_whole_executor(self) -> bool:
        pods = [document for document in self.written if is_first_executor(document)]
        names = {document["metadata"]["name"] for document in self.written}
        return bool(pods) and _own_claims(pods[0]) <= names


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Stub

    def _write(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        document = json.loads(body)
        self.server.take(json.loads(body))
        document["metadata"]["uid"] = UID
        self._answer(201 if self.command == "POST" else 200, document)

    def _read(self) -> None:
        address = urlsplit(self.path)
        kind, _, name = address.path.removeprefix("/api/v1/namespaces/demo/").partition("/")
        query = parse_qs(address.query)
        if address.path.startswith("/maven/"):
            self._artefact(address.path)
        elif "watch" in query:
            self._watch()
        elif kind == "pods" and name:
            self._answer(200, _running(name))
        elif not name:
            self._answer(200, {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": []})
        else:
            self._answer(404, {"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 404})

    def _watch(self) -> None:
        """Nothing ever happens; over a WebSocket no watch is served, and the client asks again without."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        if "Upgrade" not in self.headers:
            self.server.ended.wait()

    def _artefact(self, path: str) -> None:
        *group, artifact, version, file = path.removeprefix("/maven/").split("/")
        if file == f"{artifact}-{version}.pom":
            pom = _POM.format(group=".".join(group), artifact=artifact, version=version)
            self._send(200, pom.encode())
        elif file == f"{artifact}-{version}.jar":
            self._send(200, _EMPTY_JAR)
        else:
            self._send(404, b"")

    def _answer(self, code: int, document: Document) -> None:
        self._send(code, json.dumps(document).encode())

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep the terminal free: what was sent stands in the goldens."""

    do_POST = do_PATCH = _write  # noqa: N815
    do_GET = do_HEAD = do_DELETE = _read  # noqa: N815


def is_first_executor(document: Document) -> bool:
    """Whether an object is the pod of the executor with number 1: they may arrive in any order."""
    labels = document["metadata"].get("labels", {})
    return (document["kind"], labels.get("spark-exec-id")) == ("Pod", "1")


def _own_claims(pod: Document) -> set[str]:
    claims = {
        volume.get("persistentVolumeClaim", {}).get("claimName", "") for volume in pod["spec"]["volumes"]
    }
    return {name for name in claims if name.startswith(f"{pod['metadata']['name']}-pvc-")}


def _running(name: str) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "demo", "uid": UID},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }


@contextmanager
def serving() -> Iterator[Stub]:
    """A stub that answers until the block ends."""
    with Stub() as stub:
        thread = Thread(target=stub.serve_forever, daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            stub.ended.set()
            stub.shutdown()
            thread.join()
