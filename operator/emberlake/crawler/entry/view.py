"""The Trino view beside a table of texts: the values with their types, equal to what Spark reads. Pure.

A Trino view is an entry of the metastore whose text is a JSON document in base64, as the Hive connector
writes it.
"""

import base64
import json
from collections.abc import Collection, Mapping

from emberlake.clients.hive import HiveColumn, HiveTable, Storage
from emberlake.crawler.decide.decision import Column, Decision
from emberlake.crawler.decide.types import DATE, STRING, TIMESTAMP, HiveType
from emberlake.crawler.entry.readable import BY_VIEW, readable_by
from emberlake.crawler.entry.render import UPDATED_BY
from emberlake.crawler.entry.typed import as_texts, iso, trino_format, typed
from emberlake.crawler.grouping.names import with_hash

SUFFIX = "_typed"
VIEW_OF = "viewOf"
OWN_VIEW_PARAMETERS = frozenset({UPDATED_BY, VIEW_OF, "comment", "presto_view"})
_TRINO_NAMES = {
    "int": "integer",
    "float": "real",
    "string": "varchar",
    "binary": "varbinary",
    "timestamp": "timestamp(6)",
}


def view_name(table: str) -> str:
    """Name of the view beside `table`."""
    return f"{table}{SUFFIX}"


def free_name(table: HiveTable, existing: Mapping[str, HiveTable], planned: Collection[str]) -> str:
    """Name of the view beside `table`: with a hash behind it where another table has the plain one."""
    name = view_name(table.name)
    there = existing.get(name)
    taken = name in planned or (there is not None and there.parameters.get(VIEW_OF) != table.name)
    return with_hash(name, table.location) if taken else name


def render_view(
    decision: Decision, table: HiveTable, name: str, catalog: str, *, stands: bool
) -> HiveTable | None:
    """The view `name` beside `table`, which Trino knows under its Hive `catalog`; None where none is needed
    and none `stands` already.
    """
    if readable_by(decision).trino != BY_VIEW and not stands:
        return None
    types = dict(zip(decision.columns, typed(decision).types, strict=True)) | {
        key: key.type for key in decision.keys
    }
    selected = [
        f"{_expression(decision, column, kind)} AS {_quoted(column.name)}" for column, kind in types.items()
    ]
    source = ".".join(map(_quoted, (catalog, table.database, table.name)))
    fields = ",\n  ".join(selected)
    document = {
        "originalSql": f"SELECT\n  {fields}\nFROM {source}",
        "catalog": catalog,
        "schema": table.database,
        "columns": [{"name": column.name, "type": _trino_type(kind)} for column, kind in types.items()],
        "runAsInvoker": True,
        "path": [],
    }
    return HiveTable(
        table.database,
        name,
        "",
        (HiveColumn("dummy", "string"),),
        (),
        Storage("", "", ""),
        {
            UPDATED_BY: table.parameters[UPDATED_BY],
            VIEW_OF: table.name,
            "presto_view": "true",
            "comment": "Presto View",
        },
        table_type="VIRTUAL_VIEW",
        view=_encoded(document),
    )


def _encoded(document: Mapping[str, object]) -> str:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return f"/* Presto View: {base64.b64encode(text.encode()).decode()} */"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _trino_type(kind: HiveType) -> str:
    return _TRINO_NAMES.get(kind.name, kind.name)


def _expression(decision: Decision, column: Column, kind: HiveType) -> str:
    """The value of one column; an empty cell and the table's missing-value token are NULL, as in Spark."""
    name = _quoted(column.name)
    csv = decision.csv
    if csv is None or column in decision.keys:
        return name
    if column.type != STRING and not as_texts(decision):
        return name  # the serde parsed it
    cell = f"trim({name})" if csv.padded else name
    cell = f"nullif({cell}, '')"
    if csv.nulls.spark:
        cell = f"nullif({cell}, {_text(csv.nulls.spark)})"
    if kind == STRING:
        return cell
    return _parsed(cell, kind, column.pattern)


def _parsed(cell: str, kind: HiveType, pattern: str) -> str:
    """`cell` as `kind`; what cannot be parsed is NULL, as in Spark."""
    if kind in {DATE, TIMESTAMP} and not iso(pattern):
        form = trino_format(pattern) or ""
        return f"CAST(try(date_parse({cell}, {_text(form)})) AS {_trino_type(kind)})"
    if kind == TIMESTAMP:
        # Trino casts neither the T nor the Z of ISO 8601
        cell = f"regexp_replace({cell}, '^(\\d{{4}}-\\d\\d-\\d\\d)T(.*?)Z?$', '$1 $2')"
    return f"TRY_CAST({cell} AS {_trino_type(kind)})"
