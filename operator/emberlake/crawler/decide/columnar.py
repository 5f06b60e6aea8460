"""Columns over all files of a table whose files carry their schema: Parquet, ORC and Avro."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Lock

from emberlake.crawler.decide.decision import Column, Decision, key_columns, mean, without_keys
from emberlake.crawler.decide.types import HiveType, widen
from emberlake.crawler.failure import Problem
from emberlake.crawler.grouping.layout import Candidate

LARGE = 1024 * 1024
_LARGE_ONE = Lock()


def alone(size: int) -> AbstractContextManager[object]:
    """To be held while metadata of `size` bytes are read: several files are looked at side by side, but
    `LARGE` ones, which take a multiple of their bytes, one after another.
    """
    return _LARGE_ONE if size > LARGE else nullcontext()


@dataclass
class ColumnarEvidence:
    """Columns over all files (lower-case name -> type), rows, columns left out and why, where a column was
    first seen.
    """

    columns: dict[str, HiveType] = field(default_factory=dict)
    omitted: dict[str, str] = field(default_factory=dict)
    rows: int = 0
    first_seen: dict[str, str] = field(default_factory=dict)

    def add(self, uri: str, fields: Iterable[tuple[str, HiveType | str]]) -> None:
        """Merge one file's columns, each with its type or the reason why an engine cannot read it.

        Raises Problem when a column has another type than in an earlier file.
        """
        fields = list(fields)
        if len({name.lower() for name, _ in fields}) != len(fields):
            raise Problem(uri, "AmbiguousColumns", "columns differ only in upper and lower case; rename them")
        for name, kind in fields:
            if isinstance(kind, str):
                self.omitted[name.lower()] = f"{kind} (in {uri})"
            else:
                self._merge(uri, name.lower(), kind)

    def _merge(self, uri: str, name: str, kind: HiveType) -> None:
        known = self.columns.get(name)
        merged = kind if known is None else widen(known, kind, text=False)
        if merged is None:
            raise Problem(
                uri,
                "SchemaConflict",
                f"column {name!r} is {kind} here but {known} in {self.first_seen[name]}; no type reads "
                "both, so rewrite one of the files or put it into a folder of its own",
            )
        self.columns[name] = merged
        self.first_seen.setdefault(name, uri)

    def decision(self, candidate: Candidate, kind: str, *, exact: bool = True) -> Decision:
        """The table of `kind`. Raises Problem NoColumns when no column is left."""
        columns = [Column(name, kind) for name, kind in self.columns.items() if name not in self.omitted]
        kept, notes = without_keys(columns, candidate.keys)
        notes += [f"OmittedColumn: column {name!r} is left out: {why}" for name, why in self.omitted.items()]
        if not kept:
            raise Problem(
                candidate.uri,
                "NoColumns",
                "no column is left that both engines can read: " + "; ".join(notes),
            )
        return Decision(
            candidate=candidate,
            format=kind,
            columns=tuple(kept),
            keys=key_columns(candidate),
            records=self.rows,
            exact=exact,
            record_bytes=mean(candidate.total_bytes, self.rows),
            notes=(*candidate.notes, *notes),
        )
