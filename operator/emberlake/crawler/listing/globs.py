"""Exclusion globs with the meaning AWS Glue documents ("Include and exclude patterns")."""

import re
from collections.abc import Callable, Iterable

_OPEN = "(?:"


def translate(pattern: str) -> str:
    """A regular expression for the whole relative key.

    `*` stays within one level, `**` crosses levels, `?` is one character within a level, `\\` escapes,
    `[ab-c]` and `[!a]` are sets in which `* ? \\` and a leading `-` are literal, `{a,b}` is a choice (not
    nestable). An unclosed bracket or brace is taken literally.
    """
    out: list[str] = []
    position, in_choice = 0, False
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            deep = pattern.startswith("*", position)
            position += deep
            out.append(".*" if deep else "[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\" and position < len(pattern):
            out.append(re.escape(pattern[position]))
            position += 1
        elif char == "[" and (end := _set_end(pattern, position)) > 0:
            out.append(_set(pattern[position:end]))
            position = end + 1
        else:
            piece, in_choice = _choice(char, in_choice)
            out.append(piece)
    return "".join(_unclosed(out) if in_choice else out)


def _choice(char: str, in_choice: bool) -> tuple[str, bool]:
    """Expression for one character, `{`, `}` and `,` among them, and whether a choice is open behind it."""
    if char == "{" and not in_choice:
        return _OPEN, True
    if char == "}" and in_choice:
        return ")", False
    if char == "," and in_choice:
        return "|", True
    return re.escape(char), in_choice


def _unclosed(out: list[str]) -> list[str]:
    """Take the last brace, which nothing closes, and the commas behind it literally."""
    start = len(out) - 1 - out[::-1].index(_OPEN)
    return [*out[:start], re.escape("{"), *("," if piece == "|" else piece for piece in out[start + 1 :])]


def _set_end(pattern: str, start: int) -> int:
    """Index of the bracket that closes the set begun before `start`, or -1."""
    first = start + 1 if pattern.startswith("!", start) else start
    return pattern.find("]", first + 1)


def _set(body: str) -> str:
    """Expression of a set's body; a slash is never in a set."""
    negated = body.startswith("!")
    body = body[1:] if negated else body
    out, position = "", 0
    while position < len(body):
        if position + 2 < len(body) and body[position + 1] == "-":
            low, high = sorted((body[position], body[position + 2]))
            out += f"{re.escape(low)}-{re.escape(high)}"
            position += 3
        else:
            out += re.escape(body[position])
            position += 1
    return f"(?!/)[{'^' if negated else ''}{out}]"


def excluder(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A test whether a relative key is excluded by one of `patterns`."""
    compiled = [re.compile(translate(pattern), re.DOTALL) for pattern in patterns]

    def excluded(relative_key: str) -> bool:
        return any(expression.fullmatch(relative_key) for expression in compiled)

    return excluded
