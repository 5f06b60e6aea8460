"""Splits a text into SQL statements, as the lexer of Spark 4.1 reads it (SqlBaseLexer.g4). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--(?:\\\n|[^\r\n])*)
  | (?P<comment>/\*(?!\+))
  | (?P<quoted>[rR]'[^']*'|[rR]"[^"]*"|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`)
  | (?P<word>[^\W\d_]+://[\w/\-.?=&\#%]+|\w+)
  | (?P<symbol>::|/\*\+|\*/|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*(?!\+)|\*/")
_ERROR_LINE = re.compile(r"\bline (\d+)(?=,? pos)")
_QUOTES = {"'": "string", '"': "string", "`": "quoted identifier"}
# END IF and the like end what had no END of its own to wait for; END and END CASE end a BEGIN or a CASE.
_NOT_COUNTED = ("IF", "WHILE", "LOOP", "REPEAT", "FOR")


@dataclass(frozen=True)
class Statement:
    """One statement: its text without the semicolon, the line it starts at, the names of its markers `:name`.

    A name after any other colon may be among the markers too (`STRUCT<a: INT>`).
    """

    text: str
    line: int
    markers: frozenset[str]

    def in_file(self, message: str) -> str:
        """Spark's message with its line numbers counted from the start of the file."""
        return _ERROR_LINE.sub(lambda match: f"line {int(match[1]) + self.line - 1}", message)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def split(text: str) -> list[Statement]:
    """The statements of a text, without comments around them and without empty ones.

    Semicolons in strings, quoted identifiers, comments and BEGIN ... END blocks end no statement.

    Raises:
        ValueError: a string, an identifier, a comment or a block is not closed; names its line.
    """
    statements, tokens, depth = [], list[_Token](), 0
    for token in _tokens(text):
        if token.text == ";" and depth == 0:
            if tokens:
                statements.append(_statement(text, tokens))
            tokens = []
            continue
        tokens.append(token)
        depth += _nesting(tokens)
    if depth > 0:
        raise ValueError(f"the block that starts with BEGIN at line {_line(text, tokens[0])} has no END")
    return [*statements, _statement(text, tokens)] if tokens else statements


def _statement(text: str, tokens: list[_Token]) -> Statement:
    markers = (token.text.strip("`") for before, token in pairwise(tokens) if before.text == ":")
    return Statement(text[tokens[0].start : tokens[-1].end], _line(text, tokens[0]), frozenset(markers))


def _nesting(tokens: list[_Token]) -> int:
    """By how much the last token deepens the nesting of BEGIN and CASE, in a statement that is a block."""
    first, last = tokens[0], tokens[-1]
    if first.text.upper() != "BEGIN" or last.kind != "word":
        return 0
    word, before = last.text.upper(), tokens[-2].text.upper() if len(tokens) > 1 else ""
    # a field (t.end) or a marker (:end); `name:BEGIN` is a label
    if before == "." or (before == ":" and word != "BEGIN"):
        return 0
    if before == "END" and word in ("CASE", *_NOT_COUNTED):
        return 0 if word == "CASE" else 1
    return {"BEGIN": 1, "CASE": 1, "END": -1}.get(word, 0)


def _tokens(text: str) -> Iterator[_Token]:
    """All that means something: neither space nor comments."""
    position = 0
    while match := _TOKEN.match(text, position):
        kind, position = str(match.lastgroup), match.end()
        token = _Token(kind, match[0], match.start(), position)
        if kind == "comment":
            position = _comment_end(text, token)
        elif kind == "symbol" and match[0] in _QUOTES:
            raise ValueError(
                f"the {_QUOTES[match[0]]} that starts at line {_line(text, token)} is not closed"
            )
        elif kind != "space":
            yield token


def _comment_end(text: str, opening: _Token) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, opening.start):
        depth += -1 if edge[0] == "*/" else 1
        if depth == 0:
            return edge.end()
    raise ValueError(f"the comment that starts at line {_line(text, opening)} is not closed")


def _line(text: str, token: _Token) -> int:
    return text.count("\n", 0, token.start) + 1
