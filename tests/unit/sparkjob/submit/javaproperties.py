"""Reads Java's properties format as java.util.Properties.load documents it."""

import re

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def load(text: str) -> dict[str, str]:
    """Keys and values of a properties file; comments, continued lines and \\u escapes are understood."""
    found = {}
    for line in _logical_lines(text):
        match = re.match(r"((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)", line, re.DOTALL)
        assert match is not None
        found[_unescaped(match[1])] = _unescaped(match[2])
    return found


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    continued = False
    for raw in re.split(r"\r\n|\r|\n", text):
        line = raw.lstrip(" \t\f")
        if continued:
            lines[-1] = lines[-1][:-1] + line
        elif line and line[0] not in "#!":
            lines.append(line)
        else:
            continue
        trailing = len(lines[-1]) - len(lines[-1].rstrip("\\"))
        continued = trailing % 2 == 1
    return lines


def _unescaped(text: str) -> str:
    units = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _escape, text, flags=re.DOTALL)
    # \u escapes are UTF-16 units: pairs of them make one character.
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


def _escape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)
