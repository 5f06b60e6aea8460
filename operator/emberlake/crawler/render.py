"""The metastore entry of a decided table: one entry that Spark and Trino read alike. Pure.

A Hive serde serves Trino; Spark's provider properties beside it serve Spark, which ignores
`skip.header.line.count`. The serde's parameters double as Spark's reader options.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from emberlake.clients.hive import HiveColumn, HivePartition, HiveTable, Storage
from emberlake.crawler.decision import Column, CsvFormat, Decision
from emberlake.crawler.types import spark_field

UPDATED_BY = "UPDATED_BY_CRAWLER"
MAX_PARAMETER = 4000
_SCHEMA = "spark.sql.sources.schema"

OWN_PARAMETERS = frozenset(
    {
        UPDATED_BY, "EXTERNAL", "areColumnsQuoted", "averageRecordSize", "classification", "columnsOrdered",
        "compressionType", "delimiter", "exclusions", "objectCount", "recordCount", "recordCountKind",
        "serialization.null.format", "sizeKey", "skip.header.line.count", "spark.sql.partitionProvider",
        "spark.sql.sources.provider", "typeOfData",
    }
)  # fmt: skip
OWN_PREFIXES = (_SCHEMA,)
OWN_SERDE_PARAMETERS = frozenset(
    {
        "escape", "escapeChar", "field.delim", "header", "nullValue", "path", "quote", "quoteChar", "sep",
        "separatorChar", "serialization.format", "timeZone", "timestamp.formats",
    }
)  # fmt: skip

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."


def own_parameter(name: str) -> bool:
    """Whether a table parameter is the crawler's: others are the user's and are kept."""
    return name in OWN_PARAMETERS or name.startswith(OWN_PREFIXES)


def render(
    decision: Decision,
    database: str,
    name: str,
    crawler_id: str,
    exclusions: tuple[str, ...],
    existing: HiveTable | None,
) -> tuple[HiveTable, tuple[HivePartition, ...]]:
    """The table and its partitions as they should stand in the metastore; comments of `existing` are kept."""
    columns, keys = decision.columns, decision.keys
    location = decision.candidate.uri
    comments = _comments(existing)
    hive_columns = tuple(
        HiveColumn(column.name, str(column.type), comments.get(column.name)) for column in columns
    )
    hive_keys = tuple(HiveColumn(key.name, str(key.type), comments.get(key.name)) for key in keys)
    storage = _storage(decision, location)
    parameters = _parameters(decision, crawler_id, exclusions)
    parameters |= _spark_parameters(decision.format, columns, keys, comments)
    table = HiveTable(database, name, location, hive_columns, hive_keys, storage, parameters)
    return table, _partitions(decision, hive_columns, storage)


def _comments(existing: HiveTable | None) -> dict[str, str]:
    """Comments of columns, from the metastore or from Spark's copy of the schema."""
    if existing is None:
        return {}
    comments = {}
    try:
        fields = json.loads(spark_schema_of(existing.parameters) or "{}").get("fields", [])
        comments = {field["name"].lower(): field["metadata"].get("comment") for field in fields}
    except (ValueError, KeyError, AttributeError):
        comments = {}  # somebody else's idea of a schema: nothing to keep
    comments |= {c.name: c.comment for c in (*existing.columns, *existing.partition_keys) if c.comment}
    return {name: comment for name, comment in comments.items() if comment}


def spark_schema_of(parameters: Mapping[str, str]) -> str | None:
    """Spark's schema JSON of a table, joined from its parts; None when there is none."""
    parts = int(parameters.get(f"{_SCHEMA}.numParts", "0"))
    return "".join(parameters.get(f"{_SCHEMA}.part.{n}", "") for n in range(parts)) or parameters.get(_SCHEMA)


def _storage(decision: Decision, location: str) -> Storage:
    parameters = {"path": location}
    if decision.timestamp_patterns:
        parameters["timestamp.formats"] = ",".join(decision.timestamp_patterns)
    if decision.format == "parquet":
        inputs, outputs = f"{_PARQUET}MapredParquetInputFormat", f"{_PARQUET}MapredParquetOutputFormat"
        return Storage(
            inputs, outputs, f"{_PARQUET}serde.ParquetHiveSerDe", parameters | {"serialization.format": "1"}
        )
    parameters["timeZone"] = "UTC"  # of timestamps without one, whatever the zone of the Spark session
    if decision.csv is None:
        return Storage(_TEXT_INPUT, _TEXT_OUTPUT, _JSON, parameters | {"serialization.format": "1"})
    serde, options = _csv_options(decision.csv)
    return Storage(_TEXT_INPUT, _TEXT_OUTPUT, serde, parameters | options)


