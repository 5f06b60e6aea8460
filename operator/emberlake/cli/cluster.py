"""The cluster as the commands need it: objects of one kind and what was made for them, as documents."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any

from emberlake.api import GROUP, VERSION
from emberlake.cli import kubeconfig
from emberlake.cli.errors import CliError, ExitCode, UnreachableError
from emberlake.cli.rest import Document, Forward, Names, RefusedError, Rest, cli_error

_EVERYWHERE = f"/apis/{GROUP}/{VERSION}/{{plural}}"
_OBJECTS = f"/apis/{GROUP}/{VERSION}/namespaces/{{namespace}}/{{plural}}"
_OBJECT = f"{_OBJECTS}/{{name}}"
_PLURALS = {"SparkJob": "sparkjobs", "Crawl": "crawls"}
_CORE = "/api/v1/namespaces/{namespace}"
_STRICT = {"fieldManager": "emberlake-cli", "fieldValidation": "Strict"}
_PAGE = 500
_WATCH_SECONDS = 240
PATIENCE_SECONDS = 120
RETRY_SECONDS = 2


class Cluster:
    """One cluster, the namespace that the command works in, and the kind of object that it works on."""

    def __init__(self, rest: Rest, namespace: str, kind: str = "SparkJob") -> None:
        self.namespace, self.kind = namespace, kind
        self._rest = rest

    @classmethod
    def connect(cls, arguments: argparse.Namespace) -> "Cluster":
        """The cluster of `--kubeconfig` and `--context`; in a pod without either, its own.

        Raises:
            CliError: REFUSED when there is no usable configuration.
        """
        configuration, namespace = kubeconfig.load(arguments.kubeconfig, arguments.context)
        return cls(Rest(configuration), arguments.namespace or namespace)

    def within(self, namespace: str) -> "Cluster":
        """The same cluster in another namespace."""
        found = copy(self)
        found.namespace = namespace
        return found

    def of(self, kind: str) -> "Cluster":
        """The same cluster for objects of another kind."""
        found = copy(self)
        found.kind = kind
        return found

    # The objects, which the commands call jobs

    def job(self, name: str) -> Document:
        """The object; CliError NOT_FOUND when there is none."""
        with self._about(f"{self.kind} {name}"):
            return self._rest.json("GET", _OBJECT, self._names(name=name))

    def jobs(self, *, everywhere: bool = False, selector: str = "") -> list[Document]:
        """The objects of the namespace or of all, by namespace and name."""
        with self._about(f"{self.kind}s"):
            found = self._list(_EVERYWHERE if everywhere else _OBJECTS, {"labelSelector": selector})
        # A list leaves out what all its items have in common.
        common = {"apiVersion": f"{GROUP}/{VERSION}", "kind": self.kind}
        jobs = ({**common, **job} for job in found)
        return sorted(jobs, key=lambda job: (job["metadata"]["namespace"], job["metadata"]["name"]))

    def create(self, document: Document, *, dry_run: bool = False) -> Document:
        """Create an object; with `dry_run` the API server only says whether it would."""
        meta = document["metadata"]
        query = {**_STRICT, "dryRun": "All"} if dry_run else _STRICT
        with self._about(f"{self.kind} {meta.get('name') or meta.get('generateName')}"):
            return self._rest.json("POST", _OBJECTS, self._names(), query, document)

    def annotate(self, name: str, key: str, value: str) -> Document:
        """Set an annotation of an object."""
        patch: Document = {"metadata": {"annotations": {key: value}}}
        with self._about(f"{self.kind} {name}"):
            return self._rest.json(
                "PATCH", _OBJECT, self._names(name=name), _STRICT, patch, "application/merge-patch+json"
            )

    def versions(self, name: str) -> Iterator[Document]:
        """The object as it is, then each later version, without end.

        While the API server restarts, it waits.

        Raises:
            CliError: NOT_FOUND when it is deleted, REFUSED when there was no answer for two minutes.
        """
        silent_since: float | None = None
        while True:
            try:
                job = self.job(name)
                silent_since = None
                yield job
                yield from self._changes(job)
            except UnreachableError:
                silent_since = silent_since or time.monotonic()
                if time.monotonic() - silent_since >= PATIENCE_SECONDS:
                    raise
                time.sleep(RETRY_SECONDS)

    def _changes(self, job: Document) -> Iterator[Document]:
        """Versions after this one, until the API server ends the watch."""
        meta = job["metadata"]
        query = {
            "watch": "true",
            "fieldSelector": f"metadata.name={meta['name']}",
            "resourceVersion": meta["resourceVersion"],
            "timeoutSeconds": _WATCH_SECONDS,
        }
        with self._about(f"{self.kind} {meta['name']}"):
            pieces = self._rest.stream(_OBJECTS, self._names(), query, _WATCH_SECONDS + RETRY_SECONDS)
            for line in _lines(pieces):
                event = json.loads(line)
                if event["type"] == "DELETED":
                    raise CliError(f"{self.kind} {meta['name']} was deleted", ExitCode.NOT_FOUND)
                if event["type"] == "ERROR":
                    raise RefusedError(event["object"].get("code", 0), event["object"].get("message", ""))
                yield event["object"]

    # What the operator made for them

    def pods(self, selector: Mapping[str, str]) -> list[Document]:
        """The pods with these labels."""
        with self._about("pods"):
            return self._list(f"{_CORE}/pods", {"labelSelector": _labels(selector)})

    def pod(self, name: str) -> Document:
        """The pod; CliError NOT_FOUND when there is none."""
        with self._about(f"pod {name}"):
            return self._rest.json("GET", f"{_CORE}/pods/{{name}}", self._names(name=name))

    def events(self, uid: str) -> list[Document]:
        """Events about the object with this uid, oldest first."""
        with self._about("events"):
            found = self._list(f"{_CORE}/events", {"fieldSelector": f"involvedObject.uid={uid}"})
        return sorted(found, key=event_time)

    def config_maps(self, selector: Mapping[str, str]) -> list[Document]:
        """The ConfigMaps with these labels."""
        with self._about("ConfigMaps"):
            return self._list(f"{_CORE}/configmaps", {"labelSelector": _labels(selector)})

    def log(self, pod: str, container: str, *, follow: bool, tail: int | None) -> Iterator[bytes]:
        """The log of a container in pieces; with `follow` until the container ends."""
        query: dict[str, Any] = {"container": container, "follow": str(follow).lower()}
        if tail is not None:
            query["tailLines"] = tail
        with self._about(f"log of pod {pod}"):
            yield from self._rest.stream(f"{_CORE}/pods/{{name}}/log", self._names(name=pod), query, None)

    def forward(self, pod: str, port: int) -> Forward:
        """A connection to a port of the pod."""
        with self._about(f"pod {pod}"):
            return self._rest.forward(f"{_CORE}/pods/{{name}}/portforward", self._names(name=pod), port)

    def _names(self, **names: str) -> Names:
        return {"namespace": self.namespace, "plural": _PLURALS[self.kind], **names}

    def _list(self, path: str, query: Mapping[str, Any]) -> list[Document]:
        """All items, read in pages."""
        items: list[Document] = []
        asked: dict[str, Any] = {"limit": _PAGE, **{key: value for key, value in query.items() if value}}
        while True:
            page = self._rest.json("GET", path, self._names(), asked)
            items += page["items"]
            if not (more := page["metadata"].get("continue")):
                return items
            asked["continue"] = more

    @contextmanager
    def _about(self, what: str) -> Iterator[None]:
        """Turn a refusal into a CliError about `what`."""
        try:
            yield
        except RefusedError as error:
            raise cli_error(what, self.namespace, error) from error


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def _labels(selector: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in selector.items())


def event_time(event: Mapping[str, Any]) -> str:
    """When an Event was last seen."""
    found = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return str(found)
