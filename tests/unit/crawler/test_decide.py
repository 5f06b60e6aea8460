"""Folders of real bytes to decisions: formats, dialects, headers, types, counts, and what is refused."""

import datetime as dt
import gzip
import io
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision, Skipped
from emberlake.crawler.failure import Problem
from unit.crawler.memory import MemoryStore, only

WHOLE = 1 << 30
MIDNIGHT = dt.datetime(2020, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)


def decided(files: dict[str, bytes | str], scan_bytes: int = WHOLE) -> Decision:
    store = MemoryStore({f"raw/t/{name}": body for name, body in files.items()})
    found = decide(store, only(store), scan_bytes)
    assert isinstance(found, Decision)
    return found


def refused(files: dict[str, bytes | str]) -> Problem:
    store = MemoryStore({f"raw/t/{name}": body for name, body in files.items()})
    with pytest.raises(Problem) as caught:
        decide(store, only(store), WHOLE)
    return caught.value


def types(decision: Decision) -> dict[str, str]:
    return {column.name: str(column.type) for column in decision.columns}


def parquet(table: "dict[str, Any] | pa.Table", **options: Any) -> bytes:
    body = io.BytesIO()
    pq.write_table(pa.table(table), body, **options)
    return body.getvalue()


def test_a_header_above_typed_columns() -> None:
    found = decided(
        {"a.csv": "origin,hour,temp,when\nEWR,1,39.02,2013-01-01T06:00:00Z\nJFK,2,NA,2013-01-01T07:00:00Z\n"}
    )
    assert types(found) == {"origin": "string", "hour": "bigint", "temp": "double", "when": "timestamp"}
    assert found.csv is not None
    assert (found.csv.header, found.records, found.exact) == (True, 2, True)
    assert found.timestamp_patterns == ("yyyy-MM-dd'T'HH:mm:ss'Z'",)


def test_a_header_above_texts_only() -> None:
    found = decided(
        {"a.csv": "carrier,name\n9E,Endeavor Air Inc.\nAA,American Airlines Inc.\nB6,JetBlue Airways\n"}
    )
    assert (list(types(found)), found.records) == (["carrier", "name"], 3)


@pytest.mark.parametrize(
    "text",
    [
        "1,a\n2,b\n",
        "x1,Ann Lee,Rome\nx2,Bob Ray,Oslo\nx3,Cy Young,Bonn\n",
        "EU,a\nEU,b\nUS,c\n",
        "2013-01-01,a\n2013-01-02,b\n",
    ],
)
def test_no_header(text: str) -> None:
    found = decided({"a.csv": text})
    assert found.csv is not None
    assert not found.csv.header
    assert found.records == text.count("\n")
    assert next(iter(types(found))) == "col0"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "\x01"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, ending: str) -> None:
    rows = [["id", "name"], ["1", "a b"], ["2", "c:d"]]
    found = decided({"a.csv": ending.join(delimiter.join(row) for row in rows)})
    assert found.csv is not None
    assert found.csv.dialect.delimiter == delimiter
    assert (types(found), found.records) == ({"id": "bigint", "name": "string"}, 2)


def test_a_type_that_changes_in_the_last_row_is_seen() -> None:
    found = decided({"a.csv": "id,v\n" + "1,2\n" * 50_000 + "1,x\n"})
    assert (types(found), found.records) == ({"id": "bigint", "v": "string"}, 50_001)


def test_quotes_behind_the_sample_are_seen() -> None:
    found = decided({"a.csv": "id,v\n" + "1,ab\n" * 60_000 + '1,"x, y"\n'})
    assert found.csv is not None
    assert found.csv.dialect.quoted
    assert types(found) == {"id": "string", "v": "string"}


def test_quotes_in_the_header_only_need_no_quoting() -> None:
    found = decided({"a.csv": '"id","name"\n1,a\n2,b\n'})
    assert found.csv is not None
    assert not found.csv.dialect.quoted
    assert types(found) == {"id": "bigint", "name": "string"}