def _csv_options(csv: CsvFormat) -> tuple[str, dict[str, str]]:
    """Serde and its parameters, which Spark reads as options of its CSV reader."""
    delimiter, escape = csv.dialect.delimiter, csv.dialect.escape
    options = {"header": str(csv.header).lower(), "sep": delimiter, "nullValue": csv.nulls.spark}
    if not csv.dialect.quoted:
        # an empty quote switches quoting off in Spark, so that a stray quote is text in both engines
        return _LAZY, options | {"field.delim": delimiter, "serialization.format": delimiter, "quote": ""}
    # with doubled quotes the serde needs an escape character that never occurs: its default eats backslashes
    serde_escape = "\\" if escape == "\\" else "\x02"
    return _OPEN_CSV, options | {
        "separatorChar": delimiter,
        "quoteChar": '"',
        "escapeChar": serde_escape,
        "serialization.format": "1",
        "quote": '"',
        "escape": escape,
    }


def _parameters(decision: Decision, crawler_id: str, exclusions: tuple[str, ...]) -> dict[str, str]:
    """Table parameters under the names that AWS Glue gives them."""
    files = decision.candidate.files
    parameters = {
        "EXTERNAL": "TRUE",
        UPDATED_BY: crawler_id,
        "classification": decision.format,
        "compressionType": decision.compression,
        "typeOfData": "file",
        "recordCount": str(decision.records),
        "recordCountKind": "exact" if decision.exact else "estimated",
        "averageRecordSize": str(decision.record_bytes),
        "sizeKey": str(decision.candidate.total_bytes),
        "objectCount": str(len(files)),
    }
    if exclusions:
        parameters["exclusions"] = json.dumps(exclusions)
    if csv := decision.csv:
        parameters |= {
            "delimiter": csv.dialect.delimiter,
            "columnsOrdered": "true",
            "areColumnsQuoted": str(csv.dialect.quoted).lower(),
            "serialization.null.format": csv.nulls.hive,
        }
        if csv.header:
            parameters["skip.header.line.count"] = "1"
    return parameters


def _spark_parameters(
    provider: str, columns: tuple[Column, ...], keys: tuple[Column, ...], comments: Mapping[str, str]
) -> dict[str, str]:
    """Spark's provider and schema, partition keys last. JSON keys keep their case: Spark matches them
    exactly.
    """
    fields = [
        spark_field(
            column.source if provider == "json" else column.name, column.type, comments.get(column.name)
        )
        for column in columns
    ]
    fields += [spark_field(key.name, key.type, comments.get(key.name)) for key in keys]
    schema = json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"), ensure_ascii=False)
    parts = [schema[start : start + MAX_PARAMETER] for start in range(0, len(schema), MAX_PARAMETER)]
    parameters = {"spark.sql.sources.provider": provider, f"{_SCHEMA}.numParts": str(len(parts))}
    parameters |= {f"{_SCHEMA}.part.{number}": part for number, part in enumerate(parts)}
    if keys:
        parameters["spark.sql.partitionProvider"] = "catalog"
        parameters[f"{_SCHEMA}.numPartCols"] = str(len(keys))
        parameters |= {f"{_SCHEMA}.partCol.{number}": key.name for number, key in enumerate(keys)}
    return parameters


def _partitions(
    decision: Decision, columns: tuple[HiveColumn, ...], storage: Storage
) -> tuple[HivePartition, ...]:
    """Partitions with the columns and the serde of the table: a schema of their own would make engines
    refuse them.
    """
    if not decision.keys:
        return ()
    options = {name: value for name, value in storage.serde_parameters.items() if name != "path"}
    inherited = replace(storage, serde_parameters=options)
    bare = tuple(replace(column, comment=None) for column in columns)
    bucket = decision.candidate.bucket
    return tuple(
        HivePartition(
            values=partition.values,
            location=f"s3://{bucket}/{partition.prefix}".rstrip("/"),
            columns=bare,
            storage=inherited,
            parameters={
                "numFiles": str(len(partition.files)),
                "totalSize": str(sum(item.size for item in partition.files)),
            },
        )
        for partition in decision.candidate.partitions
    )
