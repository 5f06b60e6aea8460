"""Java's properties format (java.util.Properties.load). Pure."""

from collections.abc import Mapping

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}
_KEY_ESCAPES = {**_ESCAPES, " ": "\\ ", ":": "\\:", "=": "\\=", "#": "\\#", "!": "\\!"}


def render(values: Mapping[str, str]) -> str:
    """The file's text, one `key=value` a line; what Java reads back is exactly `values`."""
    return "".join(f"{_key(key)}={_value(value)}\n" for key, value in values.items())


def _key(text: str) -> str:
    return "".join(_character(c, _KEY_ESCAPES) for c in text)


def _value(text: str) -> str:
    escaped = "".join(_character(c, _ESCAPES) for c in text)
    # Leading white space would be taken for part of the separator.
    return "\\" + escaped if escaped.startswith(" ") else escaped


def _character(c: str, escapes: Mapping[str, str]) -> str:
    if c in escapes:
        return escapes[c]
    if " " <= c <= "~":
        return c
    units = c.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
