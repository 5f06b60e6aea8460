"""Lines of text objects with bounded memory: UTF-8 only, decompressed."""

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from emberlake.crawler.compression import DAMAGED, FRAMED, codec_of, not_readable, opened, promised
from emberlake.crawler.failure import Problem
from emberlake.crawler.formats import NONE
from emberlake.crawler.store import CHUNK_BYTES, ObjectReader, ObjectStore, StoredObject

MAX_LINE_CHARS = 8 * 1024 * 1024
HEAD_CHUNK = 64 * 1024
_BOM = "\ufeff"


class TextSource:
    """One text object: its lines (terminators kept), from the start or from a byte position.

    `codec` is its compression as its name says it; `head` holds the name against the content.
    `stored_bytes_read`: how many bytes of the object the last reading of lines took.
    """

    def __init__(self, store: ObjectStore, bucket: str, item: StoredObject) -> None:
        self.store, self.bucket, self.item = store, bucket, item
        self.uri = f"s3://{bucket}/{item.key}"
        self.stored_bytes_read = 0

    @cached_property
    def codec(self) -> str:
        """The compression; where the name leaves the framing open, the first bytes tell it."""
        said = promised(self.uri)
        return codec_of(self.uri, self._start(HEAD_CHUNK)) if said in FRAMED else said

    @property
    def compressed(self) -> bool:
        """Whether the content is compressed, so that it can be read from its start only."""
        return self.codec != NONE

    def _start(self, size: int) -> bytes:
        return self.store.get_range(self.bucket, self.item.key, 0, min(size, self.item.size))

    def content(self) -> io.BufferedReader:
        """The decompressed content; reading it raises one of `DAMAGED` for damage."""
        self._whole = self._stored(0, CHUNK_BYTES)
        return opened(self.uri, self.codec, self._whole)

    def position(self) -> int:
        """How many bytes of the object its content took so far."""
        return self._whole.tell()

    def _stored(self, start: int, chunk: int) -> io.BufferedReader:
        return io.BufferedReader(ObjectReader(self.store, self.bucket, self.item, start, chunk), HEAD_CHUNK)

    def head(self, size: int) -> bytes:
        """The first bytes of the content, decompressed.

        Raises Problem NotWhatNameSays when the name says another compression, NotReadable for damage.
        """
        start = self._start(size)
        codec = codec_of(self.uri, start)
        if codec == NONE:
            return start
        try:
            return opened(self.uri, codec, self._stored(0, size)).read(size)
        except DAMAGED as error:
            raise not_readable(self.uri, codec, error) from error

    def lines(self, start: int = 0, limit: int | None = None) -> Iterator[str]:
        """Lines from byte `start` on (its first, cut line left out when start > 0), about `limit` bytes of
        them.

        Afterwards `stored_bytes_read` says how many bytes of the object they took.
        A mark of byte order is dropped from the first line. Raises Problem for text that is not UTF-8,
        damaged content and lines longer than `MAX_LINE_CHARS`.
        """
        stored = self._stored(start, CHUNK_BYTES)
        binary = opened(self.uri, self.codec, stored)
        text = io.TextIOWrapper(binary, encoding="utf-8", errors="strict", newline="")
        seen = 0
        try:
            if start:
                self._skip_cut_line(binary)
            while line := text.readline(MAX_LINE_CHARS):
                if len(line) >= MAX_LINE_CHARS:
                    raise Problem(
                        self.uri, "LineTooLong", f"a line is longer than {MAX_LINE_CHARS} characters"
                    )
                yield line.removeprefix(_BOM) if not seen and not start else line
                seen += len(line)
                if limit is not None and seen >= limit:
                    return
        except UnicodeDecodeError as error:
            raise Problem(
                self.uri,
                "NotUtf8",
                f"the text is not UTF-8 ({error.reason}); Trino reads only UTF-8, convert the file",
            ) from error
        except DAMAGED as error:
            raise not_readable(self.uri, self.codec, error) from error
        finally:
            self.stored_bytes_read = stored.tell() - start

    @staticmethod
    def _skip_cut_line(binary: "io.BufferedReader[Any]") -> None:
        while (piece := binary.readline(MAX_LINE_CHARS)) and not piece.endswith(b"\n"):
            continue
