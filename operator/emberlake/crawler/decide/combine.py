"""Fit the decision about new files of a table to the one about the files that were there before. Pure."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from emberlake.crawler.classify.formats import AVRO, NONE, ORC, PARQUET
from emberlake.crawler.csv.cells import TextColumn, null_rule
from emberlake.crawler.decide.decision import Column, CsvFormat, Decision, key_columns, mean
from emberlake.crawler.decide.types import widen
from emberlake.crawler.grouping.layout import Candidate

_TYPED = frozenset({PARQUET, ORC, AVRO})
_SAME = ("format", "classification", "grok", "lakehouse", "avro_schema", "rows_at")
_OWN_NOTES = ("StrayFiles", "RaggedRows")


def keep(old: Decision, candidate: Candidate, share: float, *, exact: bool) -> Decision:
    """`old` for `candidate`, which has `share` of the bytes that `old` is about; `exact`: all the same files.

    Columns and types of files that are gone stay, as types are never narrowed; rows are estimated then.
    """
    return replace(
        old,
        candidate=candidate,
        keys=key_columns(candidate),
        records=old.records if exact else round(old.records * share),
        exact=old.exact and exact,
        notes=(*candidate.notes, *(note for note in old.notes if not note.startswith("StrayFiles"))),
    )


def scale(decision: Decision, candidate: Candidate) -> Decision:
    """What was decided about a sample of the files, for the whole of `candidate`; rows are estimated."""
    share = candidate.total_bytes / max(1, decision.candidate.total_bytes)
    return replace(
        decision,
        candidate=candidate,
        keys=key_columns(candidate),
        records=round(decision.records * share),
        exact=False,
    )


def combine(old: Decision, new: Decision) -> Decision | None:
    """`old` with what `new` says about further files of the same table.

    None when the two do not fit, so that the table must be decided as a whole.
    """
    columns = _columns(old, new)
    csv = _csv(old, new, columns or ())
    news = [note for note in new.notes if note not in old.notes and not note.startswith(_OWN_NOTES)]
    same = all(getattr(old, name) == getattr(new, name) for name in _SAME)
    if not same or columns is None or news or (csv is None and old.csv is not None):
        return None
    rows = old.records + new.records
    return replace(
        old,
        columns=columns,
        csv=csv,
        records=rows,
        exact=old.exact and new.exact,
        record_bytes=mean(old.record_bytes * old.records + new.record_bytes * new.records, rows),
        timestamp_patterns=tuple(dict.fromkeys((*old.timestamp_patterns, *new.timestamp_patterns))),
        notes=tuple(dict.fromkeys((*old.notes, *new.notes))),
        compression=old.compression if old.compression == new.compression else NONE,
        codecs=tuple(sorted({*old.codecs, *new.codecs})),
        confidence=min(old.confidence, new.confidence),
    )


def _columns(old: Decision, new: Decision) -> tuple[Column, ...] | None:
    """Columns of both, types widened; those of CSV are the same, as they are read by position."""
    added = {column.name: column for column in new.columns}
    merged = []
    for column in old.columns:
        other = added.pop(column.name, None)
        if other is None:
            merged.append(column)
            continue
        kind = widen(column.type, other.type, text=old.format not in _TYPED)
        if kind is None or (other.meant, other.pattern) != (column.meant, column.pattern):
            return None
        merged.append(replace(column, type=kind))
    if old.csv and [c.name for c in old.columns] != [c.name for c in new.columns]:
        return None
    return (*merged, *added.values())


def _csv(old: Decision, new: Decision, columns: Sequence[Column]) -> CsvFormat | None:
    """The one format of both, with the evidence about cells united; None when they differ."""
    if old.csv is None or new.csv is None:
        return None
    if replace(new.csv, nulls=old.csv.nulls, cells=old.csv.cells) != old.csv:
        return None
    cells = [_united(a, b) for a, b in zip(old.csv.cells, new.csv.cells, strict=True)]
    values = (column.meant or column.type for column in columns)
    nulls = null_rule(list(zip(values, cells, strict=False)))
    return replace(old.csv, nulls=nulls, cells=tuple(cells))


def _united(one: TextColumn, other: TextColumn) -> TextColumn:
    """Evidence of two columns of text: all of its parts unite by `|`, examples keep the earlier."""
    parts: dict[str, Any] = {}
    for part in fields(TextColumn):
        a, b = getattr(one, part.name), getattr(other, part.name)
        parts[part.name] = {**b, **a} if isinstance(a, dict) else a | b
    return TextColumn(**parts)
