"""The serde of a table and its parameters, which double as options of Spark's readers. Pure."""

import re
from dataclasses import replace

from emberlake.clients.hive import Storage
from emberlake.crawler.classify import formats
from emberlake.crawler.decide.decision import CsvFormat, Decision
from emberlake.crawler.entry.readable import Readability, utf8
from emberlake.crawler.entry.typed import Typed, typed

OWN_SERDE_PARAMETERS = frozenset(
    {
        "comment", "dateFormat", "emptyValue", "encoding", "escape", "escapeChar",
        "field.delim", "header", "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace", "input.regex",
        "multiLine", "nullValue", "path", "quote", "quoteChar", "sep", "separatorChar",
        "serialization.format", "timeZone", "timestamp.formats", "timestampFormat",
    }
)  # fmt: skip
# those that the serde itself needs; Spark takes its options from the table
_OF_SERDES = frozenset(
    {
        "escapeChar", "field.delim", "input.regex", "quoteChar", "separatorChar", "serialization.format",
        "timestamp.formats",
    }
)  # fmt: skip
# no engine has a serde of this name: Trino refuses the table in words that tell why
SPARK_ONLY = "readable-by-spark-only"

_HIVE = "org.apache.hadoop.hive."
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}ql.io.HiveIgnoreKeyTextOutputFormat")
_LAZY, _OPEN_CSV = f"{_HIVE}serde2.lazy.LazySimpleSerDe", f"{_HIVE}serde2.OpenCSVSerde"
_REGEX, _JSON = f"{_HIVE}serde2.RegexSerDe", "org.apache.hive.hcatalog.data.JsonSerDe"
_AVRO = f"{_HIVE}ql.io.avro.AvroContainer"
_PARQUET, _ORC = f"{_HIVE}ql.io.parquet.", f"{_HIVE}ql.io.orc.Orc"
_SEQUENCE = "org.apache.hadoop.mapred.SequenceFile"
_FILES = "org.apache.hadoop.mapred.File"
_BINARY = {
    formats.PARQUET: (
        f"{_PARQUET}MapredParquetInputFormat",
        f"{_PARQUET}MapredParquetOutputFormat",
        f"{_PARQUET}serde.ParquetHiveSerDe",
    ),
    formats.ORC: (f"{_ORC}InputFormat", f"{_ORC}OutputFormat", f"{_ORC}Serde"),
    formats.AVRO: (f"{_AVRO}InputFormat", f"{_AVRO}OutputFormat", f"{_HIVE}serde2.avro.AvroSerDe"),
    # as Delta's own writers: whoever does not know the provider fails on Parquet, and shows no deleted rows
    formats.DELTA: (f"{_SEQUENCE}InputFormat", f"{_HIVE}ql.io.HiveSequenceFileOutputFormat", _LAZY),
    formats.ICEBERG: (f"{_FILES}InputFormat", f"{_FILES}OutputFormat", _LAZY),
}


def storage_of(decision: Decision, readable: Readability) -> Storage:
    """How the files of `decision` are read. Where Trino would read other rows, the serde is one that it
    refuses.
    """
    location = decision.candidate.uri
    parameters = {"path": location, "serialization.format": "1"}
    if classes := _BINARY.get(decision.format):
        inputs, outputs, serde = classes
        return Storage(inputs, outputs, serde if readable.in_trino else SPARK_ONLY, parameters)
    if decision.grok:
        return Storage(*_TEXT, _REGEX, {"input.regex": decision.grok.regex, "serialization.format": "1"})
    parameters["timeZone"] = "UTC"  # of timestamps without one, whatever the zone of the Spark session
    if decision.timestamp_patterns:
        parameters["timestamp.formats"] = ",".join(decision.timestamp_patterns)
    if decision.csv is None:
        return Storage(*_TEXT, _JSON, parameters)
    serde, options = _csv_serde(decision.csv, len(decision.columns))
    options |= _spark_options(decision.csv, typed(decision))
    return Storage(*_TEXT, serde if readable.in_trino else SPARK_ONLY, parameters | options)


def inherited(storage: Storage) -> Storage:
    """The storage of the partitions of a table with `storage`: each parameter is a row in the metastore."""
    needed = {name: value for name, value in storage.serde_parameters.items() if name in _OF_SERDES}
    return replace(storage, serde_parameters=needed)


def _csv_serde(csv: CsvFormat, columns: int) -> tuple[str, dict[str, str]]:
    """The serde that parts rows as the files mean it, and what it has to be told."""
    delimiter = csv.dialect.delimiter
    if csv.dialect.quoted:
        # with doubled quotes the serde needs an escape character that never occurs: its default eats
        # backslashes
        escape = "\\" if csv.dialect.escape == "\\" else "\x02"
        quote = csv.dialect.quote
        return _OPEN_CSV, {"separatorChar": delimiter, "quoteChar": quote, "escapeChar": escape}
    if len(delimiter) > 1:
        return _REGEX, {"input.regex": _parted(delimiter, columns)}
    return _LAZY, {"field.delim": delimiter, "serialization.format": delimiter}


def _parted(delimiter: str, columns: int) -> str:
    """A regular expression with a group for each field; fields that a row lacks are NULL."""
    escaped = re.escape(delimiter)
    field = f"((?:(?!{escaped}).)*)"
    return field + f"(?:{escaped}{field}" * (columns - 1) + ")?" * (columns - 1) + f"(?:{escaped}.*)?"


def _spark_options(csv: CsvFormat, types: Typed) -> dict[str, str]:
    """Options of Spark's CSV reader."""
    dialect = csv.dialect
    options = {"header": str(csv.header).lower(), "sep": dialect.delimiter, "nullValue": csv.nulls.spark}
    if dialect.quoted:
        # a quoted empty cell is NULL as an unquoted one: Trino's serde cannot tell them apart
        options |= {"quote": dialect.quote, "escape": dialect.escape, "emptyValue": csv.nulls.spark}
    else:
        # an empty quote switches quoting off in Spark, so that a stray quote is text in both engines
        options["quote"] = ""
    if csv.padded:
        options |= {"ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}
    if not utf8(csv.encoding):
        options["encoding"] = csv.encoding
    if csv.line_breaks or csv.encoding.lower().startswith("utf-16"):
        options["multiLine"] = "true"  # lines of UTF-16 do not end at the byte of a line feed
    told = {
        "comment": dialect.comment,
        "dateFormat": types.date_format,
        "timestampFormat": types.timestamp_format,
    }
    return options | {name: value for name, value in told.items() if value}
