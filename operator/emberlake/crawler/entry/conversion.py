"""What is loaded into an Iceberg table, and whether it is there already. Pure."""

import hashlib
import json

from emberlake.clients.hive import HiveTable
from emberlake.crawler.csv.meanings import OR
from emberlake.crawler.decide.decision import Column, Decision
from emberlake.crawler.decide.types import STRING, HiveType
from emberlake.crawler.entry.diff import ALTER, CREATE, NONE
from emberlake.crawler.failure import Problem

# properties of the table
CONVERTED_FROM, SOURCE = "convertedFrom", "convertedSource"


def loaded_type(column: Column) -> HiveType:
    """The type that a column gets in the Iceberg table: what its values mean, unless that is left open."""
    return STRING if OR in column.pattern else column.meant or column.type


def fingerprint(decision: Decision) -> str:
    """Changes with the files and with what was decided about them."""
    files = sorted((item.key, item.size, item.etag) for item in decision.candidate.files)
    columns = [(c.name, str(loaded_type(c)), c.pattern) for c in decision.columns]
    told = json.dumps([files, columns, decision.format, decision.rows_at])
    return hashlib.sha256(told.encode()).hexdigest()


def load_of(decision: Decision, existing: HiveTable | None) -> str:
    """What is to be done: create the table, alter its rows, or nothing.

    Raises Problem when the table of that name shows the files themselves, from when an engine read them.
    """
    if existing is None:
        return CREATE
    if CONVERTED_FROM not in existing.parameters:
        raise Problem(
            decision.candidate.uri,
            "TableExists",
            f"table {existing.database}.{existing.name} is over the files themselves, which no engine reads "
            "any more; drop it, and the next run loads them",
        )
    return NONE if existing.parameters.get(SOURCE) == fingerprint(decision) else ALTER


def source_of(table: HiveTable) -> str:
    """The folder that a table shows: its location, or what it was loaded from."""
    return table.parameters.get(CONVERTED_FROM, table.location)
