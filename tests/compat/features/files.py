"""Readers of JSON, text, Parquet and others. Each case writes its own files and reads them."""

import json
import tempfile
from pathlib import Path
from typing import Any

from compat.features import Cases, file

feature = Cases(__name__)


@feature("read.json")
def json_lines(spark: Any) -> Any:
    return spark.read.json(file('{"a": 1, "b": "x"}\n{"a": 2.5, "c": [1, 2]}\n{"b": null}\n', "d.json"))


@feature("read.json")
def json_schema(spark: Any) -> Any:
    text = '{"a": 1, "b": "x", "d": "2020-02-29", "t": "2020-02-29T12:00:00Z", "m": 1.25}\n{"a": "y"}\n{}\n'
    return spark.read.schema("a INT, b STRING, d DATE, t TIMESTAMP, m DECIMAL(5,2)").json(
        file(text, "d.json")
    )


@feature("read.json")
def json_nested(spark: Any) -> Any:
    return spark.read.json(file('{"s": {"x": 1, "y": [{"z": "q"}]}}\n{"s": {"x": null}}\n', "d.json"))


@feature("read.json")
def json_corrupt(spark: Any) -> Any:
    return spark.read.json(file('{"a": 1}\n{broken\n{"a": 2}\n', "d.json"))


@feature("read.json:multiline")
def json_multiline(spark: Any) -> Any:
    return spark.read.json(file('[\n {"a": 1},\n {"a": 2}\n]\n', "d.json"), multiLine=True)


@feature("read.text")
def text(spark: Any) -> Any:
    return spark.read.text(file("a\n\nä b\r\nlast", "d.txt"))


@feature("read.text")
def text_whole(spark: Any) -> Any:
    return spark.read.text(file("a\nb\n", "d.txt"), wholetext=True)


@feature("read.text")
def text_folder(spark: Any) -> Any:
    path = Path(file("a\n", "1.txt"))
    (path.parent / "2.txt").write_text("b\n")
    (path.parent / "_hidden").write_text("no\n")
    return spark.read.text(str(path.parent))


def _parquet(table: Any) -> str:
    import pyarrow.parquet as pq

    path = f"{tempfile.mkdtemp(prefix='compat-')}/d.parquet"
    pq.write_table(table, path)
    return path


@feature("read.parquet")
def parquet(spark: Any) -> Any:
    import datetime as dt
    import decimal

    import pyarrow as pa

    columns = {
        "a": pa.array([1, None], pa.int32()),
        "b": pa.array([2**40, None]),
        "c": [1.5, float("nan")],
        "d": ["ä", None],
        "e": [True, None],
        "f": [dt.date(2020, 2, 29), None],
        "g": pa.array([decimal.Decimal("1.10"), None], pa.decimal128(10, 2)),
        "h": [b"\x00", None],
    }
    return spark.read.parquet(_parquet(pa.table(columns)))


@feature("read.parquet")
def parquet_small_types(spark: Any) -> Any:
    import pyarrow as pa

    columns = {
        "a": pa.array([1], pa.int8()),
        "b": pa.array([1], pa.int16()),
        "c": pa.array([1], pa.uint8()),
        "d": pa.array([1.5], pa.float32()),
        "e": pa.array([1], pa.uint32()),
    }
    return spark.read.parquet(_parquet(pa.table(columns)))


@feature("read.parquet")
def parquet_times(spark: Any) -> Any:
    import datetime as dt

    import pyarrow as pa

    when = [dt.datetime(2020, 2, 29, 12, 34, 56, 789012), None]
    columns = {"utc": pa.array(when, pa.timestamp("us", "UTC")), "local": pa.array(when, pa.timestamp("us"))}
    return spark.read.parquet(_parquet(pa.table(columns)))


