"""Spark's SQL text cut into tokens.

The rules are those of Sail's lexer (crates/sail-sql-parser/src/lexer.rs), because it is Sail that would run
what passes. A text that Spark's lexer (SqlBaseLexer.g4) would cut in another way is refused.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from emberlake.sail.refusal import RefusedError


class Kind(enum.Enum):
    """What a token is."""

    WORD = "word"
    QUOTED = "`quoted`"
    STRING = "string"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as it stands, from `start` to before `end`."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A bare word in capitals, nothing of any other token: what is quoted is never a keyword."""
        return self.text.upper() if self.kind is Kind.WORD else ""

    @property
    def name(self) -> str:
        """As an identifier, without its quotes."""
        return self.text[1:-1].replace("``", "`") if self.kind is Kind.QUOTED else self.text


def quoted(name: str) -> str:
    """The identifier as a text has it, whatever is in it."""
    return f"`{name.replace('`', '``')}`"


_BLANK = re.compile(r"[ \n\r\t]+")
_WORD = re.compile(r"\w+")
_QUOTED = re.compile(r"`(?:[^`]|``)*`")
_STRING = {quote: re.compile(rf"{quote}(?:[^\\{quote}]|\\.)*{quote}", re.DOTALL) for quote in "'\""}
_RAW = {quote: re.compile(rf"{quote}[^{quote}]*{quote}") for quote in "'\""}
_LINE = re.compile(r"--[^\n\r]*")
_MARKS = frozenset("()[]{}<>,.;:+-*/%=!~&|^?@#\\")
_DIFFERS = "sql.lexer"


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens without blanks and comments; raises RefusedError where the two lexers could differ."""
    if "${" in text:
        raise RefusedError(
            "sql.variable-substitution", "${...} in SQL text is replaced by Spark, not by Sail"
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end()
        elif text.startswith("--", at):
            at = _line_comment(text, at)
        elif text.startswith("/*", at):
            at = _comment(text, at)
        else:
            found.append(_token(text, at, found[-1] if found else None))
            at = found[-1].end
    return tuple(found)


def _line_comment(text: str, at: int) -> int:
    comment = _LINE.match(text, at)
    assert comment  # noqa: S101  # the caller saw its first two characters
    if comment.group().endswith("\\"):
        raise RefusedError(
            _DIFFERS, "a comment that ends with a backslash goes on in the next line in Spark alone"
        )
    return comment.end()


def _comment(text: str, at: int) -> int:
    """Behind the comment that begins here; comments nest."""
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    raise RefusedError(_DIFFERS, "a comment /* has no end")


def _token(text: str, at: int, before: Token | None) -> Token:
    first = text[at]
    if first in _STRING:
        return _string(text, at, before)
    if first == "`":
        return _matched(Kind.QUOTED, _QUOTED, text, at)
    if _WORD.match(first):
        return _matched(Kind.WORD, _WORD, text, at)
    if first in _MARKS:
        return Token(Kind.MARK, first, at, at + 1)
    raise RefusedError(_DIFFERS, f"the character {first!r} has no meaning that both engines share")


def _string(text: str, at: int, before: Token | None) -> Token:
    """The string that begins here; `before` tells whether it is raw, or prefixed in a way of Sail's own."""
    prefix = before.word if before and before.end == at else ""
    if before and before.word == "R" and not prefix:
        raise RefusedError(_DIFFERS, "r and a string with a blank between them is a raw string in Sail alone")
    if before and before.text == "&" and before.end == at:
        raise RefusedError(_DIFFERS, "a string behind & is a Unicode string in Sail alone")
    if text.startswith(text[at] * 3, at):
        raise RefusedError(_DIFFERS, "three quotes in a row do not mean the same in both engines")
    return _matched(Kind.STRING, (_RAW if prefix == "R" else _STRING)[text[at]], text, at)


def _matched(kind: Kind, pattern: re.Pattern[str], text: str, at: int) -> Token:
    match = pattern.match(text, at)
    if match is None:
        raise RefusedError(_DIFFERS, f"{text[at]} has no end")
    return Token(kind, match.group(), at, match.end())
