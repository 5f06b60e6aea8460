"""What answers in the place of a metastore and of Trino: as much of them as the operator asks for."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TMessageType, TType
from thrift.transport.TTransport import TMemoryBuffer

# Its own for each process that runs plans, below the ports that the kernel gives out.
METASTORE_PORT = 10000 + os.getpid() % 20000
CATALOGS = ("system", "lake", "lake_hive", "lake_delta")


@asynccontextmanager
async def engines() -> AsyncIterator[str]:
    """Both, on this machine; the address of the HTTP proxy behind which every host is a Trino."""
    runner = web.ServerRunner(web.Server(_trino, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    metastore = await asyncio.start_server(_metastore, "127.0.0.1", METASTORE_PORT)
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        metastore.close()
        await runner.cleanup()


async def _trino(request: web.BaseRequest) -> web.Response:
    """Answers a query at once: the number of nodes, or the names of all catalogs."""
    query = await request.text()
    names = CATALOGS if "CATALOGS" in query else None
    kind = "varchar" if names else "bigint"
    column = {"name": "found", "type": kind, "typeSignature": {"rawType": kind, "arguments": []}}
    rows = [[name] for name in names] if names else [[1]]
    stats = {"state": "FINISHED"}
    return web.json_response({"id": "1", "columns": [column], "data": rows, "stats": stats, "infoUri": ""})


async def _metastore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers `get_all_databases` with no database."""
    try:
        await reader.read(4096)
        buffer = TMemoryBuffer()
        reply = TBinaryProtocol(buffer)
        reply.writeMessageBegin("get_all_databases", TMessageType.REPLY, 0)
        reply.writeStructBegin("get_all_databases_result")
        reply.writeFieldBegin("success", TType.LIST, 0)
        reply.writeListBegin(TType.STRING, 0)
        reply.writeListEnd()
        reply.writeFieldEnd()
        reply.writeFieldStop()
        reply.writeStructEnd()
        reply.writeMessageEnd()
        writer.write(buffer.getvalue())
        await writer.drain()
    finally:
        writer.close()
