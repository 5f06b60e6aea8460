"""Which engine reads the rows of a decided folder rightly, as the files lie. Pure.

Each rule was seen in the engine: tests/e2e/test_formats.py asks Spark and Trino for the rows of every kind.
An engine that would read other rows is kept from reading: see `render`.
"""

import json
from dataclasses import dataclass
from typing import Any

from emberlake.crawler.classify import formats
from emberlake.crawler.decide.decision import CsvFormat, Decision, Lakehouse
from emberlake.crawler.entry.typed import as_texts, hive_types, typed

NATIVE = "native"
BY_VIEW = "by view"
_NOT = "not readable: "

_DOCUMENTS = {
    formats.XML: "neither engine has a serde for XML",
    formats.EXCEL: "neither engine reads Excel workbooks",
    formats.JSON_DOCUMENT: "both engines read one JSON object a line, not documents and arrays",
}
_SPARK_DELTA = "Spark's image has no Delta Lake"
# those that Trino's connector knows: it refuses a table with any other
_DELTA_FEATURES = {
    "columnMapping", "deletionVectors", "timestampNtz", "typeWidening", "typeWidening-preview",
    "v2Checkpoint", "vacuumProtocolCheck", "variantType", "variantType-preview",
}  # fmt: skip
_TEXT = (formats.CSV, formats.JSON, formats.GROK)
_SUFFIXES = {
    ".gz": formats.GZIP,
    ".bz2": formats.BZIP2,
    ".zst": formats.ZSTD,
    ".lz4": formats.LZ4_HADOOP,
    ".snappy": formats.SNAPPY_HADOOP,
}
_PLAIN_LOGICAL = {None, "date", "decimal", "timestamp-millis", "uuid"}
_PARQUET_CODECS = {"uncompressed", "snappy", "gzip", "zstd"}
_SPARK_PARQUET_CODECS = {"lz4", "lz4_raw"}
_UNREADABLE_CODECS = {
    formats.ZIP: "neither engine opens zip archives",
    formats.LZ4: "the files have the frames of the lz4 tool, the engines read Hadoop's lz4 blocks",
    formats.SNAPPY: "the files have snappy's frames, the engines read Hadoop's snappy blocks",
}


@dataclass(frozen=True)
class Readability:
    """How each engine reads the table: `native`, `by view`, or `not readable: ` and why."""

    spark: str = NATIVE
    trino: str = NATIVE

    @property
    def somewhere(self) -> bool:
        """Whether at least one engine reads the right rows: else there is no table."""
        return self.in_spark or self.in_trino

    @property
    def in_spark(self) -> bool:
        """Whether Spark reads the right rows."""
        return not self.spark.startswith(_NOT)

    @property
    def in_trino(self) -> bool:
        """Whether Trino reads the right rows."""
        return not self.trino.startswith(_NOT)

    def __str__(self) -> str:
        return f"spark: {self.spark}; trino: {self.trino}"


def readable_by(decision: Decision) -> Readability:
    """How Spark and Trino read the table of `decision`."""
    if why := _DOCUMENTS.get(decision.format) or _codec(decision):
        return Readability(_NOT + why, _NOT + why)
    if decision.format == formats.DELTA and decision.lakehouse:
        spark, trino = _SPARK_DELTA, _trino_delta(decision.lakehouse)
    else:
        spark, trino = _engines(decision)
    view = BY_VIEW if decision.csv and needs_view(decision) else NATIVE
    return Readability(_NOT + spark if spark else NATIVE, _NOT + trino if trino else view)


def _engines(decision: Decision) -> tuple[str, str]:
    """Why Spark and why Trino does not read the rows; empty where it does."""
    if decision.csv and (why := _doubtful(decision.csv)):
        return why, why
    if decision.csv:
        return _spark_csv(decision.csv), _trino_csv(decision.csv)
    if decision.format == formats.GROK and formats.ZSTD in decision.codecs:
        return "Spark reads logs by a Hive serde, whose zstd needs native libraries", ""
    if decision.format == formats.AVRO and not plain_avro(decision.avro_schema):
        return "", "Trino finds Avro fields by names in lower case, and reads neither enums nor microseconds"
    if others := sorted(set(decision.within) - _PARQUET_CODECS):
        why = "{} does not read Parquet that is compressed with " + ", ".join(others)
        return "" if set(others) <= _SPARK_PARQUET_CODECS else why.format("Spark"), why.format("Trino")
    return "", ""


