"""What is loaded into an Iceberg table, and whether it is there already. Pure."""

import hashlib
import json
from collections.abc import Mapping

from emberlake.clients.hive import HiveTable
from emberlake.crawler.classify import formats
from emberlake.crawler.csv.meanings import OR
from emberlake.crawler.decide.decision import Column, Decision
from emberlake.crawler.decide.types import STRING, HiveType
from emberlake.crawler.entry.diff import ALTER, CREATE, NONE
from emberlake.crawler.failure import Problem

# properties of the table
CONVERTED_FROM, SOURCE = "convertedFrom", "convertedSource"
# what `files.rows` reads
CONVERTIBLE = frozenset(
    {formats.CSV, formats.JSON, formats.JSON_DOCUMENT, formats.XML, formats.GROK, formats.EXCEL}
)
# where an Iceberg table's metadata lies, a parameter of its entry
METADATA = "metadata_location"
# of a snapshot: the run of a crawl that wrote it
LOADED_BY = "emberlake.crawl-run"


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

    Raises Problem for files that the crawler does not read either, and when the table of that name shows the
    files themselves, from when an engine read them.
    """
    if decision.format not in CONVERTIBLE:
        raise Problem(
            decision.candidate.uri,
            "NotConvertible",
            f"{decision.format} is not read by the crawler either, so it is not loaded; write the files "
            "in another format, or exclude the folder",
        )
    if existing is None:
        return CREATE
    if not is_loaded(existing):
        raise Problem(
            decision.candidate.uri,
            "TableExists",
            f"table {existing.database}.{existing.name} is over the files themselves, which no engine reads "
            "any more; drop it, and the next run loads them",
        )
    return NONE if existing.parameters.get(SOURCE) == fingerprint(decision) else ALTER


def is_loaded(table: HiveTable) -> bool:
    """Whether the table holds rows that a crawl loaded."""
    return CONVERTED_FROM in table.parameters


def is_loaded_by(summary: Mapping[str, str], crawler_id: str) -> bool:
    """Whether a run of the Crawl wrote the snapshot of this summary."""
    return str(summary.get(LOADED_BY, "")).startswith(f"{crawler_id}/")


def source_of(table: HiveTable) -> str:
    """The folder that a table shows: its location, or what it was loaded from."""
    return table.parameters.get(CONVERTED_FROM, table.location)
