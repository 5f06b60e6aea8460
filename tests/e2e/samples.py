"""Folders of every format and compression with known rows, for the matrix of formats and engines."""

import base64
import bz2
import datetime as dt
import gzip
import io
import json
import string
import struct
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro
import lz4.frame
import openpyxl
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from pyarrow import orc, parquet

Row = tuple[Any, ...]


def _at(*parts: int) -> dt.datetime:
    """A time without a zone, as tables have it."""
    return dt.datetime(*parts)  # type: ignore[misc,arg-type]  # noqa: DTZ001


NAMES = ("id", "name", "score", "day", "at", "ok")
ROWS: tuple[Row, ...] = (
    (1, "Zürich", 1.5, dt.date(2013, 1, 1), _at(2013, 1, 1, 6, 0), True),
    (2, "O'Hare, Chicago", -0.25, dt.date(2013, 2, 28), _at(2013, 2, 28, 23, 59, 59), False),
    (3, None, 1e10, dt.date(1999, 12, 31), _at(1999, 12, 31, 0, 0, 1), True),
    (4, "back\\slash", None, None, None, None),
    (5, "x", 0.1, dt.date(2020, 2, 29), _at(2020, 2, 29, 12, 30), False),
    (6, "tab\there", 2.0, dt.date(2021, 3, 4), _at(2021, 3, 4, 5, 6, 7), True),
)
HALVES = (ROWS[:3], ROWS[3:])


@dataclass(frozen=True)
class Sample:
    """One folder: file names with their bytes, and the rows that are in them."""

    format: str
    compression: str
    feature: str
    files: dict[str, bytes]
    rows: tuple[Row, ...] = ROWS

    @property
    def folder(self) -> str:
        """Name of the folder and of the table."""
        words = f"{self.format} {self.compression} {self.feature}".replace("-", " ").split()
        return "_".join(words).lower()


def samples() -> Iterator[Sample]:
    """All folders."""
    for suffix, name, compress in CODECS:
        for kind, extension, lines in TEXTS:
            files = {
                f"part-{number}.{extension}{suffix}": compress(lines(half).encode())
                for number, half in enumerate(HALVES)
            }
            yield Sample(
                kind, name, "quoted" if lines is quoted else "", files, LOG_ROWS if kind == "log" else ROWS
            )
    yield from _binary()
    yield from _csv_features()
    yield from _documents()


def cell(value: Any) -> str:
    """A value as text files have it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(rows: tuple[Row, ...], sep: str = "|", header: bool = True) -> str:
    """CSV without quotes."""
    lines = [sep.join(NAMES)] if header else []
    return "".join(f"{line}\n" for line in [*lines, *(sep.join(map(cell, row)) for row in rows)])


def quoted(rows: tuple[Row, ...]) -> str:
    """CSV with every text in quotes."""
    written = [NAMES, *rows]
    return "".join(
        ",".join(f'"{value}"' if isinstance(value, str) else cell(value) for value in row) + "\n"
        for row in written
    )


def json_lines(rows: tuple[Row, ...]) -> str:
    """One object a line."""
    return "".join(json.dumps(_object(row), ensure_ascii=False) + "\n" for row in rows)


def _object(row: Row) -> dict[str, Any]:
    """Keys with capital letters, times as JSON has them."""
    values = [
        v.isoformat(" ") if isinstance(v, dt.datetime) else str(v) if isinstance(v, dt.date) else v
        for v in row
    ]
    return dict(zip(("Id", *NAMES[1:]), values, strict=True))


LOG_ROWS: tuple[Row, ...] = (
    ("10.0.0.1", "-", "-", "01/Jan/2013:06:00:00 +0000", "GET", "/a?b=1", "1.1", None, 200, 512),
    ("10.0.0.2", "-", "ann", "01/Jan/2013:06:00:01 +0000", "POST", "/x", "1.1", None, 404, 0),
)


def log_lines(rows: tuple[Row, ...]) -> str:
    """Apache's common log; the same two lines in every file but once."""
    if rows is not HALVES[0]:
        return "".join(map(_log_line, LOG_ROWS[1:]))
    return "".join(map(_log_line, LOG_ROWS[:1]))