def _trino_delta(table: Lakehouse) -> str:
    """Why Trino does not read a Delta table; empty where it does."""
    unknown = ", ".join(name for name in table.features if name not in _DELTA_FEATURES)
    return f"Trino does not know what the Delta table asks of readers: {unknown}" if unknown else ""


def plain_avro(schema: str) -> bool:
    """Whether the columns say all that Trino needs to know of an Avro `schema` (JSON; empty: files differ).

    The alternative, the schema in the serde's parameters, makes Trino ask the metastore for the columns.
    One without Hive's serdes does not answer that: not even the database could be dropped then.
    """
    return bool(schema) and _plain(json.loads(schema))


def _plain(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(map(_plain, schema))
    if not isinstance(schema, dict):
        return schema not in {"enum", "fixed"}
    if schema["type"] == "record":
        return all(each["name"] == each["name"].lower() and _plain(each["type"]) for each in schema["fields"])
    below = [schema[name] for name in ("type", "items", "values") if name in schema]
    return schema.get("logicalType") in _PLAIN_LOGICAL and all(map(_plain, below))


def needs_view(decision: Decision) -> bool:
    """Whether Trino sees the values of a CSV table rightly only through a view: its table has the cells as
    they stand, as texts.
    """
    return as_texts(decision) or typed(decision).types != hive_types(decision)


def _codec(decision: Decision) -> str:
    """Why no engine opens the files; empty when both do."""
    if decision.format not in _TEXT:
        return ""
    for codec in decision.codecs:
        if codec in _UNREADABLE_CODECS:
            return _UNREADABLE_CODECS[codec]
    named = {_SUFFIXES.get(_suffix(item.key), formats.NONE) for item in decision.candidate.files}
    if named != set(decision.codecs):
        held, told = ", ".join(decision.codecs), ", ".join(sorted(named))
        return f"the engines tell compression by a file's name: it says {told}, the content is {held}"
    return ""


def _suffix(key: str) -> str:
    name = key.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}" if "." in name else ""


def _doubtful(csv: CsvFormat) -> str:
    """Why nobody can be sure what the rows are; empty when they are certain."""
    if csv.stray_quotes:
        return "quotes stand inside fields, where readers part the rows differently"
    if csv.unnamed_columns:
        return f"rows have {csv.unnamed_columns} fields more than the header has names: name every column"
    return ""


def _spark_csv(csv: CsvFormat) -> str:
    """Why Spark does not read the rows; empty when it does."""
    if csv.skip_lines and not csv.skip_comments:
        return f"Spark cannot skip the {csv.skip_lines} lines above the table"
    if csv.header_rows > 1:
        return f"Spark cannot skip a header of {csv.header_rows} rows"
    if csv.footer_lines:
        return f"Spark cannot skip the {csv.footer_lines} lines below the table"
    if len(csv.dialect.comment) > 1:
        return f"Spark knows comments by one character, not by {csv.dialect.comment!r}"
    return ""


def _trino_csv(csv: CsvFormat) -> str:
    """Why Trino does not read the rows, not even through a view; empty when it does."""
    dialect = csv.dialect
    rules = (
        (not utf8(csv.encoding), f"Trino reads text as UTF-8, the files are {csv.encoding}"),
        (csv.line_breaks, "Trino ends a row at every line break, and there are some within quotes"),
        (csv.blank_lines, "Trino reads an empty line as a row"),
        (csv.comment_lines, f"Trino reads lines that start with {dialect.comment!r} as rows"),
        (
            dialect.quoted and len(dialect.delimiter) > 1,
            f"Trino knows no delimiter of several characters, such as {dialect.delimiter!r}, with quotes",
        ),
        (dialect.quoted and dialect.padded, "Trino takes a quote behind a blank for a part of the field"),
    )
    return next((why for applies, why in rules if applies), "")


def utf8(encoding: str) -> bool:
    """Whether Python's `encoding` is read as UTF-8."""
    return encoding.lower().replace("_", "-") in {"utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii"}
