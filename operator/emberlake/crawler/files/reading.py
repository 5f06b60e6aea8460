"""Access to the files of one candidate: all of them whole, or samples of a table that is too large for
that.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from emberlake.crawler.failure import Problem
from emberlake.crawler.files.compression import DAMAGED
from emberlake.crawler.files.encoding import UTF8
from emberlake.crawler.files.lines import TextSource
from emberlake.crawler.grouping.layout import Candidate
from emberlake.crawler.grouping.sampling import spread
from emberlake.crawler.listing.store import ObjectStore, StoredObject

SAMPLE_FILES = 100
SAMPLE_BYTES = 1024 * 1024
MOST_EXPANDED = 4
# Of an archive no more is looked at than so many times its size, but at least so much of any.
MAX_RATIO, LEAST_CONTENT = 50, 16 * 1024 * 1024
# What is loaded is read whole or refused.
LEAST_LOADED = 1024 * 1024 * 1024
DOCUMENT_BYTES = 4 * 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True)
class Piece:
    """Lines of one file; `whole` says that they begin at its start."""

    uri: str
    lines: Iterator[str]
    whole: bool


class EnoughError(Exception):
    """As much of a document was read as may be."""


class Content:
    """A binary stream that raises EnoughError behind `most` bytes."""

    def __init__(self, stream: io.BufferedReader, most: int) -> None:
        self._stream, self._most = stream, most
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        if self.read_bytes >= self._most:
            raise EnoughError
        piece = self._stream.read(size)
        self.read_bytes += len(piece)
        return piece


class Reader:
    """The files of one candidate. `scan_bytes`: up to this size a table's files are read whole, as long as
    their content is not larger than `MOST_EXPANDED` times that, nor than `MAX_RATIO` times their own size;
    the rest is sampled then. `whole`: all is read, or refused with Problem. `encoding`: how text is read.

    After reading, `exact` says whether every row was looked at, `stored_bytes_read` how many bytes of the
    objects were.
    """

    def __init__(
        self, store: ObjectStore, candidate: Candidate, scan_bytes: int, *, whole: bool = False
    ) -> None:
        self.store, self.candidate, self.scan_bytes, self.whole = store, candidate, scan_bytes, whole
        self.exact = whole or candidate.total_bytes <= scan_bytes
        self.encoding = UTF8
        self.stored_bytes_read = self._left = 0

    def source(self, item: StoredObject) -> TextSource:
        """One file as text."""
        return TextSource(self.store, self.candidate.bucket, item, self.encoding)

    def pieces(self) -> Iterator[Piece]:
        """All files whole; or head, middle and tail of files spread over the table."""
        files = self.candidate.files
        self._start(MOST_EXPANDED)
        if self.exact:
            for number, item in enumerate(files):
                yield self._piece(self.source(item), 0, self._left)
                if self._left <= 0:
                    self._not_whole()
                    self.exact, files = False, files[number + 1 :]
                    break
        if not self.exact:
            yield from self._samples(files)

    def documents(self) -> Iterator[tuple[str, "Content"]]:
        """The content of all files that are no lines; of a table too large for that, of the start of some.

        To be read within `reading`. Documents take longer than lines: no more than `scan_bytes` of content.
        """
        self._start(1)
        for item in self.candidate.files if self.exact else spread(self.candidate.files, SAMPLE_FILES):
            if self._left <= 0:
                self._not_whole()
                self.exact = False
                return
            source = self.source(item)
            content = Content(source.content(), self._left if self.exact else DOCUMENT_BYTES)
            yield source.uri, content
            self._left -= content.read_bytes
            self.stored_bytes_read += source.position()

    @contextmanager
    def reading(self, uri: str, kind: str) -> Iterator[None]:
        """Ends quietly where enough of a document was read; raises Problem NotReadable for a damaged one."""
        try:
            yield
        except EnoughError:
            self._not_whole()
            self.exact = False
        except (*DAMAGED, RecursionError) as error:
            raise Problem(uri, "NotReadable", f"the {kind} cannot be read: {error}") from error

    def _start(self, times: int) -> None:
        """Count anew. `times`: how much content is looked at, of `scan_bytes`."""
        stored = self.candidate.total_bytes
        self.stored_bytes_read = 0
        self.exact = self.whole or stored <= self.scan_bytes
        self._left = (
            max(LEAST_LOADED, MAX_RATIO * stored)
            if self.whole
            else min(times * self.scan_bytes, max(LEAST_CONTENT, MAX_RATIO * stored))
        )

    def _not_whole(self) -> None:
        """Raise Problem where the rest may not be left out."""
        if self.whole:
            raise Problem(
                self.candidate.uri,
                "NotReadable",
                f"the files unpack to more than {MAX_RATIO} times their size and {LEAST_LOADED >> 20} MiB; "
                "unpack them, or write them in another format",
            )

    def _samples(self, files: Sequence[StoredObject]) -> Iterator[Piece]:
        for item in spread(files, SAMPLE_FILES):
            source = self.source(item)
            yield self._piece(source, 0, SAMPLE_BYTES)
            if source.compressed or source.wide:
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
