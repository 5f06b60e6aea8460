"""What is done about entries that are there already: the policies of a Crawl. Pure.

New tables and partitions are always made, as in AWS Glue. `Replace` keeps what people wrote into an entry,
unlike Glue, and makes a table anew whose partition keys changed, since a metastore cannot change them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from emberlake.clients.hive import HivePartition, HiveTable
from emberlake.crawler.classify import formats
from emberlake.crawler.config import Changes
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.entry.diff import (
    ALTER,
    CREATE,
    DEPRECATED,
    DROP,
    NONE,
    RECREATE,
    TablePlan,
    plan,
)
from emberlake.crawler.entry.merge import merge, merged_keys
from emberlake.crawler.entry.render import UPDATED_BY
from emberlake.crawler.entry.sparkschema import DELTA, PROVIDER
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.places import Folders, folder

RUN_ID, RUN_TIME = "CRAWL_RUN_ID", "CRAWL_RUN_TIME"
Known = Mapping[tuple[str, ...], HivePartition]


@dataclass(frozen=True)
class Writer:
    """Who writes: `run_id` and `time` (RFC 3339) say it in each entry, `millis` is the same time."""

    run_id: str
    time: str
    millis: int


def fit(decision: Decision, existing: HiveTable | None, changes: Changes) -> Decision:
    """`decision` as it is to be written over `existing`. Raises Problem where it does not fit."""
    if existing is None or changes.update != "Replace":
        return merge(decision, existing)
    try:
        return replace(decision, keys=merged_keys(decision, existing))
    except Problem:
        return decision


def settle(
    table: HiveTable,
    partitions: Iterable[HivePartition],
    existing: HiveTable | None,
    known: Known,
    changes: Changes,
) -> TablePlan:
    """The plan that brings `existing` to `table`, as far as the update policy lets it."""
    if existing is not None and table.partition_keys != existing.partition_keys and _replaces(table, changes):
        told = ", ".join(f"{key.name} {key.type}" for key in table.partition_keys) or "none"
        merged = replace(plan(table, (), existing, {}).table, raw=None)
        why = f"the table is made anew: its partition keys become {told}"
        return TablePlan(RECREATE, merged, (why,), add=tuple(partitions))
    found = plan(table, partitions, existing, known)
    return _reported(found, existing) if existing is not None and changes.update == "Log" else found


def _replaces(table: HiveTable, changes: Changes) -> bool:
    """Whether a table with other partition keys is made anew; one whose folder became Delta's always is, or
    its entry would go on to show deleted rows.
    """
    if table.parameters.get(PROVIDER) == DELTA:
        return changes.update != "Log"
    return changes.update == "Replace" and "metadata_location" not in table.parameters


def _reported(found: TablePlan, existing: HiveTable) -> TablePlan:
    """`found` without what changes entries; new partitions are read as the table is now."""
    changes = tuple(f"not changed: {change}" for change in found.changes)
    if found.alter:
        changes = (*changes, f"not changed: {len(found.alter)} partition(s)")
    options = {k: v for k, v in existing.storage.serde_parameters.items() if k != "path"}
    storage = replace(existing.storage, serde_parameters=options)
    bare = tuple(replace(column, comment=None) for column in existing.columns)
    add = tuple(replace(partition, columns=bare, storage=storage) for partition in found.add)
    unchanged = found.unchanged + len(found.alter)
    return TablePlan(NONE, existing, changes, add, unchanged=unchanged)


def unsettled(existing: HiveTable, problem: Problem) -> TablePlan:
    """The plan for a table whose files no longer fit it, where differences are only reported."""
    return TablePlan(NONE, existing, (f"not changed: {problem.message}",))


def without_gone(
    found: TablePlan,
    wanted: Iterable[tuple[str, ...]],
    known: Known,
    folders: Folders,
    changes: Changes,
    millis: int,
) -> TablePlan:
    """`found`, and what the delete policy does about partitions whose folder holds no more files.

    A partition outside the table's folder is somebody's own and stays.
    """
    here, present = folder(found.table.location), set(wanted)
    gone = [
        partition
        for values, partition in known.items()
        if values not in present
        and folder(partition.location).startswith(here)
        and not folders.any_in(partition.location)
    ]
    if not gone or found.action == RECREATE:
        return found
    if changes.delete == "Delete":
        told = f"{len(gone)} partition(s) dropped: their files are gone"
        return replace(found, drop=tuple(each.values for each in gone), changes=(*found.changes, told))
    if changes.delete == "Log":
        told = f"not changed: the files of {len(gone)} partition(s) are gone"
        return replace(found, changes=(*found.changes, told))
    marked = [
        replace(each, parameters=each.parameters | {DEPRECATED: str(millis)})
        for each in gone
        if DEPRECATED not in each.parameters
    ]
    if not marked:
        return found
    told = f"{len(marked)} partition(s) deprecated: their files are gone"
    return replace(found, alter=(*found.alter, *marked), changes=(*found.changes, told))


def retired(table: HiveTable, why: str, changes: Changes, millis: int) -> TablePlan:
    """What the delete policy does about a table that is gone."""
    if changes.delete == "Delete":
        return TablePlan(DROP, table, (why,))
    if changes.delete == "Log":
        return TablePlan(NONE, table, (f"not changed: {why}",))
    if DEPRECATED in table.parameters:
        return TablePlan(NONE, table, (f"deprecated before: {why}",))
    marked = replace(table, parameters=table.parameters | {DEPRECATED: str(millis)})
    return TablePlan(ALTER, marked, (f"deprecated: {why}",))


def lost_log(decision: Decision, existing: HiveTable | None) -> str:
    """Why the Delta table that an entry shows is gone; empty where it is not, or is another kind of table.

    What the log leaves behind holds deleted rows: the entry never becomes one of loose files.
    """
    if existing is None or existing.parameters.get(PROVIDER) != DELTA or decision.format == formats.DELTA:
        return ""
    return f"no Delta log lies under {existing.location} any more"


def signed(found: TablePlan, writer: Writer) -> TablePlan:
    """`found` with its writer in the table's parameters, where the table is written at all."""
    if found.action not in (CREATE, ALTER, RECREATE):
        return found
    lineage = {RUN_ID: writer.run_id, RUN_TIME: writer.time}
    return replace(found, table=replace(found.table, parameters=found.table.parameters | lineage))


def deprecates(found: TablePlan) -> bool:
    """Whether the plan marks its table as gone."""
    return DEPRECATED in found.table.parameters


def is_written_by(table: HiveTable, crawler_id: str) -> bool:
    """Whether a crawl of this Crawl wrote the table, and nobody else has taken it over."""
    return table.parameters.get(UPDATED_BY) == crawler_id
