"""Writers of compressed files in the framings that tools and Hadoop write."""

import bz2
import gzip
import io
import zipfile
import zlib
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


def all_footer(groups: int, elements: int = 1) -> bytes:
    """A Parquet file that is all footer: row groups of one column, and a schema of so many."""
    column = b"\x15\x04\x25\x00\x18\x01a\x00"
    root = b"\x48\x01s\x15" + varint(2 * elements) + b"\x00"
    chunk = b"\x15\x04\x19\x05\x19\x18\x01a\x15\x00\x16\x00\x16\x00\x16\x00\x26\x00\x00"
    group = b"\x19\x1c\x26\x00\x1c" + chunk + b"\x00\x16\x00\x16\x02\x00"
    schema = b"\x19\xfc" + varint(elements + 1) + root + column * elements
    rows = b"\x16" + varint(2 * groups)
    footer = b"\x15\x02" + schema + rows + b"\x19\xfc" + varint(groups) + group * groups + b"\x00"
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def orc_footer(stripes: int) -> bytes:
    """An ORC file that is all footer: twice as many empty stripes, each half deflated into one block."""
    packed = zlib.compress(b"\x1a\x00" * stripes, wbits=-15)
    footer = ((len(packed) << 1).to_bytes(3, "little") + packed) * 2
    sizes = b"\x08" + varint(len(footer)) + b"\x10\x01\x18" + varint((1 << 23) - 1)
    postscript = sizes + b"\x22\x02\x00\x0c\x82\xf4\x03\x03ORC"
    return b"ORC" + footer + postscript + bytes([len(postscript)])


def varint(number: int) -> bytes:
    """As Thrift's compact protocol writes it."""
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


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
