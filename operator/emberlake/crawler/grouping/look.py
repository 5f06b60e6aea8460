"""Look at one file of each folder: what grouping needs to know about what lies there."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from emberlake.crawler.classify.classify import HEAD_BYTES, classify, promised
from emberlake.crawler.classify.formats import AVRO, CSV, JSON, ORC, PARQUET
from emberlake.crawler.config import ClassifierSpec
from emberlake.crawler.csv.cells import classify as kind_of
from emberlake.crawler.csv.header import decide_header
from emberlake.crawler.csv.shape import shape_of
from emberlake.crawler.csv.sniff import LEAST_CONSISTENT, sniff
from emberlake.crawler.decide.decide import decide
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.files.encoding import detect
from emberlake.crawler.files.lines import TextSource
from emberlake.crawler.grouping.layout import Candidate, PartitionFolder
from emberlake.crawler.grouping.shape import Shape
from emberlake.crawler.listing.store import ObjectStore, StoredObject

LOOKERS = 8
MAX_ROWS = 50
Rows = list[list[str]]


def look(
    store: ObjectStore,
    bucket: str,
    items: Mapping[str, StoredObject],
    known: Mapping[str, Shape],
    told: Callable[[int], None],
    classifiers: Sequence[ClassifierSpec] = (),
) -> dict[str, Shape]:
    """The shape of each file; those that cannot be read are left out, as deciding them tells why.

    `known` are shapes from earlier, whose files are not read. `told` is given the number of files looked at
    so far. Reads at most 64 KiB of a text file, and the schema of a binary one.
    """
    items = {prefix: item for prefix, item in items.items() if prefix not in known}
    shapes = dict(known)
    rows: dict[str, Rows] = {}
    with ThreadPoolExecutor(LOOKERS) as pool:
        found = pool.map(lambda item: _look(store, bucket, item, classifiers), items.values())
        for number, (prefix, seen) in enumerate(zip(items, found, strict=True), 1):
            if isinstance(seen, Shape):
                shapes[prefix] = seen
            elif seen:
                rows[prefix] = seen
            if number % 100 == 0:
                told(number)
    return shapes | _csv_shapes(rows, known.values())


def _look(
    store: ObjectStore, bucket: str, item: StoredObject, classifiers: Sequence[ClassifierSpec]
) -> Shape | Rows | None:
    """Shape of one file, or the first rows of a CSV file, whose header is judged beside its siblings."""
    try:
        if promised(item.key) == PARQUET:
            return _by_schema(store, bucket, item)
        kind = classify(store, bucket, item, classifiers).format
        if kind in {ORC, AVRO, PARQUET}:
            return _by_schema(store, bucket, item)
        if kind == CSV:
            return _rows(_lines(store, bucket, item))
        return Shape(kind, _json_keys(_lines(store, bucket, item)) if kind == JSON else frozenset())
    except Exception:  # noqa: BLE001  # deciding tells of it, whatever it is
        return None


def _by_schema(store: ObjectStore, bucket: str, item: StoredObject) -> Shape | None:
    """Of a file that carries its schema."""
    decided = decide(store, Candidate(bucket, "", (), (PartitionFolder((), "", (item,)),)), HEAD_BYTES)
    if not isinstance(decided, Decision):
        return None
    return Shape(decided.format, frozenset(column.name for column in decided.columns))


def _lines(store: ObjectStore, bucket: str, item: StoredObject) -> list[str]:
    """First complete lines of a text."""
    head = TextSource(store, bucket, item).head(HEAD_BYTES)
    lines = detect(head).decode(head).splitlines(keepends=True)[: MAX_ROWS + 1]
    return lines[:-1] if len(lines) > 1 and item.size > HEAD_BYTES else lines


def _json_keys(lines: Sequence[str]) -> frozenset[str]:
    keys: set[str] = set()
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            keys.update(key.lower() for key in value)
    return frozenset(keys)


def _rows(lines: Sequence[str]) -> Rows:
    found = sniff(lines, LEAST_CONSISTENT)
    if found and (shape := shape_of(lines, found.dialect)):
        return [shape.first, *shape.body[not shape.header.present :]]
    return [[line.strip()] for line in lines if line.strip()]


def _csv_shapes(samples: Mapping[str, Rows], known: Iterable[Shape]) -> dict[str, Shape]:
    """Shapes of CSV files: names where there is a header, which files that share their first row share."""
    firsts = Counter(tuple(rows[0]) for rows in samples.values())
    named = {shape.first: shape for shape in known if shape.first and shape.named}
    shapes = {}
    for prefix, rows in samples.items():
        first = tuple(rows[0])
        if first not in named and decide_header(first, rows[1:], shared=firsts[first] > 1).present:
            named[first] = Shape(CSV, frozenset(cell.strip().lower() for cell in first), first=first)
        shapes[prefix] = named.get(first) or Shape(CSV, _positions(rows), named=False, first=first)
    return shapes


def _positions(rows: Rows) -> frozenset[str]:
    """Columns without names: each position with the usual kind of its cells."""
    width = Counter(map(len, rows)).most_common(1)[0][0]
    kinds = [
        Counter(kind_of(row[index].strip())[0].name for row in rows if index < len(row))
        for index in range(width)
    ]
    return frozenset(f"{index}:{kind.most_common(1)[0][0]}" for index, kind in enumerate(kinds))
