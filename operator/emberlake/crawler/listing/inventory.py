"""The objects of a listing in columns: a million of them in some tens of bytes each, not in a million Python
objects.
"""

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import overload

from emberlake.crawler.listing.store import StoredObject

_MD5_DIGITS, _TAG_DIGITS = 32, 16


def tag(etag: str) -> int:
    """64 bits that stand for an etag: its first hex digits, or a digest of one that is not hexadecimal."""
    if len(etag) == _MD5_DIGITS:
        try:
            return int(etag[:_TAG_DIGITS], 16)
        except ValueError:
            pass  # some stores have etags of their own shape
    return int.from_bytes(hashlib.blake2b(etag.encode(), digest_size=8).digest())


class Inventory:
    """Collects objects, some 36 bytes each and their name; then `folders` gives them back by folder."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._folder = array("I")
        self._end = array("Q")
        self._names = bytearray()
        self.sizes = array("q")
        self.tags = array("Q")
        self.order = array("I")
        self.starts = array("I")

    def __len__(self) -> int:
        return len(self.sizes)

    def add(self, folder: str, name: str, size: int, etag: str) -> None:
        """Take in the object `name` in `folder` (a key prefix that is empty or ends in a slash)."""
        self._folder.append(self._numbers.setdefault(folder, len(self._numbers)))
        self._names += name.encode("utf-8", "surrogatepass")
        self._end.append(len(self._names))
        self.sizes.append(size)
        self.tags.append(tag(etag))

    def name(self, index: int) -> str:
        """Name of the object that was added as number `index`."""
        start = self._end[index - 1] if index else 0
        return self._names[start : self._end[index]].decode("utf-8", "surrogatepass")

    def folders(self) -> dict[str, "Files"]:
        """The files of each folder; folders and files in the order of their keys."""
        prefixes, numbers = sorted(self._numbers), self._numbers
        rank = array("I", bytes(4 * len(prefixes)))
        for place, prefix in enumerate(prefixes):
            rank[numbers[prefix]] = place
        counts = array("I", bytes(4 * len(prefixes)))
        for number in self._folder:
            counts[rank[number]] += 1
        self.starts = array("I", accumulate(counts, initial=0))
        self.order = self._by_folder(rank)
        self._numbers, self._folder = {}, array("I")  # a crawl goes on for long without them
        return {prefix: Files(self, prefix, place) for place, prefix in enumerate(prefixes)}

    def _by_folder(self, rank: Sequence[int]) -> "array[int]":
        """Numbers of the objects, folder by folder; within one sorted by name where they did not come so."""
        order = array("I", bytes(4 * len(self)))
        free, unsorted = self.starts[:-1], set[int]()
        for index, number in enumerate(self._folder):
            place = rank[number]
            at = free[place]
            free[place], order[at] = at + 1, index
            if at > self.starts[place] and self.name(index) < self.name(order[at - 1]):
                unsorted.add(place)
        for place in unsorted:
            part = slice(self.starts[place], self.starts[place + 1])
            order[part] = array("I", sorted(order[part], key=self.name))
        return order


class Files(Sequence[StoredObject]):
    """The files of one folder, the `place`-th; each is made when it is asked for."""

    __slots__ = ("_inventory", "_place", "prefix")

    def __init__(self, inventory: Inventory, prefix: str, place: int) -> None:
        self._inventory, self.prefix, self._place = inventory, prefix, place

    @property
    def _range(self) -> range:
        """Where they stand in the inventory's order."""
        starts = self._inventory.starts
        return range(starts[self._place], starts[self._place + 1])

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, index: int) -> StoredObject: ...
    @overload
    def __getitem__(self, index: slice) -> list[StoredObject]: ...
    def __getitem__(self, index: int | slice) -> StoredObject | list[StoredObject]:
        places = self._range[index]
        return self._made(places) if isinstance(places, int) else [self._made(place) for place in places]

    def __iter__(self) -> Iterator[StoredObject]:
        return map(self._made, self._range)

    def _made(self, place: int) -> StoredObject:
        at = self._inventory.order[place]
        name = self._inventory.name(at)
        return StoredObject(self.prefix + name, self._inventory.sizes[at], f"{self._inventory.tags[at]:016x}")

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        sizes, order = self._inventory.sizes, self._inventory.order
        return sum(sizes[order[place]] for place in self._range)


class Joined(Sequence[StoredObject]):
    """Several sequences of files as one, without a copy."""

    def __init__(self, parts: Sequence[Sequence[StoredObject]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(len(part) for part in parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> StoredObject: ...
    @overload
    def __getitem__(self, index: slice) -> list[StoredObject]: ...
    def __getitem__(self, index: int | slice) -> StoredObject | list[StoredObject]:
        places = range(len(self))[index]
        return self._at(places) if isinstance(places, int) else [self._at(place) for place in places]

    def __iter__(self) -> Iterator[StoredObject]:
        for part in self._parts:
            yield from part

    def _at(self, place: int) -> StoredObject:
        number = bisect_right(self._ends, place)
        return self._parts[number][place - (self._ends[number - 1] if number else 0)]


def total_bytes(files: Sequence[StoredObject]) -> int:
    """Bytes of `files` as stored."""
    return files.bytes if isinstance(files, Files) else sum(item.size for item in files)
