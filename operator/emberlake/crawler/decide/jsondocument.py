"""JSON documents and arrays: their rows, at a path or where their shape says, and the columns of these."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from emberlake.crawler.classify.formats import JSON_DOCUMENT
from emberlake.crawler.classify.found import Found
from emberlake.crawler.decide.decision import Decision
from emberlake.crawler.decide.jsonlines import JsonEvidence, decide_objects
from emberlake.crawler.failure import Problem
from emberlake.crawler.files.jsonstream import Event, events
from emberlake.crawler.files.reading import Content, Reader

ROOT, ITEMS = "$", "$[*]"
MAX_ROW_VALUES = 200_000
MAX_ROW_CHARACTERS = 32 * 1024 * 1024
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\*|\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_EVERY = None
Step = str | int | None
_HEAD, _BOM = 4096, b"\xef\xbb\xbf"
_ENDS = ("end_map", "end_array")


def parse_path(path: str) -> list[Step]:
    """Steps of a JSONPath of `$`, `.key`, `['key']`, `[n]` and `[*]` (None). Raises ValueError for others."""
    steps: list[Step] = []
    position = 1
    while path.startswith("$") and position < len(path):
        match = _STEP.match(path, position)
        if not match:
            break
        plain, place, single, double = match.groups()
        steps.append(plain or single or double or (_EVERY if place == "*" else int(place)))
        position = match.end()
    if not path.startswith("$") or position < len(path):
        raise ValueError(f"the path {path!r} has other steps than .key, ['key'], [n] and [*]")
    return steps


def decide_json_document(reader: Reader, found: Found) -> Decision:
    """Types of the keys over the rows that were read. Raises Problem for damage and rows without columns."""
    path = found.rows_at or _path_of(reader)
    try:
        steps = parse_path(path)
    except ValueError as error:
        raise Problem(found.classifier, "InvalidClassifier", str(error)) from error
    evidence = JsonEvidence()
    for uri, content in reader.documents():
        with reader.reading(uri, "JSON document"):
            for row in rows(content, steps):
                evidence.root.add(row)
                evidence.rows += 1
        evidence.characters += content.read_bytes
    if not evidence.rows:
        raise Problem(reader.candidate.uri, "NoRows", f"the documents hold no rows at {path}")
    told = {"rowsAt": {"value": path, "why": _why(found, path)}}
    return replace(decide_objects(reader, evidence, JSON_DOCUMENT), rows_at=path, evidence=told)


def _path_of(reader: Reader) -> str:
    """Where the rows of the first document are: the items of an array, or the objects one after another."""
    source = reader.source(reader.candidate.files[0])
    return ITEMS if source.head(_HEAD).removeprefix(_BOM).lstrip().startswith(b"[") else ROOT


def _why(found: Found, path: str) -> str:
    if found.rows_at:
        return f"Classifier {found.classifier} says so"
    return "the files hold an array" if path == ITEMS else "the files hold objects one after another"


def rows(content: Content, steps: Sequence[Step]) -> Iterator[dict[str, Any]]:
    """Rows at `steps`: objects as they are, `record` of a plain value, `array` of a list.

    Raises ValueError for damage and for rows of more than `MAX_ROW_VALUES` values.
    """
    stream = events(content)
    for event in stream:
        for value in _found(stream, event, steps):
            if isinstance(value, dict):
                yield value
            else:
                yield {"array" if isinstance(value, list) else "record": value}


def _found(stream: Iterator[Event], event: Event, steps: Sequence[Step]) -> Iterator[Any]:
    """The values at `steps` in the value that `event` begins; all of it is consumed."""
    if not steps:
        yield _Builder(stream).value(event)
    elif event[0] == "start_array":
        for number, item in enumerate(stream):
            if item[0] == "end_array":
                return
            wanted = steps[0] in {_EVERY, number}
            yield from _found(stream, item, steps[1:]) if wanted else _skipped(stream, item)
    elif event[0] == "start_map":
        for key in stream:
            if key[0] == "end_map":
                return
            item = next(stream)
            yield from _found(stream, item, steps[1:]) if key[1] == steps[0] else _skipped(stream, item)


def _skipped(stream: Iterator[Event], event: Event) -> Iterator[Any]:
    """Nothing; the value that `event` begins is passed over."""
    depth = int(event[0].startswith("start_"))
    while depth:
        kind = next(stream)[0]
        depth += kind.startswith("start_") - (kind in _ENDS)
    return iter(())


class _Builder:
    """Builds one row of bounded size."""

    def __init__(self, stream: Iterator[Event]) -> None:
        self._stream = stream
        self._values = self._characters = 0

    def value(self, event: Event) -> Any:
        """The value that `event` begins. Raises ValueError when it is too large for a row."""
        kind, value = event
        self._values += 1
        self._characters += len(value) if kind == "string" else 0
        if self._values > MAX_ROW_VALUES or self._characters > MAX_ROW_CHARACTERS:
            raise ValueError(
                f"a row has more than {MAX_ROW_VALUES} values; a Classifier with a JSON path can say that "
                "its rows lie deeper"
            )
        if kind == "start_map":
            return {key[1]: self.value(next(self._stream)) for key in iter(self._next, ("end_map", None))}
        if kind == "start_array":
            return [self.value(item) for item in iter(self._next, ("end_array", None))]
        return float(value) if isinstance(value, Decimal) else value

    def _next(self) -> Event:
        return next(self._stream)
