"""Hostile files of a gibibyte: how each ends, in what time and memory.

    PYTHONPATH=operator:tests python -m bench.crawl.hostile [NAME...]

Each file is decided in a process of its own; nothing is asserted.
"""

import bz2
import gzip
import io
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable

import pyarrow as pa

from bench.report import markdown
from emberlake.crawler.config import DEFAULT_SCAN_BYTES
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.layout import Candidate, PartitionFolder
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import BUCKET, MemoryStore

GIB = 1 << 30


class Repeated(MemoryStore):
    """One object: `head`, then `unit` again and again up to `size`."""

    def __init__(self, head: bytes, unit: bytes, size: int = GIB) -> None:
        super().__init__({})
        self._head, self._unit, self.size = head, unit, size

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        end = min(start + length, self.size)
        out = self._head[start:end]
        begin = max(start, len(self._head)) - len(self._head)
        left = max(0, end - start - len(out))
        place = begin % len(self._unit)
        times = (place + left) // len(self._unit) + 1
        self.bytes_read += end - start
        return out + (self._unit * times)[place : place + left]


class Packed(MemoryStore):
    """One object: `head` and two gibibytes of `unit`, packed as members one after another."""

    def __init__(self, head: bytes, unit: bytes, pack: Callable[[bytes], bytes] = gzip.compress) -> None:
        super().__init__({})
        self._body = pack(head) + pack(unit * ((16 << 20) // len(unit))) * 128
        self.size = len(self._body)

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        self.bytes_read += length
        return self._body[start : start + length]


class Zipped(Packed):
    """The same in a zip file, whose one member cannot be repeated."""

    def __init__(self, head: bytes, unit: bytes) -> None:
        sink, block = io.BytesIO(), unit * ((1 << 20) // len(unit))
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w") as member:
            member.write(head)
            for _ in range(2000):
                member.write(block)
        super().__init__(head, unit, lambda _: b"")
        self._body = sink.getvalue()
        self.size = len(self._body)


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


CASES: dict[str, Callable[[], Repeated | Packed]] = {
    "line.csv": lambda: Repeated(b"a,b\n", b"x"),
    "line.json": lambda: Repeated(b'{"a":"', b"x"),
    "line.log": lambda: Repeated(b"2020-01-01 00:00:00 INFO a\n", b"x"),
    "arrays.json": lambda: Repeated(b"[", b"["),
    "objects.json": lambda: Repeated(b"[\n", b'{"a":1},'),
    "text.json": lambda: Repeated(b'[\n"', b"x"),
    "nested.xml": lambda: Repeated(b"<a>", b"<a>"),
    "attribute.xml": lambda: Repeated(b'<a><b/><b x="', b"x"),
    "tail.orc": lambda: Repeated(b"ORC", b"x"),
    "tail.parquet": lambda: Repeated(b"PAR1", b"\x00"),
    "header.avro": lambda: Repeated(b"Obj\x01\x04\x16avro.schema\xfe\xff\xff\x7f", b"["),
    "book.xlsx": lambda: Repeated(b"PK\x03\x04xl/", b"x"),
    "zeros.csv.gz": lambda: Packed(b"a,b\n", b"0"),
    "rows.csv.gz": lambda: Packed(b"a,b\n", b"1,2\n"),
    "rows.csv.bz2": lambda: Packed(b"a,b\n", b"1,2\n", bz2.compress),
    "rows.csv.zst": lambda: Packed(b"a,b\n", b"1,2\n", _zstd),
    "rows.csv.zip": lambda: Zipped(b"a,b\n", b"1,2\n"),
    "objects.json.gz": lambda: Packed(b"[\n", b'{"a":1},'),
    "elements.xml.gz": lambda: Packed(b"<r>", b"<a>1</a>"),
}


def one(name: str) -> str:
    """Decide one file; a row of the table."""
    store = CASES[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    item = StoredObject(f"raw/t/{name}", store.size)
    candidate = Candidate(BUCKET, "raw/t/", (), (PartitionFolder((), "raw/t/", (item,)),))
    start, began = time.perf_counter(), time.process_time()
    try:
        found = decide(store, candidate, DEFAULT_SCAN_BYTES)
        ends = f"{found.format}, sampled" if isinstance(found, Decision) else "skipped"
    except Problem as problem:
        ends = problem.reason
    took, worked = time.perf_counter() - start, time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = f"{took:.1f}\t{worked:.1f}"
    return f"{name}\t{ends}\t{times}\t{store.bytes_read >> 20}\t{(peak - before) >> 10}\t{peak >> 10}"


def main(names: list[str]) -> None:
    """Print the table of all files, or of those that are named."""
    rows = []
    for name in names or CASES:
        done = subprocess.run(
            [sys.executable, "-m", "bench.crawl.hostile", "--one", name],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows.append(done.stdout.strip().split("\t"))
    print(markdown(["file", "ends as", "seconds", "CPU", "MiB read", "MiB more", "peak MiB"], rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(one(sys.argv[2]))
    else:
        main(sys.argv[1:])
