"""Requests to the API server as plain JSON, by the transport of the Kubernetes client.

The client's API classes are left alone: importing the core group's takes twice as long as all the rest.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, NamedTuple

from emberlake.cli.errors import CliError, ExitCode, UnreachableError

Document = dict[str, Any]
Names = Mapping[str, str]
Query = Mapping[str, Any]

CONNECT_SECONDS = 10
_ANSWER_SECONDS = 30
_TRY_AGAIN = (HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS)
_PIECE = 1 << 16


class RefusedError(Exception):
    """The API server answered with an error: status and its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Forward(NamedTuple):
    """A connection to a port of a pod: its socket, and what the pod's node said when it broke."""

    socket: Any
    problem: Callable[[], str | None]


class Rest:
    """One API server. Paths are templates, whose names the client quotes: `/api/v1/namespaces/{name}`."""

    def __init__(self, configuration: Any) -> None:
        from kubernetes import client  # noqa: PLC0415

        self.configuration = configuration
        self._client: Any = client.ApiClient(configuration)

    def json(
        self,
        method: str,
        path: str,
        names: Names,
        query: Query | None = None,
        body: Document | None = None,
        content_type: str = "application/json",
    ) -> Document:
        """The answer's document.

        Raises:
            RefusedError: the API server refused.
            UnreachableError: it did not answer, or cannot now.
        """
        with self._connection():
            answer = self._call(method, path, names, query or {}, body, content_type, _ANSWER_SECONDS)
            found: Document = json.loads(answer.read())
        return found

    def stream(self, path: str, names: Names, query: Query, seconds: float | None) -> Iterator[bytes]:
        """The answer in pieces as they come, at most `seconds` between two of them. Raises as `json`."""
        with self._connection():
            answer = self._call("GET", path, names, query, None, "", seconds).response
            try:
                yield from answer.stream(_PIECE, decode_content=True)
            finally:
                answer.release_conn()

    def forward(self, path: str, names: Names, port: int) -> "Forward":
        """A connection to the port, by the `portforward` subresource. Raises RefusedError."""
        from kubernetes import client  # noqa: PLC0415
        from kubernetes.stream import ws_client  # noqa: PLC0415

        method, url, headers, *_ = self._request("GET", path, names, {"ports": str(port)}, None, "")
        try:
            forwarded: Any = ws_client.portforward_call(self.configuration, method, url, headers=headers)  # type: ignore[no-untyped-call]
        except client.ApiException as error:
            raise RefusedError(0, str(error.reason)) from error
        return Forward(forwarded.socket(port), lambda: forwarded.error(port))

    def _call(
        self,
        method: str,
        path: str,
        names: Names,
        query: Query,
        body: Document | None,
        content_type: str,
        seconds: float | None,
    ) -> Any:
        request = self._request(method, path, names, query, body, content_type)
        answer = self._client.call_api(*request, _request_timeout=(CONNECT_SECONDS, seconds))
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise RefusedError(answer.status, _message(answer.read(), answer.reason))
        return answer

    def _request(
        self, method: str, path: str, names: Names, query: Query, body: Document | None, content_type: str
    ) -> Any:
        return self._client.param_serialize(
            method=method,
            resource_path=path,
            path_params=dict(names),
            query_params=list(query.items()),
            header_params={
                "Accept": "application/json, */*",
                **({"Content-Type": content_type} if body else {}),
            },
            body=body,
            auth_settings=["BearerToken"],
        )

    @contextmanager
    def _connection(self) -> Iterator[None]:
        """Turn what the transport raises into UnreachableError."""
        import urllib3  # noqa: PLC0415
        from kubernetes import client  # noqa: PLC0415

        try:
            yield
        except (urllib3.exceptions.HTTPError, client.ApiException) as error:
            raise UnreachableError(
                f"cannot reach the API server {self.configuration.host}: {_root(error)}"
                " (is the context right, and the cluster up?)"
            ) from error


def cli_error(what: str, namespace: str, error: RefusedError) -> CliError:
    """What to tell people about a refusal that concerns `what`."""
    if error.status == HTTPStatus.NOT_FOUND:
        return _missing(what, namespace, str(error))
    if error.status == HTTPStatus.CONFLICT:
        return CliError(
            f"{what} exists already in namespace {namespace}: `emberlake rerun` runs it again,"
            " or choose another name",
            ExitCode.REFUSED,
        )
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status in _TRY_AGAIN:
        return UnreachableError(f"{what}: the API server cannot answer now: {error}")
    return CliError(f"{what}: the API server refused: {error}", ExitCode.REFUSED)


def _missing(what: str, namespace: str, message: str) -> CliError:
    if "could not find the requested resource" in message or "page not found" in message:
        return CliError(
            "this cluster does not know SparkJob: install Emberlake, or name the right --context",
            ExitCode.REFUSED,
        )
    if message.startswith("namespaces "):
        return CliError(f"there is no namespace {namespace}: name one with -n", ExitCode.NOT_FOUND)
    return CliError(f"{what} not found in namespace {namespace}", ExitCode.NOT_FOUND)


def _message(body: bytes, reason: str) -> str:
    """The API server's own words from the Status object that it answered with."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace") or reason


def _root(error: BaseException) -> str:
    """What lies under urllib3's wrappers."""
    cause = getattr(error, "reason", None)
    return _root(cause) if isinstance(cause, BaseException) else str(cause or error)
