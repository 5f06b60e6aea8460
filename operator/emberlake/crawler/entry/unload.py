"""Takes the load of an Iceberg table back: its rows become what an earlier load made of the folder."""

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io import FileIO
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table
from pyiceberg.table.update.snapshot import ManageSnapshots

from emberlake.clients.hive import HiveTable
from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.entry.conversion import METADATA, SOURCE, is_loaded_by
from emberlake.crawler.entry.convert import open_catalog, snapshot_properties
from emberlake.crawler.entry.policy import RUN_ID
from emberlake.crawler.failure import Problem, RetryableError


def check_untouched(config: CrawlConfig, table: HiveTable) -> None:
    """Raise Problem where somebody else wrote rows of `table` since the Crawl last loaded it."""
    _untouched(config, _open(config, table), table)


def take_back(config: CrawlConfig, before: HiveTable) -> None:
    """Make the rows of a loaded table those of `before`, in one commit that keeps its history.

    Columns that later loads added stay, and are NULL. Raises Problem where somebody else wrote rows since
    then or the earlier ones were expired, RetryableError when another writer was faster.
    """
    table = _open(config, before)
    _untouched(config, table, before)
    snapshot = _snapshot(table.io, before)
    if snapshot is not None and table.snapshot_by_id(snapshot) is None:
        raise _gone(before, f"snapshot {snapshot} of the earlier rows was expired")
    told = {name: before.parameters[name] for name in (SOURCE, RUN_ID) if name in before.parameters}
    try:
        with table.transaction() as transaction:
            transaction.set_properties(told)
            if snapshot is None:
                transaction.delete(AlwaysTrue(), snapshot_properties=snapshot_properties(config))
            else:
                ManageSnapshots(transaction).set_current_snapshot(snapshot)
    except CommitFailedException as error:
        raise RetryableError("CommitConflict", f"table {before.database}.{before.name}: {error}") from error


def _open(config: CrawlConfig, table: HiveTable) -> Table:
    try:
        return open_catalog(config.catalog).load_table((table.database, table.name))
    except (NoSuchTableError, FileNotFoundError) as error:
        raise _gone(table, f"the table cannot be read: {error}") from error


def _untouched(config: CrawlConfig, table: Table, told: HiveTable) -> None:
    current = table.current_snapshot()
    if current is None or (current.summary and is_loaded_by(current.summary, config.crawler_id)):
        return
    raise Problem(
        told.location,
        "TableExists",
        f"rows of table {told.database}.{told.name} were written since by another than this Crawl (snapshot "
        f"{current.snapshot_id}); it is left alone",
    )


def _snapshot(io: FileIO, before: HiveTable) -> int | None:
    """The snapshot that was current in the metadata of `before`."""
    location = before.parameters[METADATA]
    try:
        return FromInputFile.table_metadata(io.new_input(location)).current_snapshot_id
    except FileNotFoundError as error:
        raise _gone(before, f"{location}, which tells of the earlier rows, was removed") from error


def _gone(table: HiveTable, why: str) -> Problem:
    return Problem(
        table.location,
        "HistoryNotReadable",
        f"table {table.database}.{table.name} is left alone: {why}",
    )
