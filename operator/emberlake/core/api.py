"""The Kubernetes API as plain JSON: no model classes on the hot path, one error type.

Built on kubernetes.aio's ApiClient, which brings authentication, TLS and connection reuse.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException

from emberlake.core.compact import compact
from emberlake.core.kinds import ALL, path
from emberlake.core.model import Delete, Manifest, Ref
from emberlake.core.requests import trace

FIELD_MANAGER = "emberlake"
# The revision of an empty etcd: no object has it. An apply that names it makes an object or meets a conflict.
NEVER = "1"
_PAGE = 500
_TIMEOUT = 30


class ApiError(Exception):
    """The API server refused: HTTP status, machine-readable reason, and its message."""

    def __init__(self, status: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason, self.message, self.retry_after = status, reason, message, retry_after


@dataclass(frozen=True)
class Listing:
    """A whole list, read in pages."""

    items: list[dict[str, Any]]
    version: int


class KubeApi:
    """Requests to the API server; raises ApiError for every refusal, OSError where no answer came."""

    def __init__(self, api_client: client.ApiClient, request_seconds: float = _TIMEOUT) -> None:
        """`request_seconds`: how long to wait for the answer to a request."""
        self._client, self._timeout = api_client, request_seconds

    @classmethod
    async def connect(cls, request_seconds: float = _TIMEOUT) -> "KubeApi":
        """Connect from inside a pod, or with the kubeconfig of the environment.

        Args:
            request_seconds: how long to wait for the answer to a request.
        """
        configuration = client.Configuration()
        try:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        except config.ConfigException:
            await config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        configuration.trace_configs = [trace()]
        # Looking for a proxy and for ~/.netrc is two hops to threads a request; the watches do neither.
        configuration.client_session_kwargs = {"trust_env": False}
        return cls(client.ApiClient(configuration), request_seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()  # type: ignore[no-untyped-call]

    async def get(self, ref: Ref) -> dict[str, Any] | None:
        """The object as it is now, None when there is none."""
        try:
            return await self._json("GET", path(ref))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def list(self, kind: str, namespace: str | None = None, selector: str | None = None) -> Listing:
        """All objects of a kind in the cache's form, read in pages: never more than 500 of them whole."""
        items: list[dict[str, Any]] = []
        about = {"apiVersion": ALL[kind].api_version, "kind": kind}
        query: dict[str, Any] = {"limit": _PAGE}
        if selector:
            query["labelSelector"] = selector
        while True:
            page = await self._json("GET", ALL[kind].collection(namespace), query)
            items += [compact({**about, **item}) for item in page["items"]]
            if not (more := page["metadata"].get("continue")):
                return Listing(items, int(page["metadata"]["resourceVersion"]))
            query["continue"] = more

    async def first(
        self, kind: str, namespace: str, selector: str, fields: str = ""
    ) -> dict[str, Any] | None:
        """Any one object of a kind that matches, None when none does.

        Args:
            selector: label selector.
            fields: field selector.
        """
        query = {"limit": 1, "labelSelector": selector, "fieldSelector": fields}
        page = await self._json("GET", ALL[kind].collection(namespace), query)
        return next(iter(page["items"]), None)

    async def create(self, manifest: Manifest) -> dict[str, Any]:
        """POST an object under its deterministic name; fields unknown to the API server are refused."""
        kind = ALL[manifest["kind"]]
        target = kind.collection(manifest["metadata"]["namespace"])
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        return await self._json("POST", target, query, manifest)

    async def apply(self, manifest: Manifest, *, subresource: str = "") -> dict[str, Any]:
        """Server-side apply with our field manager, taking over fields that others set.

        Only to the object that was seen: another version answers 409, and so does an object that is gone if
        the manifest names its uid. With the resourceVersion NEVER it is made, and only made.

        Raises:
            ValueError: the manifest carries no resourceVersion.
        """
        meta = manifest["metadata"]
        if not meta.get("resourceVersion"):
            raise ValueError(f"{meta['name']}: an apply without metadata.resourceVersion knows no rival")
        target = path(Ref(manifest["kind"], meta["namespace"], meta["name"]))
        return await self._json(
            "PATCH",
            target + subresource,
            {"fieldManager": FIELD_MANAGER, "force": "true"},
            manifest,
            "application/apply-patch+yaml",
        )

    async def replace(self, manifest: Manifest) -> dict[str, Any]:
        """PUT an object under its resourceVersion."""
        meta = manifest["metadata"]
        return await self._json(
            "PUT",
            path(Ref(manifest["kind"], meta["namespace"], meta["name"])),
            {"fieldManager": FIELD_MANAGER},
            manifest,
        )

    async def delete(self, action: Delete) -> None:
        """Delete the object if it is the one that is meant; one that is gone is no error."""
        preconditions = {"uid": action.uid}
        if action.resource_version is not None:
            preconditions["resourceVersion"] = action.resource_version
        body: dict[str, Any] = {"preconditions": preconditions, "propagationPolicy": "Background"}
        if action.grace_seconds is not None:
            body["gracePeriodSeconds"] = action.grace_seconds
        try:
            await self._json("DELETE", path(action.ref), body=body)
        except ApiError as error:
            if error.status != 404:
                raise

    async def logs(self, ref: Ref, container: str, lines: int, limit_bytes: int) -> str:
        """The last lines of a container's log; empty when the log is gone with its node or pod."""
        query = {"container": container, "tailLines": lines, "limitBytes": limit_bytes}
        try:
            return await self._text("GET", f"{path(ref)}/log", query)
        except ApiError as error:
            if error.status in (400, 404):
                return ""
            raise

    async def _json(
        self,
        method: str,
        target: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self._text(method, target, query, body, content_type))
        return found

    async def _text(
        self,
        method: str,
        target: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> str:
        request = await self._client.param_serialize(
            method=method,
            resource_path=target,
            query_params=list((query or {}).items()),
            header_params={"Content-Type": content_type, "Accept": "application/json, */*"},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = await self._client.call_api(*request, _request_timeout=self._timeout)
            data = await response.read()  # type: ignore[no-untyped-call]
        except ApiException as error:
            raise _api_error(error) from error
        except ClientError as error:
            # Some of aiohttp's errors are OSErrors; that of a connection which the server closed is not.
            raise ConnectionError(f"{method} {target}: {type(error).__name__}: {error}") from error
        if not 200 <= response.status <= 299:
            headers = response.getheaders()  # type: ignore[no-untyped-call]
            raise _refusal(response.status, data, headers or {})
        return bytes(data).decode(errors="replace")


def _api_error(error: ApiException) -> ApiError:
    return _refusal(error.status or 0, (error.body or "").encode(), error.headers or {}, str(error.reason))


def _refusal(status: int, data: bytes, headers: Mapping[str, str], reason: str = "") -> ApiError:
    try:
        document = json.loads(data)
        reason, message = document.get("reason", reason), document.get("message", "")
    except ValueError:
        message = data.decode(errors="replace")[:500]
    after = headers.get("Retry-After")
    return ApiError(status, reason, message, float(after) if after and after.isdigit() else None)
