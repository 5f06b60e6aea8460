"""How answers look: tables, YAML, JSON, ages and colours."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

Document = Mapping[str, Any]

_COLOURS = {
    "Succeeded": "32",
    "Running": "36",
    "Starting": "36",
    "Retrying": "33",
    "Pending": "33",
    "Queued": "33",
    "Suspended": "33",
    "Failed": "31",
    "Cancelled": "31",
    "Warning": "33",
}


def has_colour(stream: TextIO) -> bool:
    """Whether to colour: on a terminal only, and not against https://no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str, stream: TextIO) -> str:
    """A state or a kind of event, in its colour."""
    colour = _COLOURS.get(text.strip())
    return f"\033[{colour}m{text}\033[0m" if colour and has_colour(stream) else text


def table(header: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "") -> str:
    """Columns as wide as their widest cell; words that are states are coloured on a terminal."""
    lines = [tuple(header), *(tuple(" ".join(cell.split()) or "-" for cell in row) for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header))]
    return "\n".join(indent + _line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    # No padding after the last cell: long messages would wrap into blank lines.
    padded = [cell.ljust(width) for cell, width in zip(cells[:-1], widths[:-1], strict=True)]
    return "   ".join([*(coloured(cell, sys.stdout) for cell in padded), cells[-1]])


def render(document: Any, output: str) -> str:
    """The document as `yaml` or `json`."""
    if output == "json":
        return json.dumps(document, indent=2)
    from emberlake.cli import yamlio  # noqa: PLC0415

    return yamlio.dump(document).rstrip("\n")


def presentable(found: Document) -> dict[str, Any]:
    """The object without what only the API server needs."""
    meta = {key: value for key, value in found["metadata"].items() if key != "managedFields"}
    return {**found, "metadata": meta}


def listed(items: Iterable[Document]) -> dict[str, Any]:
    """Several objects as one document."""
    return {"apiVersion": "v1", "kind": "List", "items": [presentable(item) for item in items]}


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def age(since: str | None, until: str | None = None) -> str:
    """Time between two timestamps, or from one until now, as `4d3h`, `2h5m`, `7m12s` or `9s`."""
    if not since:
        return ""
    end = datetime.fromisoformat(until) if until else now()
    return span((end - datetime.fromisoformat(since)).total_seconds())


def span(seconds: float) -> str:
    """Seconds in the two largest units that say something."""
    rest = max(0, int(seconds))
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        parts.append((count, unit))
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count}{unit}" for count, unit in parts[first : first + 2] if count]
    return "".join(shown) or "0s"
