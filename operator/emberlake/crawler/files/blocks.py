"""Snappy and LZ4 in blocks: the framing of Hadoop's codecs, which engines read, and that of Snappy's tools.

Hadoop's: the length of a block's content, then chunks of (compressed length, data) until it is complete; all
lengths are big-endian int32 (BlockCompressorStream). Snappy's: chunks of (type, 24-bit length, data), from
its framing_format.txt.
"""

import io
from collections.abc import Iterator

import pyarrow as pa

from emberlake.crawler.classify.formats import SNAPPY

MAX_BLOCK = 64 * 1024 * 1024
MAX_CHUNK = 4 * 1024 * 1024
# magic, version 1 with independent blocks of at most 4 MiB and no checksums, checksum of these two bytes
_LZ4_FRAME = b"\x04\x22\x4d\x18\x60\x70\x73"
_SNAPPY = pa.Codec(SNAPPY)


def is_hadoop_framed(head: bytes, codec: str) -> bool:
    """Whether `head` begins like a block of Hadoop's framing."""
    if len(head) < 9:
        return False
    block, chunk = int.from_bytes(head[:4]), int.from_bytes(head[4:8])
    if not (0 < block <= MAX_BLOCK and 0 < chunk <= MAX_CHUNK):
        return False
    return codec != SNAPPY or _snappy_length(head[8:13]) <= block


def _snappy_length(data: bytes) -> int:
    """Length of the content of a snappy chunk, from the varint at its start."""
    length = 0
    for shift, byte in enumerate(data[:5]):
        length |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return length
    raise ValueError("a snappy chunk without a length")


def _exactly(stored: io.BufferedReader, length: int) -> bytes:
    data = stored.read(length)
    if len(data) < length:
        raise EOFError("it ends in the middle of a block")
    return data


def _int32(stored: io.BufferedReader, most: int) -> int:
    value = int.from_bytes(_exactly(stored, 4))
    if value > most:
        raise ValueError(f"a block says it is {value} bytes long; at most {most} are read")
    return value


class Pieces(io.RawIOBase):
    """A stream of the pieces of an iterator."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill `buffer` from the current piece; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        view = memoryview(buffer).cast("B")
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; PyArrow asks with a size and takes a short answer for the end."""
        parts: list[bytes] = []
        while size and (piece := super().read(size)):
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)


def as_lz4_frame(stored: io.BufferedReader) -> Pieces:
    """Hadoop's LZ4 blocks as one LZ4 frame, which libraries decompress."""
    return Pieces(_lz4_blocks(stored))


def _lz4_blocks(stored: io.BufferedReader) -> Iterator[bytes]:
    yield _LZ4_FRAME
    while stored.peek(1):
        left = _int32(stored, MAX_BLOCK)
        while left > 0:
            length = _int32(stored, MAX_CHUNK)
            chunk = _exactly(stored, length)
            yield length.to_bytes(4, "little") + chunk
            left -= _lz4_length(chunk)
    yield b"\x00\x00\x00\x00"


def _lz4_length(chunk: bytes) -> int:
    """Length of the content of an LZ4 block: its literals and matches, added up."""
    position = total = 0
    while position < len(chunk):
        token = chunk[position]
        literals, position = _lz4_run(chunk, position + 1, token >> 4)
        position += literals
        total += literals
        if position >= len(chunk):
            break
        match, position = _lz4_run(chunk, position + 2, token & 15)
        total += match + 4
    return total


def _lz4_run(chunk: bytes, position: int, length: int) -> tuple[int, int]:
    """A length that goes on in bytes of 255, and the position behind it."""
    if length < 15:
        return length, position
    while chunk[position : position + 1] == b"\xff":
        length += 255
        position += 1
    return length + int.from_bytes(chunk[position : position + 1]), position + 1


def hadoop_snappy(stored: io.BufferedReader) -> Pieces:
    """The content of Hadoop's snappy blocks."""
    return Pieces(_snappy_blocks(stored))


def _snappy_blocks(stored: io.BufferedReader) -> Iterator[bytes]:
    while stored.peek(1):
        left = _int32(stored, MAX_BLOCK)
        while left > 0:
            piece = _unsnappy(_exactly(stored, _int32(stored, MAX_CHUNK)), left)
            left -= len(piece) or left
            yield piece


def _unsnappy(chunk: bytes, most: int) -> bytes:
    length = _snappy_length(chunk[:5])
    if length > most:
        raise ValueError(f"a chunk says it holds {length} bytes in a block of {most}")
    return bytes(_SNAPPY.decompress(chunk, length))


def framed_snappy(stored: io.BufferedReader) -> Pieces:
    """The content of a stream in Snappy's own framing."""
    return Pieces(_snappy_frames(stored))


def _snappy_frames(stored: io.BufferedReader) -> Iterator[bytes]:
    while stored.peek(1):
        kind = _exactly(stored, 1)[0]
        data = _exactly(stored, int.from_bytes(_exactly(stored, 3), "little"))
        if kind == 0x00:
            yield _unsnappy(data[4:], 65536)  # behind a checksum of four bytes
        elif kind == 0x01:
            yield data[4:]
        elif kind < 0x80:
            raise ValueError(f"a chunk of the unknown type {kind}")