def _log_line(row: Row) -> str:
    client, ident, user, at, verb, path, version, _, status, size = row
    return f'{client} {ident} {user} [{at}] "{verb} {path} HTTP/{version}" {status} {size}\n'


TEXTS: tuple[tuple[str, str, Callable[[tuple[Row, ...]], str]], ...] = (
    ("csv", "csv", plain),
    ("csv", "csv", quoted),
    ("json", "json", json_lines),
    ("log", "log", log_lines),
)


def hadoop_blocks(codec: str) -> Callable[[bytes], bytes]:
    """Compression in the blocks of Hadoop's codecs: two lengths, then the block."""

    def compress(data: bytes) -> bytes:
        block = pa.compress(data, codec, asbytes=True)
        return len(data).to_bytes(4, "big") + len(block).to_bytes(4, "big") + block

    return compress


def snappy_frames(data: bytes) -> bytes:
    """Snappy's own frames, with one chunk that is not compressed."""
    checksum = _crc32c(data)
    masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
    chunk = masked.to_bytes(4, "little") + data
    return b"\xff\x06\x00\x00sNaPpY\x01" + len(chunk).to_bytes(3, "little") + chunk


def _crc32c(data: bytes) -> int:
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ (0x82F63B78 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def zipped(data: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.txt", data)
    return sink.getvalue()


CODECS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("", "none", bytes),
    (".gz", "gzip", gzip.compress),
    (".bz2", "bzip2", bz2.compress),
    (".zst", "zstd", _zstd),
    (".lz4", "lz4", lz4.frame.compress),
    (".lz4", "lz4-hadoop", hadoop_blocks("lz4_raw")),
    (".snappy", "snappy", snappy_frames),
    (".snappy", "snappy-hadoop", hadoop_blocks("snappy")),
    (".zip", "zip", zipped),
    (".dat", "gzip without suffix", gzip.compress),
)

_ARROW = pa.schema(
    [
        ("id", pa.int64()),
        ("name", pa.string()),
        ("score", pa.float64()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
        ("ok", pa.bool_()),
    ]
)
_AVRO: dict[str, Any] = {
    "type": "record",
    "name": "Row",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": ["null", "string"]},
        {"name": "score", "type": ["null", "double"]},
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "ok", "type": ["null", "boolean"]},
    ],
}


def _table(rows: tuple[Row, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(NAMES, row, strict=True)) for row in rows], _ARROW)


def _parquet(rows: tuple[Row, ...], codec: str) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(_table(rows), sink, compression=codec)
    return sink.getvalue()


def _orc(rows: tuple[Row, ...], codec: str) -> bytes:
    sink = io.BytesIO()
    orc.write_table(_table(rows), sink, compression=codec)
    return sink.getvalue()


def _avro(rows: tuple[Row, ...], codec: str, schema: dict[str, Any] = _AVRO) -> bytes:
    sink = io.BytesIO()
    names = [field["name"] for field in schema["fields"]]
    records = [dict(zip(names, row, strict=True)) for row in rows]
    utc = [record | {"at": record["at"] and record["at"].replace(tzinfo=dt.UTC)} for record in records]
    fastavro.writer(sink, fastavro.parse_schema(schema), utc, codec=codec)
    return sink.getvalue()


_BINARY: tuple[tuple[str, Callable[[tuple[Row, ...], str], bytes], tuple[str, ...]], ...] = (
    ("parquet", _parquet, ("none", "snappy", "gzip", "zstd", "lz4")),
    ("orc", _orc, ("uncompressed", "zlib", "snappy", "zstd", "lz4")),
    ("avro", _avro, ("null", "deflate", "bzip2")),
)


