"""Fit a decision to the table that is already there: types are widened, never narrowed. Pure."""

from dataclasses import replace

from emberlake.clients.hive import HiveTable
from emberlake.crawler.classify.formats import CSV, GROK, JSON
from emberlake.crawler.csv.cells import null_rule
from emberlake.crawler.decide.decision import Column, Decision
from emberlake.crawler.decide.types import STRING, HiveType, parse, widen
from emberlake.crawler.entry.sparkschema import types_of
from emberlake.crawler.failure import Problem

_TEXT = (CSV, JSON, GROK)


def merge(decision: Decision, existing: HiveTable | None) -> Decision:
    """`decision` with the types of `existing` widened, and with the columns that only `existing` has kept
    at the end.

    Raises Problem when a type cannot be widened or the partition keys changed.
    """
    if existing is None or decision.lakehouse:  # whose own metadata says what its columns are
        return decision
    columns = _columns(decision, existing)
    csv = decision.csv
    if csv and _values(columns) != _values(decision.columns):
        csv = replace(csv, nulls=null_rule(list(zip(_values(columns), csv.cells, strict=False))))
    return replace(decision, columns=columns, keys=merged_keys(decision, existing), csv=csv)


def _columns(decision: Decision, existing: HiveTable) -> tuple[Column, ...]:
    known = {column.name: parse(column.type) for column in existing.columns}
    if decision.csv:
        known |= types_of(existing.parameters)  # the serde's columns may be strings where Spark has types
    merged = [
        _widened(decision, column, known[column.name]) if column.name in known else column
        for column in decision.columns
    ]
    if decision.csv and not _starts_with(existing, decision):
        return tuple(merged)
    names = {column.name for column in merged} | {key.name for key in decision.keys}
    for column in existing.columns:
        kind = parse(column.type)
        if column.name not in names and kind is not None:
            meant = known[column.name] if known[column.name] != kind else None
            merged.append(Column(column.name, kind, column.name, "only in earlier files", meant))
    return tuple(merged)


def _values(columns: tuple[Column, ...]) -> list[HiveType]:
    """Types of the values, whether or not an engine needs help to read them."""
    return [column.meant or column.type for column in columns]


def _starts_with(existing: HiveTable, decision: Decision) -> bool:
    """Whether the columns of the files are the first ones of `existing`: CSV is read by position."""
    names = [column.name for column in decision.columns]
    return [column.name for column in existing.columns[: len(names)]] == names


def _widened(decision: Decision, column: Column, known: HiveType | None) -> Column:
    """`column` with the type that holds the values of the earlier files too."""
    kind = widen(known, column.meant or column.type, text=decision.format in _TEXT) if known else None
    if kind is None:
        raise Problem(
            decision.candidate.uri,
            "TypeConflict",
            f"column {column.name!r} is {known or 'of another type'} in the metastore but {column.type} in "
            "the files, and no type holds both; mend the files, or drop the table and crawl again",
        )
    if column.meant:
        return replace(column, meant=kind if kind != STRING else None)
    return replace(column, type=kind)


def merged_keys(decision: Decision, existing: HiveTable) -> tuple[Column, ...]:
    """Partition keys with the types of `existing`, which a metastore cannot change.

    Raises Problem when others are needed.
    """
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
