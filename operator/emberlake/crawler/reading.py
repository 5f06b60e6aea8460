"""Access to the files of one candidate: all of them whole, or samples of a table that is too large for
that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from emberlake.crawler.layout import Candidate
from emberlake.crawler.lines import TextSource
from emberlake.crawler.store import ObjectStore, StoredObject

SAMPLE_FILES = 100
SAMPLE_BYTES = 1024 * 1024
T = TypeVar("T")


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most `most` of `items`, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[0]]
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


@dataclass(frozen=True)
class Piece:
    """Lines of one file; `whole` says that they begin at its start."""

    uri: str
    lines: Iterator[str]
    whole: bool


@dataclass(frozen=True)
class Reader:
    """The files of one candidate. `scan_bytes`: up to this size a table's files are read whole."""

    store: ObjectStore
    candidate: Candidate
    scan_bytes: int

    @property
    def exact(self) -> bool:
        """Whether every row is looked at."""
        return self.candidate.total_bytes <= self.scan_bytes

    def source(self, item: StoredObject) -> TextSource:
        """One file as text."""
        return TextSource(self.store, self.candidate.bucket, item)

    def pieces(self) -> Iterator[Piece]:
        """All files whole; or head, middle and tail of files spread over the table."""
        if self.exact:
            for item in self.candidate.files:
                source = self.source(item)
                yield Piece(source.uri, source.lines(), whole=True)
            return
        for item in spread(self.candidate.files, SAMPLE_FILES):
            source = self.source(item)
            yield Piece(source.uri, source.lines(limit=SAMPLE_BYTES), whole=True)
            if source.gzipped:
                continue
            for start in (item.size // 2, item.size - SAMPLE_BYTES):
                if start > SAMPLE_BYTES:
                    yield Piece(source.uri, source.lines(start, SAMPLE_BYTES), whole=False)
