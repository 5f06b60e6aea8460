"""ORC and Avro: types and counts from tails, headers and blocks; hostile lengths are findings."""

import datetime as dt
import io
import json
import threading
from contextlib import suppress
from decimal import Decimal
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc as po
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emberlake.crawler.decide import columnar, parquetfooter
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.parquet import FOOTER_GUESS
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.look import look
from unit.crawler.memory import BUCKET, MemoryStore, only
from unit.crawler.packed import all_footer, orc_footer

WHOLE = 1 << 30


def decided(files: dict[str, bytes], scan_bytes: int = WHOLE) -> Decision:
    store = MemoryStore({f"raw/t/{name}": body for name, body in files.items()})
    found = decide(store, only(store), scan_bytes)
    assert isinstance(found, Decision)
    return found


def refused(files: dict[str, bytes]) -> str:
    with pytest.raises(Problem) as caught:
        decided(files)
    return caught.value.reason


def types(decision: Decision) -> dict[str, str]:
    return {column.name: str(column.type) for column in decision.columns}


def orc(columns: dict[str, Any], **options: Any) -> bytes:
    body = io.BytesIO()
    po.write_table(pa.table(columns), body, **options)
    return body.getvalue()


def avro(fields: list[dict[str, Any]], rows: list[dict[str, Any]], **options: Any) -> bytes:
    body = io.BytesIO()
    fastavro.writer(body, {"type": "record", "name": "r", "fields": fields}, rows, **options)
    return body.getvalue()


ID = {"name": "Id", "type": "long"}
NUMBER = {"name": "a", "type": ["int", "long"]}


@pytest.mark.parametrize("compression", ["uncompressed", "zlib", "snappy", "zstd"])
def test_orc(compression: str) -> None:
    body = orc(
        {
            "Id": [1, 2, 3],
            "small": pa.array([1, 2, 3], pa.int16()),
            "when": pa.array([dt.datetime(2020, 1, 1)] * 3, pa.timestamp("ns")),  # noqa: DTZ001
            "day": [dt.date(2020, 1, 1)] * 3,
            "price": pa.array([Decimal("1.50")] * 3, pa.decimal128(10, 2)),
            "tags": [["a"], [], None],
            "nested": [{"a": 1}] * 3,
            "zoned": pa.array([dt.datetime(2020, 1, 1)] * 3, pa.timestamp("ns", "UTC")),  # noqa: DTZ001
        },
        compression=compression,
    )
    found = decided({"a.orc": body, "b": orc({"Id": [4], "late": ["x"]})})
    assert types(found) == {
        "id": "bigint", "small": "smallint", "when": "timestamp", "day": "date", "price": "decimal(10,2)",
        "tags": "array<string>", "nested": "struct<a:bigint>", "late": "string",
    }  # fmt: skip
    assert (found.format, found.records, found.exact, found.compression) == ("orc", 4, True, "none")
    assert any("'zoned'" in note for note in found.notes)


def test_an_orc_file_with_a_tail_longer_than_the_first_read() -> None:
    found = decided(
        {"a.orc": orc({f"c{number}": [1] for number in range(3_000)}, compression="uncompressed")}
    )
    assert (len(found.columns), found.records) == (3_000, 1)


