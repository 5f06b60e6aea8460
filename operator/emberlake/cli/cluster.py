"""The API server as the commands need it: plain documents in and out, every refusal a CliError."""

import argparse
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from http import HTTPStatus
from pathlib import Path
from typing import Any

from emberlake.api import GROUP, VERSION
from emberlake.cli.errors import CliError, ExitCode, UnreachableError

PLURAL = "sparkjobs"
FIELD_MANAGER = "emberlake-cli"
STRICT = {"field_manager": FIELD_MANAGER, "field_validation": "Strict"}
# To connect, and for the answer.
_ANSWER_SECONDS = (10, 30)
_WATCH_SECONDS = 240
_PATIENCE_SECONDS = 120
_RETRY_SECONDS = 2
_TRY_AGAIN = (HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS)
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

Document = dict[str, Any]


class Cluster:
    """One cluster and the namespace that the command works in."""

    def __init__(self, configuration: Any, namespace: str) -> None:
        from kubernetes import client  # noqa: PLC0415

        self.namespace = namespace
        self.configuration = configuration
        self._client: Any = client.ApiClient(configuration)
        self._jobs: Any = client.CustomObjectsApi(self._client)
        self._core: Any = client.CoreV1Api(self._client)

    @classmethod
    def connect(cls, arguments: argparse.Namespace) -> "Cluster":
        """The cluster of `--kubeconfig` and `--context`; in a pod without either, its own.

        Raises:
            CliError: REFUSED when there is no usable configuration.
        """
        configuration, namespace = _configuration(arguments.kubeconfig, arguments.context)
        # One refused connection is answer enough.
        configuration.retries = False
        return cls(configuration, arguments.namespace or namespace)

    def within(self, namespace: str) -> "Cluster":
        """The same cluster in another namespace."""
        found = copy(self)
        found.namespace = namespace
        return found

    # SparkJobs

    def job(self, name: str) -> Document:
        """The SparkJob; CliError NOT_FOUND when there is none."""
        with self._answers(f"SparkJob {name}"):
            found: Document = self._jobs.get_namespaced_custom_object(
                GROUP, VERSION, self.namespace, PLURAL, name, _request_timeout=_ANSWER_SECONDS
            )
            return found

    def jobs(self, *, everywhere: bool = False, selector: str | None = None) -> list[Document]:
        """The SparkJobs of the namespace or of all, by namespace and name."""
        options = {"label_selector": selector} if selector else {}
        with self._answers("SparkJobs"):
            if everywhere:
                found = self._jobs.list_cluster_custom_object(
                    GROUP, VERSION, PLURAL, _request_timeout=_ANSWER_SECONDS, **options
                )
            else:
                found = self._jobs.list_namespaced_custom_object(
                    GROUP, VERSION, self.namespace, PLURAL, _request_timeout=_ANSWER_SECONDS, **options
                )
        items: list[Document] = found["items"]
        return sorted(items, key=lambda job: (job["metadata"]["namespace"], job["metadata"]["name"]))

    def create(self, document: Document, *, dry_run: bool = False) -> Document:
        """Create a SparkJob; with `dry_run` the API server only says whether it would."""
        meta = document["metadata"]
        options = {"dry_run": "All"} if dry_run else {}
        with self._answers(f"SparkJob {meta.get('name') or meta.get('generateName')}"):
            made: Document = self._jobs.create_namespaced_custom_object(
                GROUP, VERSION, self.namespace, PLURAL, document,
                _request_timeout=_ANSWER_SECONDS, **STRICT, **options,
            )  # fmt: skip
            return made

    def annotate(self, name: str, key: str, value: str) -> Document:
        """Set an annotation of a SparkJob."""
        with self._answers(f"SparkJob {name}"):
            found: Document = self._jobs.patch_namespaced_custom_object(
                GROUP, VERSION, self.namespace, PLURAL, name, {"metadata": {"annotations": {key: value}}},
                _request_timeout=_ANSWER_SECONDS, **STRICT,
            )  # fmt: skip
            return found

    def versions(self, name: str) -> Iterator[Document]:
        """The SparkJob as it is, then each later version, without end.

        While the API server restarts, it waits.

        Raises:
            CliError: NOT_FOUND when it is deleted, REFUSED when there was no answer for two minutes.
        """
        answered = time.monotonic()
        while True:
            try:
                job = self.job(name)
                yield job
                yield from self._changes(job)
                answered = time.monotonic()
            except UnreachableError:
                if time.monotonic() - answered > _PATIENCE_SECONDS:
                    raise
                time.sleep(_RETRY_SECONDS)

    def _changes(self, job: Document) -> Iterator[Document]:
        """Versions after this one, until the API server ends the watch."""
        from kubernetes import watch  # noqa: PLC0415

        meta = job["metadata"]
        with self._answers(f"SparkJob {meta['name']}"):
            watcher: Any = watch.Watch()  # type: ignore[no-untyped-call]
            for event in watcher.stream(
                self._jobs.list_namespaced_custom_object, GROUP, VERSION, self.namespace, PLURAL,
                field_selector=f"metadata.name={meta['name']}",
                resource_version=meta["resourceVersion"],
                timeout_seconds=_WATCH_SECONDS,
                _request_timeout=(_ANSWER_SECONDS[0], _WATCH_SECONDS + _ANSWER_SECONDS[1]),
            ):  # fmt: skip
                if event["type"] == "DELETED":
                    raise CliError(f"SparkJob {meta['name']} was deleted", ExitCode.NOT_FOUND)
                yield event["object"]

    # What the operator made for them

    def pods(self, selector: Mapping[str, str]) -> list[Document]:
        """The pods with these labels."""
        with self._answers("pods"):
            found = self._core.list_namespaced_pod(
                self.namespace, label_selector=_labels(selector), _request_timeout=_ANSWER_SECONDS
            )
        return list(self._client.sanitize_for_serialization(found)["items"])

    def pod(self, name: str) -> Document:
        """The pod; CliError NOT_FOUND when there is none."""
        with self._answers(f"pod {name}"):
            found = self._core.read_namespaced_pod(name, self.namespace, _request_timeout=_ANSWER_SECONDS)
        return dict(self._client.sanitize_for_serialization(found))

    def events(self, uid: str) -> list[Document]:
        """Events about the object with this uid, oldest first."""
        with self._answers("events"):
            found = self._core.list_namespaced_event(
                self.namespace, field_selector=f"involvedObject.uid={uid}", _request_timeout=_ANSWER_SECONDS
            )
        items = self._client.sanitize_for_serialization(found)["items"]
        return sorted(items, key=event_time)

    def config_maps(self, selector: Mapping[str, str]) -> list[Document]:
        """The ConfigMaps with these labels."""
        with self._answers("ConfigMaps"):
            found = self._core.list_namespaced_config_map(
                self.namespace, label_selector=_labels(selector), _request_timeout=_ANSWER_SECONDS
            )
        return list(self._client.sanitize_for_serialization(found)["items"])

    def log(self, pod: str, container: str, *, follow: bool, tail: int | None) -> Iterator[bytes]:
        """The log of a container in pieces; with `follow` until the container ends."""
        options: dict[str, int] = {} if tail is None else {"tail_lines": tail}
        with self._answers(f"log of pod {pod}"):
            answer = self._core.read_namespaced_pod_log(
                pod, self.namespace, container=container, follow=follow, _preload_content=False, **options
            )
            try:
                yield from answer.stream(amt=None, decode_content=True)
            finally:
                answer.release_conn()

    def forward(self, pod: str, port: int) -> Any:
        """A socket that is connected to a port of the pod."""
        from kubernetes import client, stream  # noqa: PLC0415

        # A client of its own: the stream module swaps the client's transport while it connects.
        core: Any = client.CoreV1Api(client.ApiClient(self.configuration))
        with self._answers(f"pod {pod}"):
            forwarded: Any = stream.portforward(
                core.connect_get_namespaced_pod_portforward, pod, self.namespace, ports=str(port)
            )
        return forwarded.socket(port)

    @contextmanager
    def _answers(self, what: str) -> Iterator[None]:
        """Turn what the client raises into a CliError about `what`."""
        import urllib3  # noqa: PLC0415
        from kubernetes import client  # noqa: PLC0415

        try:
            yield
        except client.ApiException as error:
            raise self._refusal(what, error) from error
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(
                f"cannot reach the API server {self.configuration.host}: {_root(error)}"
                " (is the context right, and the cluster up?)"
            ) from error

    def _refusal(self, what: str, error: Any) -> CliError:
        message = _message(error)
        if error.status == HTTPStatus.NOT_FOUND:
            return self._missing(what, message)
        if error.status == HTTPStatus.CONFLICT:
            return CliError(
                f"{what} exists already in namespace {self.namespace}: `emberlake rerun` runs it again,"
                " or choose another name",
                ExitCode.REFUSED,
            )
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status in _TRY_AGAIN:
            return UnreachableError(f"{what}: the API server cannot answer now: {message}")
        return CliError(f"{what}: the API server refused: {message}", ExitCode.REFUSED)

    def _missing(self, what: str, message: str) -> CliError:
        if "could not find the requested resource" in message or "page not found" in message:
            return CliError(
                "this cluster does not know SparkJob: install Emberlake, or name the right --context",
                ExitCode.REFUSED,
            )
        if message.startswith("namespaces "):
            return CliError(f"there is no namespace {self.namespace}: name one with -n", ExitCode.NOT_FOUND)
        return CliError(f"{what} not found in namespace {self.namespace}", ExitCode.NOT_FOUND)


