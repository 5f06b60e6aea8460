"""Lines of text objects with bounded memory: decoded and decompressed."""

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from emberlake.crawler.classify.formats import NONE
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.compression import DAMAGED, FRAMED, codec_of, not_readable, opened, promised
from emberlake.crawler.files.encoding import CP1252, LATIN_1, UTF8, Encoding, detect
from emberlake.crawler.listing.store import CHUNK_BYTES, ObjectReader, ObjectStore, StoredObject

MAX_LINE_CHARS = 8 * 1024 * 1024
HEAD_CHUNK = 64 * 1024
_BOM = "\ufeff"


class OtherEncodingError(Problem):
    """The text is not in the encoding that it seemed to be in; `encoding` is what the damaged place says."""

    def __init__(self, uri: str, name: str, encoding: Encoding) -> None:
        why = f"the text is not {name.upper()} ({encoding.why}); Trino reads only UTF-8, convert the file"
        super().__init__(uri, "NotUtf8", why)
        self.encoding = encoding


def one_encoding(uri: str, lines: Iterator[str], encoding: str) -> Iterator[str]:
    """`lines`, read as `encoding`. Raises Problem MixedEncodings where an encoding of eight bits also reads
    lines that are valid UTF-8: their letters would come out wrong.
    """
    if encoding not in {LATIN_1, CP1252}:
        yield from lines
        return
    utf8 = other = 0
    for number, line in enumerate(lines, 1):
        if not line.isascii():
            is_utf8 = _is_utf8(line.encode(encoding))
            utf8, other = utf8 + is_utf8, other + (not is_utf8)
            if utf8 and other:
                raise Problem(
                    uri,
                    "MixedEncodings",
                    f"line {number}: some lines are UTF-8 and some {encoding}; convert all to UTF-8",
                )
        yield line


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class TextSource:
    """One text object: its lines (terminators kept), from the start or from a byte position.

    `codec` is its compression as its name says it; `head` holds the name against the content.
    `stored_bytes_read`: how many bytes of the object the last reading of lines took.
    """

    def __init__(self, store: ObjectStore, bucket: str, item: StoredObject, encoding: str = UTF8) -> None:
        self.store, self.bucket, self.item, self.encoding = store, bucket, item, encoding
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

    @property
    def wide(self) -> bool:
        """Whether characters have two bytes or more each, so that a line can be found from the start only."""
        return self.encoding.startswith(("utf-16", "utf-32"))

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
        text = io.TextIOWrapper(binary, encoding=self.encoding, errors="strict", newline="")
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
            raise OtherEncodingError(self.uri, self.encoding, detect(error.object)) from error
        except DAMAGED as error:
            raise not_readable(self.uri, self.codec, error) from error
        finally:
            self.stored_bytes_read = stored.tell() - start

    @staticmethod
    def _skip_cut_line(binary: "io.BufferedReader[Any]") -> None:
        while (piece := binary.readline(MAX_LINE_CHARS)) and not piece.endswith(b"\n"):
            continue
