"""Hostile files, most of them of a gibibyte: how each ends, in what time and memory.

    PYTHONPATH=operator:tests python -m bench.crawl.hostile [NAME...]

Each file is decided in a process of its own; nothing is asserted.
"""

import functools
import gzip
import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl

from bench.report import markdown
from emberlake.crawler.config import DEFAULT_SCAN_BYTES
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.layout import Candidate, PartitionFolder
from emberlake.crawler.listing.store import StoredObject
from unit.crawler.memory import BUCKET, MemoryStore
from unit.crawler.packed import (
    NOTHING,
    PACKERS,
    all_footer,
    directory,
    encrypted,
    hadoop,
    lying,
    orc_footer,
    zipped,
)

GIB = 1 << 30


class Repeated(MemoryStore):
    """One object: `head`, then `unit` again and again up to `size`, of which `tail` are the last bytes."""

    def __init__(self, head: bytes, unit: bytes, size: int = GIB, tail: bytes = b"") -> None:
        super().__init__({})
        self._head, self._unit, self._tail, self.size = head, unit, tail, size

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        end, last = min(start + length, self.size), self.size - len(self._tail)
        out = self._head[start:end]
        begin = max(start, len(self._head)) - len(self._head)
        left = max(0, min(end, last) - start - len(out))
        place = begin % len(self._unit)
        times = (place + left) // len(self._unit) + 1
        self.bytes_read += end - start
        tail = self._tail[max(0, start - last) : max(0, end - last)]
        return out + (self._unit * times)[place : place + left] + tail


class Whole(MemoryStore):
    """One object of the bytes `body`."""

    def __init__(self, body: bytes) -> None:
        super().__init__({})
        self._body, self.size = body, len(body)

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        self.bytes_read += length
        return self._body[start : start + length]


