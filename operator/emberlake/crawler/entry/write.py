"""Carry out the plan of one table: table first, then its partitions in batches, then its view."""

from collections.abc import Callable, Iterator

from emberlake.clients.hive import HivePartition, HiveTable
from emberlake.clients.metastore_tables import MetastoreErrors, MetastoreTables
from emberlake.crawler.entry.diff import ALTER, CREATE, DROP, RECREATE, TablePlan
from emberlake.crawler.failure import Problem


def write(metastore: MetastoreTables, plan: TablePlan, progress: Callable[[int], None]) -> None:
    """Write `plan`; `progress` hears how many partitions are done.

    Killed at any moment, the next run finds what is missing and writes it. Raises Problem when the
    metastore refuses.
    """
    try:
        if plan.action in (DROP, RECREATE):
            metastore.drop_table(plan.table)
        if plan.action in (CREATE, RECREATE):
            metastore.create_table(plan.table)
        elif plan.action == ALTER:
            metastore.alter_table(plan.table)
        done = 0
        for size in _partitions(metastore, plan.table, plan):
            done += size
            progress(done)
        if plan.view is not None and plan.view_action == CREATE:
            metastore.create_table(plan.view)
        elif plan.view is not None and plan.view_action == ALTER:
            metastore.alter_table(plan.view)
    except MetastoreErrors as error:
        text = getattr(error, "message", None) or str(error)
        raise Problem(
            plan.table.location,
            "MetastoreRefused",
            f"the metastore refused table {plan.table.database}.{plan.table.name}: {text}",
        ) from error


def _partitions(metastore: MetastoreTables, table: HiveTable, plan: TablePlan) -> Iterator[int]:
    added: tuple[HivePartition, ...] = plan.add
    if added:
        yield from metastore.add_partitions(table, added)
    if plan.alter:
        yield from metastore.alter_partitions(table, plan.alter)
    if plan.drop:
        yield from metastore.drop_partitions(table, plan.drop)