@feature("read.parquet")
def parquet_milliseconds(spark: Any) -> Any:
    import datetime as dt

    import pyarrow as pa

    when = [dt.datetime(2020, 2, 29, 12, 34, 56, 789000), None]
    return spark.read.parquet(_parquet(pa.table({"t": pa.array(when, pa.timestamp("ms", "UTC"))})))


@feature("read.parquet:nanoseconds")
def parquet_nanoseconds(spark: Any) -> Any:
    import pyarrow as pa

    return spark.read.parquet(
        _parquet(pa.table({"t": pa.array([1582979696789012345], pa.timestamp("ns", "UTC"))}))
    )


@feature("read.parquet")
def parquet_nested(spark: Any) -> Any:
    import pyarrow as pa

    columns = {
        "xs": [[1, None], None, []],
        "st": [{"p": 1, "q": "x"}, None, {"p": None, "q": "y"}],
        "kv": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int32())),
        "deep": [[{"a": [1]}], [], None],
    }
    return spark.read.parquet(_parquet(pa.table(columns)))


@feature("read.parquet")
def parquet_filter(spark: Any) -> Any:
    import pyarrow as pa

    return spark.read.parquet(
        _parquet(pa.table({"n": list(range(1000)), "s": [f"v{n % 7}" for n in range(1000)]}))
    ).filter("n > 900 AND s = 'v3'")


@feature("read.parquet:mergeschema")
def parquet_merge(spark: Any) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tempfile.mkdtemp(prefix="compat-")
    pq.write_table(pa.table({"a": [1]}), f"{folder}/1.parquet")
    pq.write_table(pa.table({"a": [2], "b": ["x"]}), f"{folder}/2.parquet")
    return spark.read.option("mergeSchema", "true").parquet(folder)


@feature("read.partitioned")
def parquet_partitions(spark: Any) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tempfile.mkdtemp(prefix="compat-")
    table = pa.table({"n": [1, 2, 3, 4], "year": [2020, 2020, 2021, 2021], "zone": ["a", "b", "a", None]})
    pq.write_to_dataset(table, folder, partition_cols=["year", "zone"])
    return spark.read.parquet(folder)


@feature("read.parquet")
def parquet_schema(spark: Any) -> Any:
    import pyarrow as pa

    return spark.read.schema("b STRING, n BIGINT, missing INT").parquet(
        _parquet(pa.table({"n": [1, 2], "b": ["x", None]}))
    )


@feature("read.parquet")
def parquet_case(spark: Any) -> Any:
    import pyarrow as pa

    return spark.read.parquet(_parquet(pa.table({"Name": ["x"], "VALUE": [1]}))).select("name", "value")


@feature("read.orc")
def orc(spark: Any) -> Any:
    import pyarrow as pa
    from pyarrow import orc as writer

    path = f"{tempfile.mkdtemp(prefix='compat-')}/d.orc"
    writer.write_table(pa.table({"a": [1, None], "b": ["x", "y"]}), path)
    return spark.read.orc(path)


@feature("read.avro")
def avro(spark: Any) -> Any:
    return spark.read.format("avro").load(file(b"", "d.avro"))


@feature("read.binaryfile")
def binary_file(spark: Any) -> Any:
    return spark.read.format("binaryFile").load(file(b"\x00\x01", "d.bin")).select("length", "content")


@feature("read.sql-path")
def sql_path(spark: Any) -> Any:
    import pyarrow as pa

    return spark.sql(f"SELECT * FROM parquet.`{_parquet(pa.table({'a': [1, 2]}))}`")


@feature("read.missing-path")
def missing(spark: Any) -> Any:
    return spark.read.parquet("/nowhere/at/all")


@feature("read.json")
def json_types(spark: Any) -> Any:
    lines = [
        {
            "i": 1,
            "d": 1.5,
            "b": True,
            "s": "x",
            "big": 2**63,
            "t": "2020-02-29T12:00:00Z",
            "day": "2020-02-29",
        },
        {"i": None},
    ]
    return spark.read.json(file("\n".join(map(json.dumps, lines)), "d.json"))
