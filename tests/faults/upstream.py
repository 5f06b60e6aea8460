"""The real API server: where it is, and a connection to it as an administrator."""

import base64
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
# The longest line of a watch: an object may have 1.5 MB.
_LINE = 2**22

Object = dict[str, Any]


class RefusedError(RuntimeError):
    """The API server refused a request of the test itself."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


@dataclass(frozen=True)
class Upstream:
    """The API server of a kubeconfig."""

    url: str
    session: aiohttp.ClientSession

    @classmethod
    def connect(cls, kubeconfig: str) -> "Upstream":
        """Read a kubeconfig whose user has a client certificate, as kind writes it."""
        document = yaml.safe_load(Path(kubeconfig).read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        context = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        with tempfile.NamedTemporaryFile() as pair:
            for part in ("client-certificate-data", "client-key-data"):
                pair.write(base64.b64decode(user[part]))
            pair.flush()
            context.load_cert_chain(pair.name)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
            read_bufsize=_LINE,
            skip_auto_headers=("Accept-Encoding",),
        )
        return cls(cluster["server"], session)

    async def call(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Object:
        """A request of the test itself; raises RefusedError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        async with self.session.request(
            method, self.url + path, params=query, data=data, headers=headers
        ) as answer:
            text = await answer.text()
            if answer.status >= 300:
                raise RefusedError(answer.status, text)
            found: Object = json.loads(text)
            return found

    async def events(self, path: str, version: str) -> AsyncIterator[Object]:
        """Events of one watch, until the API server ends it."""
        query = {"watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        async with self.session.get(self.url + path, params=query) as answer:
            async for line in answer.content:
                yield json.loads(line)