def test_a_mark_of_byte_order_is_no_part_of_a_name() -> None:
    assert list(types(decided({"a.csv": "\ufeffid,name\n1,a\n".encode()}))) == ["id", "name"]


def test_gzip_goes_by_name_and_content() -> None:
    body = gzip.compress(b"id;v\n1;2.5\n")
    found = decided({"a.csv.gz": body})
    assert (types(found), found.compression) == ({"id": "bigint", "v": "double"}, "gzip")
    assert refused({"a.csv": body}).reason == "NotWhatNameSays"
    assert refused({"a.csv.gz": b"id;v\n1;2\n"}).reason == "NotWhatNameSays"
    assert refused({"a.csv.gz": gzip.compress(b"id,v\n" + b"1,2\n" * 9000)[:40]}).reason == "NotReadable"


def test_a_column_named_like_a_partition_key_is_renamed() -> None:
    store = MemoryStore(
        {"raw/t/year=2013/f.csv": "year,day\n2013,1\n", "raw/t/year=2014/f.csv": "year,day\n2014,2\n"}
    )
    found = decide(store, only(store), WHOLE)
    assert isinstance(found, Decision)
    assert types(found) == {"year_file": "bigint", "day": "bigint"}
    assert [str(key.type) for key in found.keys] == ["int"]
    assert any("year_file" in note for note in found.notes)


def test_odd_names_are_made_usable() -> None:
    found = decided({"a.csv": "Dep Time,dep time,a.b,\n1,2,3,4\n"})
    assert list(types(found)) == ["dep_time", "dep_time_2", "a_b", "col3"]


def test_files_may_have_more_columns_at_the_end() -> None:
    found = decided({"a.csv": "id,v\n1,2\n", "b.csv": "id,v,w\n1,2,x\n"})
    assert types(found) == {"id": "bigint", "v": "bigint", "w": "string"}


def test_ragged_rows_are_counted() -> None:
    found = decided({"a.csv": "a,b\n" + "1,2\n" * 9 + "1\n"})
    assert (found.records, found.notes[0][:10]) == (10, "RaggedRows")


