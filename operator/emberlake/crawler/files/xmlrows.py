"""XML as a stream of rows: bounded in depth and in what a row holds; what a document declares to stand for
more than it writes (entities, defaults of attributes) is refused.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat  # its entities are refused below

from emberlake.crawler.files.jsonstream import Readable

MAX_DEPTH = 64
MAX_TOKEN = 8 * 1024 * 1024
MAX_ROW_ELEMENTS = 200_000
MAX_ROW_CHARACTERS = 32 * 1024 * 1024
ATTRIBUTE, TEXT = "_", "_value"
_CHUNK = 64 * 1024
_PREFIX = re.compile(r"^[^:]+:")


class Walk:
    """Feeds XML to the methods `start`, `end` and `text` of a subclass.

    Raises ValueError for text that is not XML, entities, defaults of attributes, nesting deeper than
    `MAX_DEPTH` and single tags longer than `MAX_TOKEN`.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._entity
        self._parser.AttlistDeclHandler = self._attribute
        self._parser.DefaultHandler = self._other
        self._seen = 0
        self.depth = 0

    def feed(self, stream: Readable) -> Iterator[None]:
        """Read `stream` to its end, piece by piece."""
        silent = 0
        while True:
            chunk = stream.read(_CHUNK)
            seen = self._seen
            try:
                self._parser.Parse(chunk, not chunk)
            except (expat.ExpatError, LookupError) as error:
                raise ValueError(f"it is not XML: {error}") from error
            silent = 0 if self._seen > seen else silent + len(chunk)
            if silent > MAX_TOKEN:
                raise ValueError(f"a tag or comment is longer than {MAX_TOKEN} bytes")
            yield
            if not chunk:
                return

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; `depth` counts it already."""
        raise NotImplementedError

    def end(self, tag: str) -> None:
        """An element ends; `depth` counts it still."""
        raise NotImplementedError

    def text(self, text: str) -> None:
        """A piece of text."""
        raise NotImplementedError

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        self._seen += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"elements are nested deeper than {MAX_DEPTH} levels")
        self.start(local(tag), attributes)

    def _close(self, tag: str) -> None:
        self._seen += 1
        self.end(local(tag))
        self.depth -= 1

    def _characters(self, text: str) -> None:
        self._seen += 1
        self.text(text)

    def _other(self, _: str) -> None:
        self._seen += 1

    def _entity(self, name: str, *_: Any) -> None:
        raise ValueError(f"it declares the entity {name!r}; write the text itself")

    def _attribute(self, tag: str, name: str, _: str, default: str | None, __: bool) -> None:
        self._seen += 1
        if default is not None:
            raise ValueError(
                f"it declares a default of the attribute {name!r} of {tag!r}; write the attribute"
            )


def local(name: str) -> str:
    """A name without its prefix."""
    return _PREFIX.sub("", name)


class Shape(Walk):
    """How often each element stands at each depth: what the rows of a document are."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[tuple[int, str]] = Counter()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Count it."""
        if len(self.counts) < MAX_ROW_ELEMENTS:
            self.counts[self.depth, tag] += 1

    def end(self, tag: str) -> None:
        """Nothing."""

    def text(self, text: str) -> None:
        """Nothing."""

    def row_tag(self) -> str:
        """The most frequent element at the first depth where one repeats; the root where none does."""
        for depth in range(1, MAX_DEPTH + 1):
            level = Counter({tag: count for (at, tag), count in self.counts.items() if at == depth})
            if level and level.most_common(1)[0][1] > 1:
                return level.most_common(1)[0][0]
        return next(tag for (depth, tag) in self.counts if depth == 1)


class Rows(Walk):
    """Collects the elements named `tag`: attributes as `_name`, elements within as lists by their names, the
    text beside them as `_value`; an element without either is its text.
    """

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag
        self._open_elements: list[tuple[dict[str, Any], list[str]]] = []
        self._elements = self._size = 0
        self.rows: list[dict[str, Any]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin a row, or an element of one."""
        if not self._open_elements:
            if tag != self._tag:
                return
            self._elements = self._size = 0
        self._grow(sum(map(len, attributes.values())), 1 + len(attributes))
        self._open_elements.append(({ATTRIBUTE + local(name): v for name, v in attributes.items()}, []))

    def text(self, text: str) -> None:
        """Text of the innermost element."""
        if self._open_elements:
            self._grow(len(text), 0)
            self._open_elements[-1][1].append(text)

    def end(self, tag: str) -> None:
        """End a row, or an element of one."""
        if not self._open_elements:
            return
        fields, texts = self._open_elements.pop()
        text = "".join(texts).strip()
        if not self._open_elements:
            self.rows.append({**fields, TEXT: text} if text else fields)
            return
        value = ({**fields, TEXT: text} if text else fields) if fields else text
        self._open_elements[-1][0].setdefault(tag, []).append(value)

    def _grow(self, characters: int, elements: int) -> None:
        self._elements += elements
        self._size += characters
        if self._elements > MAX_ROW_ELEMENTS or self._size > MAX_ROW_CHARACTERS:
            raise ValueError(
                f"an element {self._tag!r} holds more than {MAX_ROW_ELEMENTS} others; a Classifier with a "
                "row tag can say that the rows lie deeper"
            )


def rows(stream: Readable, tag: str) -> Iterator[dict[str, Any]]:
    """The rows of a document. Raises ValueError for damage and for rows that are too large."""
    walk = Rows(tag)
    for _ in walk.feed(stream):
        yield from walk.rows
        walk.rows.clear()
