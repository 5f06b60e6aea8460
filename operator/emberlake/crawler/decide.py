"""Decide what one candidate folder is: its format by content, then its columns."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from emberlake.crawler import formats
from emberlake.crawler.avro import decide_avro
from emberlake.crawler.classify import HEAD_BYTES, Found, classify
from emberlake.crawler.compression import CODECS, is_framed, promised
from emberlake.crawler.decidecsv import decide_csv
from emberlake.crawler.decision import Column, Decision, Skipped, TextCount, key_columns, mean, without_keys
from emberlake.crawler.failure import Problem
from emberlake.crawler.jsonlines import JsonEvidence
from emberlake.crawler.layout import Candidate
from emberlake.crawler.orc import decide_orc
from emberlake.crawler.parquet import decide_parquet
from emberlake.crawler.reading import Reader
from emberlake.crawler.sampling import spread
from emberlake.crawler.store import ObjectStore, SmallObjects, StoredObject

MAX_LOOKED_AT = 1_000
MAX_KEPT_BYTES = 32 * 1024 * 1024


def decide(store: ObjectStore, candidate: Candidate, scan_bytes: int) -> Decision | Skipped:
    """Decide one candidate. Raises Problem when it cannot be one table with right rows in both engines."""
    sizes = {item.key: item.size for item in candidate.files}
    store = SmallObjects(store, sizes, largest=HEAD_BYTES, keep=MAX_KEPT_BYTES)
    found = _format(store, candidate)
    if found.format == formats.UNKNOWN:
        return Skipped(candidate.uri, found.looks_like)
    builders: dict[str, Callable[[Reader], Decision]] = {
        formats.CSV: decide_csv,
        formats.JSON: _decide_json,
        formats.PARQUET: decide_parquet,
        formats.ORC: decide_orc,
        formats.AVRO: decide_avro,
    }
    decision = builders[found.format](Reader(store, candidate, scan_bytes))
    compression = CODECS[found.codecs[0]] if len(found.codecs) == 1 else formats.NONE
    return replace(decision, compression=compression, codecs=found.codecs)


@dataclass(frozen=True)
class _Files:
    """What all files of a folder are: their one format, and every compression among them."""

    format: str
    looks_like: str
    codecs: tuple[str, ...]


def _format(store: ObjectStore, candidate: Candidate) -> _Files:
    """The one format of the files; Problem MixedFiles when there are several."""
    seen: dict[str, tuple[StoredObject, Found]] = {}
    codecs = {promised(item.key) for item in candidate.files if not is_framed(item.key)}
    for item in spread(candidate.files, MAX_LOOKED_AT):
        found = classify(store, candidate.bucket, item)
        seen.setdefault(found.format, (item, found))
        codecs.add(found.codec)
    if len(seen) == 1:
        kind, (_, found) = seen.popitem()
        return _Files(kind, found.looks_like, tuple(sorted(codecs)))
    (one, first), (other, second) = list(seen.values())[:2]
    raise Problem(
        candidate.uri,
        "MixedFiles",
        f"{one.key} is {first.looks_like} but {other.key} is {second.looks_like}; engines read every file of "
        "a table's folder, so put each kind into a folder of its own",
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
