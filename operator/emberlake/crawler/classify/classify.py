"""What a file is: the Classifiers of the crawl first, then its content; its name may contradict.

The order is Glue's: the first classifier that is certain ends the search, else the most certain one wins.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from emberlake.crawler.classify.custom import recognise_custom
from emberlake.crawler.classify.formats import (
    AVRO,
    CSV,
    EXCEL,
    JSON,
    JSON_DOCUMENT,
    ORC,
    PARQUET,
    UNKNOWN,
    XML,
)
from emberlake.crawler.classify.found import Found
from emberlake.crawler.classify.texts import recognise_text
from emberlake.crawler.config import ClassifierSpec
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.encoding import CP1252, LATIN_1, UTF8, detect
from emberlake.crawler.files.lines import TextSource
from emberlake.crawler.files.sample import Sample
from emberlake.crawler.listing.store import ObjectStore, StoredObject

HEAD_BYTES = 64 * 1024
_EIGHT_BITS = frozenset({UTF8, LATIN_1, CP1252, ""})
_MAGICS = (
    (b"PAR1", PARQUET),
    (b"PARE", "encrypted Parquet"),
    (b"ORC", ORC),
    (b"Obj\x01", AVRO),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook or document; save it as .xlsx"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"SQLite format 3\x00", "SQLite"),
)
_CONTAINERS = frozenset({PARQUET, ORC, AVRO, EXCEL})
_PROMISES = {
    "parquet": PARQUET,
    "parq": PARQUET,
    "orc": ORC,
    "avro": AVRO,
    "xml": XML,
    "xlsx": EXCEL,
    "xlsm": EXCEL,
    "csv": CSV,
    "tsv": CSV,
    "psv": CSV,
    "json": JSON,
    "jsonl": JSON,
    "ndjson": JSON,
}
_KEPT_BY = {JSON: frozenset({JSON, JSON_DOCUMENT})}


def promised(key: str) -> str | None:
    """The format that the name promises; a compression suffix is looked through."""
    name = re.sub(r"\.(gz|bz2|zst|lz4|snappy|sz|zip|xz)$", "", key.rpartition("/")[2].lower())
    parts = name.split(".")[1:]
    return _PROMISES.get(parts[-1]) if parts else None


def classify(
    store: ObjectStore, bucket: str, item: StoredObject, custom: Sequence[ClassifierSpec] = ()
) -> Found:
    """Look at the head of one object.

    Raises Problem NotWhatNameSays when the name promises one of our formats and the content is another,
    CompressedContainer for a format that no engine reads in a further compression.
    """
    source = TextSource(store, bucket, item)
    promise = promised(item.key)
    if promise == PARQUET and not source.compressed:
        return Found(PARQUET, PARQUET, classifier=PARQUET)  # the footer, read anyway, shows if that is true
    head = source.head(HEAD_BYTES)
    complete = item.size <= HEAD_BYTES and not source.compressed
    found = by_content(head, complete=complete, promise=promise, custom=custom)
    if promise and not found.spec and found.format not in _KEPT_BY.get(promise, {promise}):
        raise Problem(
            source.uri,
            "NotWhatNameSays",
            f"the name says {promise} but the content looks like {found.looks_like}; mend or remove the "
            "file, or exclude it",
        )
    if found.format in _CONTAINERS and source.compressed:
        raise Problem(
            source.uri,
            "CompressedContainer",
            f"{found.format} is compressed inside; no engine reads it packed with {source.codec} once more",
        )
    return replace(found, codec=source.codec)


def by_content(
    head: bytes, *, complete: bool, promise: str | None, custom: Sequence[ClassifierSpec] = ()
) -> Found:
    """Format of a file that starts with `head` (`complete`: that is all of it)."""
    if declared := _declared_xml(head):
        return _best(Sample(head, declared, complete, promise), custom)
    for magic, name in _MAGICS:
        if head.startswith(magic):
            return Found(name if name in _CONTAINERS else UNKNOWN, name, classifier=name)
    if head.startswith(b"PK\x03\x04"):
        return _zip(head)
    encoding = detect(head)
    if encoding.name in _EIGHT_BITS and b"\x00" in head:
        return Found(UNKNOWN, "binary data")
    if not encoding.name:
        return Found(promise if promise == CSV else UNKNOWN, f"text in no known encoding: {encoding.why}")
    text = encoding.decode(head)
    return _best(Sample(head, text, complete, promise), custom)


def _zip(head: bytes) -> Found:
    """Workbooks are zip files that begin with these parts."""
    if b"[Content_Types].xml" in head[:4096] or b"xl/" in head[:4096]:
        return Found(EXCEL, "an Excel workbook", classifier=EXCEL)
    return Found(UNKNOWN, "zip")


def _declared_xml(head: bytes) -> str:
    """The tags of XML that declares itself, whatever its encoding: they are ASCII; empty for all else."""
    plain = head.replace(b"\x00", b"").lstrip(b"\xff\xfe\xef\xbb\xbf")
    return plain.decode("latin-1") if plain.startswith(b"<?xml ") else ""


def _best(sample: Sample, custom: Sequence[ClassifierSpec]) -> Found:
    """The first certain answer, else the most certain one."""
    tried: list[tuple[str, float]] = []
    answers: list[Found] = []
    for answer in (*(recognise_custom(spec, sample) for spec in custom), recognise_text(sample)):
        tried += [*answer.tried, (answer.classifier, answer.certainty)]
        answers.append(answer)
        if answer.certainty >= 1:
            break
    best = max(answers, key=lambda answer: answer.certainty)
    return replace(best if best.certainty else answers[-1], tried=tuple(tried))
