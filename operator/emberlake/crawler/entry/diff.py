"""Compare desired with existing metastore entries, own keys only. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from emberlake.clients.hive import HivePartition, HiveTable, Storage
from emberlake.crawler.entry.render import UPDATED_BY, own_parameter
from emberlake.crawler.entry.storage import OWN_SERDE_PARAMETERS
from emberlake.crawler.entry.view import OWN_VIEW_PARAMETERS
from emberlake.crawler.failure import Problem

CREATE, ALTER, NONE, DROP, RECREATE = "create", "alter", "none", "drop", "recreate"
DEPRECATED = "DEPRECATED_BY_CRAWLER"
_METADATA = re.compile(r"v?(\d+)(?:-.*)?\.metadata\.json$")
_SPARK_SCHEMA = "spark.sql.sources.schema."
OWN_PARTITION_PARAMETERS = frozenset({"numFiles", "totalSize", DEPRECATED})


@dataclass(frozen=True)
class TablePlan:
    """What to write for one table. `table` and `alter` are merged with what the user owns in the existing
    entries; `drop` has the values of partitions. `view`: the view to write beside it, `view_action` how.
    """

    action: str
    table: HiveTable
    changes: tuple[str, ...] = ()
    add: tuple[HivePartition, ...] = ()
    alter: tuple[HivePartition, ...] = ()
    drop: tuple[tuple[str, ...], ...] = ()
    unchanged: int = 0
    view: HiveTable | None = None
    view_action: str = NONE

    @property
    def empty(self) -> bool:
        """Whether nothing is to be written."""
        partitions = self.add or self.alter or self.drop
        return (self.action, self.view_action) == (NONE, NONE) and not partitions


def check_ours(existing: HiveTable, uri: str) -> None:
    """Raise Problem when the existing table was not written by a crawl: it is never changed."""
    kind = existing.parameters.get("table_type") or existing.table_type
    if UPDATED_BY not in existing.parameters or existing.table_type != "EXTERNAL_TABLE":
        raise Problem(
            uri,
            "TableExists",
            f"table {existing.database}.{existing.name} ({kind}) was not written by a crawl and is left "
            f"alone; drop it, rename the folder, or set its parameter {UPDATED_BY} to hand it over",
        )


def plan(
    table: HiveTable,
    partitions: Iterable[HivePartition],
    existing: HiveTable | None,
    existing_partitions: Mapping[tuple[str, ...], HivePartition],
) -> TablePlan:
    """The changes that make the existing entries as desired; planning again after they were made finds
    nothing.
    """
    if existing is None:
        return TablePlan(CREATE, table, ("the table is new",), add=tuple(partitions))
    if why := _lakehouse_stays(table, existing):
        return TablePlan(NONE, existing, (why,))
    merged = _merge_table(table, existing)
    changes = _table_changes(merged, existing)
    add, alter, unchanged = [], [], 0
    for partition in partitions:
        known = existing_partitions.get(partition.values)
        if known is None:
            add.append(partition)
            continue
        wanted = _merge_partition(partition, known)
        if wanted == known:
            unchanged += 1
        else:
            alter.append(wanted)
    return TablePlan(
        ALTER if changes else NONE, merged, tuple(changes), tuple(add), tuple(alter), unchanged=unchanged
    )


def with_view(plan: TablePlan, view: HiveTable | None, existing: HiveTable | None) -> TablePlan:
    """`plan` with the view beside its table."""
    if view is None:
        return plan
    if existing is None:
        changes = (*plan.changes, f"view {view.name} is new") if plan.action != CREATE else plan.changes
        return replace(plan, view=view, view_action=CREATE, changes=changes)
    kept = {k: v for k, v in existing.parameters.items() if k not in OWN_VIEW_PARAMETERS}
    wanted = replace(
        view,
        columns=existing.columns,
        storage=existing.storage,
        parameters=kept | view.parameters,
        raw=existing.raw,
    )
    if wanted.view == existing.view and wanted.parameters == existing.parameters:
        return replace(plan, view=existing)
    return replace(plan, view=wanted, view_action=ALTER, changes=(*plan.changes, f"view {view.name}"))


def _lakehouse_stays(table: HiveTable, existing: HiveTable) -> str:
    """Why the entry of an Iceberg table is left as it is; empty when the folder has later metadata.

    An engine that commits through the metastore leaves `previous_metadata_location`: from then on the
    metastore knows best what the newest metadata is, and a file of a failed commit could only be wrong.
    """
    if "metadata_location" not in table.parameters:
        return ""
    if "previous_metadata_location" in existing.parameters:
        return "engines write this Iceberg table through the metastore, which leads its metadata"
    known = metadata_version(existing.parameters.get("metadata_location", ""))
    if known > metadata_version(table.parameters["metadata_location"]):
        return "the metastore has later metadata than the folder"
    return ""


def metadata_version(location: str) -> int:
    """The version in the name of an Iceberg metadata file, `00012-<uuid>.metadata.json` or
    `v12.metadata.json`; -1 of anything else.
    """
    match = _METADATA.match(location.rpartition("/")[2])
    return int(match.group(1)) if match else -1


def _merge_table(table: HiveTable, existing: HiveTable) -> HiveTable:
    """`table` with the parameters that are not the crawler's taken from `existing`."""
    kept = {name: value for name, value in existing.parameters.items() if not own_parameter(name)}
    owner = {UPDATED_BY: existing.parameters[UPDATED_BY]} if UPDATED_BY in existing.parameters else {}
    return replace(
        table,
        storage=_merge_storage(table.storage, existing.storage),
        parameters=kept | table.parameters | owner,
        raw=existing.raw,
    )


def _merge_storage(storage: Storage, existing: Storage) -> Storage:
    kept = {k: v for k, v in existing.serde_parameters.items() if k not in OWN_SERDE_PARAMETERS}
    return replace(storage, serde_parameters=kept | storage.serde_parameters)


def _merge_partition(partition: HivePartition, existing: HivePartition) -> HivePartition:
    kept = {k: v for k, v in existing.parameters.items() if k not in OWN_PARTITION_PARAMETERS}
    return replace(
        partition,
        storage=_merge_storage(partition.storage, existing.storage),
        parameters=kept | partition.parameters,
        raw=existing.raw,
    )


def _table_changes(table: HiveTable, existing: HiveTable) -> list[str]:
    """The differences in words, for the report."""
    changes = []
    before = {column.name: column for column in existing.columns}
    for column in table.columns:
        old = before.get(column.name)
        if old is None:
            changes.append(f"column {column.name} {column.type} added")
        elif old.type != column.type:
            changes.append(f"column {column.name} becomes {column.type}, was {old.type}")
    kept = {column.name for column in table.columns}
    changes += [f"column {name} removed" for name in before if name not in kept]
    if not changes and table.columns != existing.columns:
        changes.append("columns in another order")
    if table.view != existing.view:
        changes.append("the text of the view")
    if table.location != existing.location:
        changes.append(f"location {existing.location} is now {table.location}")
    if table.storage != existing.storage:
        changes.append("serde or its parameters")
    names = sorted(table.parameters.keys() | existing.parameters.keys())
    changed = [name for name in names if table.parameters.get(name) != existing.parameters.get(name)]
    told = dict.fromkeys("schema for Spark" if name.startswith(_SPARK_SCHEMA) else name for name in changed)
    if told:
        changes.append("parameters " + ", ".join(told))
    return changes