def test_a_large_table_is_sampled_and_says_so() -> None:
    body = "id,v\n" + "".join(f"{n},{n * 0.5}\n" for n in range(400_000))
    store = MemoryStore({"raw/t/a.csv": body})
    found = decide(store, only(store), 1024)
    assert isinstance(found, Decision)
    assert not found.exact
    assert abs(found.records - 400_000) < 40_000
    assert types(found) == {"id": "bigint", "v": "double"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.parquet": "no parquet at all\n" * 9}, "NotWhatNameSays"),
        ({"a.parquet": b"PAR1" + b"x" * 40}, "NotWhatNameSays"),
        ({"a.parquet": b"PAR1" + b"x" * 40 + b"\xff\xff\xff\x7fPAR1"}, "NotReadable"),
        ({"a.parquet": b"PAR1" + b"x" * 40 + b"\x10\x00\x00\x00PAR1"}, "NotReadable"),
        ({"a.orc": b"ORC123"}, "NotWhatNameSays"),
        ({"a.csv": b"PK\x03\x04" + b"x" * 99}, "NotWhatNameSays"),
        ({"a.csv": b"\x00\x01\x02\x03" * 99}, "NotWhatNameSays"),
        ({"a.csv": "<html><body>error</body></html>\n"}, "NotWhatNameSays"),
        ({"a.csv": "id,name\n1,\u043f\u0440\u0438\u0432\u0435\u0442\n".encode("cp1251")}, "UnknownEncoding"),
        ({"a.csv": "id,name\n1,caf\u00e9\n".encode() * 9 + b"2,\xff\n"}, "UnknownEncoding"),
        (
            {"a.csv": "id,n\n1,caf\u00e9\n".encode(), "b.csv": "id,n\n1,caf\u00e9\n".encode("latin-1")},
            "MixedEncodings",
        ),
        ({"a.csv": "Report\na,b\n1,2\n3,4\n", "b.csv": "a,b\n1,2\n3,4\n"}, "MixedPreambles"),
        ({"a.csv": "a,b\n1,2\n3,4\nSource: x\n", "b.csv": "a,b\n1,2\n3,4\n"}, "MixedFooters"),
        ({"a.csv": "carrier,name\nA,b\nC,d\n", "b.csv": "id,v,w\n1,2,3\n"}, "DifferentColumns"),
        ({"a.csv": "1,2\n", "b.csv": "1,2,3\n"}, "DifferentColumns"),
        ({"a.csv": "a,b\n1,2\n", "b.csv": "a;b\n1;2\n"}, "MixedDialects"),
        ({"a.csv": "a,b\n1,2\n", "b.json": '{"a":1}\n'}, "MixedFiles"),
        ({"a.csv": "a,b\n1,2\n", "README.md": "# words\nmore words\n"}, "MixedFiles"),
        ({"a.json": '[{"a":1}\n'}, "NotWhatNameSays"),
        ({"a.json": '{\n "a": 1,\n}\n'}, "NotWhatNameSays"),
        ({"a.json": '{"a":1}\n{"a":\n'}, "NotJsonLines"),
        ({"a.json": '{"a":1}\n[1]\n'}, "NotJsonLines"),
        ({"a.json": '{"a":NaN}\n{"a":NaN}\n'}, "NotJsonLines"),
        ({"a.json": '{"a":1}\n\n{"a":2}\n'}, "EmptyLine"),
        ({"a.json": '{"a":1}\n{"a":{"b":1}}\n'}, "MixedTypes"),
        ({"a.json": '{"a":{}}\n'}, "MixedTypes"),
        ({"a.json": '{"a":1,"A":2}\n'}, "AmbiguousKeys"),
        ({"a.json": '{"a,b":1}\n'}, "UnusableKey"),
        ({"a.json": '{"a":' + "[" * 60 + "]" * 60 + "}\n"}, "NotJsonLines"),
        ({"a.json": "{}\n"}, "NoColumns"),
    ],
)
def test_what_is_refused(files: dict[str, bytes | str], reason: str) -> None:
    problem = refused(files)
    assert problem.reason == reason
    assert problem.path.startswith("s3://lake/raw/t")
    assert len(problem.message) > 20


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("README.md", "# hello\nsome words\n"),
        ("x.bin", b"\x00\x01"),
        ("x.htm", "<html>\n</html>\n"),
    ],
)
def test_other_files_are_skipped(name: str, body: bytes | str) -> None:
    store = MemoryStore({f"raw/t/{name}": body})
    assert isinstance(decide(store, only(store), WHOLE), Skipped)


def test_json_lines() -> None:
    lines = (
        '{"Id":1,"x":1,"ok":true,"when":"2020-01-02T03:04:05Z","tags":["a"],"n":{"A":1},"none":null,"mix":"a"}\n'
        '{"Id":2,"x":1.5,"late":9007199254740993,"tags":[],"n":{"b":[{"c":1}]},"mix":7}\n'
    )
    found = decided({"a.json": lines})
    assert types(found) == {
        "id": "bigint",
        "x": "double",
        "ok": "boolean",
        "when": "timestamp",
        "tags": "array<string>",
        "n": "struct<A:bigint,b:array<struct<c:bigint>>>",
        "none": "string",
        "mix": "string",
        "late": "bigint",
    }
    assert (found.columns[0].source, found.records) == ("Id", 2)


def test_an_empty_text_among_dates_keeps_them_text() -> None:
    assert types(decided({"a.json": '{"d":"2020-01-01"}\n{"d":""}\n'})) == {"d": "string"}


