"""Grok patterns as regular expressions that Python and Java's RegexSerDe match alike. Pure.

RegexSerDe matches whole lines and takes the n-th group for the n-th column: only the fields of a pattern are
groups here, all others are made non-capturing. Expressions are matched as ASCII and with a dot that matches
everything, as Java does with the flag that RegexSerDe sets.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from emberlake.crawler.classify.grokpatterns import PATTERNS
from emberlake.crawler.decide.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TINYINT,
    HiveType,
)
from emberlake.crawler.grouping.names import column_name, unique

MAX_DEPTH = 32
MAX_REGEX = 64 * 1024
# A pattern may take time that grows with the square of a line's length.
MAX_LINE = 32 * 1024
_TYPES = {
    "byte": TINYINT, "boolean": BOOLEAN, "double": DOUBLE, "short": SMALLINT, "int": INT, "long": BIGINT,
    "float": FLOAT, "string": STRING,
}  # fmt: skip
_REFERENCE = re.compile(r"%\{(\w+)(?::([^:{}]+))?(?::(\w+))?\}")
_NAMED = re.compile(r"\(\?P?<([A-Za-z]\w*)>")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]", re.DOTALL)
# in some versions of Java these go by all letters, where \w goes by those of ASCII
_BOUNDARIES = {
    r"\b": r"(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))",
    r"\B": r"(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))",
}
_PYTHON_ONLY = re.compile(r"(?<!\\)\(\?(?:\(|#|P)")
_POSIX = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "word": r"\w",
    "space": r"\s", "blank": r" \t", "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip


@dataclass(frozen=True)
class Grok:
    """A compiled pattern: `regex` of a whole line, whose groups are `names`; `types` as far as declared."""

    pattern: str
    regex: str
    names: tuple[str, ...]
    types: tuple[HiveType | None, ...]

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        return re.compile(self.regex, re.ASCII | re.DOTALL)

    def match(self, line: str) -> tuple[str | None, ...] | None:
        """The fields of a line without its end; None when the pattern does not match all of it."""
        if len(line) > MAX_LINE:
            return None
        match = self._matcher.fullmatch(line)
        return match.groups() if match else None

    def share(self, lines: Sequence[str]) -> float:
        """Which part of `lines` it matches, between 0 and 1."""
        return sum(self.match(line.rstrip("\r\n")) is not None for line in lines) / max(1, len(lines))

    def within(self) -> "Grok":
        """The pattern anywhere in a line; what is around it is not read."""
        return Grok(self.pattern, f".*?(?:{self.regex}).*", self.names, self.types)


def parse_patterns(text: str) -> dict[str, str]:
    """Custom patterns, one `NAME expression` a line. Raises ValueError for a line without both."""
    found = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, regex = line.strip().partition(" ")
        if not re.fullmatch(r"\w+", name) or not regex.strip():
            raise ValueError(f"{line[:100]!r} is not a name, a space and a regular expression")
        found[name] = regex.strip()
    return found


def compile_grok(pattern: str, custom: Mapping[str, str] | None = None) -> Grok:
    """Compile a pattern. Raises ValueError, whose text says what is wrong with it."""
    compiler = _Compiler({**PATTERNS, **(custom or {})})
    regex = compiler.expand(pattern, 0)
    if not compiler.names:
        raise ValueError("it names no field, as %{WORD:name} does, so that a table would have no column")
    if found := _PYTHON_ONLY.search(regex):
        raise ValueError(f"Java has no {found.group()!r} in regular expressions")
    try:
        re.compile(regex, re.ASCII | re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it is no regular expression that Java and Python share: {error}") from error
    return Grok(pattern, regex, tuple(unique(compiler.names)), tuple(compiler.types))


class _Compiler:
    """Expands references and notes the fields in the order of their groups."""

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._patterns = patterns
        self._size = 0
        self.names: list[str] = []
        self.types: list[HiveType | None] = []

    def expand(self, text: str, depth: int) -> str:
        """The expression of `text`. Raises ValueError."""
        self._size += len(text)
        if depth > MAX_DEPTH or self._size > MAX_REGEX:
            raise ValueError("its patterns refer to themselves, or are too long together")
        out, position = [], 0
        while position < len(text):
            piece, position = self._piece(text, position, depth)
            out.append(piece)
        return "".join(out)

    def _piece(self, text: str, position: int, depth: int) -> tuple[str, int]:
        """The next piece of the expression, and the position behind it."""
        if text[position] == "\\":
            escape = text[position : position + 2]
            return _BOUNDARIES.get(escape, escape), position + 2
        if match := _REFERENCE.match(text, position):
            return self._reference(match, depth), match.end()
        if match := _CLASS.match(text, position):
            return _java_class(match.group()), match.end()
        if match := _NAMED.match(text, position):
            self._field(match.group(1), None)
            return "(", match.end()
        if text[position] == "(" and text[position + 1 : position + 2] != "?":
            return "(?:", position + 1
        return text[position], position + 1

    def _reference(self, match: re.Match[str], depth: int) -> str:
        name, field, kind = match.groups()
        if name not in self._patterns:
            raise ValueError(f"there is no pattern {name}")
        if kind and kind not in _TYPES:
            raise ValueError(f"{kind!r} is not a type; there are {', '.join(sorted(_TYPES))}")
        if field:
            self._field(field, _TYPES.get(kind or ""))
        return f"{'(' if field else '(?:'}{self.expand(self._patterns[name], depth + 1)})"

    def _field(self, name: str, kind: HiveType | None) -> None:
        self.names.append(column_name(name, f"col{len(self.names)}"))
        self.types.append(kind)


def _java_class(text: str) -> str:
    """A class of characters without what only Java reads: `[` (a class within), `&&` (an intersection)."""
    start = 2 if text.startswith("[^") else 1
    inner = text[start:-1]
    for name, characters in _POSIX.items():
        inner = inner.replace(f"[:{name}:]", characters)
    inner = re.sub(r"(\\.)|\[", lambda match: match.group(1) or r"\[", inner, flags=re.DOTALL)
    if inner.startswith("]"):
        inner = "\\" + inner
    inner = inner.replace("&&", r"&\&")
    return f"{text[:start]}{inner}]"
