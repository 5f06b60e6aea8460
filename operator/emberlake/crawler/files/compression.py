"""Compressed objects as streams of bounded memory: which compression by content, held against the name.

Engines choose the codec by the suffix of the name alone, so a name that says otherwise is refused. Memory:
the window of the codec, at most 128 MiB for zstd (its library's limit) and 4 MiB for the others. Of what
unpacks to nothing (empty members, headers without end) no more than `MAX_SILENT` bytes are read.
"""

import bz2
import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from emberlake.crawler.classify.formats import (
    BZIP2,
    GZIP,
    LZ4,
    LZ4_HADOOP,
    NONE,
    SNAPPY,
    SNAPPY_HADOOP,
    ZIP,
    ZSTD,
)
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.blocks import as_lz4_frame, framed_snappy, hadoop_snappy, is_hadoop_framed
from emberlake.crawler.files.zipped import only_member

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SUFFIXES = {
    ".gz": GZIP,
    ".bz2": BZIP2,
    ".zst": ZSTD,
    ".lz4": LZ4,
    ".snappy": SNAPPY,
    ".sz": SNAPPY,
    ".zip": ZIP,
}
# stored bytes without content behind them; the largest block of a codec has 4 MiB
MAX_SILENT = 8 * 1024 * 1024
DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError)
_MAGICS = (
    (b"\x1f\x8b", GZIP),
    (b"BZh", BZIP2),
    (b"\x28\xb5\x2f\xfd", ZSTD),
    (b"\x04\x22\x4d\x18", LZ4),
    (b"\xff\x06\x00\x00sNaPpY", SNAPPY),
    (b"PK\x03\x04", ZIP),
)
FRAMED = {LZ4: LZ4_HADOOP, SNAPPY: SNAPPY_HADOOP}
# codec, with its framing, to compression
CODECS = {codec: codec for codec in (NONE, GZIP, BZIP2, ZSTD, LZ4, SNAPPY, ZIP)} | {
    framed: plain for plain, framed in FRAMED.items()
}


def promised(key: str) -> str:
    """The compression that the name says."""
    return next((codec for suffix, codec in SUFFIXES.items() if key.endswith(suffix)), NONE)


def is_framed(key: str) -> bool:
    """Whether the name leaves open which framing the compression has."""
    return promised(key) in FRAMED


def codec_of(uri: str, head: bytes) -> str:
    """The compression of an object that starts with `head` (some hundred bytes).

    Raises Problem NotWhatNameSays when the name says another one.
    """
    said = promised(uri)
    found = next((codec for magic, codec in _MAGICS if head.startswith(magic)), NONE)
    if said in FRAMED and found == NONE and is_hadoop_framed(head, said):
        return FRAMED[said]
    if found == ZIP and said == NONE:
        return NONE  # workbooks and other documents are zip files by another name
    if found == said:
        return found
    raise Problem(
        uri,
        "NotWhatNameSays",
        f"the name says {_word(said)} but the content is {_word(found, 'not ' + said)}; engines go by the "
        "name, so rename the object",
    )


def _word(codec: str, none: str = "no compression") -> str:
    return none if codec == NONE else codec


def opened(uri: str, codec: str, stored: io.BufferedReader) -> io.BufferedReader:
    """The content of the seekable stream `stored`; reading it raises one of `DAMAGED` for damage."""
    if codec == NONE:
        return stored
    fed = _Fed(stored)
    stream = _stream(uri, codec, cast("io.BufferedReader", fed))
    return io.BufferedReader(_Content(stream, fed), 64 * 1024)


class _Fed(io.BufferedIOBase):
    """What a decompressor reads. Raises ValueError when `silent` bytes grow to more than `MAX_SILENT`."""

    def __init__(self, stored: io.BufferedReader) -> None:
        super().__init__()
        self._stored = stored
        self.silent = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As the stream below."""
        return self._stored.seek(offset, whence)

    def tell(self) -> int:
        """As the stream below."""
        return self._stored.tell()

    def peek(self, size: int = 0) -> bytes:
        """As the stream below."""
        return self._stored.peek(size)

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; none at the end."""
        data = self._stored.read(size)
        self.silent += len(data)
        if self.silent > MAX_SILENT:
            raise ValueError(f"more than {MAX_SILENT} bytes of it hold no content")
        return data


class _Content(io.RawIOBase):
    """The content of a stream that is fed."""

    def __init__(self, stream: io.IOBase, fed: _Fed) -> None:
        super().__init__()
        self._stream, self._fed = cast("io.RawIOBase", stream), fed

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Fill `buffer`; 0 at the end."""
        count = self._stream.readinto(buffer)
        self._fed.silent = 0
        return count


def _stream(uri: str, codec: str, stored: io.BufferedReader) -> io.IOBase:
    if codec == GZIP:
        return gzip.GzipFile(fileobj=stored)
    if codec == BZIP2:
        return bz2.BZ2File(stored)
    if codec == ZIP:
        return only_member(uri, cast("BinaryIO", stored))
    if codec == SNAPPY_HADOOP:
        return hadoop_snappy(stored)
    if codec == SNAPPY:
        return framed_snappy(stored)
    source = as_lz4_frame(stored) if codec == LZ4_HADOOP else stored
    return _ArrowStream(source, LZ4 if codec == LZ4_HADOOP else codec)


class _ArrowStream(io.RawIOBase):
    """A stream that PyArrow decompresses piece by piece."""

    def __init__(self, source: io.IOBase, codec: str) -> None:
        super().__init__()
        self._stream = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), codec)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill `buffer`; 0 at the end."""
        view = memoryview(buffer).cast("B")
        piece = self._stream.read(len(view))
        view[: len(piece)] = piece
        return len(piece)


def not_readable(uri: str, codec: str, error: Exception) -> Problem:
    """The finding for content that cannot be decompressed."""
    return Problem(uri, "NotReadable", f"the {codec} content is damaged: {error}; write it again")
