"""Decide what one candidate folder is: its format by content, then its columns."""

from collections.abc import Callable
from dataclasses import replace

from emberlake.crawler import formats
from emberlake.crawler.classify import HEAD_BYTES, classify
from emberlake.crawler.decidecsv import decide_csv
from emberlake.crawler.decision import Column, Decision, Skipped, TextCount, key_columns, mean, without_keys
from emberlake.crawler.failure import Problem
from emberlake.crawler.jsonlines import JsonEvidence
from emberlake.crawler.layout import Candidate
from emberlake.crawler.parquet import read_footers
from emberlake.crawler.reading import Reader, spread
from emberlake.crawler.store import ObjectStore, SmallObjects, StoredObject

MAX_LOOKED_AT = 1_000
MAX_KEPT_BYTES = 32 * 1024 * 1024


def decide(store: ObjectStore, candidate: Candidate, scan_bytes: int) -> Decision | Skipped:
    """Decide one candidate. Raises Problem when it cannot be one table with right rows in both engines."""
    sizes = {item.key: item.size for item in candidate.files}
    store = SmallObjects(store, sizes, largest=HEAD_BYTES, keep=MAX_KEPT_BYTES)
    found = _format(store, candidate)
    if isinstance(found, Skipped):
        return found
    builders: dict[str, Callable[[Reader], Decision]] = {
        formats.CSV: decide_csv,
        formats.JSON: _decide_json,
        formats.PARQUET: _decide_parquet,
    }
    decision = builders[found](Reader(store, candidate, scan_bytes))
    codecs = tuple(sorted({_codec(item) for item in candidate.files}))
    return replace(decision, compression=codecs[0] if len(codecs) == 1 else formats.NONE, codecs=codecs)


def _codec(item: StoredObject) -> str:
    """Compression of a whole file; that inside Parquet does not count, as in Glue."""
    return formats.GZIP if item.key.endswith(".gz") else formats.NONE


def _format(store: ObjectStore, candidate: Candidate) -> str | Skipped:
    """The one format of the files; Problem MixedFiles when there are several."""
    seen: dict[str, tuple[StoredObject, str]] = {}
    for item in spread(candidate.files, MAX_LOOKED_AT):
        found = classify(store, candidate.bucket, item)
        seen.setdefault(found.format, (item, found.looks_like))
    if len(seen) == 1:
        kind, (_, looks_like) = seen.popitem()
        return Skipped(candidate.uri, looks_like) if kind == formats.UNKNOWN else kind
    (one, first), (other, second) = list(seen.values())[:2]
    raise Problem(
        candidate.uri,
        "MixedFiles",
        f"{one.key} is {first} but {other.key} is {second}; engines read every file of a table's folder, so "
        "put each kind into a folder of its own",
    )


def _decide_json(reader: Reader) -> Decision:
    """Types of the keys over all objects that were read."""
    candidate = reader.candidate
    evidence = JsonEvidence()
    for piece in reader.pieces():
        evidence.scan(piece.uri, piece.lines)
    found = evidence.columns(candidate.uri)
    columns = [Column(name.lower(), kind, source=name, why=node.why()) for name, kind, node in found]
    kept, notes = without_keys(columns, candidate.keys)
    if not kept:
        raise Problem(candidate.uri, "NoColumns", "the objects hold no key that can be a column")
    return Decision(
        candidate=candidate,
        format=formats.JSON,
        columns=tuple(kept),
        keys=key_columns(candidate),
        records=TextCount(evidence.rows, evidence.characters).records(reader),
        exact=reader.exact,
        record_bytes=mean(evidence.characters, evidence.rows),
        timestamp_patterns=tuple(sorted(evidence.root.timestamp_patterns())),
        notes=(*candidate.notes, *notes),
    )


def _decide_parquet(reader: Reader) -> Decision:
    """Columns and exact counts from the footers of all files."""
    candidate = reader.candidate
    evidence = read_footers(reader.store, candidate.bucket, candidate.files)
    columns = [Column(name, kind) for name, kind in evidence.columns.items() if name not in evidence.omitted]
    kept, notes = without_keys(columns, candidate.keys)
    notes += [f"OmittedColumn: column {name!r} is left out: {why}" for name, why in evidence.omitted.items()]
    if not kept:
        raise Problem(
            candidate.uri, "NoColumns", "no column is left that both engines can read: " + "; ".join(notes)
        )
    return Decision(
        candidate=candidate,
        format=formats.PARQUET,
        columns=tuple(kept),
        keys=key_columns(candidate),
        records=evidence.rows,
        exact=True,
        record_bytes=mean(candidate.total_bytes, evidence.rows),
        notes=(*candidate.notes, *notes),
    )
