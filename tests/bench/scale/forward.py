"""A TCP forwarder before the API server, whose connections can be cut."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from demo import kube


class Forwarder:
    """Passes bytes on; TLS goes through it."""

    def __init__(self, host: str, port: int) -> None:
        self._target, self._loop = (host, port), asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Forward, in a thread, while the block runs."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(server.close)
            self.cut()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)

    def cut(self) -> None:
        """Break every connection, as a load balancer that restarts does."""
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in self._open])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        pair = {writer, far_writer}
        self._open |= pair
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(_pass_on(reader, far_writer)),
                    asyncio.create_task(_pass_on(far_reader, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._open -= pair
            for end in pair:
                end.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        # It was cut, which is what this is for.
        return


@contextmanager
def forwarded(folder: Path) -> Iterator[tuple[Forwarder, str]]:
    """A running forwarder, and a kubeconfig that leads through it."""
    document = yaml.safe_load(Path(kube.KUBECONFIG).read_text())
    cluster = document["clusters"][0]["cluster"]
    found = urlsplit(cluster["server"])
    forwarder = Forwarder(found.hostname or "127.0.0.1", found.port or 443)
    with forwarder.running():
        cluster["server"] = f"https://127.0.0.1:{forwarder.port}"
        (path := folder / "kubeconfig").write_text(yaml.safe_dump(document))
        path.chmod(0o600)
        yield forwarder, str(path)
