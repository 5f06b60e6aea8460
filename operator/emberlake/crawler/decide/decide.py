"""Decide what one candidate folder is: its format by content, then its columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emberlake.crawler.classify import formats
from emberlake.crawler.classify.classify import HEAD_BYTES, classify
from emberlake.crawler.classify.found import Found
from emberlake.crawler.config import ClassifierSpec
from emberlake.crawler.csv.decide import decide_csv
from emberlake.crawler.decide.avro import decide_avro
from emberlake.crawler.decide.decision import Decision, Skipped
from emberlake.crawler.decide.exceltable import decide_excel
from emberlake.crawler.decide.groktable import decide_grok
from emberlake.crawler.decide.jsondocument import decide_json_document
from emberlake.crawler.decide.jsonlines import decide_json
from emberlake.crawler.decide.orc import decide_orc
from emberlake.crawler.decide.parquet import decide_parquet
from emberlake.crawler.decide.xmltable import decide_xml
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.compression import CODECS, is_framed, promised
from emberlake.crawler.files.reading import Reader
from emberlake.crawler.grouping.layout import Candidate
from emberlake.crawler.grouping.sampling import spread
from emberlake.crawler.listing.store import ObjectStore, SmallObjects, StoredObject

MAX_LOOKED_AT = 1_000
MAX_KEPT_BYTES = 32 * 1024 * 1024

_BUILDERS: dict[str, Callable[[Reader, Found], Decision]] = {
    formats.CSV: lambda reader, found: decide_csv(reader, found.spec.csv if found.spec else None),
    formats.JSON: lambda reader, _: decide_json(reader),
    formats.PARQUET: lambda reader, _: decide_parquet(reader),
    formats.ORC: lambda reader, _: decide_orc(reader),
    formats.AVRO: lambda reader, _: decide_avro(reader),
    formats.JSON_DOCUMENT: decide_json_document,
    formats.XML: decide_xml,
    formats.EXCEL: decide_excel,
    formats.GROK: decide_grok,
}


@dataclass(frozen=True)
class _Files:
    """What all files of a folder are: as one of them was found, every compression, the least certainty."""

    found: Found
    codecs: tuple[str, ...]
    certainty: float
    looked_at: int


def decide(
    store: ObjectStore, candidate: Candidate, scan_bytes: int, classifiers: Sequence[ClassifierSpec] = ()
) -> Decision | Skipped:
    """Decide one candidate, asking `classifiers` first. Raises Problem when it cannot be one table."""
    sizes = {item.key: item.size for item in candidate.files}
    store = SmallObjects(store, sizes, largest=HEAD_BYTES, keep=MAX_KEPT_BYTES)
    files = _look_at(store, candidate, classifiers)
    found = files.found
    if found.format == formats.UNKNOWN:
        return Skipped(candidate.uri, found.looks_like)
    decision = _BUILDERS[found.format](Reader(store, candidate, scan_bytes), found)
    return replace(
        decision,
        compression=CODECS[files.codecs[0]] if len(files.codecs) == 1 else formats.NONE,
        codecs=files.codecs,
        classification=found.classification,
        confidence=min(decision.confidence, files.certainty),
        evidence={"format": _told(files), **decision.evidence},
    )


def _look_at(store: ObjectStore, candidate: Candidate, classifiers: Sequence[ClassifierSpec]) -> _Files:
    """The one kind of the files; Problem MixedFiles when there are several."""
    seen: dict[tuple[str, str, str], tuple[StoredObject, Found]] = {}
    codecs = {promised(item.key) for item in candidate.files if not is_framed(item.key)}
    looked_at = spread(candidate.files, MAX_LOOKED_AT)
    certainty = 1.0
    for item in looked_at:
        found = classify(store, candidate.bucket, item, classifiers)
        seen.setdefault(found.kind, (item, found))
        codecs.add(found.codec)
        certainty = min(certainty, found.certainty)
    if len(seen) == 1:
        _, (_, found) = seen.popitem()
        return _Files(found, tuple(sorted(codecs)), certainty, len(looked_at))
    (one, first), (other, second) = list(seen.values())[:2]
    raise Problem(
        candidate.uri,
        "MixedFiles",
        f"{one.key} is {first.looks_like} but {other.key} is {second.looks_like}; engines read every file of "
        "a table's folder, so put each kind into a folder of its own",
    )


def _told(files: _Files) -> dict[str, Any]:
    """How the format was found, for the report."""
    found = files.found
    return {
        "value": found.format,
        "classification": found.classification or found.format,
        "classifier": found.classifier,
        "certainty": files.certainty,
        "looksLike": found.looks_like,
        "filesLookedAt": files.looked_at,
        "compressions": list(files.codecs),
        "tried": [{"classifier": name, "certainty": certainty} for name, certainty in found.tried],
    }
