"""The S3 client against a server that answers as it is told: what is retried, and how an end is told."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emberlake.clients.retry import Backoff
from emberlake.clients.s3 import S3Store, make_client
from emberlake.crawler.config import S3Settings
from emberlake.crawler.failure import Problem, RetryableError

LISTING = b"""<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated>
<Contents><Key>raw/a%20b</Key><Size>5</Size><ETag>&quot;abc&quot;</ETag>
<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>
<Contents><Key>raw/dropped</Key><Size>7</Size><ETag></ETag>
<LastModified>2026-01-02T00:00:00.000Z</LastModified></Contents>
<CommonPrefixes><Prefix>raw/d/</Prefix></CommonPrefixes>
<EncodingType>url</EncodingType></ListBucketResult>"""
Answer = tuple[int, bytes]


def refusal(status: int, code: str) -> Answer:
    return status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


class Server(ThreadingHTTPServer):
    """Gives `answers` one after the other, the last one for ever; `asked` has the paths of the requests."""

    answers: list[Answer]
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:  # the name that the library calls
        self.server.asked.append(self.path)
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.answers, running.asked = [(200, LISTING)], []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def store(server: Server, told: list[Exception], total: float = 60.0) -> S3Store:
    settings = S3Settings(f"http://127.0.0.1:{server.server_port}", path_style=True)
    backoff = Backoff(total=total, sleep=lambda _: None)
    return S3Store(make_client(settings, attempts=1), backoff, told.append)


def test_a_page_of_a_listing(server: Server) -> None:
    page = store(server, []).list_page("lake", "raw/", "raw/a", "/")
    assert [(item.key, item.size) for item in page.objects] == [("raw/a b", 5), ("raw/dropped", 7)]
    assert page.objects[0].etag == "abc"
    assert page.objects[1].etag == "2026-01-02T00:00:00.000Z"  # nothing else tells that it was written anew
    assert (page.prefixes, page.more) == (["raw/d/"], True)
    assert "start-after=raw%2Fa" in server.asked[0]


def test_whether_there_is_a_key(server: Server) -> None:
    assert store(server, []).holds("lake", "raw/a")
    assert store(server, []).exists("lake", "raw/a b")
    assert not store(server, []).exists("lake", "raw/a")
    assert all("max-keys=1" in path for path in server.asked)
    server.answers = [(200, b"<ListBucketResult/>")]
    assert not store(server, []).holds("lake", "raw/a")


def test_throttling_is_waited_out(server: Server) -> None:
    server.answers = [refusal(503, "SlowDown"), refusal(503, "SlowDown"), (200, LISTING)]
    told: list[Exception] = []
    assert store(server, told).list_page("lake", "raw/").objects
    assert [getattr(error, "reason", "") for error in told] == ["Throttled", "Throttled"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(refusal(503, "SlowDown"), "Throttled"), (refusal(500, "InternalError"), "EndpointUnreachable")],
)
def test_what_does_not_pass_is_told_as_it_is(server: Server, answer: Answer, reason: str) -> None:
    server.answers = [answer]
    with pytest.raises(RetryableError) as failure:
        store(server, [], total=0.0).get_range("lake", "raw/x", 0, 10)
    assert failure.value.reason == reason


def test_a_refusal_is_not_tried_again(server: Server) -> None:
    server.answers = [refusal(403, "AccessDenied"), (200, LISTING)]
    with pytest.raises(Problem, match="credentials may not"):
        store(server, []).list_page("lake", "raw/")
    assert len(server.asked) == 1
