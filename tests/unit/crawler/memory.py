"""An object store in memory: the interface the crawler's reading half is written against."""

import hashlib
from collections.abc import Iterator, Mapping

from emberlake.crawler.config import Location, Target
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.layout import Candidate, group
from emberlake.crawler.listing.listing import Listing, sort_out
from emberlake.crawler.listing.store import Page, StoredObject
from emberlake.crawler.listing.walk import walk

BUCKET = "lake"
SYSTEM = Location("lake", "_emberlake/")


class MemoryStore:
    """Objects of one bucket by key."""

    page_size = 1_000

    def __init__(self, objects: Mapping[str, bytes | str]) -> None:
        self.objects = {k: v.encode() if isinstance(v, str) else v for k, v in objects.items()}
        self.bytes_read = self.reads = 0
        self.read_keys: list[str] = []

    def list_page(self, bucket: str, prefix: str, after: str = "", delimiter: str = "") -> Page:
        assert bucket == BUCKET
        page: dict[str, StoredObject | None] = {}
        for key in sorted(key for key in self.objects if key.startswith(prefix) and key > after):
            rolled = delimiter and delimiter in key[len(prefix) :]
            entry = prefix + key[len(prefix) :].partition(delimiter)[0] + delimiter if rolled else key
            if entry not in page and len(page) == self.page_size:
                return Page([o for o in page.values() if o], [k for k, o in page.items() if not o], more=True)
            page[entry] = None if rolled else StoredObject(key, len(self.objects[key]), self.etag(key))
        return Page([o for o in page.values() if o], [k for k, o in page.items() if not o], more=False)

    def etag(self, key: str) -> str:
        return hashlib.md5(self.objects[key], usedforsecurity=False).hexdigest()

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        for page in walk(self, BUCKET, prefix):
            yield from page

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        assert bucket == BUCKET
        if key not in self.objects:
            raise Problem(f"s3://{bucket}/{key}", "ObjectGone", "it is not there")
        self.bytes_read += length
        self.read_keys.append(key)
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
    return group(sort_out(target(prefix), SYSTEM, store.list_objects(prefix))).candidates


def only(store: MemoryStore) -> Candidate:
    """The one table of a store."""
    (found,) = candidates(store)
    return found