def packed(head: bytes, unit: bytes, suffix: str) -> Whole:
    """`head` and two gibibytes of `unit`, packed as members one after another; 128 MiB of codecs of blocks,
    which pack less.
    """
    pack, times = FRAMINGS[suffix], 8 if suffix in BLOCKS else 128
    return Whole(pack(head) + pack(unit * ((16 << 20) // len(unit))) * times)


def in_zip(head: bytes, unit: bytes) -> bytes:
    """The same in a zip file, whose one member cannot be repeated."""
    sink, block = io.BytesIO(), unit * ((1 << 20) // len(unit))
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w") as member:
        member.write(head)
        for _ in range(2000):
            member.write(block)
    return sink.getvalue()


def listed() -> Repeated:
    """A zip file that is all list of its files."""
    end = (
        b"PK\x05\x06" + bytes(4) + b"\xff" * 4 + (GIB - 52).to_bytes(4, "little") + (30).to_bytes(4, "little")
    )
    return Repeated(b"PK\x03\x04" + bytes(26), directory(1)[30:-22], tail=end + bytes(2))


def workbook(part: str, head: bytes, unit: bytes, number: int = 1) -> Whole:
    """A workbook of one sheet whose `part` holds `unit` up to as much as a part may unpack to."""
    sink, body = io.BytesIO(), head + unit * ((31 << 20) // len(unit))
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.save(sink)
    parts = {part.format(each): body for each in range(number)}
    with zipfile.ZipFile(sink) as made:
        return Whole(zipped({name: made.read(name) for name in made.namelist()} | parts))


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(9))
DEFAULT = b'<!DOCTYPE x [<!ATTLIST y z CDATA "%b">]><x>' % (b"z" * 500_000)
DIGITS = b'[\n%b{"a":%b},' % (b'{"a":1},' * 9_000, b"1" * 9_000)
ROW = zipped({"a.csv": b"a,b\n" + b"1,2\n" * 1000})
BLOCKS = frozenset({".lz4", "-hadoop.lz4", ".sz", ".snappy"})
FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    **PACKERS, "-hadoop.lz4": lambda body: hadoop("lz4_raw", body)
}  # fmt: skip

CASES: dict[str, Callable[[], Repeated | Whole]] = {
    "line.csv": lambda: Repeated(b"a,b\n", b"x"),
    "line.json": lambda: Repeated(b'{"a":"', b"x"),
    "line.log": lambda: Repeated(b"2020-01-01 00:00:00 INFO a\n", b"x"),
    "arrays.json": lambda: Repeated(b"[", b"["),
    "objects.json": lambda: Repeated(b"[\n", b'{"a":1},'),
    "text.json": lambda: Repeated(b'[\n"', b"x"),
    "digits.json": lambda: Repeated(DIGITS, b'{"a":1},'),
    "nested.xml": lambda: Repeated(b"<a>", b"<a>"),
    "attribute.xml": lambda: Repeated(b'<a><b/><b x="', b"x"),
    "laughs.xml": lambda: Whole(f"<!DOCTYPE x [{LAUGHS}]><x><y>&l8;</y><y/></x>".encode()),
    "laughs.xml.gz": lambda: Whole(gzip.compress(f"<!DOCTYPE x [{LAUGHS}]><x><y>&l8;</y></x>".encode())),
    "external.xml": lambda: Whole(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x><y>&f;</y></x>'),
    "defaults.xml": lambda: Repeated(DEFAULT, b"<y/>"),
    "tail.orc": lambda: Repeated(b"ORC", b"x"),
    "tail.parquet": lambda: Repeated(b"PAR1", b"\x00"),
    "groups.parquet": lambda: Whole(all_footer(1_900_000)),
    "schema.parquet": lambda: Whole(all_footer(1, elements=900_000)),
    "stripes.orc": lambda: Whole(orc_footer(4_000_000)),
    "header.avro": lambda: Repeated(b"Obj\x01\x04\x16avro.schema\xfe\xff\xff\x7f", b"["),
    "book.xlsx": lambda: Repeated(b"PK\x03\x04xl/", b"x"),
    "styles.xlsx": lambda: workbook("xl/styles.xml", b"<styleSheet><cellXfs>", b"<xf/>"),
    "cells.xlsx": lambda: workbook("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>", b"<c/>"),
    "parts.xlsx": lambda: workbook("xl/media/{}.bin", b"", b"x", 5),
    "zeros.csv.gz": lambda: packed(b"a,b\n", b"0", ".gz"),
    **{f"rows.csv{s}": functools.partial(packed, b"a,b\n", b"1,2\n", s) for s in FRAMINGS if s != ".zip"},
    "rows.csv.zip": lambda: Whole(in_zip(b"a,b\n", b"1,2\n")),
    "objects.json.gz": lambda: packed(b"[\n", b'{"a":1},', ".gz"),
    "objects.json.zip": lambda: Whole(in_zip(b"[\n", b'{"a":1},')),
    "elements.xml.gz": lambda: packed(b"<r>", b"<a>1</a>", ".gz"),
    **{f"nothing.csv{suffix}": functools.partial(Repeated, unit, unit) for suffix, unit in NOTHING.items()},
    "several.csv.zip": lambda: Whole(zipped({f"{n}.csv": b"a,b\n1,2\n" for n in range(9_000)})),
    "many.csv.zip": lambda: Whole(directory(40_000)),
    "list.csv.zip": listed,
    "encrypted.csv.zip": lambda: Whole(encrypted(ROW)),
    "less-said.csv.zip": lambda: Whole(lying(ROW, 100)),
    "more-said.csv.zip": lambda: Whole(lying(ROW, 1 << 31)),
}


def peak() -> int:
    """The most memory that this process had since `forget`, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


def forget() -> None:
    """What making a file took is none of its reader's."""
    Path("/proc/self/clear_refs").write_text("5")


def one(name: str) -> str:
    """Decide one file; a row of the table."""
    store = CASES[name]()
    forget()
    before = peak()
    item = StoredObject(f"raw/t/{name}", store.size)
    candidate = Candidate(BUCKET, "raw/t/", (), (PartitionFolder((), "raw/t/", (item,)),))
    start, began = time.perf_counter(), time.process_time()
    try:
        found = decide(store, candidate, DEFAULT_SCAN_BYTES)
        read = "read" if isinstance(found, Decision) and found.exact else "sampled"
        ends = f"{found.format}, {read}" if isinstance(found, Decision) else "skipped"
    except Problem as problem:
        ends = f"`{problem.reason}`: {problem.message}"
    times = f"{time.perf_counter() - start:.1f}\t{time.process_time() - began:.1f}"
    memory = f"{peak() - before}\t{peak()}"
    return f"{name}\t{store.size / 2**20:,.1f}\t{ends}\t{times}\t{store.bytes_read >> 20}\t{memory}"


def main(names: list[str]) -> None:
    """Print the table of all files, or of those that are named."""
    rows = []
    for name in names or CASES:
        done = subprocess.run(
            [sys.executable, "-m", "bench.crawl.hostile", "--one", name],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows.append(done.stdout.strip().split("\t"))
    print(markdown(["file", "MiB", "ends as", "seconds", "CPU", "MiB read", "MiB more", "peak MiB"], rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(one(sys.argv[2]))
    else:
        main(sys.argv[1:])
