"""From the journal of later runs to the plans that take a database back. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from emberlake.clients.hive import HiveColumn, HivePartition, HiveTable
from emberlake.crawler.entry.conversion import SOURCE, is_loaded
from emberlake.crawler.entry.diff import ALTER, CREATE, DROP, NONE, RECREATE, TablePlan, plan
from emberlake.crawler.entry.entries import Entry
from emberlake.crawler.entry.policy import Known, is_written_by
from emberlake.crawler.entry.render import own_parameter
from emberlake.crawler.failure import Problem


@dataclass
class Undo:
    """How table `name` was before the runs that are undone; a partition that was not there is None."""

    name: str
    defined: bool = False
    definition: HiveTable | None = None
    partitions: dict[tuple[str, ...], HivePartition | None] = field(default_factory=dict)


def fold(entries: Iterable[Entry]) -> list[Undo]:
    """What the entries (in the order of their writes) undo: of each thing the first one counts."""
    found: dict[str, Undo] = {}
    for entry in entries:
        undo = found.setdefault(entry.name, Undo(entry.name))
        if entry.defined and not undo.defined:
            undo.defined, undo.definition = True, entry.definition
        for before in entry.partitions:
            undo.partitions.setdefault(before.values, before.definition)
    return [found[name] for name in sorted(found)]


def undone(undo: Undo, now: HiveTable | None, known: Known, crawler_id: str) -> TablePlan | None:
    """The plan that restores a table; None where there is nothing to restore.

    What people wrote into an entry since then is kept. Raises Problem where the table is no longer the
    Crawl's.
    """
    if now is not None and not is_written_by(now, crawler_id):
        raise Problem(
            now.location or undo.name,
            "TableExists",
            f"table {now.database}.{now.name} is no longer this Crawl's and is left alone",
        )
    target = undo.definition if undo.defined else now
    if target is None:
        return None if now is None else TablePlan(DROP, now, ("the table was made since then",))
    wanted = tuple(each for each in undo.partitions.values() if each is not None)
    if now is None:
        return TablePlan(CREATE, target, ("the table was dropped since then",), add=wanted)
    if is_loaded(now):
        return _unloaded(target, now)
    if target.partition_keys != now.partition_keys:
        return TablePlan(RECREATE, target, ("the partition keys become what they were",), add=wanted)
    found = plan(_own(target, now), wanted, now, known)
    drop = tuple(values for values, before in undo.partitions.items() if before is None and values in known)
    if drop:
        told = f"{len(drop)} partition(s) dropped: they were added since then"
        found = replace(found, drop=drop, changes=(*found.changes, told))
    return None if found.action == NONE and found.empty else found


def _unloaded(target: HiveTable, now: HiveTable) -> TablePlan | None:
    """The plan for a table whose rows a crawl loaded: they become those of its earlier metadata."""
    if target.parameters.get(SOURCE) == now.parameters.get(SOURCE):
        return None
    return TablePlan(ALTER, target, ("the rows become what they were",))


def _own(target: HiveTable, now: HiveTable) -> HiveTable:
    """`target` with what people own as it is now: their parameters, and comments."""
    comments = {column.name: column.comment for column in (*now.columns, *now.partition_keys)}

    def told(column: HiveColumn) -> HiveColumn:
        return replace(column, comment=comments.get(column.name) or column.comment)

    return replace(
        target,
        columns=tuple(map(told, target.columns)),
        parameters={k: v for k, v in target.parameters.items() if own_parameter(k)},
        raw=now.raw,
    )
