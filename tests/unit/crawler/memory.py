"""An object store in memory: the interface the crawler's reading half is written against."""

from collections.abc import Iterator, Mapping

from emberlake.crawler.config import Location, Target
from emberlake.crawler.layout import Candidate, group
from emberlake.crawler.listing import Listing, sort_out
from emberlake.crawler.store import StoredObject

BUCKET = "lake"
SYSTEM = Location("lake", "_emberlake/")


class MemoryStore:
    """Objects of one bucket by key."""

    def __init__(self, objects: Mapping[str, bytes | str]) -> None:
        self.objects = {k: v.encode() if isinstance(v, str) else v for k, v in objects.items()}
        self.bytes_read = self.reads = 0

    def list_objects(self, bucket: str, prefix: str) -> Iterator[StoredObject]:
        assert bucket == BUCKET
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield StoredObject(key, len(self.objects[key]))

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        assert bucket == BUCKET
        self.bytes_read += length
        self.reads += 1
        return self.objects[key][start : start + length]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        assert bucket == BUCKET
        self.objects[key] = body


def target(prefix: str = "raw/", *exclude: str) -> Target:
    return Target(Location(BUCKET, prefix), exclude)


def listing(keys: Mapping[str, int] | list[str], *exclude: str, prefix: str = "raw/") -> Listing:
    """The listing of `keys` (with sizes, default 1) under `prefix`."""
    sizes = keys if isinstance(keys, Mapping) else dict.fromkeys(keys, 1)
    objects = [StoredObject(key, size) for key, size in sorted(sizes.items())]
    return sort_out(target(prefix, *exclude), SYSTEM, objects)


def candidates(store: MemoryStore, prefix: str = "raw/") -> list[Candidate]:
    """All tables of a store under `prefix`."""
    return group(sort_out(target(prefix), SYSTEM, store.list_objects(BUCKET, prefix))).candidates


def only(store: MemoryStore) -> Candidate:
    """The one table of a store."""
    (found,) = candidates(store)
    return found
