"""The metastore entry of a decided table: one entry that Spark and Trino read alike. Pure.

A Hive serde serves Trino; Spark's provider properties beside it serve Spark, which ignores
`skip.header.line.count`. The serde's parameters double as Spark's reader options.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from emberlake.clients.hive import HiveColumn, HivePartition, HiveTable, Storage
from emberlake.crawler.classify import formats
from emberlake.crawler.decide.decision import CsvFormat, Decision
from emberlake.crawler.entry.readable import Readability, readable_by
from emberlake.crawler.entry.sparkschema import (
    DELTA,
    PROVIDER,
    SCHEMA,
    TRINO_ONLY,
    comments_of,
    spark_parameters,
)
from emberlake.crawler.entry.storage import inherited, storage_of
from emberlake.crawler.entry.typed import hive_types, typed

UPDATED_BY = "UPDATED_BY_CRAWLER"
READABLE_BY = "readableBy"

OWN_PARAMETERS = frozenset(
    {
        UPDATED_BY, "EXTERNAL", "areColumnsQuoted", "averageRecordSize", "classification", "columnsOrdered",
        "compressionType", "delimiter", "exclusions", "objectCount", "recordCount", "recordCountKind",
        "metadata_location", "readableBy", "serialization.null.format", "sizeKey", "skip.footer.line.count",
        "skip.header.line.count", "spark.sql.partitionProvider", "spark.sql.sources.provider", "table_type",
        "DEPRECATED_BY_CRAWLER", "typeOfData",
    }
)  # fmt: skip
OWN_PREFIXES = (SCHEMA,)


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
    readable = readable_by(decision)
    comments = _comments(existing)
    hive_columns = tuple(
        HiveColumn(column.name, str(kind), comments.get(column.name))
        for column, kind in zip(columns, hive_types(decision), strict=True)
    )
    hive_keys = tuple(HiveColumn(key.name, str(key.type), comments.get(key.name)) for key in keys)
    storage = storage_of(decision, readable)
    parameters = _parameters(decision, readable, crawler_id, exclusions)
    parameters |= _spark_parameters(decision, readable, comments)
    location = decision.candidate.uri
    table = HiveTable(database, name, location, hive_columns, hive_keys, storage, parameters)
    return table, _partitions(decision, hive_columns, storage)


def _comments(existing: HiveTable | None) -> dict[str, str]:
    """Comments of columns, from the metastore or from Spark's copy of the schema."""
    if existing is None:
        return {}
    told = {c.name: c.comment for c in (*existing.columns, *existing.partition_keys) if c.comment}
    return comments_of(existing.parameters) | told


def _parameters(
    decision: Decision, readable: Readability, crawler_id: str, exclusions: tuple[str, ...]
) -> dict[str, str]:
    """Table parameters under the names that AWS Glue gives them."""
    parameters = {
        "EXTERNAL": "TRUE",
        UPDATED_BY: crawler_id,
        "classification": decision.classification or decision.format,
        "compressionType": decision.compression,
        "typeOfData": "file",
        "recordCount": str(decision.records),
        "recordCountKind": "exact" if decision.exact else "estimated",
        "averageRecordSize": str(decision.record_bytes),
        "sizeKey": str(decision.bytes),
        "objectCount": str(decision.objects),
        READABLE_BY: str(readable),
    }
    if exclusions:
        parameters["exclusions"] = json.dumps(exclusions)
    if csv := decision.csv:
        parameters |= _csv_parameters(csv)
    if decision.lakehouse and decision.format == formats.ICEBERG:
        parameters |= {"table_type": "ICEBERG", "metadata_location": decision.lakehouse.metadata_location}
    return parameters


def _csv_parameters(csv: CsvFormat) -> dict[str, str]:
    parameters = {
        "delimiter": csv.dialect.delimiter,
        "columnsOrdered": "true",
        "areColumnsQuoted": str(csv.dialect.quoted).lower(),
        "serialization.null.format": csv.nulls.hive,
    }
    if above := csv.skip_lines + csv.header_rows * csv.header:
        parameters["skip.header.line.count"] = str(above)
    if csv.footer_lines:
        parameters["skip.footer.line.count"] = str(csv.footer_lines)
    return parameters


def _spark_parameters(
    decision: Decision, readable: Readability, comments: Mapping[str, str]
) -> dict[str, str]:
    """Spark's provider and schema; logs and Iceberg tables go without, and Delta's log has the schema. JSON
    keys keep their case: Spark matches them exactly.
    """
    if decision.format == formats.DELTA:
        return {PROVIDER: DELTA}
    if decision.format in {formats.GROK, formats.ICEBERG}:
        return {}
    named = decision.format == formats.JSON
    columns = [
        (column.source if named else column.name, kind)
        for column, kind in zip(decision.columns, typed(decision).types, strict=True)
    ]
    keys = [(key.name, key.type) for key in decision.keys]
    return spark_parameters(decision.format if readable.in_spark else TRINO_ONLY, columns, keys, comments)


def _partitions(
    decision: Decision, columns: tuple[HiveColumn, ...], storage: Storage
) -> tuple[HivePartition, ...]:
    """Partitions with the columns and the serde of the table: a schema of their own would make engines
    refuse them.
    """
    if not decision.keys:
        return ()
    storage = inherited(storage)
    bare = tuple(replace(column, comment=None) for column in columns)
    bucket = decision.candidate.bucket
    return tuple(
        HivePartition(
            values=partition.values,
            location=f"s3://{bucket}/{partition.prefix}".rstrip("/"),
            columns=bare,
            storage=storage,
            parameters={
                "numFiles": str(len(partition.files)),
                "totalSize": str(partition.bytes),
            },
        )
        for partition in decision.candidate.partitions
    )
