"""Counts and times each request to the API server, as aiohttp sees it: retries one by one."""

import re
import time
from types import SimpleNamespace

from aiohttp import ClientSession, TraceConfig, TraceRequestEndParams, TraceRequestExceptionParams

from emberlake.core.metrics import REQUEST_SECONDS, REQUESTS

_FAILED = "<error>"
_RESOURCE = re.compile(r"/(?:api|apis/[^/]+)/v[^/]+(?:/namespaces/[^/]+(?=/))?/([^/]+)(?:/[^/]+(/[^/]+)?)?$")


def trace() -> TraceConfig:
    """What the client's session must be made with."""
    config = TraceConfig()
    config.on_request_start.append(_started)
    config.on_request_end.append(_answered)
    config.on_request_exception.append(_failed)
    return config


def resource(path: str) -> str:
    """The resource of a request's path, with its subresource: sparkjobs/status. No name, no namespace."""
    found = _RESOURCE.search(path)
    return "".join(part for part in found.groups() if part) if found else "other"


async def _started(_: ClientSession, context: SimpleNamespace, __: object) -> None:
    context.started = time.monotonic()


async def _answered(_: ClientSession, context: SimpleNamespace, params: TraceRequestEndParams) -> None:
    _count(context, params, str(params.response.status))


async def _failed(_: ClientSession, context: SimpleNamespace, params: TraceRequestExceptionParams) -> None:
    _count(context, params, _FAILED)


def _count(
    context: SimpleNamespace, params: TraceRequestEndParams | TraceRequestExceptionParams, code: str
) -> None:
    REQUESTS.labels(code, params.method, resource(params.url.path)).inc()
    REQUEST_SECONDS.labels(params.method).observe(time.monotonic() - context.started)
