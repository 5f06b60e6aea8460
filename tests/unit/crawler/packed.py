"""Writers of compressed files in the framings that tools and Hadoop write."""

import bz2
import gzip
import io
import zipfile

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


PACKERS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda body: arrow("zstd", body),
    ".lz4": lambda body: arrow("lz4", body),
    ".sz": snappy_frames,
    ".snappy": lambda body: hadoop("snappy", body),
    ".zip": lambda body: zipped({"data.csv": body}),
}
