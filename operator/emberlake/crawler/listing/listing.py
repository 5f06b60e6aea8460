"""List a target and part its objects: data, excluded, ignored."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from emberlake.crawler.config import Location, Target
from emberlake.crawler.failure import Problem
from emberlake.crawler.listing.globs import excluder
from emberlake.crawler.listing.inventory import Files, Inventory, Joined
from emberlake.crawler.listing.store import ObjectStore, StoredObject
from emberlake.crawler.listing.walk import walk

PROGRESS_EVERY = 10_000
_LAKEHOUSE_MARKS = (("_delta_log", ".json", "Delta"), ("metadata", ".metadata.json", "Iceberg"))


@dataclass
class Listing:
    """The objects of one target.

    `folders`: the files to look at, by folder. `excluded`: how many the target's globs kept out, and
    `excluded_folders` where. `ignored`: number of empty objects, folder markers and names that start with
    `_` or `.`. `lakehouse`: folder -> table format for tables that own their files.
    """

    target: Target
    folders: dict[str, Files] = field(default_factory=dict)
    excluded: int = 0
    excluded_folders: set[str] = field(default_factory=set)
    ignored: int = 0
    lakehouse: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Joined:
        """All files to look at, folder by folder."""
        return Joined(list(self.folders.values()))

    @property
    def bytes(self) -> int:
        """Bytes of all files to look at, as stored."""
        return sum(files.bytes for files in self.folders.values())

    @property
    def total(self) -> int:
        """How many objects the listing saw, the system prefix left out."""
        return sum(map(len, self.folders.values())) + self.excluded + self.ignored


def hidden(relative_key: str) -> bool:
    """Whether some component starts with `_` or `.`: engines skip such files, so the crawler does.

    A component `_name=value` is a partition, as in Spark.
    """
    return any(
        part.startswith(".") or (part.startswith("_") and "=" not in part) for part in relative_key.split("/")
    )


class _Sorter:
    """Parts objects one by one; what holds for a folder is looked up once, as its objects come in a row."""

    def __init__(self, listing: Listing, system: Location) -> None:
        self.listing = listing
        self.inventory = Inventory()
        self._place = listing.target.location
        self._system = system
        self._excluded = excluder(listing.target.exclude) if listing.target.exclude else None
        self._folder: str | None = None
        self._hidden, self._mark = False, ("", "", "")

    def take(self, item: StoredObject) -> None:
        """Part one object."""
        folder, slash, name = item.key.rpartition("/")
        folder += slash
        if folder != self._folder:
            self._enter(folder)
        if self._system.contains(self._place.bucket, item.key):
            return
        root, suffix, kind = self._mark
        if kind and name.endswith(suffix):
            self.listing.lakehouse[root] = kind
        if not name or item.size == 0 or self._hidden or hidden(name):
            self.listing.ignored += 1
        elif self._excluded and self._excluded(item.key[len(self._place.prefix) :]):
            self.listing.excluded += 1
            self.listing.excluded_folders.add(folder)
        else:
            self.inventory.add(folder, name, item.size, item.etag)

    def _enter(self, folder: str) -> None:
        self._folder = folder
        self._hidden = hidden(folder[len(self._place.prefix) : -1])
        root, _, last = folder[:-1].rpartition("/")
        self._mark = next(
            (
                (f"{root}/" if root else "", suffix, kind)
                for mark, suffix, kind in _LAKEHOUSE_MARKS
                if mark == last
            ),
            ("", "", ""),
        )


def sort_out(target: Target, system: Location, objects: Iterable[StoredObject]) -> Listing:
    """Part `objects` of `target`; those under `system` do not count at all."""
    listing = Listing(target)
    sorter = _Sorter(listing, system)
    for item in objects:
        sorter.take(item)
    listing.folders = sorter.inventory.folders()
    if listing.lakehouse:
        _drop_lakehouse_files(listing)
    return listing


def _drop_lakehouse_files(listing: Listing) -> None:
    roots = tuple(listing.lakehouse)
    owned = [folder for folder in listing.folders if folder.startswith(roots)]
    listing.ignored += sum(len(listing.folders.pop(folder)) for folder in owned)


def list_target(
    store: ObjectStore, target: Target, system: Location, progress: Callable[[int], None]
) -> Listing:
    """List `target` and part its objects; `progress` is told how many objects were seen so far.

    Raises Problem BucketNotFound (from the store) or PrefixNotFound.
    """

    def counted() -> Iterable[StoredObject]:
        seen = told = 0
        for page in walk(store, location.bucket, location.prefix):
            yield from page
            seen += len(page)
            if seen - told >= PROGRESS_EVERY:
                progress(seen)
                told = seen

    location = target.location
    listing = sort_out(target, system, counted())
    if not listing.total:
        raise Problem(
            location.uri(),
            "PrefixNotFound",
            f"no object lies under {location.uri()}; mend the target's uri or put the data there",
        )
    return listing
