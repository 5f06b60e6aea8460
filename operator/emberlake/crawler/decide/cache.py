"""What earlier runs decided, so that objects that did not change are not read again.

One object under the Catalog's `system` prefix holds for each table the decision and 64 bits for each of its
files (name, size, etag). It is worth nothing with other classifiers or another crawler, and never needed: a
cache that is broken is told and done without.
"""

import gzip
import hashlib
import io
import pickle
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.decide.combine import combine, keep
from emberlake.crawler.decide.decision import Decision, Skipped
from emberlake.crawler.failure import Problem, RetryableError
from emberlake.crawler.grouping.layout import Candidate
from emberlake.crawler.grouping.shape import Shape
from emberlake.crawler.listing.store import ObjectStore, StoredObject
from emberlake.crawler.progress import Progress

MAX_BYTES = 256 * 1024 * 1024
MOST_GONE = 0.5
# findings that the files alone decide: while they are the same, so is the finding
ABOUT_FILES = frozenset(
    {
        "AmbiguousColumns", "AmbiguousKeys", "CompressedContainer", "DifferentColumns", "EmptyLine",
        "HeaderTooShort", "MixedDialects", "MixedFiles", "MixedTypes", "NotReadable", "NotUtf8",
        "NotWhatNameSays", "QuotedLineBreak", "SchemaConflict",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What was decided about a table of `bytes`: without its files, of which `files` and `folders` are
    digests.
    """

    keys: tuple[str, ...]
    sample_size: int | None
    decided: Decision | Skipped | Problem
    files: "array[int]"
    folders: "array[int]"
    bytes: int


@dataclass
class State:
    """What a run leaves for the next one: tables by location, shapes of sampled files by digest."""

    tables: dict[str, Entry] = field(default_factory=dict)
    shapes: dict[int, Shape] = field(default_factory=dict)


class Cache:
    """The decisions of a crawl's earlier runs, and those of this one for the next."""

    def __init__(self, config: CrawlConfig, store: ObjectStore, progress: Progress) -> None:
        self._config, self._store, self._progress = config, store, progress
        self._bucket = config.catalog.system.bucket
        self._key = f"{config.catalog.system.prefix}state/crawl/{config.namespace}/{config.name}.cache"
        self._before, self._now = State(), State()

    def load(self) -> None:
        """Read what the last run left; told and ignored when it cannot be used."""
        try:
            body = self._store.get_range(self._bucket, self._key, 0, MAX_BYTES)
        except Problem as problem:
            if problem.reason != "ObjectGone":
                self._ignored(str(problem))
            return
        try:
            version, state = _Unpickler(gzip.GzipFile(fileobj=io.BytesIO(body))).load()
        except Exception as error:  # noqa: BLE001  # whatever is wrong with it, the crawl can do without
            self._ignored(str(error))
            return
        if version != self._version:
            self._ignored("it was made by another crawler or with other classifiers")
            return
        self._before = state

    def shapes(self, items: Mapping[str, StoredObject]) -> dict[str, Shape]:
        """Shapes of those of `items` that an earlier run looked at."""
        known = self._before.shapes
        return {name: known[number] for name, item in items.items() if (number := digest(item)) in known}

    def keep_shapes(self, items: Mapping[str, StoredObject], shapes: Mapping[str, Shape]) -> None:
        """Remember `shapes` of `items` for the next run."""
        self._now.shapes |= {digest(item): shapes[name] for name, item in items.items() if name in shapes}

    def decide(
        self, candidate: Candidate, fresh: Callable[[Candidate], Decision | Skipped]
    ) -> Decision | Skipped:
        """The decision about `candidate`; `fresh` is asked about what earlier runs have not seen only.

        Raises what `fresh` raises.
        """
        files = array("Q", map(digest, candidate.files))
        entry = self._before.tables.get(candidate.uri)
        decided = None
        try:
            if entry and (entry.keys, entry.sample_size) == (candidate.keys, candidate.sample_size):
                decided = self._from(entry, candidate, files, fresh)
            decided = bare = decided or fresh(candidate)
        except Problem as problem:
            if problem.reason in ABOUT_FILES:
                self._remember(candidate, files, problem)
            raise
        except RetryableError:
            if entry:
                self._now.tables[candidate.uri] = entry
            raise
        if isinstance(decided, Decision):
            bare = replace(decided, candidate=replace(candidate, partitions=()))
        self._remember(candidate, files, bare)
        return decided

    def _remember(
        self, candidate: Candidate, files: "array[int]", decided: Decision | Skipped | Problem
    ) -> None:
        self._now.tables[candidate.uri] = Entry(
            keys=candidate.keys,
            sample_size=candidate.sample_size,
            decided=decided,
            files=files,
            folders=array("Q", (_number(partition.prefix) for partition in candidate.partitions)),
            bytes=candidate.total_bytes,
        )

    def _from(
        self,
        entry: Entry,
        candidate: Candidate,
        files: "array[int]",
        fresh: Callable[[Candidate], Decision | Skipped],
    ) -> Decision | Skipped | None:
        """The earlier decision with what changed since; None when the table is to be decided anew."""
        old, known = entry.decided, set(entry.files)
        new = [item for item, number in zip(candidate.files, files, strict=True) if number not in known]
        gone = len(known) + len(new) - len(files)
        if not isinstance(old, Decision):
            if new or gone:
                return None
            if isinstance(old, Problem):
                raise old
            return old
        if old.lakehouse is not None or gone > MOST_GONE * len(known):
            return None
        if self._config.recrawl == "NewFolders":
            seen = set(entry.folders)
            new = [item for item in new if _number(_folder(item)) not in seen]
        added = sum(item.size for item in new)
        share = min(1.0, (candidate.total_bytes - added) / max(1, entry.bytes))
        kept = keep(old, candidate, share, exact=not gone)
        if not new:
            return kept
        by_folder: dict[str, list[StoredObject]] = {}
        for item in new:
            by_folder.setdefault(_folder(item), []).append(item)
        try:
            found = fresh(candidate.only(by_folder))
        except Problem:
            return None  # the whole table may bear what these files alone do not; if not, it tells so
        return combine(kept, found) if isinstance(found, Decision) else None

    def save(self) -> None:
        """Leave this run's decisions for the next one; a failure is told."""
        pickled = io.BytesIO()
        _Pickler(pickled, protocol=5).dump((self._version, self._now))
        body = gzip.compress(pickled.getvalue(), 1, mtime=0)
        try:
            self._store.put(self._bucket, self._key, body)
        except Problem as problem:
            self._ignored(str(problem))

    def _ignored(self, why: str) -> None:
        uri = f"s3://{self._bucket}/{self._key}"
        self._progress.say("CacheIgnored", f"{uri} is not used, everything is read: {why}")

    @property
    def _version(self) -> str:
        """Changes with the crawler's code, the classifiers, and what is read of a table."""
        told = f"{_code_version()} {self._config.classifiers!r} {self._config.scan_bytes}"
        return hashlib.sha256(told.encode()).hexdigest()


@cache
def _code_version() -> str:
    """Digest of the crawler's source: a crawler that decides otherwise has another one."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def digest(item: StoredObject) -> int:
    """64 bits that change with an object's key, size or etag."""
    return _number(f"{item.key}\0{item.size}\0{item.etag}")


def _folder(item: StoredObject) -> str:
    folder, slash, _ = item.key.rpartition("/")
    return folder + slash


class _Pickler(pickle.Pickler):
    """Writes members of enumerations as their class called with the value: without `getattr`."""

    def reducer_override(self, obj: Any) -> Any:
        """What stands for `obj`; most objects stand for themselves."""
        return (type(obj), (obj.value,)) if isinstance(obj, Enum) else NotImplemented


class _Unpickler(pickle.Unpickler):
    """Makes values, dataclasses and enumerations of the crawler and nothing else: loading runs no code."""

    _PLAIN = frozenset(
        {("array", "_array_reconstructor"), ("array", "array"), ("collections", "Counter")}
        | {("builtins", "set"), ("builtins", "frozenset"), (Problem.__module__, Problem.__name__)}
    )

    def find_class(self, module: str, name: str) -> Any:
        """Only what a cache is made of."""
        found = super().find_class(module, name)
        own = module.startswith("emberlake.crawler.") and isinstance(found, type)
        if (module, name) in self._PLAIN or (own and (is_dataclass(found) or issubclass(found, Enum))):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a cache")
