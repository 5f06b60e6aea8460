"""Paths of files that a program reads: where there is nothing, Spark has an error, and Sail no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from emberlake.crawler.config import S3Settings
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.sail.config import SailCatalog
from emberlake.sail.errors import SparkError, rejected
from emberlake.sail.formats import dotted, path_in
from emberlake.sail.refusal import Refusal
from emberlake.sail.wire import Node

_DATA_SOURCE = "spark.connect.Read.DataSource"
_TEXTS = {
    "spark.connect.Read.NamedTable": "unparsed_identifier",
    "spark.connect.SQL": "query",
    "spark.connect.Expression.ExpressionString": "expression",
}
_FILES = frozenset({"", "avro", "binaryfile", "csv", "json", "orc", "parquet", "text"})
_PATTERN = re.compile(r"[*?\[\]{}\\]")
_S3 = re.compile(r"s3a?://([^/]+)/*(.*?)/*", re.DOTALL)
_LOCAL = re.compile(r"(?:file:(?://)?)?(/.*)", re.DOTALL)


class Store(Protocol):
    """What is asked of S3. Raises Problem or RetryableError where it does not tell."""

    def exists(self, bucket: str, key: str) -> bool:
        """Whether there is an object of exactly this key."""

    def holds(self, bucket: str, prefix: str) -> bool:
        """Whether there is an object whose key begins so."""


def store(catalogs: Sequence[SailCatalog]) -> Store:
    """The one that the job's Catalogs share, with the credentials of the environment."""
    # takes long to load, and a script waits for it
    from emberlake.clients.s3 import S3Store, make_client  # noqa: PLC0415

    settings = catalogs[0].s3 if catalogs else S3Settings()
    return S3Store(make_client(settings, attempts=2, timeout_seconds=5.0))


class Paths:
    """Of a program. One that was there is not looked for again. `make` is called at the first path in S3."""

    def __init__(self, engine: Literal["Sail", "Auto"], make: Callable[[], Store]) -> None:
        self._engine, self._make = engine, make
        self._store: Store | None = None
        self._there: set[str] = set()

    def wrong(self, plan: Node) -> Refusal | SparkError | None:
        """Of the first path in the plan at which there is nothing, or may be; with Auto Spark tells it."""
        for path in read(plan):
            if _PATTERN.search(path):
                return Refusal(
                    "read.pattern", f"the engine has no error where the pattern {path} finds nothing"
                )
            if path not in self._there and not self._found(path):
                if self._engine == "Auto":
                    return Refusal("read.missing-path", f"there is nothing at {path}")
                return rejected("PATH_NOT_FOUND", f"Path does not exist: {path}. SQLSTATE: 42K03")
            self._there.add(path)
        return None

    def _found(self, path: str) -> bool:
        if local := _LOCAL.fullmatch(path):
            return Path(local[1]).exists()
        place = _S3.fullmatch(path)
        if not place or not place[2]:
            return True
        self._store = asked = self._store or self._make()
        try:
            return asked.holds(place[1], f"{place[2]}/") or asked.exists(place[1], place[2])
        except (Problem, RetryableError):
            # Sail says why it cannot be read
            return True


def read(plan: Node) -> Iterator[str]:
    """The paths of files in a plan and in its texts of SQL."""
    waiting = [plan]
    while waiting:
        node = waiting.pop()
        if node.kind.full_name == _DATA_SOURCE and node.text("format").lower() in _FILES:
            yield from node.texts("paths")
        if field := _TEXTS.get(node.kind.full_name):
            names = dotted(node.text(field))
            yield from (path_in(name) for name in names if path_in(name) and name[0].lower() in _FILES)
        waiting.extend(child for _, child in node.children())
