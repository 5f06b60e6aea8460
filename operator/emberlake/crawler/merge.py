"""Fit a decision to the table that is already there: types are widened, never narrowed. Pure."""

from dataclasses import replace

from emberlake.clients.hive import HiveTable
from emberlake.crawler.cells import null_rule
from emberlake.crawler.decision import Column, Decision
from emberlake.crawler.failure import Problem
from emberlake.crawler.types import HiveType, parse, widen


def merge(decision: Decision, existing: HiveTable | None) -> Decision:
    """`decision` with the types of `existing` widened, and with the columns that only `existing` has kept
    at the end.

    Raises Problem when a type cannot be widened or the partition keys changed.
    """
    if existing is None:
        return decision
    columns = _columns(decision, existing)
    csv = decision.csv
    if csv and not csv.dialect.quoted:
        typed = [(column.type, cells) for column, cells in zip(columns, csv.cells, strict=False)]
        csv = replace(csv, nulls=null_rule(typed))
    return replace(decision, columns=columns, keys=_keys(decision, existing), csv=csv)


def _columns(decision: Decision, existing: HiveTable) -> tuple[Column, ...]:
    known = {column.name: column.type for column in existing.columns}
    merged = [
        replace(column, type=_widened(decision, column, known[column.name]))
        if column.name in known
        else column
        for column in decision.columns
    ]
    if decision.csv and not _starts_with(existing, decision):
        return tuple(merged)
    names = {column.name for column in merged} | {key.name for key in decision.keys}
    for column in existing.columns:
        kind = parse(column.type)
        if column.name not in names and kind is not None:
            merged.append(Column(column.name, kind, source=column.name, why="only in earlier files"))
    return tuple(merged)


def _starts_with(existing: HiveTable, decision: Decision) -> bool:
    """Whether the columns of the files are the first ones of `existing`: CSV is read by position."""
    names = [column.name for column in decision.columns]
    return [column.name for column in existing.columns[: len(names)]] == names


def _widened(decision: Decision, column: Column, known: str) -> HiveType:
    if decision.csv and decision.csv.dialect.quoted:
        return column.type
    before = parse(known)
    kind = widen(before, column.type, text=decision.format != "parquet") if before else None
    if kind is None:
        raise Problem(
            decision.candidate.uri,
            "TypeConflict",
            f"column {column.name!r} is {known} in the metastore but {column.type} in the files, and no "
            "type holds both; mend the files, or drop the table and crawl again",
        )
    return kind


def _keys(decision: Decision, existing: HiveTable) -> tuple[Column, ...]:
    """Partition keys with the types of `existing`: a metastore cannot change them."""
    names = [key.name for key in decision.keys]
    known = [key.name for key in existing.partition_keys]
    if names != known:
        raise Problem(
            decision.candidate.uri,
            "PartitionKeysChanged",
            f"the folders have the partition keys ({', '.join(names)}) but table {existing.name} has "
            f"({', '.join(known)}); a metastore cannot change them: drop the table and crawl again",
        )
    keys = []
    for key, old in zip(decision.keys, existing.partition_keys, strict=True):
        before = parse(old.type)
        if before is None or widen(before, key.type, text=True) != before:
            raise Problem(
                decision.candidate.uri,
                "PartitionKeysChanged",
                f"partition key {key.name!r} is {old.type} in table {existing.name} but its folders now "
                f"need {key.type}; a metastore cannot change it: drop the table and crawl again",
            )
        keys.append(replace(key, type=before))
    return tuple(keys)