def _binary() -> Iterator[Sample]:
    for kind, write, codecs in _BINARY:
        for codec in codecs:
            files = {f"part-{n}.{kind}": write(half, codec) for n, half in enumerate(HALVES)}
            told = "none" if codec in {"null", "uncompressed"} else codec
            yield Sample(kind, "none", f"{told} within" if told != "none" else "", files)
    capital = _AVRO | {"fields": [{"name": "Id", "type": "long"}, *_AVRO["fields"][1:]]}
    yield Sample("avro", "none", "names with capitals", {"a.avro": _avro(ROWS, "null", capital)})


def _csv(feature: str, *texts: str, encoding: str = "utf-8", rows: tuple[Row, ...] = ROWS) -> Sample:
    return Sample(
        "csv", "none", feature, {f"part-{n}.csv": t.encode(encoding) for n, t in enumerate(texts)}, rows
    )


def _csv_features() -> Iterator[Sample]:
    one, two = HALVES
    few = tuple((row[0], "x", *row[2:]) for row in ROWS)
    yield _csv("delimiter of two characters", plain(one, "||"), plain(two, "||"))
    yield _csv("delimiter tab", plain(few, "\t"), rows=few)
    yield _csv("no header", plain(ROWS, "|", header=False))
    yield _csv("byte order mark", "\ufeff" + plain(one), "\ufeff" + plain(two))
    yield _csv("Latin-1", plain(one), plain(two), encoding="latin-1")
    yield _csv("UTF-16", plain(one), plain(two), encoding="utf-16")
    yield _csv("blanks around cells", plain(few, " | "), rows=few)
    yield _csv("lines above the header", "Report of stations\ncreated 2020\n" + plain(ROWS))
    yield _csv("lines below the rows", plain(ROWS) + "\nTotal rows 6\n")
    yield _csv(
        "comment lines", "# made by hand\n" + plain(one) + "# the second half\n" + plain(two, header=False)
    )
    yield _csv("empty lines", plain(one) + "\n" + plain(two, header=False))
    yield _csv("header of two rows", "key|text|number|date|time|flag\n" + plain(ROWS))
    broken = (*few[:-1], (6, "two\nlines", *few[-1][2:]))
    yield _csv("line breaks in quotes", quoted(broken), rows=broken)
    yield _csv("quotes doubled", quoted(few[:-1]) + '6,"say ""x""",2.0,2021-03-04,2021-03-04 05:06:07,true\n',
               rows=(*few[:-1], (6, 'say "x"', *few[-1][2:])))  # fmt: skip
    yield _csv(
        "quoted with missing values",
        quoted(few).replace(",,", ",NA,").replace(",,", ",NA,").replace(",\n", ",NA\n"),
        rows=few,
    )
    yield _csv("dates day first", *(_day_first(half) for half in HALVES))
    comma = tuple((*row[:2], row[2] and str(row[2]).replace(".", ","), *row[3:]) for row in few)
    yield _csv("decimal comma read as text", plain(comma, ";"), rows=comma)
    yield _csv(
        "ISO times with T and Z",
        *(
            plain(half).replace(" 0", "T0").replace(" 2", "T2").replace(" 1", "T1")
            for half in (few[:3], few[3:])
        ),
        rows=few,
    )
    folders = {"year=2013/a.csv": plain(one).encode(), "year=2014/b.csv": plain(two).encode()}
    yield Sample("csv", "none", "partitions", folders, tuple((*row, 2013 + (row in two)) for row in ROWS))


def _day_first(rows: tuple[Row, ...]) -> str:
    """Dates as 31/12/1999."""
    turned = tuple((*row[:3], row[3] and row[3].strftime("%d/%m/%Y"), *row[4:]) for row in rows)
    return plain(turned)


