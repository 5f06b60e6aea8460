"""A document that is taken apart field by field: what nobody took, and what cannot be carried, is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emberlake.cli.paths import Path, dotted

UNKNOWN = "SparkApplication v1beta2 has no such field that Emberlake knows"


@dataclass(frozen=True)
class Lost:
    """A field that a SparkJob cannot carry: where it stands, why, and what to use instead."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass
class Report:
    """What the reader of the new SparkJob has to know."""

    lost: list[Lost] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Source:
    """A mapping of the old document. Every key is taken, carried part by part, or lost with a reason."""

    def __init__(self, document: Mapping[str, Any], path: Path, report: Report) -> None:
        self._rest = dict(document)
        self._parts: list[Source] = []
        self._place = path
        self.report = report

    def __contains__(self, key: str) -> bool:
        return not _says_nothing(self._rest.get(key))

    def take(self, key: str, default: Any = None) -> Any:
        """The value, which the caller carries; `default` when there is none."""
        found = self._rest.pop(key, None)
        return default if _says_nothing(found) else found

    def peek(self, key: str) -> Any:
        """The value, which stays to be taken."""
        return self._rest.get(key)

    def part(self, key: str) -> "Source":
        """A mapping within; empty when there is none."""
        return self._keep(Source(self._rest.pop(key, None) or {}, (*self._place, key), self.report))

    def parts(self, key: str) -> Iterator["Source"]:
        """The mappings of a list within."""
        for index, item in enumerate(self._rest.pop(key, None) or []):
            yield self._keep(Source(item, (*self._place, key, index), self.report))

    def entries(self, key: str) -> Iterator[tuple[str, "Source"]]:
        """Name and value of a mapping of mappings within."""
        for name, item in (self._rest.pop(key, None) or {}).items():
            yield name, self._keep(Source(item, (*self._place, key, name), self.report))

    def lose(self, key: str, reason: str) -> None:
        """Tell that the field cannot be carried, if it is set."""
        if not _says_nothing(self._rest.pop(key, None)):
            self.tell((key,), reason)

    def tell(self, path: Path, reason: str) -> None:
        """Tell about a field that was taken, or about a part of it."""
        self.report.lost.append(Lost(dotted((*self._place, *path)), reason))

    def note(self, path: Path, text: str) -> None:
        """Tell about a field that is carried, but means something else."""
        self.report.notes.append(f"{dotted((*self._place, *path))}: {text}")

    def finish(self) -> None:
        """Tell about all that is left, here and in the parts."""
        for part in self._parts:
            part.finish()
        for key in list(self._rest):
            self.lose(key, UNKNOWN)

    def _keep(self, part: "Source") -> "Source":
        self._parts.append(part)
        return part


def _says_nothing(value: Any) -> bool:
    return value is None or value in ([], {}, "")