def _labels(selector: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in selector.items())


def event_time(event: Mapping[str, Any]) -> str:
    """When an Event was last seen."""
    found = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return str(found)


def _configuration(kubeconfig: str | None, context: str | None) -> tuple[Any, str]:
    import yaml  # noqa: PLC0415
    from kubernetes import client, config  # noqa: PLC0415
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger  # noqa: PLC0415

    configuration = client.Configuration()
    try:
        place = kubeconfig or config.KUBE_CONFIG_DEFAULT_LOCATION
        merger: Any = KubeConfigMerger(place)  # type: ignore[no-untyped-call]
        if merger.config is not None:
            loader: Any = KubeConfigLoader(  # type: ignore[no-untyped-call]
                config_dict=merger.config,
                active_context=context,
                config_base_path=None,
                config_persister=merger.save_changes,
            )
            loader.load_and_set(configuration)
            return configuration, loader.current_context["context"].get("namespace") or "default"
        if kubeconfig or context or not os.environ.get("KUBERNETES_SERVICE_HOST"):
            raise CliError(f"no kubeconfig at {place}: name one with --kubeconfig", ExitCode.REFUSED)
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return configuration, _SERVICE_ACCOUNT.read_text()
    except (config.ConfigException, yaml.YAMLError, OSError) as error:
        raise CliError(f"the kubeconfig cannot be used: {error}", ExitCode.REFUSED) from error


def _message(error: Any) -> str:
    """The API server's own words from the Status object that it answered with."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.body or error.reason or f"HTTP status {error.status}")


def _root(error: BaseException) -> str:
    """What lies under urllib3's wrappers."""
    cause = getattr(error, "reason", None)
    return _root(cause) if isinstance(cause, BaseException) else str(error)