def test_parquet_types_come_from_footers() -> None:
    table = pa.table(
        {
            "Big": [1, 2], "small": pa.array([1, 2], pa.int16()), "u": pa.array([1, 2], pa.uint16()),
            "f": [1.5, 2.5],
            "s": ["a", "b"], "d": [dt.date(2020, 1, 1)] * 2,
            "ts": pa.array([MIDNIGHT] * 2, pa.timestamp("us")),
            "l": [[1], []], "st": [{"a": 1}, {"a": 2}], "c": pa.array(["x", "y"]).dictionary_encode(),
            "dec": pa.array([1, 2], pa.decimal128(10, 2)),
        }
    )  # fmt: skip
    found = decided({"a.parquet": parquet(table)})
    assert types(found) == {
        "big": "bigint", "small": "smallint", "u": "int", "f": "double", "s": "string", "d": "date",
        "ts": "timestamp", "l": "array<bigint>", "st": "struct<a:bigint>", "c": "string",
        "dec": "decimal(10,2)",
    }  # fmt: skip
    assert (found.records, found.exact) == (2, True)


def test_parquet_files_widen_integers_and_add_columns() -> None:
    found = decided(
        {
            "a.parquet": parquet({"v": pa.array([1], pa.int32())}),
            "b.parquet": parquet({"v": pa.array([1], pa.int64()), "w": ["x"]}),
        }
    )
    assert (types(found), found.records) == ({"v": "bigint", "w": "string"}, 2)


def test_parquet_files_with_types_that_no_type_reads_both() -> None:
    problem = refused({"a.parquet": parquet({"v": [1]}), "b.parquet": parquet({"v": ["x"]})})
    assert problem.reason == "SchemaConflict"
    assert "a.parquet" in problem.message


def test_parquet_columns_that_an_engine_cannot_read_are_left_out() -> None:
    nanos = pa.array([MIDNIGHT], pa.timestamp("ns"))
    found = decided({"a.parquet": parquet({"id": [1], "ts": nanos})})
    assert types(found) == {"id": "bigint"}
    assert "'ts'" in found.notes[0]
    old = decided({"a.parquet": parquet({"ts": nanos}, use_deprecated_int96_timestamps=True)})
    assert types(old) == {"ts": "timestamp"}


def test_a_parquet_column_named_like_a_key_is_hidden() -> None:
    store = MemoryStore({"raw/t/year=2020/a.parquet": parquet({"year": [2020], "v": [1]})})
    found = decide(store, only(store), WHOLE)
    assert isinstance(found, Decision)
    assert types(found) == {"v": "bigint"}
    assert found.notes[0].startswith("HiddenColumn")


def test_a_footer_is_one_small_read() -> None:
    body = parquet({"v": list(range(200_000))}, compression="none")
    store = MemoryStore({"raw/t/a.parquet": body})
    decide(store, only(store), WHOLE)
    assert store.bytes_read <= 128 * 1024 + 10 < len(body)


def test_a_small_file_is_read_once() -> None:
    store = MemoryStore({f"raw/t/{n}.csv": "id,v\n1,2\n" for n in range(20)})
    decide(store, only(store), WHOLE)
    assert store.reads == 20


CELLS = st.text(
    alphabet=st.characters(
        codec="utf-8", exclude_characters='\r\n",\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00'
    ),
    min_size=1,
    max_size=6,
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=3, max_size=8))
def test_every_row_is_counted(rows: list[list[str]]) -> None:
    text = "k1,k2\n" + "".join(",".join(row) + "\n" for row in rows)
    store = MemoryStore({"raw/t/a.csv": text})
    found = decide(store, only(store), WHOLE)
    assert isinstance(found, Decision)
    assert found.csv is not None
    assert found.records == len(rows) + 1 - found.csv.header_rows


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.json", "a.parquet", "a.txt", "a.csv.gz", "a"]))
def test_no_bytes_take_the_crawl_down(body: bytes, name: str) -> None:
    store = MemoryStore({f"raw/t/{name}": body or b"x"})
    with suppress(Problem):
        decide(store, only(store), WHOLE)
