"""What a run did, counted. Pure."""

from collections.abc import Sequence

from emberlake.api.v1alpha1.crawl import CrawlCounts
from emberlake.crawler.entry.diff import ALTER, CREATE, DROP, NONE, RECREATE, TablePlan
from emberlake.crawler.entry.policy import deprecates
from emberlake.crawler.listing.listing import Listing
from emberlake.crawler.report import EntryResult, TableResult

_LOADS = {CREATE: "created", ALTER: "updated", NONE: "unchanged"}


def count(
    listings: Sequence[Listing],
    results: Sequence[TableResult | EntryResult],
    tables_failed: int,
) -> CrawlCounts:
    """What a run did; in a dry run what it would do."""
    done = [result.plan for result in results if result.plan is not None and not result.problem]
    kinds = [_kind(plan) for plan in done] + [
        _LOADS[result.load]
        for result in results
        if isinstance(result, TableResult) and result.load and not result.problem
    ]
    return CrawlCounts(
        tables_created=kinds.count("created"),
        tables_updated=kinds.count("updated"),
        tables_deleted=kinds.count("deleted"),
        tables_deprecated=kinds.count("deprecated"),
        tables_unchanged=kinds.count("unchanged"),
        tables_failed=tables_failed,
        partitions_added=sum(len(each.add) for each in done),
        partitions_updated=sum(len(each.alter) for each in done),
        partitions_deleted=sum(len(each.drop) for each in done),
        partitions_unchanged=sum(each.unchanged for each in done),
        files=sum(len(listing.data) for listing in listings),
        bytes=sum(listing.bytes for listing in listings),
    )


def _kind(plan: TablePlan) -> str:
    if plan.action == CREATE:
        return "created"
    if plan.action == DROP:
        return "deleted"
    if plan.empty:
        return "unchanged"
    return "deprecated" if plan.action != RECREATE and deprecates(plan) else "updated"
