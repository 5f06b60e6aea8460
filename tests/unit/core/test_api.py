"""The API client against a server that breaks its word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from kubernetes.aio import client

from emberlake.core.api import ApiError, KubeApi
from emberlake.core.model import Delete, Ref

POD = Ref("Pod", "demo", "etl-1-1-driver")
CUT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"


@asynccontextmanager
async def api_of_a_server_that_says(words: bytes) -> AsyncIterator[KubeApi]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    api = KubeApi(client.ApiClient(client.Configuration(host=f"http://127.0.0.1:{port}")))
    try:
        yield api
    finally:
        await api.close()
        server.close()


@pytest.mark.parametrize("words", [b"", CUT], ids=["no answer", "half an answer"])
async def test_a_connection_that_the_server_closes_is_an_error_of_the_connection(words: bytes) -> None:
    """A restart of the API server ended the operator: aiohttp raised what Lease and lists do not expect."""
    async with api_of_a_server_that_says(words) as api:
        with pytest.raises(OSError, match=r"\S"):
            await api.get(POD)


def refusal(status: int) -> bytes:
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    return f"{head}{{}}".encode()


@pytest.mark.parametrize("status", [409, 503])
async def test_a_delete_that_did_not_happen_is_told(status: int) -> None:
    """A conflict was taken for an object of another uid: a stopped driver would have run on."""
    async with api_of_a_server_that_says(refusal(status)) as api:
        with pytest.raises(ApiError, match=str(status)):
            await api.delete(Delete(POD, "uid"))


async def test_to_delete_what_is_gone_is_no_error() -> None:
    async with api_of_a_server_that_says(refusal(404)) as api:
        await api.delete(Delete(POD, "uid"))
