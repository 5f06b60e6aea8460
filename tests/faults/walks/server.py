"""The API server, asked over one connection that stays open: thousands of questions a minute."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3
from demo import kube
from kubernetes import client, config

from emberlake.core.kinds import ALL
from emberlake.core.model import Manifest


@dataclass(frozen=True)
class Answer:
    """What came back: a status code and a document, the object or a Status."""

    code: int
    document: dict[str, Any]

    @property
    def taken(self) -> bool:
        """Whether the object was taken."""
        return self.code < 300

    @property
    def message(self) -> str:
        """Why it was refused."""
        return str(self.document.get("message", ""))

    @property
    def causes(self) -> list[dict[str, str]]:
        """The fields that were refused, each with a message."""
        found: list[dict[str, str]] = (self.document.get("details") or {}).get("causes") or []
        return found


@dataclass
class Server:
    """The API server of the local cluster."""

    _pool: urllib3.PoolManager = field(init=False)
    _host: str = field(init=False)

    def __post_init__(self) -> None:
        configuration = client.Configuration()
        config.load_kube_config(config_file=kube.KUBECONFIG, client_configuration=configuration)
        self._host = configuration.host
        self._pool = urllib3.PoolManager(
            cert_file=configuration.cert_file,
            key_file=configuration.key_file,
            ca_certs=configuration.ssl_ca_cert,
            retries=False,
        )

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", **query: str
    ) -> Answer:
        """One request."""
        answer = self._pool.request(
            method,
            f"{self._host}{path}?{urlencode(query)}",
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": content_type, "Accept": "application/json"},
        )
        return Answer(answer.status, answer.json())

    def try_create(self, manifest: Manifest, namespace: str, unknown: str = "Strict") -> Answer:
        """What the API server says to a new object, which is not kept."""
        target = ALL[manifest["kind"]].collection(namespace)
        return self.request("POST", target, manifest, dryRun="All", fieldValidation=unknown)
