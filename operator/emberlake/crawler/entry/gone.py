"""Which of a Crawl's tables are no longer found under its targets, and why. Pure."""

from collections.abc import Iterable, Sequence

from emberlake.clients.hive import HiveTable
from emberlake.crawler.config import CrawlConfig
from emberlake.crawler.entry.policy import is_written_by
from emberlake.crawler.entry.view import VIEW_OF
from emberlake.crawler.find import Found
from emberlake.crawler.grouping.places import Folders, folder, overlap
from emberlake.crawler.report import TableResult


def gone_tables(
    config: CrawlConfig,
    found: Found,
    folders: Folders,
    results: Sequence[TableResult],
    ours: Iterable[HiveTable],
) -> list[tuple[HiveTable, str]]:
    """Those of `ours` that the delete policy is for, with the reason; views are dropped with their tables.

    Not gone is what this run did not see: outside the targets, under one that could not be listed, or where
    a folder could not be decided.
    """
    seen = [folder(listing.target.location.uri()) for listing in found.listings]
    doubtful = [problem.path for problem in (*found.problems, *found.unreachable)] + [
        item.uri for item in found.skipped
    ]
    doubtful += [result.decision.candidate.uri for result in results if result.problem]
    decided = {result.decision.candidate.uri: result.name for result in results}
    gone, views = [], []
    for table in ours:
        if not is_written_by(table, config.crawler_id):
            continue
        if VIEW_OF in table.parameters:
            views.append(table)
            continue
        if table.table_type != "EXTERNAL_TABLE" or not folder(table.location).startswith(tuple(seen)):
            continue
        if table.location in decided or any(overlap(table.location, path) for path in doubtful):
            continue
        if why := _why(table, folders, decided, everything=config.recrawl == "Everything"):
            gone.append((table, why))
    if config.changes.delete != "Delete":
        return gone
    dropped = {table.name for table, _ in gone}
    beside = [(view, f"its table {view.parameters[VIEW_OF]} is gone") for view in views]
    return [*gone, *(pair for pair in beside if pair[0].parameters[VIEW_OF] in dropped)]


def _why(table: HiveTable, folders: Folders, decided: dict[str, str], *, everything: bool) -> str:
    if not folders.any_in(table.location):
        return f"no file lies under {table.location} any more"
    if not everything:
        return ""
    heirs = [name for uri, name in decided.items() if overlap(uri, table.location)]
    return f"its files are now of table {heirs[0]}" if heirs else ""
