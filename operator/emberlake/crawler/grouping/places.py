"""Where files lie, by their folders. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from emberlake.crawler.listing.listing import Listing


class Folders:
    """The folders that hold files to look at, by their addresses."""

    def __init__(self, uris: Iterable[str]) -> None:
        self._uris = sorted(set(uris))

    @classmethod
    def of(cls, listings: Iterable[Listing]) -> "Folders":
        """All folders of some listings."""
        return cls(uri for listing in listings for uri in _folders(listing))

    def any_in(self, location: str) -> bool:
        """Whether `location` (with or without a slash at its end) holds files, in it or below it."""
        prefix = folder(location)
        place = bisect_left(self._uris, prefix)
        return place < len(self._uris) and self._uris[place].startswith(prefix)


def _folders(listing: Listing) -> Iterator[str]:
    location = listing.target.location
    yield from map(location.uri, listing.folders)
    yield from (location.uri(root) for root in listing.lakehouse)


def folder(location: str) -> str:
    """`location` with one slash at its end, so that no name is a prefix of another by chance."""
    return location.rstrip("/") + "/"


def overlap(one: str, other: str) -> bool:
    """Whether one of two locations lies in the other."""
    one, other = folder(one), folder(other)
    return one.startswith(other) or other.startswith(one)
