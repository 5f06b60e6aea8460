"""Writers of compressed files in the framings that tools and Hadoop write."""

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable

import pyarrow as pa

BLOCK = 64 * 1024


def arrow(codec: str, body: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(body)
    return bytes(sink.getvalue())


def hadoop(codec: str, body: bytes, chunks: int = 1) -> bytes:
    """Blocks of BlockCompressorStream, each of `chunks` chunks."""
    out = b""
    for start in range(0, len(body), BLOCK):
        block = body[start : start + BLOCK]
        out += len(block).to_bytes(4)
        step = -(-len(block) // chunks)
        for piece in (block[n : n + step] for n in range(0, len(block), step)):
            packed = pa.compress(piece, codec=codec, asbytes=True)
            out += len(packed).to_bytes(4) + packed
    return out


def snappy_frames(body: bytes) -> bytes:
    out = b"\xff\x06\x00\x00sNaPpY"
    for start in range(0, len(body), BLOCK):
        packed = b"\x00" * 4 + pa.compress(body[start : start + BLOCK], codec="snappy", asbytes=True)
        out += b"\x00" + len(packed).to_bytes(3, "little") + packed
    return out + b"\x01" + (4).to_bytes(3, "little") + b"\x00" * 4


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


def directory(names: int) -> bytes:
    """A zip file that lists so many empty files, and holds none."""
    one = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"a"
    counts = min(names, 0xFFFF).to_bytes(2, "little") * 2
    place = (names * len(one)).to_bytes(4, "little") + (30).to_bytes(4, "little")
    return b"PK\x03\x04" + bytes(26) + one * names + b"PK\x05\x06" + bytes(4) + counts + place + bytes(2)


def encrypted(archive: bytes) -> bytes:
    """The zip file of one file with the bit that says it is encrypted."""
    body, listed = bytearray(archive), archive.index(b"PK\x01\x02")
    body[6] |= 1
    body[listed + 8] |= 1
    return bytes(body)


def lying(archive: bytes, size: int) -> bytes:
    """The zip file of one file with another size of its content."""
    body, listed = bytearray(archive), archive.index(b"PK\x01\x02")
    for place in (22, listed + 24):
        body[place : place + 4] = size.to_bytes(4, "little")
    return bytes(body)


# an archive of nothing, to be repeated
NOTHING = {
    ".gz": gzip.compress(b""),
    ".bz2": bz2.compress(b""),
    ".zst": bytes(pa.compress(b"", "zstd", asbytes=True)),
    ".lz4": b"\x04\x22\x4d\x18\x60\x70\x73" + bytes(4),
    ".sz": b"\xff\x06\x00\x00sNaPpY",
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda body: arrow("zstd", body),
    ".lz4": lambda body: arrow("lz4", body),
    ".sz": snappy_frames,
    ".snappy": lambda body: hadoop("snappy", body),
    ".zip": lambda body: zipped({"data.csv": body}),
}