def test_avro() -> None:
    fields = [
        ID,
        {"name": "n", "type": ["null", "int"]},
        {"name": "when", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "colour", "type": {"type": "enum", "name": "c", "symbols": ["RED"]}},
        {"name": "again", "type": ["null", "c"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "by", "type": {"type": "map", "values": ["null", "double"]}},
        {"name": "in", "type": {"type": "record", "name": "q", "fields": [NUMBER]}},
        {"name": "either", "type": ["null", "string", "long"]},
        {"name": "clock", "type": {"type": "int", "logicalType": "time-millis"}},
    ]  # fmt: skip
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    row = {
        "Id": 1, "n": None, "when": now, "day": now.date(), "price": Decimal("1.50"), "colour": "RED",
        "again": None, "tags": ["a"], "by": {"k": 1.5}, "in": {"a": 1}, "either": "x", "clock": now.time(),
    }  # fmt: skip
    found = decided({"a.avro": avro(fields, [row] * 5000, codec="deflate"), "b": avro(fields, [row])})
    assert types(found) == {
        "id": "bigint", "n": "int", "when": "timestamp", "day": "date", "price": "decimal(9,2)",
        "colour": "string", "again": "string", "tags": "array<string>", "by": "map<string,double>",
        "in": "struct<a:bigint>",
    }  # fmt: skip
    assert (found.format, found.records, found.exact) == ("avro", 5001, True)
    assert json.loads(found.avro_schema)["fields"][0]["name"] == "Id"
    assert sum("OmittedColumn" in note for note in found.notes) == 2


def test_avro_files_with_more_columns_widen_the_table() -> None:
    wider = [ID, {"name": "v", "type": ["null", "string"]}]
    found = decided({"a.avro": avro([ID], [{"Id": 1}]), "b.avro": avro(wider, [{"Id": 2, "v": "x"}])})
    assert types(found) == {"id": "bigint", "v": "string"}
    assert [field["name"] for field in json.loads(found.avro_schema)["fields"]] == ["Id", "v"]


def test_a_large_avro_table_is_counted_in_part() -> None:
    body = avro([ID], [{"Id": n} for n in range(1000)], codec="null")
    found = decided({f"{n:03}.avro": body for n in range(300)}, scan_bytes=1000)
    assert (found.exact, found.records) == (False, 300_000)


def test_a_schema_that_grows_in_types_or_holds_itself_is_left_out() -> None:
    loop = {"type": "record", "name": "l", "fields": [{"name": "next", "type": ["null", "l"]}]}
    kind: Any = "int"
    for level in range(12):
        fields = [
            {"name": f"f{n}", "type": kind if not n else f"t{level - 1}"} for n in range(9 if level else 1)
        ]
        kind = {"type": "record", "name": f"t{level}", "fields": fields}
    schema = {
        "type": "record",
        "name": "r",
        "fields": [ID, {"name": "l", "type": loop}, {"name": "g", "type": kind}],
    }
    body = avro([ID], [{"Id": 1}])
    packed = json.dumps(schema).encode()
    at = body.index(b"avro.schema") + len(b"avro.schema")
    end = body.index(b"]}", at) + 2
    length = 2 * len(packed)
    varint = b""
    while length > 127:
        varint += bytes([length & 127 | 128])
        length >>= 7
    body = body[:at] + varint + bytes([length]) + packed + body[end:]
    found = decided({"a.avro": body})
    assert types(found) == {"id": "bigint"}
    assert sum("OmittedColumn" in note for note in found.notes) == 2


def parquet(columns: dict[str, Any]) -> bytes:
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body, compression="zstd")
    return body.getvalue()


def test_row_groups_are_counted_without_being_held() -> None:
    body = all_footer(5_000)
    assert pq.read_metadata(io.BytesIO(body)).num_row_groups == 5_000
    found = decided({"a.parquet": body})
    assert (types(found), found.records) == ({"a": "bigint"}, 5_000)
    names, rest = parquetfooter.looked_at(body[4:-8])
    assert (names, len(rest)) == ({"uncompressed"}, 25)


def test_a_footer_holds_as_much_as_fits_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused({"a.parquet": all_footer(1, elements=100_000)}) == "NotReadable"
    monkeypatch.setattr(parquetfooter, "MAX_REST", 1000)
    assert refused({"a.parquet": all_footer(1, elements=200)}) == "NotReadable"


COLUMNS = {"a": [1, None], "s": ["x" * 99, "y"], "l": [[1], []], "n": [{"q": 1.5, "d": True}] * 2}


def footers(compression: str) -> tuple[bytes, pq.FileMetaData]:
    body = io.BytesIO()
    pq.write_table(pa.table(COLUMNS), body, compression=compression, row_group_size=1)
    length = int.from_bytes(body.getvalue()[-8:-4], "little")
    return body.getvalue()[-length - 8 : -8], pq.read_metadata(body)


@pytest.mark.parametrize("compression", ["snappy", "gzip", "brotli", "zstd"])
def test_what_is_left_of_a_footer_has_all_but_its_row_groups(compression: str) -> None:
    footer, whole = footers(compression)
    names, rest = parquetfooter.looked_at(footer)
    left = pq.read_metadata(pa.BufferReader(b"PAR1" + rest + len(rest).to_bytes(4, "little") + b"PAR1"))
    assert names == {compression}
    assert (left.num_rows, left.num_row_groups, whole.num_row_groups) == (2, 0, 2)
    assert left.schema.to_arrow_schema().equals(whole.schema.to_arrow_schema(), check_metadata=True)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 5000), st.binary(min_size=1, max_size=9), st.booleans())