def _documents() -> Iterator[Sample]:
    objects = [_object(row) for row in ROWS]
    yield Sample("json", "none", "array", {"a.json": json.dumps(objects, indent=1).encode()})
    yield Sample(
        "json",
        "none",
        "document",
        {"a.json": "\n".join(json.dumps(each, indent=1) for each in objects).encode()},
    )
    elements = "".join(
        "<row>"
        + "".join(f"<{n}>{_escaped(cell(v))}</{n}>" for n, v in zip(NAMES, row, strict=True) if v is not None)
        + "</row>"
        for row in ROWS
    )
    yield Sample("xml", "none", "", {"a.xml": f'<?xml version="1.0"?><rows>{elements}</rows>'.encode()})
    book = openpyxl.Workbook()
    for row in (("Stations, as of today",), (), NAMES, *ROWS):
        book.active.append(row)
    book.create_sheet("Notes").append(("nothing", "to read"))
    sink = io.BytesIO()
    book.save(sink)
    yield Sample("excel", "none", "", {"a.xlsx": sink.getvalue()})
    yield from _delta()


def _delta() -> Iterator[Sample]:
    """Tables as a writer of Delta leaves them: a partition of each half, and rows that are deleted since."""
    rows = tuple((*row, 1 + (row in HALVES[1])) for row in ROWS)
    with tempfile.TemporaryDirectory() as folder:
        for number, half in enumerate(HALVES, 1):
            kept = _table(half)
            more = pa.concat_tables([kept, kept.set_column(0, "id", pa.array([-number] * len(half)))])
            part = more.append_column("part", pa.array([number] * len(more), pa.int32()))
            write_deltalake(folder, part, mode="append", partition_by=["part"])
        DeltaTable(folder).create_checkpoint()
        DeltaTable(folder).delete("id < 0")
        yield Sample("delta", "none", "deleted rows", _files(Path(folder)), rows)
        _delete_by_vector(Path(folder), 3, [0, 2])
        gone = {half[row] for half in HALVES for row in (0, 2)}
        left = tuple(row for row in rows if row[:-1] not in gone)
        yield Sample("delta", "none", "deletion vectors", _files(Path(folder)), left)


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _delete_by_vector(table: Path, version: int, numbers: list[int]) -> None:
    """The commit `version` that deletes rows of each file as Spark does, and no library here: the files stay,
    their new entries say which rows count no more.
    """
    bits = struct.pack(
        f"<IqIIIHHI{len(numbers)}H", 1681511377, 1, 0, 12346, 1, 0, len(numbers) - 1, 16, *numbers
    )
    name = uuid.uuid4()
    stored = b"\x01" + struct.pack(">I", len(bits)) + bits + struct.pack(">I", zlib.crc32(bits))
    (table / f"deletion_vector_{name}.bin").write_bytes(stored)
    vector = {
        "storageType": "u",
        "pathOrInlineDv": _z85(name.bytes),
        "offset": 1,
        "sizeInBytes": len(bits),
        "cardinality": len(numbers),
    }
    log = table / "_delta_log"
    last = map(json.loads, (log / f"{version - 1:020}.json").read_text().splitlines())
    added = [action["add"] for action in last if "add" in action]
    features = ["deletionVectors", "timestampNtz"]
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": features,
        "writerFeatures": features,
    }
    actions = [
        {"protocol": protocol},
        *({"remove": {"path": file["path"], "dataChange": True, "deletionTimestamp": 0}} for file in added),
        *({"add": file | {"deletionVector": vector}} for file in added),
    ]
    (log / f"{version:020}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))


def _z85(data: bytes) -> str:
    """Base 85 with the alphabet of ZeroMQ, which Python has from 3.13 on."""
    python, zeromq = (
        string.digits + letters + marks
        for letters, marks in (
            (string.ascii_uppercase + string.ascii_lowercase, "!#$%&()*+-;<=>?@^_`{|}~"),
            (string.ascii_lowercase + string.ascii_uppercase, ".-:+=^!/*?&<>()[]{}@%$#"),
        )
    )
    return base64.b85encode(data).decode().translate(str.maketrans(python, zeromq))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
