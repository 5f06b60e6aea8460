"""Access to the files of one candidate: all of them whole, or samples of a table that is too large for
that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from emberlake.crawler.layout import Candidate
from emberlake.crawler.lines import TextSource
from emberlake.crawler.sampling import spread
from emberlake.crawler.store import ObjectStore, StoredObject

SAMPLE_FILES = 100
SAMPLE_BYTES = 1024 * 1024
MOST_EXPANDED = 4
T = TypeVar("T")


@dataclass(frozen=True)
class Piece:
    """Lines of one file; `whole` says that they begin at its start."""

    uri: str
    lines: Iterator[str]
    whole: bool


class Reader:
    """The files of one candidate. `scan_bytes`: up to this size a table's files are read whole, as long as
    their content is not larger than `MOST_EXPANDED` times that; the rest is sampled then.

    After reading, `exact` says whether every row was looked at, `stored_bytes_read` how many bytes of the
    objects were.
    """

    def __init__(self, store: ObjectStore, candidate: Candidate, scan_bytes: int) -> None:
        self.store, self.candidate, self.scan_bytes = store, candidate, scan_bytes
        self.exact = candidate.total_bytes <= scan_bytes
        self.stored_bytes_read = 0
        self._left = MOST_EXPANDED * scan_bytes

    def source(self, item: StoredObject) -> TextSource:
        """One file as text."""
        return TextSource(self.store, self.candidate.bucket, item)

    def pieces(self) -> Iterator[Piece]:
        """All files whole; or head, middle and tail of files spread over the table."""
        files = self.candidate.files
        self.stored_bytes_read, self._left = 0, MOST_EXPANDED * self.scan_bytes
        self.exact = self.candidate.total_bytes <= self.scan_bytes
        if self.exact:
            for number, item in enumerate(files):
                yield self._piece(self.source(item), 0, self._left)
                if self._left <= 0:
                    self.exact, files = False, files[number + 1 :]
                    break
        if not self.exact:
            yield from self._samples(files)

    def _samples(self, files: Sequence[StoredObject]) -> Iterator[Piece]:
        for item in spread(files, SAMPLE_FILES):
            source = self.source(item)
            yield self._piece(source, 0, SAMPLE_BYTES)
            if source.compressed:
                continue
            for start in (item.size // 2, item.size - SAMPLE_BYTES):
                if start > SAMPLE_BYTES:
                    yield self._piece(source, start, SAMPLE_BYTES)

    def _piece(self, source: TextSource, start: int, limit: int) -> Piece:
        return Piece(source.uri, self._counted(source, source.lines(start, limit)), whole=not start)

    def _counted(self, source: TextSource, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self._left -= len(line)
            yield line
        self.stored_bytes_read += source.stored_bytes_read