def test_damage_to_a_footer_is_a_finding(position: int, noise: bytes, cut: bool) -> None:
    body = bytearray(FOOTER)
    position %= len(body)
    body[position : position + len(noise)] = noise
    with suppress(ValueError):
        parquetfooter.looked_at(bytes(body[:position] if cut else body))


FOOTER, _ = footers("snappy")


def test_a_list_that_arrow_reads_in_another_way_is_damage() -> None:
    footer = all_footer(3)[4:-8]
    assert footer[2:4] == b"\x19\xfc"
    with pytest.raises(ValueError, match="kind 8 instead of structs"):
        parquetfooter.looked_at(footer[:3] + b"\xf8" + footer[4:])


class Meeting(MemoryStore):
    """Tells whether two long footers are read at the same time."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__(objects)
        self._both, self.met = threading.Barrier(2), False

    def get_range(self, bucket: str, key: str, start: int, length: int) -> bytes:
        if length > FOOTER_GUESS:
            with suppress(threading.BrokenBarrierError):
                self._both.wait(timeout=0.5)
                self.met = True
        return super().get_range(bucket, key, start, length)


@pytest.mark.parametrize("large", [1000, 1 << 30])
def test_long_footers_are_looked_at_one_after_another(large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "LARGE", large)
    keys = ["raw/a/1.parquet", "raw/b/1.parquet"]
    store = Meeting(dict.fromkeys(keys, all_footer(2_500)))
    items = {item.key: item for item in store.list_objects("raw/")}
    assert len(look(store, BUCKET, items, {}, lambda _: None)) == 2
    assert store.met == (large > 1000)


def test_a_compression_that_does_not_exist_is_a_finding() -> None:
    body = bytearray(parquet({"a": [1, 2]}))
    places = [n for n in range(len(body)) if body[n : n + 3] == b"\x15\x0c\x16"]  # codec 6, then a count
    assert places
    for place in places:
        body[place + 1] = 0x7E
    assert refused({"a.parquet": bytes(body)}) == "NotReadable"


ORC_BODY = orc({"a": [1, 2, 3]})
AVRO_BODY = avro([ID], [{"Id": n} for n in range(100)])


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.orc": b"ORC" + b"x" * 50}, "NotWhatNameSays"),
        ({"a.orc": ORC_BODY[:-40]}, "NotWhatNameSays"),
        ({"a.orc": b"ORC" + ORC_BODY[-26:]}, "NotReadable"),
        ({"a.orc": orc_footer(4_000_000)}, "NotReadable"),
        ({"a.orc": b"a,b\n1,2\n"}, "NotWhatNameSays"),
        ({"a.orc": orc({"a": [1]}), "b.orc": orc({"a": ["x"]})}, "SchemaConflict"),
        ({"a.avro": b"Obj\x01" + b"\xff" * 50}, "NotReadable"),
        ({"a.avro": b"Obj\x01\x02\x16avro.schema\xfe\xff\xff\xff\xff\xff\x01"}, "NotReadable"),
        ({"a.avro": AVRO_BODY[:-20]}, "NotReadable"),
        ({"a.avro": AVRO_BODY[:-16] + b"x" * 16}, "NotReadable"),
        ({"a.avro": b"a,b\n1,2\n"}, "NotWhatNameSays"),
        ({"a.avro": avro([ID], [{"Id": 1}]), "b.orc": ORC_BODY}, "MixedFiles"),
    ],
)
def test_what_is_refused(files: dict[str, bytes], reason: str) -> None:
    assert refused(files) == reason


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(["a.orc", "a.avro"]), st.integers(0, 1000), st.binary(min_size=1, max_size=9))
def test_damage_is_a_finding(name: str, position: int, noise: bytes) -> None:
    body = bytearray(ORC_BODY if name == "a.orc" else AVRO_BODY)
    position %= len(body)
    body[position : position + len(noise)] = noise
    with suppress(Problem):
        decided({name: bytes(body)})
