"""Spark's copy of a table's schema in the table's parameters. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emberlake.crawler.decide.types import HiveType, parse, spark_field

SCHEMA = "spark.sql.sources.schema"
PROVIDER = "spark.sql.sources.provider"
MAX_PARAMETER = 4000
# no data source has this name: Spark refuses the table in words that tell why
TRINO_ONLY = "readable-by-trino-only"
DELTA = "delta"
_HIVE_NAMES = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}


def spark_parameters(
    provider: str,
    columns: Iterable[tuple[str, HiveType]],
    keys: Sequence[tuple[str, HiveType]],
    comments: Mapping[str, str],
) -> dict[str, str]:
    """Provider and schema, partition keys last; `comments` by column name in lower case."""
    fields = [spark_field(name, kind, comments.get(name.lower())) for name, kind in (*columns, *keys)]
    schema = json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"), ensure_ascii=False)
    parts = [schema[start : start + MAX_PARAMETER] for start in range(0, len(schema), MAX_PARAMETER)]
    parameters = {PROVIDER: provider, f"{SCHEMA}.numParts": str(len(parts))}
    parameters |= {f"{SCHEMA}.part.{number}": part for number, part in enumerate(parts)}
    if keys:
        parameters["spark.sql.partitionProvider"] = "catalog"
        parameters[f"{SCHEMA}.numPartCols"] = str(len(keys))
        parameters |= {f"{SCHEMA}.partCol.{number}": name for number, (name, _) in enumerate(keys)}
    return parameters


def spark_schema_of(parameters: Mapping[str, str]) -> str | None:
    """Spark's schema JSON of a table, joined from its parts; None when there is none."""
    parts = int(parameters.get(f"{SCHEMA}.numParts", "0"))
    return "".join(parameters.get(f"{SCHEMA}.part.{n}", "") for n in range(parts)) or parameters.get(SCHEMA)


def comments_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """Comments of columns in Spark's schema, by name in lower case."""
    found = {}
    for field in _fields(parameters):
        metadata = field.get("metadata")
        if isinstance(metadata, dict) and metadata.get("comment"):
            found[field["name"].lower()] = str(metadata["comment"])
    return found


def types_of(parameters: Mapping[str, str]) -> dict[str, HiveType]:
    """Types of the columns in Spark's schema, by name in lower case; nested ones are left out."""
    found = {}
    for field in _fields(parameters):
        kind = (
            parse(_HIVE_NAMES.get(field["type"], field["type"])) if isinstance(field["type"], str) else None
        )
        if kind is not None:
            found[field["name"].lower()] = kind
    return found


def _fields(parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    try:
        fields = json.loads(spark_schema_of(parameters) or "{}").get("fields", [])
        return [field for field in fields if isinstance(field["name"], str) and "type" in field]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # somebody else's idea of a schema: nothing to keep
