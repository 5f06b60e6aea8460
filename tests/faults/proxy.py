"""A TLS reverse proxy between one operator and the API server: it sees each request and asks the fault."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from faults.calls import Call, Journal, Write, event_of
from faults.fault import Answer, DroppedError, Fault, Target
from faults.sight import subject
from faults.upstream import Upstream

_PASSED = ("Content-Type", "Accept")
_RETURNED = ("Content-Type", "Retry-After", "Warning")


@dataclass
class Proxy:
    """Serves one operator. `journal` has what got through; `target` is what the fault may strike."""

    upstream: Upstream
    tls: ssl.SSLContext
    fault: Fault
    target: Target = field(init=False)
    journal: Journal = field(default_factory=Journal)
    port: int = 0
    _runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close all connections."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._serve(request)
        except (DroppedError, ConnectionError, aiohttp.ClientError):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        content_type = request.headers.get("Content-Type", "")
        call = Call.of(request.method, request.path, request.query, content_type, body)
        query = dict(request.query)
        write = self.journal.arrives(call)
        answer = await self.fault.arrived(call, write, query, self.target)
        if answer is None and call.verb == "watch":
            return await self._stream(request, call, query)
        if answer is None:
            answer = await self._forward(request, body, query)
            self.journal.answered(call, write, answer.status)
            answer = await self.fault.answered(call, write, answer, self.target)
        return await self._send(request, call, write, answer)

    async def _forward(self, request: web.BaseRequest, body: bytes, query: Mapping[str, str]) -> Answer:
        async with self.upstream.session.request(
            request.method,
            self.upstream.url + request.path,
            params=query,
            data=body or None,
            headers=_some(request.headers, _PASSED),
        ) as found:
            return Answer(found.status, await found.read(), _some(found.headers, _RETURNED))

    async def _send(
        self, request: web.BaseRequest, call: Call, write: Write | None, answer: Answer
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        response.content_length = len(answer.body)
        await response.prepare(request)
        async for piece in self.fault.pieces(answer.body):
            await response.write(piece)
        await response.write_eof()
        await self.fault.sent(call, write, self.target)
        return response

    async def _stream(
        self, request: web.BaseRequest, call: Call, query: Mapping[str, str]
    ) -> web.StreamResponse:
        async with self.upstream.session.get(
            self.upstream.url + request.path, params=query, headers=_some(request.headers, _PASSED)
        ) as found:
            response = web.StreamResponse(status=found.status, headers=_some(found.headers, _RETURNED))
            response.enable_chunked_encoding()
            await response.prepare(request)
            sending = asyncio.Lock()

            async def send(data: bytes) -> None:
                async with sending:
                    async for piece in self.fault.pieces(data):
                        await response.write(piece)

            async for line in found.content:
                self.journal.seen.setdefault(subject(event_of(line)))
                await self.fault.line(call, line, send, self.target)
            await response.write_eof()
            return response


def _some(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}
