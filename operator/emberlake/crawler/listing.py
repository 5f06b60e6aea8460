"""List a target and part its objects: data, excluded, ignored."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from emberlake.crawler.config import Location, Target
from emberlake.crawler.failure import Problem
from emberlake.crawler.globs import excluder
from emberlake.crawler.store import ObjectStore, StoredObject

PROGRESS_EVERY = 10_000
_LAKEHOUSE_MARKS = (("/_delta_log/", ".json", "Delta"), ("/metadata/", ".metadata.json", "Iceberg"))


@dataclass
class Listing:
    """The objects of one target.

    `data`: objects to look at. `excluded`: kept out by the target's globs. `ignored`: number of empty
    objects, folder markers and names that start with `_` or `.`. `lakehouse`: folder -> table format for
    tables that own their files.
    """

    target: Target
    data: list[StoredObject] = field(default_factory=list)
    excluded: list[StoredObject] = field(default_factory=list)
    ignored: int = 0
    lakehouse: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many objects the listing saw, the system prefix left out."""
        return len(self.data) + len(self.excluded) + self.ignored


def hidden(relative_key: str) -> bool:
    """Whether some component starts with `_` or `.`: engines skip such files, so the crawler does.

    A component `_name=value` is a partition, as in Spark.
    """
    return any(
        part.startswith(".") or (part.startswith("_") and "=" not in part) for part in relative_key.split("/")
    )


def sort_out(target: Target, system: Location, objects: Iterable[StoredObject]) -> Listing:
    """Part `objects` of `target`; those under `system` do not count at all."""
    listing = Listing(target)
    excluded = excluder(target.exclude)
    bucket, prefix = target.location.bucket, target.location.prefix
    for item in objects:
        if system.contains(bucket, item.key):
            continue
        relative = item.key[len(prefix) :]
        _note_lakehouse(listing, item.key)
        if not relative or item.key.endswith("/") or item.size == 0 or hidden(relative):
            listing.ignored += 1
        elif excluded(relative):
            listing.excluded.append(item)
        else:
            listing.data.append(item)
    if listing.lakehouse:
        _drop_lakehouse_files(listing)
    return listing


def _note_lakehouse(listing: Listing, key: str) -> None:
    """Remember the folder of a Delta or Iceberg table when `key` is one of its metadata files."""
    for mark, suffix, kind in _LAKEHOUSE_MARKS:
        folder, found, name = f"/{key}".rpartition(mark)
        if found and name.endswith(suffix) and "/" not in name:
            listing.lakehouse[folder[1:] + "/"] = kind


def _drop_lakehouse_files(listing: Listing) -> None:
    roots = tuple(listing.lakehouse)
    kept = [item for item in listing.data if not item.key.startswith(roots)]
    listing.ignored += len(listing.data) - len(kept)
    listing.data = kept


def list_target(
    store: ObjectStore, target: Target, system: Location, progress: Callable[[int], None]
) -> Listing:
    """List `target` and part its objects; `progress` is told how many objects were seen so far.

    Raises Problem BucketNotFound (from the store) or PrefixNotFound.
    """

    def counted() -> Iterable[StoredObject]:
        for number, item in enumerate(store.list_objects(location.bucket, location.prefix), 1):
            if number % PROGRESS_EVERY == 0:
                progress(number)
            yield item

    location = target.location
    listing = sort_out(target, system, counted())
    if not listing.total:
        raise Problem(
            location.uri(),
            "PrefixNotFound",
            f"no object lies under {location.uri()}; mend the target's uri or put the data there",
        )
    return listing
